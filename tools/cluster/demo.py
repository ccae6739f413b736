#!/usr/bin/env python3
"""A whole cluster on this machine: real Kafka brokers, nodes, the demo tenant and robots that register at different nodes. `./dev cluster --help`."""
import argparse
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import certificates
import network
from node import HTTP, RTP, SIP, ClusterNode, Trouble

ROOT = pathlib.Path(__file__).resolve().parents[2]
KAFKA = ROOT / "tools" / "kafka" / "kafka.py"
LANES = 8
AGENTS = (1001, 1002, 1003, 1004)  # of config/demo/demo.toml
NUMBER = "4008123123"
TALK_S, WAITERS = 30, 4
SERVED_MAX_S, RECORDS_MAX_S = 10, 30
LIVE = {"talking", "waiting", "ringing", "in_flow", "held"}


def say(text=""):
    print(text, flush=True)


class Robots:
    """Processes of `seatgrid agent robot` and `seatgrid call`, in the outer network."""

    def __init__(self, binary, directory, host):
        self.binary, self.directory, self.host = str(binary), pathlib.Path(directory), host
        self.directory.mkdir(parents=True, exist_ok=True)
        self.agents, self.calls = [], []

    def start(self, name, words):
        at = len(self.agents) + len(self.calls)
        out = open(self.directory / f"{name}.log", "w", encoding="utf-8")
        process = subprocess.Popen([self.binary, *words, "--host", self.host, "--rtp-first", str(40_000 + 200 * at), "--rtp-last", str(40_199 + 200 * at),
                                    "--assets", str(ROOT / "build" / "assets")], cwd=self.directory, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        out.close()
        return process

    def agent(self, user, server):
        self.agents.append(self.start(f"agent-{user}", ["agent", "robot", "--first", str(user), "--password", "seatgrid-{n}", "--server", server]))

    def call(self, name, server, talk_s):
        process = self.start(name, ["call", NUMBER, "--from", f"1380013{len(self.calls):04}", "--press", "1", "--talk", f"{talk_s}s", "--wait", "300s",
                                    "--server", server, "--wav", f"{name}.wav", "-o", "json"])
        self.calls.append((name, process))

    def outcome(self, name):
        """What the robot `name` says of its call."""
        text = (self.directory / f"{name}.log").read_text(errors="replace")
        try:
            return json.loads(text[text.index("{"):])
        except ValueError:
            return {"answered": False, "reason": text.strip()[-300:]}

    def stop(self):
        for process in [*self.agents, *(process for _, process in self.calls)]:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        until = time.monotonic() + 5
        for process in [*self.agents, *(process for _, process in self.calls)]:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Demo:
    def __init__(self, options, net_of):
        self.options = options
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="seatgrid-cluster-"))
        self.names = [f"n{i}" for i in range(1, options.nodes + 1)]
        self.net = net_of(self.directory, self.names)
        self.nodes, self.robots, self.kafka, self.token = [], None, self.directory / "kafka", secrets.token_hex(16)

    def up(self):
        say(f"==> {self.options.brokers} Kafka broker{'s' if self.options.brokers > 1 else ''} and {len(self.names)} nodes, each on {self.net.kind}; all of it is in {self.directory}")
        self.order_kafka("up", "--brokers", str(self.options.brokers), "--port", "0", "--host", self.net.outer, "--with-pid", str(os.getpid()))
        brokers = (self.kafka / "bootstrap").read_text().strip()
        provision = self.directory / "demo.toml"
        text = (ROOT / "config" / "demo" / "demo.toml").read_text(encoding="utf-8")
        secured = self.net.outer != "127.0.0.1"  # beyond loopback
        provision.write_text(text.replace('"127.0.0.1", "::1"', f'"{self.net.outer}"') if secured else text, encoding="utf-8")
        if secured:
            certificates.authority(self.directory)
        for at, name in enumerate(self.names):
            # Beyond loopback each node has an API address of its own; on loopback each has a port.
            api_host, http = (self.net.link_host(name), HTTP) if secured else ("127.0.0.1", 18080 + at)
            values = {"host": self.net.host(name), "sip": SIP, "first": RTP[0], "last": RTP[1], "api_host": api_host, "http": http, "cluster": "demo", "lanes": LANES, "token": self.token,
                      "brokers": brokers, "replicas": self.options.brokers, "provision": provision if at == 0 else "", "assets": ROOT / "build" / "assets",
                      "address_command": self.net.address_command(name), "link_host": self.net.link_host(name),
                      "certificates": certificates.node(self.directory, name) if secured else None}
            self.nodes.append(ClusterNode(self.options.seatgrid, self.directory / name, name, self.net.inside(name), f"{api_host}:{http}", values))
        for node in self.nodes:
            began = time.monotonic()
            node.launch()
            node.wait_ready()
            say(f"    {node.name} serves after {time.monotonic() - began:.1f} s")
        self.wait("lanes on every node", 40, lambda: {lane["owner"] for lane in self.cluster()["lanes"]} == set(self.names))
        self.robots = Robots(self.options.seatgrid, self.directory / "robots", self.net.outer)
        for at, user in enumerate(AGENTS):
            self.robots.agent(user, self.server(at))
            say(f"    agent {user} registers at {self.nodes[at % len(self.nodes)].name}")
        self.wait("agents ready", 30, lambda: sum(agent["state"] == "ready" for agent in self.nodes[0].all("/v1/agents?tenant=demo")) == len(AGENTS))

    def order_kafka(self, *words):
        done = subprocess.run([sys.executable, str(KAFKA), *words, "--dir", str(self.kafka)], capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise Trouble(f"kafka.py {words[0]}: {done.stdout}{done.stderr}")

    def server(self, at):
        name = self.names[at % len(self.names)]
        return f"{self.net.host(name)}:{SIP}"

    def living(self):
        return next(node for node in self.nodes if node.lives())

    def cluster(self):
        return self.living().request("GET", "/v1/cluster")

    def wait(self, what, seconds, check):
        began = time.monotonic()
        while True:
            try:
                value = check()
            except OSError:
                value = None
            if value:
                return time.monotonic() - began
            if time.monotonic() - began > seconds:
                raise Trouble(f"{what}: not within {seconds} s")
            time.sleep(0.05)

    def show(self):
        say("\n" + self.living().command("cluster", "health")[1])

    def states(self):
        """Of all calls that live: (id, caller) -> state"""
        return {(call["id"], call["caller"]): call["state"] for call in self.living().all("/v1/calls?tenant=demo") if call["state"] in LIVE}

    def once(self):
        """Calls through every node, one node killed: what was lost. Returns why that is not good, or nothing."""
        for at in range(len(AGENTS)):
            self.robots.call(f"talks-{at}", self.server(at), TALK_S)
        self.wait("calls that talk", 40, lambda: list(self.states().values()).count("talking") == len(AGENTS))
        for at in range(WAITERS):
            self.robots.call(f"waits-{at}", self.server(at), 2)
        self.wait("calls that wait", 40, lambda: list(self.states().values()).count("waiting") == WAITERS)
        before = self.states()
        busiest = max(self.nodes, key=lambda node: sum(lane["owner"] == node.name for lane in self.cluster()["lanes"]))
        owned = sum(lane["owner"] == busiest.name for lane in self.cluster()["lanes"])
        say(f"\n==> {len(AGENTS)} calls talk and {WAITERS} wait, through all nodes; kill -9 of {busiest.name}, which owns {owned} lanes")
        busiest.kill()
        lanes = self.wait("an owner for every lane", SERVED_MAX_S, lambda: all(lane["owner"] not in ("", busiest.name) for lane in self.cluster()["lanes"]))
        slots = self.wait("somebody on every address", SERVED_MAX_S, lambda: all(slot["holder"] not in ("", busiest.name) for slot in self.cluster()["slots"]))
        after = self.states()
        say(f"    every lane has an owner after {lanes * 1000:.0f} ms, every address after {(lanes + slots) * 1000:.0f} ms; {sum(after.get(k) == v for k, v in before.items())} "
            f"of {len(before)} calls are where they were")
        self.show()
        moved = [f"call {key[0]} was {state} and is {after.get(key, 'gone')}" for key, state in before.items() if after.get(key) != state]
        say(f"==> {busiest.name} starts again, and its addresses come back to it")
        busiest.launch()
        busiest.wait_ready()
        self.wait("its addresses", 30, lambda: any(slot["node"] == slot["holder"] == busiest.name for slot in self.cluster()["slots"]))
        return moved or self.reckon(len(before))

    def reckon(self, placed):
        for name, process in self.robots.calls:
            try:
                process.wait(TALK_S + 90)
            except subprocess.TimeoutExpired:
                return [f"the caller {name} still waits"]
        outcomes = {name: self.robots.outcome(name) for name, _ in self.robots.calls}
        wrong = [f"{name}: {json.dumps(outcome)}" for name, outcome in outcomes.items()
                 if not outcome.get("answered") or outcome.get("ended_by") != "caller"]
        node = self.living()
        self.wait("a CDR for every call", RECORDS_MAX_S, lambda: len(node.all("/v1/cdrs?tenant=demo")) >= placed)
        cdrs = [cdr["call"] for cdr in node.all("/v1/cdrs?tenant=demo")]
        if len(cdrs) != placed or len(set(cdrs)) != placed:
            wrong.append(f"{len(cdrs)} CDRs of {len(set(cdrs))} calls, {placed} were placed")
        status, text = node.command("check", "-o", "json", "--ended")
        audit = json.loads(text) if text.strip().startswith("{") else {"violations": -1, "lanes": []}
        checks = sum(row["checks"] for lane in audit["lanes"] for row in lane["invariants"])
        if status != 0 or audit["violations"] != 0:
            wrong.append(f"seatgrid check: {text[:2000]}")
        heard = [(outcome.get("packets_lost", 0), outcome.get("packets_received", 0)) for outcome in outcomes.values()]
        say(f"    {placed - len([w for w in wrong if w.startswith(('talks', 'waits'))])} of {placed} callers talked to the end and hung up themselves; RTP packets lost {sum(lost for lost, _ in heard)} "
            f"of {sum(sum(pair) for pair in heard)}; {len(cdrs)} CDRs of {len(set(cdrs))} calls; `seatgrid check`: {checks} checks of the journal, {audit['violations']} violations")
        return wrong

    def commands(self):
        binary = self.nodes[0].binary
        before = f"nsenter -t {os.getpid()} -n -m " if self.nodes[0].before else ""
        say("next, in another terminal / 接下来可以:")
        data = f"--data {self.nodes[0].directory}/data"
        for words in (f"cluster health --watch {data}", f"node list {data}", f"node drain {self.names[-1]} {data}", f"node undrain {self.names[-1]} {data}",
                      f"queue list {data}", f"call list {data}", f"call {NUMBER} --press 1 --talk 60s --server {self.server(1)} --host {self.net.outer}"):
            say(f"  {before}{binary} {words}")
        say("  and kill a node; it stays away, the others go on with its calls: " + ", ".join(f"kill -9 {node.process.pid} ({node.name})" for node in self.nodes))
        say("Ctrl-C ends everything.\n")

    def stay(self):
        known = {node.name: node.lives() for node in self.nodes}
        while True:
            time.sleep(0.5)
            for node in self.nodes:
                if known[node.name] and not node.lives():
                    known[node.name] = False
                    say(f"    {node.name} ended with {node.process.returncode}")
                    if any(known.values()):
                        time.sleep(2)
                        self.show()
            if not any(known.values()):
                raise Trouble("no node lives any more")

    def down(self):
        if self.robots:
            self.robots.stop()
        for node in self.nodes:
            node.end()
        if (self.kafka / "cluster.json").exists():
            self.order_kafka("down")


def arguments():
    parser = argparse.ArgumentParser(prog="./dev cluster", description=__doc__)
    parser.add_argument("nodes", nargs="?", type=int, default=3, help="how many nodes, 2 to 8 (default 3)")
    parser.add_argument("--brokers", type=int, default=1, choices=(1, 3), help="Kafka brokers (default 1)")
    parser.add_argument("--once", action="store_true", help="place calls, kill a node, count what was lost, end: status 0 when nothing was")
    parser.add_argument("--loopback", action="store_true", help="no network namespaces, also where they are permitted")
    parser.add_argument("--seatgrid", default=str(ROOT / "build" / "release" / "seatgrid"), help=argparse.SUPPRESS)
    parser.add_argument("--namespaces", action="store_true", help=argparse.SUPPRESS)  # status 77 where they are not permitted, for tests
    options = parser.parse_args()
    if not 2 <= options.nodes <= 8:
        parser.error("2 to 8 nodes")
    return options


def main():
    options = arguments()
    own = not options.loopback and network.enter()
    if options.namespaces and not own:
        print("skipped: no network namespace may be made here")
        return 77
    if not own and not options.loopback:
        say("no network namespace may be made here (root, or user namespaces): nodes share loopback")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    demo = Demo(options, network.Namespaces if own else network.Loopback)
    kept, status = True, 1
    try:
        demo.up()
        demo.show()
        if options.once:
            wrong = demo.once()
            say("\nnothing was lost / 呼叫无一丢失" if not wrong else "\nNOT as it should be:\n  " + "\n  ".join(wrong))
            status, kept = (1, True) if wrong else (0, False)
        else:
            demo.commands()
            demo.stay()
    except KeyboardInterrupt:
        status, kept = 0, False
    except Trouble as trouble:
        say(f"\nNOT as it should be: {trouble}")
    finally:
        demo.down()
        if kept:
            say(f"kept for a look: {demo.directory}")
        else:
            shutil.rmtree(demo.directory, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
