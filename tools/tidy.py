#!/usr/bin/env python3
"""clang-tidy over every source file, JOBS at a time. A file is skipped while it, the project headers that it reaches and .clang-tidy are
as they were when it was clean. usage: tidy.py BUILD_DIR JOBS [SOURCE ...]"""
import concurrent.futures
import functools
import hashlib
import json
import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.MULTILINE)


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
    """Compile commands by source; a unity file stands for the sources that it includes."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        parts = [path]
        if path.is_relative_to(build):
            parts = [pathlib.Path(p) for p in INCLUDE.findall(path.read_text(errors="replace"))] if "Unity" in path.parts else []
        for part in parts:
            if part.is_relative_to(root) and not part.is_relative_to(build):
                found.setdefault(str(part.relative_to(root)), {**entry, "file": str(part), "command": entry["command"].replace(str(path), str(part))})
    return found


def main():
    build, jobs, root = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]), pathlib.Path.cwd()
    cache, database = build / "tidy-clean", build / "tidy"
    cache.mkdir(exist_ok=True)
    database.mkdir(exist_ok=True)
    all_commands = commands(build, root)
    (database / "compile_commands.json").write_text(json.dumps(list(all_commands.values())))
    wanted = [(source, cache / digest(source)) for source in sorted(all_commands)]
    wanted = [item for item in wanted if not item[1].exists() and (not sys.argv[3:] or item[0] in sys.argv[3:])]
    print(f"{len(wanted)} of {len(all_commands)} files to look at", flush=True)
    failed = done = 0

    def run(item):
        source, mark = item
        result = subprocess.run(["clang-tidy", "-p", str(database), "--quiet", "--warnings-as-errors=*", "--extra-arg=-Wno-unknown-warning-option", source],
                                capture_output=True, text=True, check=False)
        if result.returncode == 0:
            mark.touch()
        return source, result

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for source, result in pool.map(run, wanted):
            done += 1
            if result.returncode != 0:
                failed += 1
                print(result.stdout)
            print(f"[{done}/{len(wanted)}] {source}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
