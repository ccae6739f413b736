#!/usr/bin/env python3
"""Checks that no compiler makes: room arrows, library rooms, file and function lengths, links in pages, READMEs of rooms."""
import pathlib
import re
import subprocess
import sys

FILE_LINES = 400
FUNCTION_LINES = 60

# room -> rooms it may include (DESIGN section 1); `proto` is for *_codec.cpp alone, checked below
ARROWS = {
    "base": set(),
    "proto": {"base"},
    "domain": {"base"},
    "storage": {"base"},
    "cluster": {"base", "storage"},
    "audit": {"base", "domain", "storage"},
    "media": {"base", "domain"},
    "sip": {"base", "domain"},
    "actors": {"base", "domain", "storage", "cluster"},
    "api": {"base", "domain", "actors"},
    "config": {"base", "domain", "storage", "media", "sip", "actors", "api"},
    "apps": None,
    "sim": {"base", "proto", "domain", "storage", "audit", "cluster", "actors", "api", "config"},
    "tests": None,
    "bench": None,
    "tools": None,
    "samples": None,
}
# library include prefix -> folders that may use it
LIBRARIES = {
    "caf/": ("actors/", "cluster/", "apps/", "sim/", "tests/", "bench/"),
    "sofia-sip/": ("sip/", "tests/sip/", "tests/unit/sip/", "bench/"),
    "ares.h": ("sip/",),
    "rocksdb/": ("storage/rocks/", "tests/contract/", "bench/"),
    "librdkafka/": ("storage/kafka/", "cluster/", "samples/"),
    "boost/beast": ("api/",),
    "protozero/": ("proto/", "tests/"),
}
HEAVY_IN_HEADERS = ("caf/", "boost/beast", "rocksdb/", "sofia-sip/", "ares.h", "librdkafka/")
SKIP_WORDS = ("if", "for", "while", "switch", "catch", "return", "do", "else")

problems = []


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", *patterns], capture_output=True, text=True, check=True).stdout
    return [pathlib.Path(p) for p in out.split("\n") if p and pathlib.Path(p).exists()]


def room_of(path):
    return path.parts[0]


def check_includes(path, text):
    room = room_of(path)
    if room not in ARROWS:
        problems.append(f"{path}: '{room}' is not a room (tools/check.py lists them)")
        return
    allowed = ARROWS[room]
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r'\s*#include\s+(["<])([^">]+)[">]', line)
        if not match:
            continue
        quote, target = match.groups()
        if quote == '"':
            other = target.split("/")[0]
            if "/" not in target:
                problems.append(f"{path}:{number}: include by room, as \"{room}/{target}\"")
            elif other == "proto" and room not in ("proto", "tests", "tools", "bench"):
                if not path.name.endswith("_codec.cpp") and not path.name.endswith("_codec.hpp"):
                    problems.append(f"{path}:{number}: only *_codec files include proto/")
            elif allowed is not None and other != room and other not in allowed and other != "proto":
                problems.append(f"{path}:{number}: {room}/ may not include {other}/")
            elif room == "api" and other == "actors" and target != "actors/gateway.hpp":
                problems.append(f"{path}:{number}: api/ sees actors/gateway.hpp alone")
        else:
            for prefix, folders in LIBRARIES.items():
                if target.startswith(prefix) and not str(path).startswith(folders):
                    problems.append(f"{path}:{number}: <{prefix}...> is for {', '.join(folders)}")


def check_heavy_headers(texts):
    """A header that includes a heavy library stays within its room: no file of another room may reach it (sim/ and tests/ may)."""
    includes = {str(p): re.findall(r'^\s*#include\s+"([^"]+)"', t, re.M) for p, t in texts.items()}
    heavy = {str(p) for p, t in texts.items() if p.suffix == ".hpp" and any(f"#include <{lib}" in t for lib in HEAVY_IN_HEADERS)}
    for path in texts:
        if room_of(path) in ("sim", "tests", "bench", "tools"):
            continue
        seen, todo = set(), [str(path)]
        while todo:
            for target in includes.get(todo.pop(), []):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        for header in sorted(seen & heavy):
            if header.split("/")[0] != room_of(path):
                problems.append(f"{path}: reaches {header}, which includes a heavy library: hide that behind a pointer")


def blank_strings_and_comments(text):
    pattern = r'R"(\w*)\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*(?:.|\n)*?\*/'
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def check_function_lengths(path, text):
    text = blank_strings_and_comments(text)
    stack, line, start = [], 1, 0
    for index, char in enumerate(text):
        if char == "\n":
            line += 1
        elif char in ";":
            start = index + 1
        elif char == "{":
            head = " ".join(text[start:index].split())
            is_function = bool(re.search(r"\)\s*(const|noexcept|override|final|mutable|->[^{;]*|:[^{;]*|\s)*$", head)) and not re.match(
                r"(" + "|".join(SKIP_WORDS) + r")\b", head)
            is_function = is_function and not re.search(r"\]\s*(\([^{]*)?$", head.split("(")[0]) and "=" not in head.split("(")[0]
            if any(kind for kind, _, _ in stack):
                is_function = False  # a lambda or block inside a function belongs to it
            stack.append((is_function, line, head))
            start = index + 1
        elif char == "}":
            if stack:
                is_function, begun, head = stack.pop()
                if is_function and line - begun + 1 > FUNCTION_LINES:
                    problems.append(f"{path}:{begun}: function of {line - begun + 1} lines (limit {FUNCTION_LINES}): {head[-70:]}")
            start = index + 1


def check_links(path, text):
    for match in re.finditer(r"\]\(([^)#\s]+)(#[^)]*)?\)", text):
        target = match.group(1)
        if "://" in target or target.startswith("mailto:"):
            continue
        if not (path.parent / target).exists():
            problems.append(f"{path}: link to {target}, which is not there")


def main():
    texts = {path: path.read_text() for path in tracked("*.cpp", "*.hpp")}
    check_heavy_headers(texts)
    for path, text in texts.items():
        lines = text.count("\n")
        if lines > FILE_LINES:
            problems.append(f"{path}: {lines} lines (limit {FILE_LINES}); a file holds one idea")
        check_includes(path, text)
        check_function_lengths(path, text)
    for path in tracked("*.md"):
        check_links(path, path.read_text())
    for room in ARROWS:
        if any(p.parts[0] == room for p in tracked(f"{room}/*")) and not pathlib.Path(room, "README.md").exists():
            problems.append(f"{room}/README.md is missing: ten lines that say what lives there")
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems" if problems else "rooms, lengths and links are in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
