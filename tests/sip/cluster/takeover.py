#!/usr/bin/env python3
"""kill -9 a node of a cluster with calls in every phase, start it again with an empty data directory on the same addresses,
then take Kafka away for a while; count what was lost.
usage: takeover.py SEATGRID KAFKA_DIRECTORY [--kills N] [--away S] [--seed S]"""
import argparse
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "survival"))
from cluster_node import Brokers, cluster_node  # noqa: E402
from harness import Stage, binary_from, expect, run, wait_until  # noqa: E402
from listener import Listener  # noqa: E402
from ringing_phones import RingingPhones  # noqa: E402
from survival import AGENT_PORTS, HOST, NUMBERS, SIP, Run, verify  # noqa: E402

SIZES = {"talk": 20, "wait": 20, "ring": 3, "hold": 3, "ivr": 3}
SILENCE_MAX_S = 1.0  # of music while Kafka is away; a loaded machine stops for a while, music that ends stays away
STALL_LIMIT_S = 4


def outage(run, brokers, seconds):
    """Kafka stops answering: audio goes on, new calls wait with 100 and then get 503, and all goes on when it comes back."""
    listener = run.stage.add(Listener(SIP, NUMBERS["wait"], "hears-through", "0000001"))
    wait_until("music", 10, lambda: len(listener.packets) > 50)
    before = run.places()
    began = time.monotonic()
    brokers.order("hang 1")
    try:
        time.sleep(2)
        early = run.stage.add(Listener(SIP, NUMBERS["wait"], "comes-early", "0000002"))
        time.sleep(1)
        lanes = run.node.request("GET", "/readyz")["lanes"]
        doubt = max(lane["in_doubt_ms"] for lane in lanes)
        time.sleep(STALL_LIMIT_S - 1)
        late = run.stage.add(Listener(SIP, NUMBERS["wait"], "comes-late", "0000003"))
        time.sleep(max(0.0, began + seconds - time.monotonic()))
    finally:
        brokers.order("resume 1")
    ended = time.monotonic()
    silence = listener.longest_silence(began, ended)
    first = [status for at, status, _ in early.responses if at < 1]
    print(f"Kafka away for {ended - began:.1f} s: longest silence of music {silence * 1000:.0f} ms, oldest frame in doubt seen {doubt} ms, "
          f"a caller after 2 s: {[(round(at, 1), status) for at, status, _ in early.responses[:3]]}, after {STALL_LIMIT_S + 2} s: "
          f"{[(round(at, 1), status) for at, status, _ in late.responses[:2]]}", flush=True)
    expect(silence < SILENCE_MAX_S, f"music stopped for {silence:.2f} s")
    expect(doubt >= 1000, "nobody sees that a frame is in doubt")
    expect(first and set(first) == {100}, f"a new call was not held with 100: {first}")
    expect(early.final()[1] == 503 and "Retry-After:" in early.final()[2], f"a new call was held for ever: {early.final()[:2]}")
    expect(late.final()[1] == 503 and late.final()[0] < 1, f"a new call was not refused at once: {late.final()[:2]}")
    run.settle_with(1, "all calls there after the outage", 20)
    after = [place for place in run.places()]
    expect(after[:len(before)] == before, "places changed over the outage")
    return listener


class ClusterRun(Run):
    def settle_with(self, more, what, seconds):
        """As settle(), with `more` callers that wait beside SIPp's."""
        self.sizes = {**self.sizes, "wait": SIZES["wait"] + more}
        self.settle(what, seconds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("seatgrid")
    parser.add_argument("kafka")
    for name, default in (("kills", 4), ("away", 10), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    binary = binary_from(sys.argv)
    brokers = Brokers(options.kafka).require()
    with Stage("takeover") as stage:
        run = ClusterRun(stage, binary, dict(SIZES), options.seed, cluster_node(brokers, f"takeover-{os.getpid()}"))
        print(f"first start: {run.node.start() * 1000:.0f} ms", flush=True)
        for kind in ("talk", "hold", "wait"):
            run.agents(kind, "agent_answers")
        ringing = stage.add(RingingPhones(HOST, AGENT_PORTS["ring"]))
        hold_ms = 1000 * (30 + 4 * options.kills + 2 * options.away)
        callers = {kind: run.callers(kind, scenario, ms) for kind, scenario, ms in
                   (("talk", "caller_talks", hold_ms), ("hold", "caller_holds", hold_ms), ("wait", "caller_talks", 300), ("ring", "caller_talks", 1000), ("ivr", "caller_talks", 1000))}
        run.settle("all calls in their phase", 30)
        for number in range(1, options.kills + 1):
            run.kill_and_restart(number)
        listener = outage(run, brokers, options.away)
        listener.cancel()
        run.settle_with(0, "the listener gone", 15)
        ringing.stop()
        run.agents("ring", "agent_answers")
        for agent in run.node.all("/v1/agents?tenant=test"):
            if agent["state"] == "logged_out":
                run.node.request("POST", f"/v1/agents/test/{agent['name']}/login", "{}")
        ringing.refuse()
        for kind, process in callers.items():
            process.wait(240 if kind == "ring" else 150)
        verify(run, callers, ringing, others=1)  # the listener


if __name__ == "__main__":
    run(main)
