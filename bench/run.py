#!/usr/bin/env python3
"""Every bench of the project: programs of one room and whole-node benches with SIPp. Prints a table with budget and floor or peer beside
each figure, and writes build/bench/NAME.json. A bench whose calls fail says FAILED; status 1 then. A missed budget is no failure."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import cluster_benches  # noqa: E402
import node_benches  # noqa: E402
from harness import Failure  # noqa: E402

PROGRAM_LIMIT_S = 240
STEP_RUNS = [["--journal", "memory"], ["--journal", "rocks"], ["--journal", "rocks", "--agents", "10000"], ["--journal", "rocks", "--agents", "100000"],
             ["--journal", "rocks", "--agents", "50", "--at-once", "550"], ["--journal", "rocks", "--agents", "50", "--at-once", "5050", "--calls", "8000"],
             ["--journal", "rocks", "--agents", "1000", "--queues", "10"], ["--journal", "rocks", "--agents", "1000", "--queues", "1000"]]


def program(build, name, *arguments):
    """The figures that a bench program prints, one JSON object a line."""
    done = subprocess.run([str(build / "bench" / f"{name}_bench"), *arguments], capture_output=True, text=True, timeout=PROGRAM_LIMIT_S, check=False)
    if done.returncode != 0:
        raise Failure(f"{name}_bench {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()[-400:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def relay(build, quick):
    return program(build, "relay", *(["--quick"] if quick else []))


def links(build, quick):
    return program(build, "links", *(["--quick"] if quick else []))


def snapshot(build, quick):
    return program(build, "snapshot", *(["--quick"] if quick else []))


def match(build, quick):
    return program(build, "match", *(["--quick"] if quick else []))


def step(build, quick):
    return [row for run in (STEP_RUNS[:4] if quick else STEP_RUNS) for row in program(build, "step", *run)]


def storage(build, quick):
    """The journal under Google Benchmark; the disk's own floor stands beside."""
    out = build.parent / "bench" / "storage.raw.json"
    subprocess.run([str(build / "bench" / "storage_bench"), f"--benchmark_out={out}", "--benchmark_out_format=json", f"--benchmark_min_time={0.3 if quick else 2}"],
                   check=True, capture_output=True, timeout=PROGRAM_LIMIT_S)
    found = {b["name"].removesuffix("/real_time"): b for b in json.loads(out.read_text())["benchmarks"]}
    floor = found["disk_floor/1"]
    beside = f"bare write and fdatasync: p50 {floor['p50_us']:.0f} us, p99 {floor['p99_us']:.0f} us"
    one, many, full = found["durable_steps/1"], found["durable_steps/100"], found["saturated_steps"]
    row = node_benches.row
    return [row("durable step by itself, p50", one["p50_us"] / 1000, "ms", "<= 1", beside), row("durable step by itself, p99", one["p99_us"] / 1000, "ms", "<= 10"),
            row("durable steps, groups of 100", many["steps/s"], "steps/s", ">= 90000", f"{floor['groups/s']:.0f} bare syncs/s"),
            row("durable steps, saturated", full["steps/s"], "steps/s", ">= 90000", f"{full['steps/sync']:.0f} steps a sync"),
            row("CPU of the journal's threads per step, saturated", full["cpu_us/step"], "us"), row("encoding a step", found["encode_step"]["real_time"], "ns"),
            row("decoding a step", found["decode_step"]["real_time"], "ns")]


