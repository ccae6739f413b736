"""A small hotline on a real node: whoever calls TALK talks, whoever calls WAIT waits, because its agents are logged out."""
import collections
import pathlib
import sys

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
        self.node = stage.add(Node(binary, stage.directory / directory, SIP, RTP, HTTP, provisioning(agents, record), env=env))

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
