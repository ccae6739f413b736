#!/usr/bin/env python3
"""SIGTERM with calls up: new calls get 503, the process ends with 0 within server.drain_max, no call hears of it, and the next start
goes on with all of them. usage: shutdown.py SEATGRID"""
import json
import pathlib
import signal
import sys
import time
import urllib.error

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hotline import HTTP, LEAVE, TALK, WAIT, Hotline, answer_to_invite  # noqa: E402
from isolation import own_network  # noqa: E402
from harness import HOST, Stage, binary_from, expect, run, wait_until  # noqa: E402
import urllib.request  # noqa: E402

DRAIN_S, AFTER_DRAIN_S = 2, 4  # what server.drain_max says here; what closing journal, sockets and threads may take on a loaded machine
TALKING, WAITING, LEAVING = 4, 4, 2


def readiness():
    try:
        with urllib.request.urlopen(f"http://{HOST}:{HTTP}/readyz", timeout=2) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return json.loads(refused.read())


def ended_within(line, seconds, began):
    status = line.node.process.wait(seconds)
    expect(status == 0, f"SIGTERM ended the node with {status}: {line.node.log_tail()}")
    return time.monotonic() - began


def main():
    own_network()
    binary = binary_from(sys.argv)
    with Stage("shutdown") as stage:
        line = Hotline(stage, binary, env={"SEATGRID_SERVER_DRAIN_MAX": f"{DRAIN_S}s"}).start()
        talkers, waiters, leavers = line.call(TALK, TALKING, 8000), line.call(WAIT, WAITING, 500), line.call(LEAVE, LEAVING, 8000)
        line.settle(talking=TALKING, waiting=WAITING, voicemail=LEAVING)
        places = line.places()
        began = time.monotonic()
        line.node.process.send_signal(signal.SIGTERM)
        wait_until("readyz says so", 1, lambda: readiness().get("why") == "the node is ending")
        status, text = answer_to_invite(TALK, 25300)
        expect(status == 503 and "Retry-After:" in text, f"a new call while the node drains: {status} {text}")
        took = ended_within(line, DRAIN_S + AFTER_DRAIN_S, began)
        expect(took >= DRAIN_S - 0.2, f"calls that might have ended by themselves had only {took:.1f} s")
        line.node.start()
        line.settle(talking=TALKING, waiting=WAITING, voicemail=LEAVING)
        expect(line.places() == places, f"places before {places}, after {line.places()}")
        began = time.monotonic()
        line.node.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        line.node.process.send_signal(signal.SIGTERM)
        hurried = ended_within(line, AFTER_DRAIN_S, began)
        line.node.start()
        line.settle(talking=TALKING, waiting=WAITING, voicemail=LEAVING)
        line.log_in_those_of_wait()
        for callers, many in ((talkers, TALKING), (waiters, WAITING), (leavers, LEAVING)):
            expect(callers.wait(40)["ok"] == many, f"{callers.name}: {callers.counts()} {callers.error_head()}")
        total = TALKING + WAITING + LEAVING
        cdrs = wait_until("every CDR", 10, lambda: (lambda rows: rows if len(rows) == total else None)(line.cdrs()))
        gaps = sorted(c["recordings"][0]["segments"] for c in cdrs.values())
        expect(gaps == [1] * WAITING + [3] * (TALKING + LEAVING), f"recordings that went on after each start have three segments: {gaps}")
        audit = line.node.check(ended=True)
        expect(audit["violations"] == 0, f"the journal: {[text for lane in audit['lanes'] for text in lane['texts']]}")
        began = time.monotonic()
        line.node.process.send_signal(signal.SIGTERM)
        idle = ended_within(line, AFTER_DRAIN_S, began)
        print(f"SIGTERM with {total} calls: ended after {took:.1f} s, told twice after {hurried:.1f} s, idle after {idle:.1f} s; all calls went on")


if __name__ == "__main__":
    run(main)
