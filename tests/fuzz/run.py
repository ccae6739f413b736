#!/usr/bin/env python3
"""Runs the libFuzzer targets of one build directory, one after the other, and says at the end what each did. `./dev fuzz --help` says how."""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
CORPUS_FILES_MAX = 60
PROGRESS_EVERY = 10.0  # seconds
PULSE = re.compile(r"^#(\d+)\s+\S+\s+cov: (\d+).*?corp: (\d+)/\S+")


class Target:
    def __init__(self, line, build):
        self.name, self.bytes_max, folders = line.split("\t")
        self.binary = build / "fuzzers" / f"fuzz_{self.name}"
        self.seeds = [TOP / folder for folder in folders.split(";")]
        self.found = build / "found" / self.name       # inputs that reached something new, kept between runs
        self.findings = build / "findings" / self.name  # inputs that broke a property or a sanitizer's rule
        self.log = build / "found" / f"{self.name}.log"

    def options(self):
        return [f"-max_len={self.bytes_max}", "-timeout=20", "-rss_limit_mb=2048"]

    def run(self, seconds, runs):
        for folder in (self.found, self.findings):
            folder.mkdir(parents=True, exist_ok=True)
        before = sum(1 for _ in self.found.iterdir())
        bound = [f"-runs={runs}"] if runs else [f"-max_total_time={seconds}"]
        command = [self.binary, *bound, *self.options(), "-print_final_stats=1", f"-artifact_prefix={self.findings}/", self.found, *self.seeds]
        begun = time.monotonic()
        status, executions = self.follow([str(part) for part in command])
        took = max(time.monotonic() - begun, 0.001)
        return {"target": self.name, "executions": executions, "exec/s": int(executions / took),
                "new inputs": sum(1 for _ in self.found.iterdir()) - before, "result": "ok" if status == 0 else self.why(status)}

    def follow(self, command):
        """Runs `command`, its output in the log and its pulse on the screen; exit status and executions."""
        executions, shown = 0, time.monotonic()
        with open(self.log, "w", encoding="utf-8") as log, subprocess.Popen(
                command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process:
            for line in process.stdout:
                log.write(line)
                pulse = PULSE.match(line)
                if pulse:
                    executions = int(pulse.group(1))
                    if time.monotonic() - shown > PROGRESS_EVERY:
                        shown = time.monotonic()
                        print(f"    {executions:>9,} executions, {pulse.group(2)} edges, {pulse.group(3)} inputs", flush=True)
                elif line.startswith("stat::number_of_executed_units"):
                    executions = int(line.split()[1])
        return process.returncode, executions

    def why(self, status):
        """One line of what went wrong, and on the screen how to see it again."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        told = re.search(r"property broken: .*|runtime error: .*|ERROR: (?!libFuzzer: deadly).*", text)
        artifact = re.search(r"Test unit written to (\S+)", text)
        print(f"    finding; the whole output is in {self.log.relative_to(TOP)}; again with:\n"
              f"    {self.binary.relative_to(TOP)} {artifact.group(1) if artifact else ''}", flush=True)
        return f"FINDING: {told.group(0)[:100] if told else f'exit status {status}'}"

    def merge(self):
        """Adds to the committed corpus from a smallest set that reaches all that it and the inputs found reach: of every size some."""
        own, kept = self.seeds[0], self.found.parent / f"{self.name}.merged"
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        folders = [own] + ([self.found] if self.found.is_dir() else [])
        subprocess.run([str(part) for part in [self.binary, "-set_cover_merge=1", *self.options(), kept, *folders]], cwd=TOP, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        present = {path.read_bytes() for path in own.iterdir()}
        merged = sorted((path for path in kept.iterdir() if path.read_bytes() not in present), key=lambda path: path.stat().st_size)
        room = max(0, CORPUS_FILES_MAX - len(present))
        for index in range(min(room, len(merged))):
            path = merged[index * len(merged) // min(room, len(merged))]
            shutil.copy(path, own / path.name[:12])
        print(f"    {len(merged)} inputs reach more; {own.relative_to(TOP)} has {sum(1 for _ in own.iterdir())} files now")


def table(rows):
    heads = list(rows[0])
    shown = [[f"{row[head]:,}" if isinstance(row[head], int) else row[head] for head in heads] for row in rows]
    widths = [max(len(line[i]) for line in [heads, *shown]) for i in range(len(heads))]
    for line in [heads, *shown]:
        print("  ".join(cell.ljust(width) if i in (0, len(heads) - 1) else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))).rstrip())


def arguments():
    parser = argparse.ArgumentParser(prog="./dev fuzz", description="libFuzzer under ASan and UBSan")
    parser.add_argument("build", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("name", nargs="?", default="all", help="one target; all of them unless named")
    parser.add_argument("seconds", nargs="?", type=int, default=60, help="for each target (60)")
    parser.add_argument("--runs", type=int, default=0, help="executions of each target, however long they take")
    parser.add_argument("--merge", action="store_true", help="instead: take what was found into tests/fuzz/corpus, minimised")
    parser.add_argument("--list", action="store_true", help="instead: name the targets")
    parser.add_argument("--binaries", action="store_true", help=argparse.SUPPRESS)  # what ./dev has to build for this
    return parser.parse_intermixed_args()  # options may stand before the name


def main():
    asked = arguments()
    build = asked.build.resolve()
    targets = [Target(line, build) for line in (build / "fuzzers.tsv").read_text().splitlines()]
    if asked.list and not asked.binaries:
        print("\n".join(sorted(target.name for target in targets)))
        return 0
    chosen = [target for target in targets if asked.name in ("all", target.name)]
    if not chosen:
        print(f"no target {asked.name}; there are {', '.join(sorted(target.name for target in targets))}", file=sys.stderr)
        return 2
    if asked.binaries:
        print("" if asked.list else "fuzzers" if asked.name == "all" else chosen[0].binary.name)
        return 0
    rows = []
    for target in sorted(chosen, key=lambda target: target.name):
        print(f"==> {target.name}", flush=True)
        if asked.merge:
            target.merge()
        else:
            rows.append(target.run(asked.seconds, asked.runs))
    if rows:
        table(rows)
    return 1 if any(row["result"] != "ok" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
