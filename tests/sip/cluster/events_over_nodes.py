#!/usr/bin/env python3
"""Public events of a cluster of three nodes on a real broker: with calls coming in all the time owners of lanes are killed with -9 and stopped, lanes are
moved as planned, a node is drained, and the broker dies once. Then the topic holds exactly the journal's events, and tells of each node what happened to it.
usage: events_over_nodes.py SEATGRID KAFKA_DIRECTORY [--kills N] [--moves N] [--seed S]"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "survival"))
sys.path.insert(0, str(HERE))
from cluster_node import Brokers, Member  # noqa: E402
from harness import HOST, Sipp, Stage, binary_from, expect, run, wait_until  # noqa: E402
from topic import filtered, judge, read_topic  # noqa: E402

TENANTS = [f"t{n}" for n in range(1, 9)]  # they fall into at least three of the four lanes
AGENTS, AGENT_PORT = 12, 26101            # of each tenant; one phone for all
SETTLED_MAX_S = 20.0
LETTERS = {"node.joined": "j", "node.left": "l", "node.fenced": "f", "node.replaced": "r", "node.drained": "d", "node.undrained": "u"}


def number_of(tenant):
    return f"400810000{TENANTS.index(tenant)}"


def provisioning():
    parts = [f'[[tenant]]\nname = "carrier"\nrole = "carrier"\n[tenant.trunks.loopback]\naddresses = ["{HOST}"]\n']
    for tenant in TENANTS:
        first = 1000 * (1 + TENANTS.index(tenant))
        parts.append(f'[[tenant]]\nname = "{tenant}"\nrole = "enterprise"\nparent = "carrier"\ndomain = "{tenant}.example"\n'
                     f'[tenant.numbers."{number_of(tenant)}"]\nflow = "line"\nanswer = "on_agent"\n[tenant.flows.line]\nstart = "line"\n'
                     '[tenant.flows.line.nodes.line]\nkind = "queue"\nqueue = "line"\n'
                     '[tenant.queues.line]\nwrap_up = "0s"\nring_timeout = "20s"\nwait_max = "30s"\nno_answer_delay = "0s"\nbusy_delay = "0s"\n'
                     'reject_delay = "0s"\nunreachable_delay = "0s"\nno_answer_max = 1000\n'
                     f'[[tenant.agent_ranges]]\nrange = "{first}-{first + AGENTS - 1}"\ndevice = "sip:{tenant}n{{n}}@{HOST}:{AGENT_PORT}"\n'
                     'queues = ["line"]\nauto_login = true\n')
    return "\n".join(parts)


class Cluster:
    """Three members, and callers through each of them."""

    def __init__(self, stage, binary, brokers, seed):
        self.stage, self.brokers, self.random, self.binary = stage, brokers, random.Random(seed), binary
        self.name = f"events-{os.getpid()}"
        self.topic = f"{self.name}.events"
        self.members = [stage.add(Member(binary, stage.directory / f"n{i}", i, brokers, self.name, provisioning())) for i in (1, 2, 3)]
        for one in self.members:
            one.env |= {"SEATGRID_EVENTS_TOPIC": self.topic, "SEATGRID_MEDIA_SILENCE": "20s"}
        self.made, self.streams, self.known = 0, [], {}
        self.story = {one.name: "j" for one in self.members}  # a pattern of LETTERS: what happened to each node

    def start(self):
        print("starts: " + ", ".join(f"{one.name} {one.start() * 1000:.0f} ms" for one in self.members), flush=True)
        wait_until("lanes spread over the nodes", 30, lambda: set(self.members[0].owners().values()) == {m.name for m in self.members}, 0.1)
        self.stage.add(Sipp("agent_answers", self.stage.directory, AGENT_PORT, "agents"))

    def call(self, tenant, scenario, rate, hold_ms):
        """Callers until they are stopped, of each tenant through another node."""
        self.made += 1
        member = self.members[self.made % len(self.members)]
        self.streams.append(self.stage.add(Sipp(scenario, self.stage.directory, 26200 + self.made, f"callers_{self.made}", media_port=30000 + 100 * self.made,
                                                target=f"{member.host}:{member.sip}", service=number_of(tenant), rate=rate, calls=100_000, hold_ms=hold_ms)))

    def living(self):
        return [one for one in self.members if one.process.poll() is None]

    def settled(self, what, gone=()):
        """Every lane has an owner that lives."""
        names = {one.name for one in self.living()} - set(gone)
        wait_until(what, SETTLED_MAX_S, lambda: set(self.living()[0].owners().values()) <= names, 0.02)

    def kill_an_owner(self):
        self.remember()
        time.sleep(self.random.uniform(0.1, 0.8))
        self.settled("the first node, which may just be back, knows an owner of every lane")
        owners = self.members[0].owners()
        victim = next(one for one in self.members if one.name == owners[self.random.choice(sorted(owners))])
        lanes = sorted(victim.owned())
        victim.kill()
        began = time.monotonic()
        self.settled(f"the lanes of {victim.name}")
        took = time.monotonic() - began
        time.sleep(0.5)  # the successors publish
        victim.start()
        self.story[victim.name] += "fj"
        print(f"killed {victim.name} with lanes {lanes}: owned again after {took * 1000:.0f} ms", flush=True)

    def stop_an_owner(self):
        """It sleeps with events under way, wakes as one who is out, and what it had given to its broker connection may still arrive."""
        self.remember()
        victim = next(one for one in self.members[1:] if one.owned())
        lanes = sorted(victim.owned())
        victim.process.send_signal(signal.SIGSTOP)
        names = {one.name for one in self.members} - {victim.name}
        wait_until(f"the lanes of {victim.name}, which sleeps", SETTLED_MAX_S, lambda: set(self.members[0].owners().values()) <= names, 0.02)
        time.sleep(0.5)
        victim.process.send_signal(signal.SIGCONT)
        wait_until(f"{victim.name} ends", 20, lambda: victim.process.poll() is not None, 0.02)
        victim.start()
        self.story[victim.name] += "fj"
        print(f"stopped {victim.name} with lanes {lanes}, woken as one who is out", flush=True)

    def order(self, *words):
        def carried_out():
            done = subprocess.run([self.binary, *words, "--data", str(self.members[0].data)], check=False, capture_output=True, text=True, timeout=60)
            expect(done.returncode == 0 or "has not joined yet" in done.stdout + done.stderr, f"{words}: {done.stdout}{done.stderr}")
            return done.returncode == 0
        wait_until(f"{words} while its node joins", 10, carried_out, 0.1)

    def drain_and_back(self):
        self.remember()
        one = self.random.choice(self.members[1:])
        self.order("node", "drain", one.name)
        self.settled(f"{one.name} drained", gone=[one.name])
        time.sleep(0.5)
        self.order("node", "undrain", one.name)
        time.sleep(1)
        if one.process.poll() is not None:  # it was empty, and ended
            one.start()
            self.story[one.name] += "d(lu|ul)j"
        else:
            self.story[one.name] += "du"
        self.order("cluster", "rebalance")
        wait_until(f"{one.name} has lanes again", 30, lambda: one.name in self.members[0].owners().values(), 0.05)
        print(f"drained {one.name} and back: {self.members[0].owners()}", flush=True)

    def remember(self):
        """What the nodes' journals hold now; a copy that began with a snapshot has only what was not published by then."""
        begins = {}
        for one in self.living():
            for event in one.all("/v1/events"):
                lane, other = int(event["id"][:5]), self.known.setdefault(event["id"], event)
                expect(other == event, f"{one.name} holds {event}, another {other}")
                begins[one.name, lane] = min(begins.get((one.name, lane), event["id"]), event["id"])
        return begins

    def journal(self):
        """({lane: [event]} of all that was seen, {lane: the first id that the longest copy holds})"""
        begins, events = {}, {}
        for (_, lane), first in self.remember().items():
            begins[lane] = min(begins.get(lane, first), first)
        for name in sorted(self.known):
            events.setdefault(int(name[:5]), []).append(self.known[name])
        return events, begins

    def published(self, journal):
        """The topic up to where the journal was; None while it is not there."""
        ends = {lane: events[-1]["id"] for lane, events in journal.items() if events}
        records = [one for one in read_topic(self.brokers.address, self.topic) if one["id"] <= ends.get(one["partition"], "")]
        return records if set(ends.values()) <= {one["id"] for one in records} else None

    def verify(self):
        """(exit status, verdict) of `seatgrid event verify`."""
        done = subprocess.run([self.binary, "event", "verify", "--brokers", self.brokers.address, "--topic", self.topic, "-o", "json"], check=False,
                              capture_output=True, text=True, timeout=60)
        expect(done.stdout.startswith("{"), f"event verify: {done.stderr}")
        return done.returncode, json.loads(done.stdout)

    def tells_of_nodes(self):
        """Each thing that happened to a node once, in its order; addresses and lanes have a holder after each death. As `event tail` prints it."""
        done = subprocess.run([self.binary, "event", "tail", "--brokers", self.brokers.address, "--topic", self.topic, "--type", "node.*", "--from", "beginning",
                               "--until-end", "-o", "json"], check=True, capture_output=True, text=True, timeout=60)
        told = [json.loads(line) for line in done.stdout.splitlines()]
        for name, story in self.story.items():
            letters = "".join(LETTERS.get(one["type"], "") for one in told if one["data"]["node"] == name)
            expect(re.fullmatch(story, letters), f"{name}: told was {letters}, happened {story}")
        fences = sum(story.count("f") for story in self.story.values())
        taken = [one["data"] for one in told if one["type"] == "node.addresses_taken"]
        foreign = [one for one in taken if one["node"] != one["addresses"]]
        expect(len(foreign) >= fences and len(taken) - len(foreign) >= fences + len(self.members), f"addresses of {fences} dead nodes were taken: {taken}")
        listed = subprocess.run([self.binary, "event", "list", "--type", "node.*", "--limit", "1000", "--data", str(self.members[0].data), "-o", "json"], check=True,
                                capture_output=True, text=True, timeout=60)
        items = json.loads(listed.stdout)["items"]
        expect(items and all(one["type"].startswith("node.") for one in items), f"event list --type node.*: {items}")
        records = filtered(read_topic(self.brokers.address, self.topic))
        owners = {one["value"]["lane"]: one["value"]["node"] for one in records if one["type"] == "lane.taken"}
        now = {lane: owner for lane, owner in self.members[0].owners().items() if lane != 0}  # the configuration's has no public events
        expect(owners == now, f"lane.taken says {owners}, the cluster {now}")
        print(f"events of nodes: {len(told)}, {fences} fences, {len(foreign)} times addresses of another were taken; lane.taken names the owners {owners}", flush=True)

    def spoil(self):
        """What a publisher must never do: the last call's next event but one, without what it should hold."""
        last = [one for one in read_topic(self.brokers.address, self.topic) if one["type"] == "call.cdr"][-1]
        headers = {"ce_id": last["id"][:6] + "09" + "9" * 18 + "-0000", "ce_source": last["source"], "ce_type": last["type"], "ce_subject": last["key"],
                   "ce_sequence": f"{int(last['sequence']) + 2:020}"}
        subprocess.run(["kcat", "-P", "-b", self.brokers.address, "-t", self.topic, "-p", str(last["partition"]), "-k", last["key"],
                        *(word for name, value in headers.items() for word in ("-H", f"{name}={value}"))], input="{}", text=True, check=True, timeout=30)

    def metric(self, name):
        return sum(float(re.search(rf"^{name} (\S+)", one.request("GET", "/metrics"), re.MULTILINE).group(1)) for one in self.living())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("seatgrid")
    parser.add_argument("kafka")
    for name, default in (("kills", 4), ("moves", 2), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    binary = binary_from(sys.argv)
    brokers = Brokers(options.kafka)
    if brokers.address is None or shutil.which("kcat") is None:
        print("skipped: no Kafka broker was started (the test kafka_up), or kcat is not installed (./dev test installs it)")
        raise SystemExit(77)
    with Stage("events_over_nodes") as stage:
        run = Cluster(stage, binary, brokers, options.seed)
        run.start()
        for tenant in TENANTS:
            run.call(tenant, "caller_talks", 2, 700)
        run.call(TENANTS[0], "caller_holds", 1, 900)
        wait_until("calls begin", 20, lambda: run.metric("seatgrid_events_stored_total") > 100)
        for number in range(max(options.kills, options.moves)):
            if number < options.kills:
                run.kill_an_owner()
            if number < options.moves:
                run.drain_and_back()
            if number == 1:
                run.stop_an_owner()
            if number == 0:
                brokers.order("kill 1")
                brokers.order("start 1")
                run.settled("lanes have owners after the broker's death")
                print("broker killed and started again", flush=True)
        for one in run.streams:
            one.stop()
        journal, begins = run.journal()
        counts = judge(wait_until("all is published", 60, lambda: run.published(journal), 1), journal, begins)
        lanes = sum(1 for events in journal.values() if events)
        expect(counts["lanes"] == lanes >= 2 and counts["events"] > 1000, f"{counts}: too few to prove anything")
        expect(all(s.startswith(f"/seatgrid/{run.name}/") for s in counts["sources"]), f"{counts}")
        status, verdict = run.verify()
        expect(status == 0 and verdict["faults"] == 0 == verdict["unknown_types"] and verdict["records"] >= counts["events"], f"event verify: {status} {verdict}")
        run.tells_of_nodes()
        run.spoil()
        status, verdict = run.verify()
        found = {rule["rule"]: rule["faults"] for rule in verdict["rules"] if rule["faults"]}
        expect(status == 1 and found == {"value": 1, "gap": 1}, f"event verify of a spoilt topic: {status} {verdict}")
        print(f"events {counts['events']} of {counts['entities']} entities and {counts['types']} types in {counts['lanes']} lanes, {counts['compared']} compared "
              f"with the journal, repeated in the topic {counts['repeats']}, holes 0, disorder 0, kills {options.kills}, drains {options.moves}, broker deaths 1",
              flush=True)


if __name__ == "__main__":
    run(main)
