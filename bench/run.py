#!/usr/bin/env python3
"""Every bench of the project: Google Benchmark programs and whole-node benches with SIPp. Prints a table with floor or baseline beside each
figure, and writes build/bench/NAME.json.
usage: run.py BUILD_DIR [NAME ...]   (no name: all; --list: names)"""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import node_benches  # noqa: E402


def program_benches(build):
    return {p.name.removesuffix("_bench"): p for p in sorted((build / "bench").glob("*_bench"))}


def run_program(name, program, out):
    print(f"\n== {name}", flush=True)
    target = out / f"{name}.json"
    subprocess.run([str(program), f"--benchmark_out={target}", "--benchmark_out_format=json", "--benchmark_counters_tabular=true"], check=True)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    wanted = sys.argv[2:]
    out = build.parent / "bench"
    out.mkdir(parents=True, exist_ok=True)
    programs, nodes = program_benches(build), node_benches.BENCHES
    if wanted == ["--list"]:
        print("\n".join([*programs, *nodes]))
        return 0
    unknown = [name for name in wanted if name not in programs and name not in nodes]
    if unknown:
        print(f"no bench {', '.join(unknown)}; there are: {', '.join([*programs, *nodes])}")
        return 2
    for name, program in programs.items():
        if not wanted or name in wanted:
            run_program(name, program, out)
    for name, bench in nodes.items():
        if not wanted or name in wanted:
            print(f"\n== {name}", flush=True)
            rows = bench(build / "seatgrid")
            (out / f"{name}.json").write_text(json.dumps(rows, indent=2))
            node_benches.print_table(rows)
    print(f"\nJSON in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
