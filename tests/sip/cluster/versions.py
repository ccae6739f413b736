#!/usr/bin/env python3
"""Two versions of the program in one cluster, with calls in every phase: three nodes of the older one; one by one they are replaced by the newer, back,
and again by the newer. Then the cluster's level is raised, and the older program is told that it may join no more.
usage: versions.py SEATGRID KAFKA_DIRECTORY [--older SEATGRID]
Without --older the older one is the last tag before this commit (older.py builds it); without such a tag there is nothing to compare: skipped."""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "survival"))
sys.path.insert(0, str(HERE))
import older  # noqa: E402
from cluster_node import Brokers, Member  # noqa: E402
from harness import Failure, Stage, binary_from, expect, run, wait_until  # noqa: E402
from many_nodes import Many  # noqa: E402
import survival  # noqa: E402
from topic import filtered, read_topic  # noqa: E402

SIZES = {"talk": 9, "wait": 9, "ring": 3, "hold": 3, "ivr": 3}
REPLACED = 3 * 3  # nodes, there, back and there again
HOLD_S = 60 + 12 * REPLACED


class Versions(Many):
    def __init__(self, stage, old, new, members, brokers):
        super().__init__(stage, new, dict(SIZES), 1, members)
        self.old, self.new, self.brokers = old, new, brokers

    def replace(self, member, binary):
        """As an operator: stop the unit, install, start. Its calls go on elsewhere and come back with its addresses."""
        before = self.places()
        self.node = next(one for one in self.members if one is not member)
        stopped = member.stop()
        expect(not stopped, stopped)
        wait_until(f"the lanes of {member.name} have other owners", 20, lambda: self.node.all_owned() and member.name not in self.node.owners().values(), 0.05)
        self.settle(f"all calls in place without {member.name}", 20)
        member.binary = str(binary)
        took = member.start(60)
        wait_until(f"{member.name} has its addresses again", 30, lambda: self.node.holder_of(member.name) == member.name, 0.1)
        self.settle(f"all calls in place with {member.name} back", 30)
        self.compare(before)
        return took

    def roll(self, binary, what):
        began = time.monotonic()
        for member in self.members:
            self.replace(member, binary)
        health = subprocess.run([self.new, "cluster", "health", "--data", str(self.members[0].data)], capture_output=True, text=True, timeout=30, check=False)
        wait_until("every node owns lanes", 40, lambda: set(self.node.owners().values()) == {one.name for one in self.members}, 0.1)
        levels = {one.name: one.state()["level"] for one in self.members}
        expect(set(levels.values()) == {1}, f"nobody raised the level: {levels}; {health.stdout}")
        print(f"{what}: three nodes in {time.monotonic() - began:.1f} s, {sum(SIZES.values())} calls in place, level 1", flush=True)

    def raise_level(self):
        return subprocess.run([self.new, "cluster", "level", "raise", "--data", str(self.node.data)], capture_output=True, text=True, timeout=60, check=False)

    def refuses_old(self, level):
        """An older program reads what it does not know, and ends with a word that says what to do."""
        victim = self.members[-1]
        self.node = self.members[0]
        before = self.places()
        expect(not victim.stop(), "did not stop")
        victim.binary = str(self.old)
        try:
            victim.start(60)
        except Failure:
            pass  # its API may answer before it reads that it is refused
        status, said = victim.wait_ended(20), victim.log_tail()
        expect(f"the cluster is at level {level}" in said and "start a later version" in said, f"not a clear refusal: {said}")
        expect(status > 0, f"it crashed: {status}")
        victim.binary = str(self.new)
        victim.start(60)
        wait_until(f"{victim.name} has its addresses again", 30, lambda: self.node.holder_of(victim.name) == victim.name, 0.1)
        self.settle("all calls in place", 30)
        self.compare(before)

    def older_reads(self, ours):
        """What the newer program wrote, read by the older: steps of a kind and events of types that it does not know."""
        audit = subprocess.run([self.old, "check", "--data", str(self.members[0].data), "-o", "json"], capture_output=True, text=True, timeout=120, check=False)
        expect(audit.stdout.startswith("{") and json.loads(audit.stdout)["violations"] == 0, f"the older program's check: {audit.stdout[:300]}{audit.stderr[:300]}")
        verified = subprocess.run([self.old, "event", "verify", "--brokers", self.brokers.address, "--topic", ours, "-o", "json"], capture_output=True, text=True,
                                  timeout=120, check=False)
        verdict = json.loads(verified.stdout)
        expect(verified.returncode == 0 and verdict["faults"] == 0 and verdict["unknown_types"] > 0, f"the older program's event verify: {verdict}")
        return verdict["unknown_types"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("seatgrid")
    parser.add_argument("kafka")
    parser.add_argument("--older", default="")
    options = parser.parse_args()
    new = binary_from(sys.argv)
    brokers = Brokers(options.kafka).require()
    old = pathlib.Path(options.older).resolve() if options.older else older.binary()
    if old is None:
        print(f"skipped: {older.NONE}")
        raise SystemExit(77)
    survival.IVR_WAIT_S, survival.IVR_TRIES = 60, 1 + HOLD_S // 60  # the menu lasts as long as the test
    with Stage("versions") as stage:
        name = f"versions-{os.getpid()}"
        topic = f"{name}.events"
        members = [Member(old, stage.directory / f"n{i}", i, brokers, name, survival.provisioning(SIZES)) for i in (1, 2, 3)]
        for one in members:
            one.env |= {"SEATGRID_EVENTS_TOPIC": topic}
        cluster = Versions(stage, old, new, members, brokers)
        print("starts of the older: " + ", ".join(f"{member.name} {member.start() * 1000:.0f} ms" for member in members), flush=True)
        wait_until("lanes spread over the nodes", 30, lambda: set(cluster.node.owners().values()) == {m.name for m in members}, 0.1)
        ringing, callers = cluster.begin(1000 * HOLD_S)
        cluster.replace(members[0], new)
        cluster.node = members[0]
        refused = cluster.raise_level()
        expect(refused.returncode != 0 and "understands level 1" in refused.stdout + refused.stderr, f"raised although a node is older: {refused}")
        cluster.roll(new, "forward")
        cluster.roll(old, "back")
        cluster.roll(new, "forward again")
        told = [one["type"] for one in filtered(read_topic(brokers.address, topic)) if re.match(r"node\.|lane\.", one["type"])]
        expect(not told, f"written before the level was raised: {told}")
        cluster.node = members[0]
        raised = cluster.raise_level()
        expect(raised.returncode == 0, f"the level: {raised}")
        level = members[1].state()["level"]
        expect(level == members[0].state()["level_possible"] > 1, f"level {level}")
        cluster.refuses_old(level)
        cluster.finish(ringing, callers)
        told = [one["type"] for one in filtered(read_topic(brokers.address, topic)) if re.match(r"node\.|lane\.", one["type"])]
        expect("node.left" in told and "node.joined" in told and "lane.taken" in told, f"told since level {level}: {told}")
        unknown = cluster.older_reads(topic)
        print(f"level {level}: the older program is refused with a reason, reads {unknown} events of types that it does not know, and finds no fault", flush=True)


if __name__ == "__main__":
    run(main)