def kafka(build, quick):
    """The lane log on one real broker, then on three; each cluster stops before the next begins."""
    tool, rows = [sys.executable, str(HERE.parent / "tools" / "kafka" / "kafka.py")], []
    for brokers in (1, 3):
        directory, out = build.parent / "bench" / f"brokers-{brokers}", build.parent / "bench" / f"kafka-{brokers}.raw.json"
        up = [*tool, "up", "--dir", str(directory), "--fresh", "--port", "0", "--brokers", str(brokers), "--with-parent"]
        if subprocess.run(up, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            raise Failure("no broker: what is missing stands above")
        try:
            environment = {**os.environ, "SEATGRID_KAFKA": (directory / "bootstrap").read_text().strip(), "SEATGRID_KAFKA_REPLICAS": str(brokers)}
            subprocess.run([str(build / "bench" / "kafka_bench"), f"--benchmark_out={out}", "--benchmark_out_format=json",
                            f"--benchmark_min_time={0.3 if quick else 2}"], check=True, capture_output=True, timeout=PROGRAM_LIMIT_S, env=environment)
        finally:
            subprocess.run([*tool, "down", "--dir", str(directory), "--remove"], stdout=subprocess.DEVNULL, check=True)
        rows += kafka_rows({b["name"].removesuffix("/real_time"): b for b in json.loads(out.read_text())["benchmarks"]}, brokers)
    return rows


def kafka_rows(found, brokers):
    row, rows = node_benches.row, []
    for size in (1000, 16000, 256000):
        one, floor = found[f"kafka_ack/bytes:{size}"], found[f"loopback_floor/bytes:{size}"]
        if "p50_us" not in one:
            raise Failure(f"kafka_bench: {one.get('error_message', 'no figure')}")
        name, budgets = f"append of {size} bytes, {brokers} broker(s), one in flight", ("<= 1", "<= 20") if brokers == 1 and size == 1000 else ("", "")
        rows += [row(f"{name}, p50", one["p50_us"] / 1000, "ms", budgets[0], f"loopback and back: {floor['p50_us']:.0f} us"),
                 row(f"{name}, p99", one["p99_us"] / 1000, "ms", budgets[1], f"{floor['p99_us']:.0f} us"),
                 row(f"{name}, rate", one["per_second"], "frames/s"), row(f"{name}, CPU", one["cpu_us"], "us", "", f"{floor['cpu_us']:.0f} us")]
    step = found["kafka_step/bytes:2000"]
    rows += [row(f"durable step by itself, {brokers} broker(s), p50", step["p50_us"] / 1000, "ms", "<= 1" if brokers == 1 else ""),
             row(f"durable step by itself, {brokers} broker(s), p99", step["p99_us"] / 1000, "ms", "<= 20" if brokers == 1 else ""),
             row(f"durable step by itself, {brokers} broker(s), CPU of the node", step["cpu_us"], "us")]
    tail = found["kafka_append_to_reader/bytes:1000"]
    return [*rows, row(f"append to another process's reader, {brokers} broker(s), p50", tail["p50_us"] / 1000, "ms"),
            row(f"append to another process's reader, {brokers} broker(s), p99", tail["p99_us"] / 1000, "ms")]


def benches():
    nodes = {name: (lambda build, quick, bench=bench: bench(build / "seatgrid", quick)) for name, bench in node_benches.BENCHES.items()}
    return {"match": match, "storage": storage, "step": step, "relay": relay, "links": links, "snapshot": snapshot, "kafka": kafka, "cluster": cluster_benches.cluster, **nodes}


def parts():
    """Of `cluster`, for who wants one alone."""
    return {name: cluster_benches.part(name) for name in cluster_benches.PARTS}


def arguments():
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="build directory, as build/release")
    parser.add_argument("names", nargs="*", metavar="NAME", help="benches to run; none: all")
    parser.add_argument("--quick", action="store_true", help="shorter, for a first look")
    parser.add_argument("--list", action="store_true", help="names of the benches")
    given = parser.parse_intermixed_args()
    unknown = [name for name in given.names if name not in {**benches(), **parts()}]
    if unknown:
        parser.error(f"no bench {', '.join(unknown)}; there are: {', '.join([*benches(), *parts()])}")
    if not (given.list or (given.build / "seatgrid").exists()):
        parser.error(f"{given.build} holds no build: ./dev bench makes one")
    return given


def main():
    given = arguments()
    build, quick, wanted = given.build.resolve(), given.quick, given.names
    known, failed = benches(), 0
    if given.list:
        print("\n".join(known))
        return 0
    out = build.parent / "bench"
    out.mkdir(parents=True, exist_ok=True)
    for name in wanted or known:
        begun = time.monotonic()
        print(f"\n== {name}", flush=True)
        try:
            rows = {**known, **parts()}[name](build, quick)
            node_benches.print_table(rows)
        except Exception as why:  # whatever went wrong: the other benches still run
            failed += 1
            rows = [{"measure": name, "failed": str(why)}]
            print(f"FAILED: {type(why).__name__}: {why}")
        (out / f"{name}.json").write_text(json.dumps({"bench": name, "quick": quick, "seconds": round(time.monotonic() - begun), "rows": rows}, indent=2))
    print(f"\nJSON in {out}" + (f"; {failed} FAILED" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
