#!/usr/bin/env python3
"""Every path of a node's OpenAPI document is asked while calls talk, wait, leave a message and have ended: each answer is what its schema
says, and every path has a schema. usage: answers.py SEATGRID"""
import json
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hotline import HTTP, LEAVE, SIP, TALK, WAIT, Hotline, provisioning  # noqa: E402
from isolation import own_network  # noqa: E402
from harness import HOST, Stage, binary_from, expect, run, wait_until  # noqa: E402

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed (./dev test installs it)")
    sys.exit(77)


PHONE = """[tenant.agents.3000]
device = "register"
auto_login = false
password = "battery-staple"
queues = ["wait"]
"""


class Robot:
    """A phone that registers as agent 3000."""

    def __init__(self, binary, sip):
        self.process = subprocess.Popen([binary, "agent", "robot", "--first", "3000", "--password", "battery-staple", "--domain", "test.example",
                                         "--server", f"{HOST}:{sip}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Asker:
    """Asks one path after the other and holds the answers against the document."""

    def __init__(self, node):
        self.node, self.done = node, set()
        self.document = json.loads(self.raw("GET", "/openapi.json")[2])
        self.components = self.document["components"]

    def raw(self, method, path, body=None, kind="application/json"):
        call = urllib.request.Request(f"http://{HOST}:{HTTP}{path}", data=body.encode() if body is not None else None, method=method,
                                      headers={"Authorization": f"Bearer {self.node.token()}", "Content-Type": kind, "Accept": "*/*"})
        try:
            with urllib.request.urlopen(call, timeout=30) as answer:
                return answer.status, answer.headers.get_content_type(), answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers.get_content_type(), refused.read()

    def ask(self, method, pattern, values=(), query="", body=None, kind="application/json", status=200):
        """The answer's JSON, or its bytes."""
        path = pattern
        for value in values:
            path = re.sub(r"\{[a-z]+\}", value, path, count=1)
        got, media, text = self.raw(method, path + query, body, kind)
        expect(got == status, f"{method} {path}{query}: {got} {text[:300]}")
        described = self.document["paths"][pattern][method.lower()]["responses"].get(str(status))
        if described is None:
            described = self.components["responses"]["problem"]
        expect(media in described["content"], f"{method} {pattern}: {media} is not in the document")
        self.done.add((method, pattern))
        if not media.endswith("json"):
            return text
        schema = described["content"][media].get("schema")
        expect(schema, f"{method} {pattern} {status} has no schema")
        value = json.loads(text)
        validator = jsonschema.Draft202012Validator({**schema, "components": self.components})
        wrong = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(value)]
        expect(not wrong, f"{method} {path}: {wrong[:5]}")
        return value

    def left(self):
        return {(method.upper(), path) for path, methods in self.document["paths"].items() for method in methods} - self.done


def read_all(asker, talking, ended):
    for what in ("calls", "queues", "agents", "registrations", "cdrs", "recordings", "voicemails", "events", "numbers", "trunks", "tenants", "lanes"):
        page = asker.ask("GET", f"/v1/{what}")
        expect(page["items"], f"/v1/{what} shows nothing")
    for limit in ("?limit=1", "?tenant=test&limit=2"):
        page = asker.ask("GET", "/v1/agents", query=limit)
        expect("next_cursor" in page, f"{page}")
    for call in (talking, ended):
        asker.ask("GET", "/v1/calls/{id}", [call])
    for noun in ("cdrs", "recordings"):
        asker.ask("GET", f"/v1/{noun}/{{id}}", [ended])
    asker.ask("GET", "/v1/recordings/{id}/audio", [ended])
    left = asker.ask("GET", "/v1/voicemails")["items"][0]["call"]
    asker.ask("GET", "/v1/voicemails/{id}", [left])
    asker.ask("GET", "/v1/voicemails/{id}/audio", [left])
    asker.ask("GET", "/v1/queues/{tenant}/{name}", ["test", "wait"])
    asker.ask("GET", "/v1/agents/{tenant}/{name}", ["test", "1000"])
    asker.ask("GET", "/v1/trunks/{tenant}/{name}", ["test", "carrier"])
    asker.ask("GET", "/v1/numbers/{number}", [TALK])
    for number in ("13800138000", "x"):
        asker.ask("GET", "/v1/numbers/check", query=f"?number={number}")
    for event in asker.ask("GET", "/v1/events", query="?cursor=0&limit=1000")["items"]:
        asker.ask("GET", "/v1/events/{id}", [event["id"]])
    for path in ("/healthz", "/readyz", "/version", "/metrics", "/openapi.json"):
        asker.ask("GET", path)


def refusals(asker):
    asker.ask("GET", "/v1/numbers/{number}", ["1" * 65], status=400)
    asker.ask("GET", "/v1/numbers/check", query="?number=" + "1" * 65, status=400)
    asker.ask("GET", "/v1/calls/{id}", ["nobody"], status=404)
    # A node alone; tests/sip/cluster asks nodes that have company.
    for path in ("/v1/cluster", "/v1/nodes"):
        asker.ask("GET", path, status=404)
    for order in ("drain", "undrain", "fence"):
        asker.ask("POST", f"/v1/nodes/{{node}}/{order}", ["n1"], status=404)
    asker.ask("POST", "/v1/cluster/rebalance", status=404)
    asker.ask("POST", "/v1/cluster/level", status=404)
    asker.ask("GET", "/v1/calls", query="?limit=0", status=400)
    asker.ask("POST", "/v1/agents/{tenant}/{name}/pause", ["test", "1000"], body='{"for_ms":0}', status=400)
    asker.ask("PUT", "/v1/provisioning", body="nonsense = ", kind="application/toml", status=400)


def orders(asker, talking, other, ended, provision, directory):
    agent = ["test", "2000"]
    for order, body in (("login", "{}"), ("pause", '{"reason":"lunch","for_ms":60000}'), ("ready", "{}"), ("logout", "{}")):
        asker.ask("POST", f"/v1/agents/{{tenant}}/{{name}}/{order}", agent, body=body)
    asker.ask("POST", "/v1/calls/{id}/replay", [ended], body="")
    asker.ask("POST", "/v1/calls/{id}/hangup", [talking], body='{"reason":"test"}')
    asker.ask("POST", "/v1/calls/{id}/transfer", [other], body='{"target":"queue:wait"}')
    for how in ("?check=true", ""):
        asker.ask("PUT", "/v1/provisioning", query=how, body=provision + '\n[[tenant]]\nname = "spare"\ndomain = "spare.example"\n', kind="application/toml")
    asker.ask("DELETE", "/v1/tenants/{tenant}", ["spare"])
    for how in ("&journal_only=true", ""):
        asker.ask("POST", "/v1/backup", query=f"?directory={directory}/copy{len(how)}{how}", body="")


def main():
    own_network()
    binary = binary_from(sys.argv)
    with Stage("answers") as stage:
        line = Hotline(stage, binary)
        line.node.provision.write_text(provisioning(8) + PHONE)
        line.start()
        stage.add(Robot(binary, SIP))
        wait_until("the phone that registers", 10, lambda: any(one["bindings"] for one in line.node.all("/v1/registrations?tenant=test")))
        over, message = line.call(TALK, 1, 500), line.call(LEAVE, 1, 1500)
        expect(over.wait(15)["ok"] == 1 and message.wait(15)["ok"] == 1, "calls that end")
        wait_until("their CDRs", 5, lambda: len(line.cdrs()) == 2)
        ended = next(call for call, cdr in line.cdrs().items() if cdr["recordings"][0]["kind"] == "talk")
        line.call(TALK, 2, 60000), line.call(WAIT, 2, 60000)
        line.settle(talking=2, waiting=2)
        asker = Asker(line.node)
        talking, other = (c["id"] for c in line.node.all("/v1/calls?state=talking"))
        read_all(asker, talking, ended)
        refusals(asker)
        orders(asker, talking, other, ended, provisioning(8) + PHONE, stage.directory)
        wait_until("the order to hang up", 5, lambda: not {talking, other} & {c["id"] for c in line.node.all("/v1/calls?state=talking")})
        read_all(asker, talking, ended)
        expect(not asker.left(), f"not asked: {asker.left()}")
        schemas = asker.components["schemas"]
        print(f"{len(asker.done)} operations answered as {len(schemas)} schemas say; the document has {len(json.dumps(asker.document)) // 1024} KB")


if __name__ == "__main__":
    run(main)
