"""A small hotline on a real node: whoever calls TALK talks, whoever calls WAIT waits, because its agents are logged out."""
import collections
import pathlib
import re
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import HOST, Failure, Node, Sipp, wait_until  # noqa: E402

SIP, HTTP, RTP = 25060, 25080, (25500, 26499)
TALK, WAIT, LEAVE = "4008100001", "4008100002", "4008100003"
AGENT_PORTS = {"talk": 25101, "wait": 25102}


def provisioning(agents, record="on_agent"):
    parts = [f'[[tenant]]\nname = "test"\ndomain = "test.example"\n[tenant.trunks.carrier]\naddresses = ["{HOST}"]\n']
    for kind, number in (("talk", TALK), ("wait", WAIT)):
        parts.append(f'[tenant.numbers."{number}"]\nflow = "{kind}"\n[tenant.flows.{kind}]\nstart = "line"\n'
                     f'nodes.line = {{ kind = "queue", queue = "{kind}" }}\n'
                     f'[tenant.queues.{kind}]\nwrap_up = "0s"\nwait_max = "30m"\nwait_max_no_agent = "30m"\nrecord = "{record}"\n')
    parts.append(f'[tenant.numbers."{LEAVE}"]\nflow = "leave"\n[tenant.flows.leave]\nstart = "message"\n'
                 'nodes.message = { kind = "voicemail", mailbox = "box", greeting = ["tone:beep"], silence = "60s" }\n[tenant.mailboxes.box]\n')
    for kind, port in AGENT_PORTS.items():
        first = 1000 if kind == "talk" else 2000
        parts.append(f'[[tenant.agent_ranges]]\nrange = "{first}-{first + agents - 1}"\ndevice = "sip:{kind}{{n}}@{HOST}:{port}"\n'
                     f'queues = ["{kind}"]\nauto_login = {"true" if kind == "talk" else "false"}\n')
    return "\n".join(parts)


class Hotline:
    """A node with its agents' phones; `stage` stops everything."""

    def __init__(self, stage, binary, agents=8, env=None, directory="node", record="on_agent"):
        self.stage, self.binary, self.made = stage, binary, 0
        self.node = stage.add(Node(binary, stage.directory / directory, SIP, RTP, HTTP, provisioning(agents, record),
                              env={"SEATGRID_SERVER_DRAIN_MAX": "0s", **(env or {})}))

    def start(self):
        self.node.start()
        for kind, port in AGENT_PORTS.items():
            self.stage.add(Sipp("agent_answers", self.stage.directory, port, f"agents_{kind}", media_port=27000 if kind == "talk" else 27500))
        return self

    def move_to(self, directory):
        """Another node takes the addresses: on `directory`/data."""
        old = self.node
        self.node = self.stage.add(Node(self.binary, directory, SIP, RTP, HTTP, old.provision.read_text(), env=old.env))

    def call(self, number, calls, hold_ms, scenario="caller_talks", rate=50, extra=()):
        self.made += 1
        return self.stage.add(Sipp(scenario, self.stage.directory, 25200 + self.made, f"callers_{self.made}", media_port=28000 + 500 * self.made,
                                   target=f"{HOST}:{SIP}", service=number, rate=rate, calls=calls, hold_ms=hold_ms, extra=extra))

    def states(self):
        return collections.Counter(c["state"] for c in self.node.all("/v1/calls?tenant=test") if c["state"] != "ended")

    def settle(self, seconds=15, **wanted):
        seen = {}

        def check():
            seen["now"] = self.states()
            return seen["now"] == collections.Counter(wanted)
        try:
            wait_until("calls in their states", seconds, check)
        except Failure as late:
            raise Failure(f"wanted {wanted}, have {dict(seen['now'])}: {self.node.log_tail()}") from late

    def places(self):
        return [(c["call"], c["enqueued_at"]) for c in self.node.request("GET", "/v1/queues/test/wait")["calls"]]

    def agents(self):
        return {a["name"]: (a["state"], a["reason"]) for a in self.node.all("/v1/agents?tenant=test")}

    def cdrs(self):
        return {c["call"]: c for c in self.node.all("/v1/cdrs?tenant=test")}

    def log_in_those_of_wait(self):
        for name, (state, _) in self.agents().items():
            if state == "logged_out":
                self.node.request("POST", f"/v1/agents/test/{name}/login", "{}")


def answer_to_invite(number, port, seconds=5):
    """One INVITE as the trunk sends it; (status, header lines) of the final answer, acknowledged, or (0, "") after `seconds`."""
    call = f"{port}-{time.monotonic_ns()}"
    head = (f"Via: SIP/2.0/UDP {HOST}:{port};branch=z9hG4bK{call}\r\nFrom: <sip:13900000000@{HOST}:{port}>;tag=a{call}\r\n"
            f"To: <sip:{number}@{HOST}:{SIP}>%s\r\nCall-ID: {call}\r\nCSeq: 1 %s\r\nMax-Forwards: 70\r\nContact: <sip:caller@{HOST}:{port}>\r\n")
    offer = (f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\nm=audio {port + 1} RTP/AVP 8\r\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((HOST, port))
        s.connect((HOST, SIP))
        s.settimeout(seconds)
        s.send((f"INVITE sip:{number}@{HOST}:{SIP} SIP/2.0\r\n" + head % ("", "INVITE") + f"Content-Type: application/sdp\r\nContent-Length: {len(offer)}\r\n\r\n{offer}").encode())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                text = s.recv(65_535).decode(errors="replace")
            except (socket.timeout, ConnectionRefusedError):
                break
            status = int(text.split(" ", 2)[1])
            if status >= 200:
                tag = re.search(r"^To:.*?(;tag=[^\r;]+)", text, re.MULTILINE | re.IGNORECASE)
                s.send((f"ACK sip:{number}@{HOST}:{SIP} SIP/2.0\r\n" + head % (tag.group(1) if tag else "", "ACK") + "Content-Length: 0\r\n\r\n").encode())
                return status, text
    return 0, ""
