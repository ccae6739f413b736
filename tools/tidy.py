#!/usr/bin/env python3
"""clang-tidy over every source file, JOBS at a time; a file whose text and whose project headers are unchanged since it was clean
is skipped. usage: tidy.py BUILD_DIR JOBS"""
import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import sys


def digest(files):
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(file.encode())
        total.update(pathlib.Path(file).read_bytes())
    return total.hexdigest()


def main():
    build, jobs = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    listed = subprocess.run(["git", "ls-files", "*.hpp", ".clang-tidy"], capture_output=True, text=True, check=True).stdout.split()
    headers = digest(listed)
    root = pathlib.Path.cwd()
    sources = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(root) and not path.is_relative_to(root / "build"):
            sources.append(str(path.relative_to(root)))
    cache = build / "tidy-clean"
    cache.mkdir(exist_ok=True)
    wanted = []
    for source in sorted(set(sources)):
        mark = cache / (digest([source]) + headers[:16])
        if not mark.exists():
            wanted.append((source, mark))
    print(f"{len(wanted)} of {len(set(sources))} files to look at", flush=True)
    failed = done = 0

    def run(item):
        source, mark = item
        result = subprocess.run(["clang-tidy", "-p", str(build), "--quiet", "--warnings-as-errors=*", "--extra-arg=-Wno-unknown-warning-option", source],
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
