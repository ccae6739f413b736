#!/usr/bin/env python3
"""The CLI on a running node: every command has help with an example, mistakes say what was probably meant, statuses are 0, 1 and 2;
tenants leave only when told to. usage: commands.py SEATGRID"""
import json
import pathlib
import subprocess
import sys
import urllib.error

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import HOST, Failure, Node, Stage, expect, run  # noqa: E402

SIP, HTTP, RTP = 29560, 29580, (29600, 29699)
TENANTS = """
[[tenant]]
name = "carrier"
role = "carrier"
[[tenant]]
name = "shop"
parent = "carrier"
[tenant.queues.support]
[tenant.numbers."4008100001"]
flow = "main"
[tenant.flows.main]
start = "bye"
nodes.bye = { kind = "hangup" }
[tenant.trunks.line]
addresses = ["192.0.2.0/24"]
outbound = "sip:192.0.2.1:5060"
"""
CARRIER = """
[[tenant]]
name = "carrier"
role = "carrier"
"""


class Cli:
    def __init__(self, binary, node):
        self.binary, self.data = str(binary), str(node.directory / "data")

    def run(self, *words, node=True):
        command = [self.binary, *words] + (["--data", self.data] if node else [])
        return subprocess.run(command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)

    def check(self, status, says, *words, node=True):
        done = self.run(*words, node=node)
        text = done.stdout + done.stderr
        expect(done.returncode == status, f"seatgrid {' '.join(words)}: status {done.returncode}, not {status}: {text}")
        expect(says in text, f"seatgrid {' '.join(words)} must say '{says}': {text}")
        return text


def commands_below(cli, words):
    """The leaves of the command tree, read from its own help."""
    text = cli.check(0, "Usage", *words, "--help", node=False)
    names = [line.split()[0] for line in text.split("Subcommands:")[1].split("Example:")[0].splitlines() if line.startswith("  ") and line[2] != " "] if "Subcommands:" in text else []
    leaves = [leaf for name in names for leaf in commands_below(cli, [*words, name])]
    return leaves + ([(words, text)] if not names or words == ["call"] else [])


def help_has_examples(cli):
    leaves = commands_below(cli, [])
    expect(len(leaves) > 30, f"only {len(leaves)} commands")
    for words, text in leaves:
        expect(f"Example:\n  seatgrid {' '.join(words)}" in text, f"seatgrid {' '.join(words)} --help has no example")
    print(f"{len(leaves)} commands have help with an example")


def mistakes_are_explained(cli):
    cli.check(2, "did you mean 'queue'?", "qeue", "list", node=False)
    cli.check(2, "did you mean 'list'?", "queue", "lst", node=False)
    cli.check(2, "needs one of", "agent", node=False)
    cli.check(1, "there are support", "queue", "show", "shop/suport")
    cli.check(1, "is not a call id", "call", "show", "abc")
    cli.check(1, "no call '0000000000000'", "call", "show", "0000000000000")
    cli.check(1, "--token", "call", "list", "--api", f"http://{HOST}:{HTTP}", "--token", "wrong", node=False)
    cli.check(1, "no node answers", "call", "list", "--api", f"http://{HOST}:1", "--token", "x", node=False)
    json.loads(cli.check(0, "seatgrid", "version", "-o", "json", node=False))


def nouns_list_and_show(cli):
    """Every noun that can be listed is, as a table and as JSON; what is shown is one of what is listed."""
    for noun in ("call", "queue", "agent", "number", "trunk", "recording", "voicemail", "event"):
        cli.check(0, "", noun, "list")
        items = json.loads(cli.check(0, "items", noun, "list", "-o", "json"))["items"]
        expect(bool(items) == (noun in ("queue", "number", "trunk")), f"{noun} list: {items}")
    cli.check(0, "4008100001", "number", "show", "400-810-0001")
    expect(json.loads(cli.check(0, "main", "number", "show", "4008100001", "-o", "json"))["tenant"] == "shop", "number show")
    cli.check(1, "no access number '4008100002'", "number", "show", "4008100002")
    expect(json.loads(cli.check(0, "line", "trunk", "show", "shop/line", "-o", "json"))["outbound"] == "sip:192.0.2.1:5060", "trunk show")
    cli.check(1, "tenant 'shop' has no trunk 'lime'", "trunk", "show", "shop/lime")
    cli.check(1, "an event id looks like", "event", "show", "abc")


def tenants_go_when_told(cli, node, stage):
    whole, carrier = stage.directory / "whole.toml", stage.directory / "carrier.toml"
    whole.write_text(TENANTS)
    carrier.write_text(CARRIER)
    apply = lambda file, *more: json.loads(cli.check(0, "changed", "provision", "apply", *more, str(file), "-o", "json"))
    names = lambda: [t["tenant"] for t in node.request("GET", "/v1/tenants")["items"]]
    expect(apply(whole)["changed"] == 0, "the same file again must change nothing")
    apply(carrier)
    expect(names() == ["carrier", "shop"], "a tenant that a file does not hold must stay")
    cli.check(1, "stands above tenant 'shop'", "provision", "remove", "carrier")
    expect(apply(carrier, "--prune")["removed"] == ["shop"], "--prune must remove the tenant that the file does not hold")
    expect(names() == ["carrier"], f"tenants: {names()}")
    node.stop()
    node.provision.write_text(CARRIER)
    node.start()
    expect(names() == ["carrier"], "a removed tenant must stay removed after a restart")
    apply(whole)
    cli.check(0, "shop", "provision", "remove", "shop")
    cli.check(1, "no tenant 'shop'", "provision", "remove", "shop")


def http_refusals_are_problems(node):
    for method, path, body, status in (("PUT", "/v1/calls", None, 405), ("GET", "/nosuch", None, 404), ("DELETE", "/v1/tenants/nosuch", None, 404)):
        try:
            node.request(method, path, body)
            raise Failure(f"{method} {path} must be refused")
        except urllib.error.HTTPError as refused:
            problem = json.loads(refused.read())
            expect(refused.code == status and problem["status"] == status and problem["code"], f"{method} {path}: {refused.code} {problem}")


def main():
    with Stage("cli") as stage:
        node = stage.add(Node(pathlib.Path(sys.argv[1]).resolve(), stage.directory / "node", SIP, RTP, HTTP, TENANTS))
        node.start()
        cli = Cli(node.binary, node)
        help_has_examples(cli)
        mistakes_are_explained(cli)
        nouns_list_and_show(cli)
        http_refusals_are_problems(node)
        tenants_go_when_told(cli, node, stage)


if __name__ == "__main__":
    run(main)
