#!/usr/bin/env python3
"""Three nodes of one cluster on a real broker, each on addresses of its own; calls in every phase come in through all of them. Nodes are killed
with -9 one after the other, at random moments, and start again: count what was lost.
usage: many_nodes.py SEATGRID KAFKA_DIRECTORY [--kills N] [--seed S] [--nodes N]"""
import argparse
import json
import os
import pathlib
import random
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "survival"))
sys.path.insert(0, str(HERE))
from cluster_node import Brokers, Member  # noqa: E402
from harness import HOST, Failure, Sipp, Stage, binary_from, expect, run, wait_until  # noqa: E402
from ringing_phones import RingingPhones  # noqa: E402
from survival import AGENT_PORTS, NUMBERS, Run, provisioning, verify  # noqa: E402

SIZES = {"talk": 12, "wait": 12, "ring": 3, "hold": 3, "ivr": 3}
SERVE_MAX_S = 10.0  # after a kill; the budget is 0.3 s on a quiet machine


class Many(Run):
    """As Run, with several nodes; `node` is one that lives, and answers for all."""

    def __init__(self, stage, binary, sizes, seed, members):
        self.stage, self.binary, self.sizes, self.random = stage, binary, sizes, random.Random(seed)
        self.members = [stage.add(member) for member in members]
        self.node = self.members[0]
        self.restarts, self.moved, self.served = [], 0, []

    def callers(self, kind, scenario, hold_ms):
        """A part of them through each node."""
        index = list(NUMBERS).index(kind)
        made = []
        for at, member in enumerate(self.members):
            calls = len(range(at, self.sizes[kind], len(self.members)))
            made.append(self.stage.add(Sipp(scenario, self.stage.directory, 26201 + 10 * index + at, f"callers_{kind}_{at}",
                                            media_port=30000 + 500 * index + 100 * at, target=f"{member.host}:{member.sip}", service=NUMBERS[kind],
                                            rate=50, calls=calls, hold_ms=hold_ms)))
        return Together(made)

    def begin(self, hold_ms):
        """Phones, agents and calls in every phase, through all nodes."""
        for kind in ("talk", "hold", "wait"):
            self.agents(kind, "agent_answers")
        ringing = self.stage.add(RingingPhones(HOST, AGENT_PORTS["ring"]))
        callers = {kind: self.callers(kind, scenario, ms) for kind, scenario, ms in
                   (("talk", "caller_talks", hold_ms), ("hold", "caller_holds", hold_ms), ("wait", "caller_talks", 300), ("ring", "caller_talks", 1000), ("ivr", "caller_talks", 1000))}
        self.settle("all calls in their phase", 30)
        return ringing, callers

    def finish(self, ringing, callers, others=0):
        """Agents for all, and everybody talks to the end; then what was lost."""
        self.node = self.members[-1]
        ringing.stop()
        self.agents("ring", "agent_answers")
        for agent in self.node.all("/v1/agents?tenant=test"):
            if agent["state"] == "logged_out":
                self.node.request("POST", f"/v1/agents/test/{agent['name']}/login", "{}")
        ringing.refuse()
        for kind, process in callers.items():
            process.wait(240 if kind == "ring" else 200)
        verify(self, callers, ringing, others)

    def kill_one(self, number):
        """Kills a node; the others go on with all of its calls; then it comes back and gets its addresses again."""
        time.sleep(self.random.uniform(0.05, 1.2))
        victim = self.random.choice(self.members)
        self.node = next(m for m in self.members if m is not victim)
        before = self.places()
        owned = victim.owned()
        victim.kill()
        began = time.monotonic()
        wait_until("the lanes of the dead", SERVE_MAX_S, lambda: self.node.all_owned() and victim.name not in self.node.owners().values(), 0.01)
        lanes_after = time.monotonic() - began
        self.settle(f"all calls in place after kill {number} ({victim.name})", 20)
        self.served.append(time.monotonic() - began)
        self.compare(before)
        self.restarts.append(victim.start())
        wait_until("its slot is its own again", 20, lambda: self.node.holder_of(victim.name) == victim.name, 0.1)
        self.settle(f"all calls in place after {victim.name} came back", 20)
        self.compare(before)
        print(f"kill {number:2}: {victim.name} with {len(owned)} lanes; they have owners after {lanes_after * 1000:.0f} ms, all "
              f"{sum(self.expected().values())} calls seen in place after {self.served[-1] * 1000:.0f} ms; back after {self.restarts[-1] * 1000:.0f} ms", flush=True)

    def rings_least(self):
        """A kill meets the phones that the dead node rang: at least one was rung again."""
        return self.sizes["ring"] + 1

    def hear_recordings(self):
        """Each segment of each recording lies where it was made; whichever node is asked, it is heard."""
        heard = elsewhere = 0
        for recording in self.node.all("/v1/recordings?tenant=test"):
            for number, file in enumerate(recording["files"], 1):
                if file["missing"]:
                    continue
                path = f"/v1/recordings/{recording['call']}/audio?segment={number}"
                call = urllib.request.Request(f"http://{HOST}:{self.node.http}{path}", headers={"Authorization": f"Bearer {self.node.token()}"})
                with urllib.request.urlopen(call, timeout=30) as answer:
                    expect(answer.read(4) == b"RIFF", f"{path} is no WAV")
                    elsewhere += f":{self.node.http}/" not in answer.geturl()
                heard += 1
        print(f"recordings: {heard} segments heard through {self.node.name}, {elsewhere} of them from other nodes", flush=True)
        expect(elsewhere > 0, "every file lay on one node: that proves nothing")

    def settle(self, what, seconds):
        try:
            super().settle(what, seconds)
        except Failure:
            self.explain()
            raise

    def explain(self):
        """What there is to see of calls that are not where they should be."""
        wanted = {"talk": "talking", "wait": "waiting", "ring": "ringing", "hold": "held", "ivr": "in_flow"}
        for call in self.node.all("/v1/calls?tenant=test"):
            kind = next((k for k, number in NUMBERS.items() if number == call["called"]), "")
            if call["state"] not in ("ended", "closed") and call["state"] != wanted.get(kind):
                print(f"call {call['id']} to {kind} is {call['state']}:")
                for line in self.node.request("GET", f"/v1/calls/{call['id']}")["timeline"][-25:]:
                    print("   ", line["at"], line["step"], json.dumps(line["events"])[:400])
        for agent in self.node.all("/v1/agents?tenant=test"):
            if agent["state"] not in ("logged_out", "talking"):
                print("agent", agent)

    def compare(self, before):
        after = self.places()
        self.moved += sum(1 for a, b in zip(before, after) if a != b) + abs(len(before) - len(after))


