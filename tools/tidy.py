#!/usr/bin/env python3
"""clang-tidy over every source file, JOBS at a time. A file is skipped while it, the project headers that it reaches and .clang-tidy are
as they were when it was clean. Sources with the same flags are looked at together, because headers take most of the time;
when they do not compile together after all, in halves. usage: tidy.py BUILD_DIR JOBS [SOURCE ...]"""
import collections
import concurrent.futures
import functools
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.MULTILINE)
TOGETHER_MAX = 16
# What a file defines at the left margin: a function, a type, an alias or a constant. The same name in two files would clash.
DEFINED = re.compile(r"^(?!return|using namespace|namespace|#|//|})(?:(?:struct|class|enum class|using) (\w+)|TEST\w*\((\w+, *\w+)\)|"
                     r"(?:[\w:<>,*&\[\]]+ )+[*&]?(\w+)(?:\(| *=|\{|\[))", re.MULTILINE)


@functools.lru_cache(maxsize=None)
def text_of(path):
    return pathlib.Path(path).read_bytes()


def reached(source):
    """The source and every project header that it includes, directly or not; the project includes by room, as "room/file.hpp"."""
    found, todo = set(), [source]
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        todo += [name for name in INCLUDE.findall(text_of(path).decode(errors="replace")) if pathlib.Path(name).is_file()]
    return found


def digest(source):
    total = hashlib.sha256(text_of(".clang-tidy"))
    for path in sorted(reached(source)):
        total.update(path.encode())
        total.update(text_of(path))
    return total.hexdigest()


def commands(build, root):
    """Compile commands by source, without source and output; a unity file stands for the sources that it includes."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        parts = [path]
        if path.is_relative_to(build):
            parts = [pathlib.Path(p) for p in INCLUDE.findall(path.read_text(errors="replace"))] if "Unity" in path.parts else []
        flags = re.sub(r" -o \S+ -c \S+$", "", entry["command"])
        for part in parts:
            if part.is_relative_to(root) and not part.is_relative_to(build):
                found.setdefault(str(part.relative_to(root)), (flags, entry["directory"]))
    return found


def names_in(source):
    return {name for found in DEFINED.findall(text_of(source).decode(errors="replace")) for name in found if name}


def together(sources):
    """Groups of sources that define nothing twice, at most TOGETHER_MAX in one."""
    groups = []
    for source in sources:
        mine = names_in(source)
        fitting = next((group for group in groups if len(group[0]) < TOGETHER_MAX and not group[1] & mine), None)
        if fitting is None:
            groups.append(([source], mine))
        else:
            fitting[0].append(source)
            fitting[1].update(mine)
    return [group[0] for group in groups]


class Looker:
    def __init__(self, build, root, known):
        self.root, self.known, self.place = root, known, build / "tidy"
        self.cache = build / "tidy-clean"
        self.headers = re.search(r"HeaderFilterRegex: '(.*)'", text_of(".clang-tidy").decode()).group(1)
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        self.cache.mkdir(exist_ok=True)

    def look(self, sources):
        """What clang-tidy says of `sources`; empty when they are clean, and then remembered."""
        folder = self.place / hashlib.sha256(" ".join(sources).encode()).hexdigest()[:16]
        folder.mkdir(exist_ok=True)
        main = folder / "together.cpp" if len(sources) > 1 else self.root / sources[0]
        if len(sources) > 1:
            main.write_text("".join(f'#include "{self.root / source}"  // NOLINT\n' for source in sources))
        flags, directory = self.known[sources[0]]
        (folder / "compile_commands.json").write_text(json.dumps([{"directory": directory, "file": str(main), "command": f"{flags} -c {main}"}]))
        names = "|".join(re.escape(str(self.root / source)) for source in sources)
        # Together, a local hides what another file names; the compiler looks at each alone.
        quiet = ["-Wno-unknown-warning-option", "-Wno-gnu-statement-expression"] + (["-Wno-shadow"] if len(sources) > 1 else [])
        done = subprocess.run(["clang-tidy", "-p", str(folder), f"--config-file={self.root}/.clang-tidy", "--quiet", "--warnings-as-errors=*",
                               f"--header-filter=({self.headers})|^({names})$", *(f"--extra-arg={flag}" for flag in quiet), str(main)],
                              capture_output=True, text=True, check=False)
        if done.returncode == 0:
            for source in sources:
                (self.cache / digest(source)).touch()
            return ""
        if len(sources) > 1 and "clang-diagnostic-error" in done.stdout:  # they do not go together
            half = len(sources) // 2
            return self.look(sources[:half]) + self.look(sources[half:])
        return done.stdout or done.stderr


def main():
    build, jobs, root = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]), pathlib.Path.cwd()
    known = commands(build, root)
    looker = Looker(build, root, known)
    wanted = [source for source in sorted(known)
              if not (looker.cache / digest(source)).exists() and (not sys.argv[3:] or source in sys.argv[3:])]
    print(f"{len(wanted)} of {len(known)} files to look at", flush=True)
    alike = collections.defaultdict(list)
    for source in wanted:
        alike[known[source]].append(source)
    groups = [group for all_of in alike.values() for group in together(all_of)]
    failed = done = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for group, said in zip(groups, pool.map(looker.look, groups)):
            done += len(group)
            if said:
                failed += 1
                print(said)
            print(f"[{done}/{len(wanted)}] {' '.join(group)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
