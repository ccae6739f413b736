#!/usr/bin/env python3
"""With short times of retention: steps with their events, recordings, voicemails and CDRs go when theirs is over, files with the rows
that name them, and what lives stays whole. usage: retention.py SEATGRID"""
import pathlib
import sys
import time
import urllib.error

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hotline import LEAVE, TALK, WAIT, Hotline  # noqa: E402
from isolation import own_network  # noqa: E402
from harness import Stage, binary_from, expect, run, wait_until  # noqa: E402

KEEP = {"STEPS": 2, "RECORDINGS": 3, "VOICEMAILS": 5, "CDRS": 7}
LATE_S = 3  # a sweep a second, on a loaded machine
TALKED, LEFT = 2, 1


def audio_status(node, call):
    try:
        node.request("GET", f"/v1/recordings/{call}/audio")
        return 200
    except urllib.error.HTTPError as refused:
        return refused.code
    except UnicodeDecodeError:
        return 200  # a WAV is no text


def main():
    own_network()
    binary = binary_from(sys.argv)
    with Stage("retention") as stage:
        line = Hotline(stage, binary, env={"SEATGRID_NODE_RETENTION_EVERY": "1s", **{f"SEATGRID_NODE_RETENTION_{k}": f"{v}s" for k, v in KEEP.items()}}).start()
        data = line.node.directory / "data"
        sounds = lambda kind: sorted(str(f.relative_to(data)) for f in (data / kind).rglob("*.wav"))
        listed = lambda kind: [item["path"] for item in line.node.all(f"/v1/{kind}?tenant=test")]
        talker, waiter = line.call(TALK, 1, 13000), line.call(WAIT, 1, 300)
        line.settle(talking=1, waiting=1)
        living = wait_until("the recording of the call that talks", 3, lambda: sounds("recordings"))
        place, lived = line.places(), {c["id"] for c in line.node.all("/v1/calls?tenant=test")}
        talked, left = line.call(TALK, TALKED, 300), line.call(LEAVE, LEFT, 1500)
        talked.wait(10), left.wait(10)
        done = wait_until("CDRs", 5, lambda: (lambda rows: rows if len(rows) == TALKED + LEFT else None)(line.cdrs()))
        over = time.monotonic()  # every time below counts from here: what began earlier may go earlier
        expect(len(sounds("recordings")) == TALKED + len(living) and len(listed("recordings")) == TALKED, f"recordings: {sounds('recordings')} {listed('recordings')}")
        expect(len(sounds("voicemail")) == LEFT == len(listed("voicemails")), f"voicemails: {sounds('voicemail')} {listed('voicemails')}")

        def goes(what, key, check):
            wait_until(f"{what} goes after {KEEP[key]} s", KEEP[key] + LATE_S - (time.monotonic() - over), check)
            return time.monotonic() - over
        is_over = lambda key: time.monotonic() - over > KEEP[key] - 1.5  # looking takes time, and the calls ended a little earlier
        talk = next(c for c, row in done.items() if row["recordings"][0]["kind"] == "talk")
        events_gone = goes("its events", "STEPS", lambda: not any(talk in str(e["data"]) for e in line.node.all("/v1/events?tenant=test")))
        expect(line.node.request("GET", f"/v1/calls/{talk}")["timeline"] == [], "its timeline must have gone with its steps")
        sounds_gone = goes("the recordings", "RECORDINGS", lambda: sounds("recordings") == living and not listed("recordings"))
        expect(audio_status(line.node, talk) == 404, "audio that is gone must be 404")
        expect(is_over("CDRS") or line.cdrs()[talk]["recordings"][0]["missing"] == "retention", "the CDR must say why its recording is gone")
        expect(is_over("VOICEMAILS") or len(sounds("voicemail")) == LEFT == len(listed("voicemails")), "a voicemail went before its time")
        messages_gone = goes("the voicemail", "VOICEMAILS", lambda: not sounds("voicemail") and not listed("voicemails"))
        expect(is_over("CDRS") or len(line.cdrs()) == TALKED + LEFT, "a CDR went before its time")
        cdrs_gone = goes("the CDRs", "CDRS", lambda: not line.cdrs())

        expect({c["id"] for c in line.node.all("/v1/calls?tenant=test")} >= lived and line.places() == place, "calls that live must stay, in their places")
        expect(sounds("recordings") == living, "the recording of a call that talks must stay")
        line.log_in_those_of_wait()
        expect(talker.wait(20)["ok"] == 1 and waiter.wait(20)["ok"] == 1, f"calls that lived throughout: {talker.counts()} {waiter.counts()}")
        wait_until("their CDRs", 5, lambda: set(line.cdrs()) == lived)
        audit = line.node.check()
        expect(audit["violations"] == 0, f"the journal: {[text for lane in audit['lanes'] for text in lane['texts']]}")
        print(f"gone after the last CDR: events {events_gone:.1f} s, recordings {sounds_gone:.1f} s, voicemails {messages_gone:.1f} s, CDRs {cdrs_gone:.1f} s; {len(lived)} calls lived through it")


if __name__ == "__main__":
    run(main)
