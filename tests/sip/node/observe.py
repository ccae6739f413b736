#!/usr/bin/env python3
"""What people ask a node and its program: numbers, the replay of calls after kill -9, events resumed without hole or repeat, and doctor.
usage: observe.py SEATGRID"""
import csv
import json
import pathlib
import re
import subprocess
import sys
import threading
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hotline import LEAVE, RTP, SIP, TALK, WAIT, Hotline  # noqa: E402
from isolation import own_network  # noqa: E402
from harness import HOST, Stage, binary_from, expect, run, wait_until  # noqa: E402

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "data" / "number_vectors.tsv"
KINDS = {"SHARED_400": "shared_400", "ACCESS_1010": "shared_1010", "ACCESS_95": "access_95", "ACCESS_95_SUBADDR": "access_95_sub", "ACCESS_96": "access_96",
         "CARRIER_100XX": "carrier_service", "GOV_12XXX": "public_service", "EMERGENCY": "emergency", "SMS_SP_106": "sms_106", "FIXED": "fixed",
         "MOBILE": "mobile", "IOT_13": "iot_13", "AMBIGUOUS": "ambiguous", "INVALID": "invalid"}
FORMS = {"dialled": "dialled", "intl": "international", "trunk": "trunk"}


def cli(binary, *words):
    done = subprocess.run([str(binary), *words], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout, done.stderr


def numbers_are_what_the_vectors_say(binary):
    rows = list(csv.DictReader(open(VECTORS, encoding="utf-8"), delimiter="\t"))
    for row in rows:
        status, text, _ = cli(binary, "number", "check", "-o", "json", row["input"])
        said = json.loads(text)
        wanted = (KINDS[row["class"]], FORMS[row["form"]])
        expect((said["kind"], said["form"]) == wanted and said["input"] == row["input"], f"{row['input']}: {said}, not {wanted}")
        expect(status == (1 if said["kind"] == "invalid" else 0), f"{row['input']}: status {status}")
        expect(said["kind"] != "invalid" or row["detail"] in said["why"], f"{row['input']}: no reason: {said}")
        if said["kind"] == "shared_400" and row["form"] == "dialled" and said["operator"] != "unknown":
            expect(said["operator"] == row["detail"], f"{row['input']}: {said}")
    return len(rows)


class Listener:
    """Reads the event stream on a thread until told to stop; ids in the order in which they came."""

    def __init__(self, node, after):
        headers = {"Authorization": f"Bearer {node.token()}", "Accept": "text/event-stream", "Last-Event-ID": after}
        self.ids = []
        self.answer = urllib.request.urlopen(urllib.request.Request(f"http://{HOST}:{node.http}/v1/events?tenant=test", headers=headers), timeout=60)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            for line in self.answer:
                if line.startswith(b"id: "):
                    self.ids.append(line[4:].strip().decode())
        except OSError:
            pass  # the node was killed

    def wait_for(self, many):
        wait_until(f"{many} events", 10, lambda: len(self.ids) >= many)
        return self


def events_resume(line, first):
    """One consumer over a kill -9: `first` came before; the rest after its last whole event, while calls go on."""
    kept = list(first.ids[:len(first.ids) // 2])  # as if the rest had been in flight when the consumer died
    second = Listener(line.node, kept[-1])
    line.call(TALK, 3, 300).wait(15)
    wait_until("all calls over", 10, lambda: not line.states())
    every = [e["id"] for e in line.node.all("/v1/events?tenant=test&cursor=0")]
    wait_until("the last event", 5, lambda: second.ids and second.ids[-1] == every[-1])
    got = kept + second.ids
    expect(len(set(got)) == len(got), f"{len(got) - len(set(got))} events came twice")
    expect(got == every, f"events with a hole or out of order: {len(got)} of {len(every)}")
    return len(got)


def replays_are_the_same(line):
    calls = list(line.cdrs())
    steps = 0
    for call in calls:
        status, text, errors = cli(line.binary, "call", "replay", call, "-o", "json", "--data", str(line.node.directory / "data"))
        said = json.loads(text)
        expect(status == 0 and said["same"] and said["complete"] and said["steps"] > 3, f"call replay {call}: {status} {text} {errors}")
        steps += said["steps"]
    return len(calls), steps


def tails_follow(line):
    """Each noun's tail sees one call pass: types of its own and nothing else, as JSON and as a line; `event show` knows each again."""
    data = str(line.node.directory / "data")
    subscribers = lambda: int(re.search(r"^seatgrid_event_subscribers (\d+)", line.node.request("GET", "/metrics"), re.MULTILINE).group(1))
    before = subscribers()
    nouns = {"call": "call.started", "queue": "queue.call_offered", "agent": "agent.state_changed", "recording": "recording.finished"}
    outputs = {noun: line.stage.directory / f"{noun}.tail" for noun in nouns}
    tails = [subprocess.Popen([str(line.binary), noun, "tail", "--data", data, *(["-o", "json"] if noun != "queue" else [])], stdout=open(outputs[noun], "wb"),
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) for noun in nouns]
    try:
        wait_until("every tail listens", 5, lambda: subscribers() == before + len(nouns))
        line.call(TALK, 1, 200).wait(10)
        for noun, kind in nouns.items():
            wait_until(f"{noun} tail says {kind}", 5, lambda: kind in outputs[noun].read_text())
    finally:
        for one in tails:
            one.terminate()
            expect(one.wait(5) == 0, "SIGTERM must end a tail with 0")
    seen = [json.loads(text) for noun in nouns if noun != "queue" for text in outputs[noun].read_text().splitlines()]
    expect(all(event["type"].split(".")[0] in nouns for event in seen), f"a tail follows what is not its own: {seen}")
    status, text, errors = cli(line.binary, "event", "show", seen[0]["id"], "-o", "json", "--data", data)
    expect(status == 0 and json.loads(text)["type"] == seen[0]["type"], f"event show: {text} {errors}")
    status, _, errors = cli(line.binary, "event", "show", "00001-00000000000099999999-0000", "--data", data)
    expect(status == 1 and "no event" in errors, f"an event that never was: {errors}")


def doctor_tells(binary, line):
    data = str(line.node.directory / "data")

    def ask(status, *words, sip=SIP):
        code, text, errors = cli(binary, "doctor", "-o", "json", "--sip", f"{HOST}:{sip}", "--rtp", f"{HOST}:{RTP[0]}-{RTP[1]}", "--data", data, *words)
        rows = {row["check"]: row for row in json.loads(text)}
        bad = {name: row for name, row in rows.items() if not row["good"]}
        expect(code == status == (1 if bad else 0), f"doctor {words}: status {code}, not {status}: {bad} {errors}")
        return rows, bad
    rows, _ = ask(0, "--calls", "200")
    expect("ready at" in rows["node"]["says"] and "sip address" not in rows, f"a healthy node: {rows['node']}")
    _, bad = ask(1, "--calls", "1000000")
    expect(set(bad) == {"descriptors", "rtp ports"} and all(row["advice"] for row in bad.values()), f"far too many calls: {bad}")
    line.node.kill()
    rows, bad = ask(1, "--calls", "200")
    expect(set(bad) == {"node"} and "does not answer" in bad["node"]["says"] and rows["sip address"]["good"], f"the node is down: {bad}")
    _, bad = ask(1, "--calls", "200", sip=25101)
    expect("sip address" in bad, f"an address that is taken: {bad}")


def main():
    own_network()
    binary = binary_from(sys.argv)
    with Stage("observe") as stage:
        vectors = numbers_are_what_the_vectors_say(binary)
        line = Hotline(stage, binary).start()
        first = Listener(line.node, "0")
        line.call(TALK, 3, 300).wait(10)
        line.call(TALK, 3, 2500), line.call(WAIT, 3, 300), line.call(LEAVE, 1, 2500)
        line.settle(talking=3, waiting=3, voicemail=1)
        first.wait_for(20)
        line.node.kill()
        line.node.start()
        line.settle(talking=3, waiting=3, voicemail=1)
        line.log_in_those_of_wait()
        events = events_resume(line, first)
        calls, steps = replays_are_the_same(line)
        tails_follow(line)
        doctor_tells(binary, line)
        print(f"{vectors} numbers; {calls} calls with {steps} steps decided again the same; {events} events over a kill, none twice, none missing")


if __name__ == "__main__":
    run(main)
