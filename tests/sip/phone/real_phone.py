#!/usr/bin/env python3
"""baresip is agent 1001: it registers by digest, is called through number and queue, and speaks and hears; it holds, retrieves and
transfers blindly. Tones that only one side sends prove who hears whom. usage: real_phone.py SEATGRID"""
import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from baresip import Baresip, missing_phone  # noqa: E402
from harness import HOST, Node, Stage, expect, run, wait_until  # noqa: E402
from tones import read_channels, seconds_with, stretches, write_tone  # noqa: E402

SIP, HTTP, RTP = 29060, 29080, (29500, 29999)
AGENT_HZ, CALLER_HZ, SECOND_HZ = 700, 1000, 450  # what 1001, the caller (tone:beep) and 1002 send
PROVISIONING = f"""
[[tenant]]
name = "test"
domain = "test.example"
digest = "md5"
[tenant.trunks.carrier]
addresses = ["{HOST}"]
[tenant.numbers."4008100001"]
flow = "main"
[tenant.flows.main]
start = "line"
nodes.line = {{ kind = "queue", queue = "support" }}
[tenant.queues.support]
wrap_up = "0s"
[tenant.queues.second]
wrap_up = "0s"
[tenant.agents.1001]
password = "correct-horse"
queues = ["support"]
[tenant.agents.1002]
password = "battery-staple"
queues = ["second"]
"""


class Background:
    """A command of the CLI that runs beside the test."""

    def __init__(self, stage, name, *arguments):
        self.output = stage.directory / f"{name}.out"
        self.process = subprocess.Popen([str(a) for a in arguments], cwd=stage.directory, stdin=subprocess.DEVNULL,
                                        stdout=open(self.output, "wb"), stderr=open(stage.directory / f"{name}.err", "wb"))
        stage.add(self)

    def text(self):
        return self.output.read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)


def call_state(node):
    states = [c["state"] for c in node.all("/v1/calls?tenant=test") if c["state"] != "ended"]
    return states[0] if states else "ended"


def parties(binary, stage):
    node = stage.add(Node(binary, stage.directory / "node", SIP, RTP, HTTP, PROVISIONING))
    node.start()
    tone = stage.directory / "agent.wav"
    write_tone(tone, AGENT_HZ, 60)
    phone = stage.add(Baresip(stage.directory / "phone", "1001", "correct-horse", "test.example", SIP, 29070, 29090, 29100, tone)).start()
    second_tone = stage.directory / "second.wav"
    write_tone(second_tone, SECOND_HZ, 60)
    stage.add(Baresip(stage.directory / "second", "1002", "battery-staple", "test.example", SIP, 29072, 29092, 29200, second_tone)).start()
    wait_until("both phones registered", 10, lambda: all(a["state"] == "ready" for a in node.all("/v1/agents?tenant=test")))
    wav = stage.directory / "caller.wav"
    caller = Background(stage, "caller", binary, "call", "4008100001", "--server", f"{HOST}:{SIP}", "--talk", "40s", "--wav", "caller.wav",
                        "--rtp-first", "29300", "--rtp-last", "29349", "-o", "json")
    wait_until("caller and baresip talk", 10, lambda: call_state(node) == "talking")
    time.sleep(3)
    phone.order("hold")
    wait_until("held by baresip", 5, lambda: call_state(node) == "held")
    time.sleep(3)
    phone.order("resume")
    wait_until("retrieved by baresip", 5, lambda: call_state(node) == "talking")
    time.sleep(3)
    phone.order("transfer", "sip:1002@test.example")
    wait_until("1002 has the call", 10, lambda: node.request("GET", "/v1/agents/test/1002")["state"] == "talking")
    wait_until("1001 is free again", 10, lambda: node.request("GET", "/v1/agents/test/1001")["state"] == "ready")
    time.sleep(3)
    call = node.all("/v1/calls?tenant=test")[0]["id"]
    node.request("POST", f"/v1/calls/{call}/hangup", "{}")
    caller.process.wait(10)
    verify_audio(read_channels(wav)[0], read_channels(phone.heard())[0])
    cdr = wait_until("the CDR", 10, lambda: node.all("/v1/cdrs?tenant=test"))[0]
    sent = cdr["legs"][1]["media"]["packets_sent"]
    # Debian's baresip keeps nothing of what it hears after its own hold: the node's count of packets to it stands for that.
    expect(270 <= sent <= 400, f"{sent} packets to the agent: 50 a second, none while it holds, again when it has retrieved")
    verify_recording(node, cdr["recordings"][0])
    heard = json.loads(caller.text())
    expect(heard["answered"] and heard["packets_lost"] == 0, f"the caller: {heard}")
    print(f"caller: {heard['packets_received']} packets, MOS {heard['mos']}; CDR agent {cdr.get('agent')}")


def verify_audio(caller, agent):
    of_agent, of_second = stretches(seconds_with(caller, AGENT_HZ)), stretches(seconds_with(caller, SECOND_HZ))
    of_caller = stretches(seconds_with(agent, CALLER_HZ), 2.0)
    print(f"caller hears {AGENT_HZ} Hz at {of_agent}, {SECOND_HZ} Hz at {of_second}; agent hears {CALLER_HZ} Hz at {of_caller}")
    expect(len(of_agent) == 2 and all(b - a >= 2 for a, b in of_agent), f"the caller must hear the agent before and after the hold: {of_agent}")
    expect(of_agent[1][0] - of_agent[0][1] >= 2.5, "the caller heard the agent while held")
    expect(of_caller and of_caller[0][1] - of_caller[0][0] >= 2, f"the agent must hear the caller: {of_caller}")
    expect(any(a >= of_agent[1][1] for a, _ in of_second), f"the caller must hear the second agent after the transfer: {of_second}")


def verify_recording(node, recording):
    left, right = read_channels(node.directory / "data" / recording["path"])
    expect(seconds_with(left, CALLER_HZ), "the recording's left channel must be the caller")
    expect(seconds_with(right, AGENT_HZ), "the recording's right channel must be the agent")
    expect(not seconds_with(left, AGENT_HZ) and not seconds_with(right, CALLER_HZ), "the recording mixes the sides")


def main():
    if why := missing_phone():
        print(f"skipped: {why}")
        sys.exit(77)
    with Stage("phone") as stage:
        parties(pathlib.Path(sys.argv[1]).resolve(), stage)


if __name__ == "__main__":
    run(main)