class Together:
    """Several SIPp as one."""

    def __init__(self, all_of):
        self.all_of = all_of

    def counts(self):
        counts = [one.counts() for one in self.all_of]
        return {key: sum(c[key] for c in counts) for key in counts[0]}

    def wait(self, seconds):
        for one in self.all_of:
            one.wait(seconds)
        return self.counts()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("seatgrid")
    parser.add_argument("kafka")
    for name, default in (("kills", 4), ("seed", 1), ("nodes", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    binary = binary_from(sys.argv)
    brokers = Brokers(options.kafka).require()
    with Stage("many_nodes") as stage:
        members = [Member(binary, stage.directory / f"n{i}", i, brokers, f"many-{os.getpid()}", provisioning(SIZES)) for i in range(1, options.nodes + 1)]
        run = Many(stage, binary, dict(SIZES), options.seed, members)
        print("starts: " + ", ".join(f"{member.name} {member.start() * 1000:.0f} ms" for member in run.members), flush=True)
        wait_until("lanes spread over the nodes", 30, lambda: set(run.node.owners().values()) == {m.name for m in run.members}, 0.1)
        print(f"lanes: {run.node.owners()}", flush=True)
        ringing, callers = run.begin(1000 * (40 + 14 * options.kills))
        for number in range(1, options.kills + 1):
            run.kill_one(number)
        run.finish(ringing, callers)
        run.hear_recordings()


if __name__ == "__main__":
    run(main)
