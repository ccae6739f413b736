#!/usr/bin/env python3
"""Real faults against a real cluster, each node in a network namespace of its own, with calls in every phase through all of them. Without --minutes each
fault of the short set once, in an order that the seed gives; with it, random ones in rounds, each round with calls of its own, and a table at the end."""
import argparse
import collections
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "survival"), str(HERE.parents[2] / "tools" / "cluster")]
import network  # noqa: E402

os.environ.setdefault("SEATGRID_TEST_HOST", network.OUTER)
ROUND_FAULTS, FAULT_S, BEGIN_S = 8, 20, 60  # a fault takes some 8 s on a quiet machine
TMPFS = "256m"


def arguments():
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__)
    parser.add_argument("seatgrid")
    parser.add_argument("--minutes", type=float, default=0, help="rounds of random faults for so long (default: the short set once)")
    parser.add_argument("--seed", type=int, default=1, help="of order, victims and moments; a failure names its own")
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--brokers", type=int, default=1, choices=(1, 3))
    parser.add_argument("--faults", default="", help="only these, by commas: " + ", ".join(names()))
    parser.add_argument("--shift", default="", help="libclock_shift.so; without it no clock jumps")
    return parser.parse_args()


def names():
    import fault_kinds
    return [kind.__name__ for kind in fault_kinds.ALL]


class OwnBrokers:
    """Brokers of this run, in its outer namespace."""

    def __init__(self, directory, count):
        self.directory, self.replicas = directory, count
        self.order(f"up --brokers {count} --port 0 --host {network.OUTER} --with-pid {os.getpid()}")
        self.address = (pathlib.Path(directory) / "bootstrap").read_text().strip()

    def order(self, what):
        from cluster_node import KAFKA
        from harness import expect
        done = subprocess.run([sys.executable, str(KAFKA), *what.split(), "--dir", str(self.directory)], capture_output=True, text=True, timeout=180, check=False)
        expect(done.returncode == 0, f"kafka.py {what}: {done.stdout}{done.stderr}")

    def stop(self):
        self.order("down")
        return ""


def run_round(options, binary, number, chosen, seed, table):
    """One cluster with calls; the faults `chosen`, one after the other."""
    import certificates
    import chaos
    import harness
    import survival
    from harness import Stage
    from many_nodes import SIZES
    hold_s = BEGIN_S + FAULT_S * len(chosen) + sum(60 for kind in chosen if kind.__name__ == "brokers_away")
    survival.IVR_WAIT_S, survival.IVR_TRIES = 60, 1 + hold_s // 60  # the menu lasts as long as the faults
    with Stage("faults") as stage:
        net = options.net
        net.use(stage.directory)
        certificates.authority(stage.directory)
        brokers = stage.add(OwnBrokers(stage.directory / "kafka", options.brokers))

        def make(index):
            name = f"n{index}"
            if name not in net.names:
                net.add(name)
            member = chaos.ChaosMember(binary, stage.directory / name, index, brokers, f"faults-{number}", survival.provisioning(SIZES), network=net, shift=options.shift)
            member.data.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={TMPFS}", "tmpfs", str(member.data)], check=True)
            return stage.add(member) if index > options.nodes else member

        run = chaos.Chaos(stage, binary, dict(SIZES), seed, [make(index) for index in range(1, options.nodes + 1)], brokers, net, make)
        print(f"round {number}, seed {seed}: starts " + ", ".join(f"{member.name} {member.start(60) * 1000:.0f} ms" for member in run.members), flush=True)
        chaos.wait_until("lanes spread over the nodes", 40, lambda: set(run.node.owners().values()) == {m.name for m in run.members}, 0.1)
        ringing, callers = run.begin(1000 * hold_s)
        began = time.monotonic()
        for kind in chosen:
            left = hold_s - 20 - (time.monotonic() - began)
            if left < FAULT_S + (60 if kind.__name__ == "brokers_away" else 0):
                print(f"    {kind.__name__:18} not run: the calls of this round end in {left:.0f} s", flush=True)
                table[kind.__name__]["not run"] += 1
                continue
            time.sleep(run.random.uniform(0.05, 1.2))
            started = time.monotonic()
            try:
                said = kind(run)
            except BaseException as failure:
                table[kind.__name__]["FAILED"] += 1
                print(f"    {kind.__name__:18} FAILED after {time.monotonic() - started:.1f} s: {failure}", flush=True)
                raise
            table[kind.__name__]["good"] += 1
            print(f"    {kind.__name__:18} {time.monotonic() - started:5.1f} s  {said}", flush=True)
        run.finish(ringing, callers, run.others)
        harness.expect(options.minutes or not any(row["not run"] for row in table.values()), "not every fault was run")
        again = chaos.ChaosMember.asked_again
        print(f"    API: {again} questions were asked again after 503, 504 or no answer", flush=True)


def main():
    options = arguments()
    if not network.enter():
        print("skipped: no network namespace may be made here")
        return 77
    import fault_kinds
    from harness import Failure, binary_from
    binary = binary_from(sys.argv)
    with tempfile.TemporaryDirectory() as before_rounds:
        options.net = network.Namespaces(before_rounds, [])
    wanted = options.faults.split(",") if options.faults else None
    kinds = [kind for kind in (fault_kinds.ALL if options.minutes or wanted else fault_kinds.SHORT) if wanted is None or kind.__name__ in wanted]
    if not options.shift:
        kinds = [kind for kind in kinds if kind.__name__ != "clock_jump"]
    table = collections.defaultdict(collections.Counter)
    end, number, status = time.monotonic() + 60 * options.minutes, 0, 0
    while number == 0 or time.monotonic() < end:
        number += 1
        seed = options.seed + number - 1
        chance = random.Random(seed)
        chosen = chance.choices(kinds, k=ROUND_FAULTS) if options.minutes else chance.sample(kinds, len(kinds))
        try:
            run_round(options, binary, number, chosen, seed, table)
        except Exception as failure:  # whatever it is: say with which seed
            print(f"FAILED: {failure}" if isinstance(failure, Failure) else traceback.format_exc())
            again = f" --minutes 0.1 --seed {seed}" if options.minutes else f" --seed {seed}"
            print(f"the same again: ./dev chaos{again} --nodes {options.nodes} --brokers {options.brokers}" + (f" --faults {options.faults}" if options.faults else ""))
            status = 1
            if not options.minutes:
                break
    print(f"\n{'fault':20}{'good':>6}{'failed':>8}{'not run':>9}")
    for name, row in sorted(table.items()):
        print(f"{name:20}{row['good']:>6}{row['FAILED']:>8}{row['not run']:>9}")
    return status


if __name__ == "__main__":
    sys.exit(main())
