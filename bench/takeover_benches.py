"""Benches of a cluster whose nodes die, sleep and hand lanes over, with as many agents and calls as an enterprise has. Rows as in node_benches.py."""
import os
import pathlib
import re
import signal
import statistics
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "sip" / "cluster"))
from cluster_node import Member  # noqa: E402
from harness import HOST, Failure, Sipp, Stage, expect, wait_until  # noqa: E402
from node_benches import row  # noqa: E402

TENANTS = [f"t{n}" for n in range(1, 9)]  # they fall into all four lanes
AGENT_PORT, CALLER_PORT = 27170, 27180
HOLD_MS = 600_000


def number_of(tenant):
    return f"400810000{TENANTS.index(tenant)}"


def provisioning(agents):
    """`agents` of each tenant; one phone for all of them."""
    parts = [f'[[tenant]]\nname = "carrier"\nrole = "carrier"\n[tenant.trunks.loopback]\naddresses = ["{HOST}"]\ncalls_per_second_max = 100000\ncalls_max = 100000\n']
    for at, tenant in enumerate(TENANTS):
        first = 100_001 + 100_000 * at
        parts.append(f'[[tenant]]\nname = "{tenant}"\nrole = "enterprise"\nparent = "carrier"\ndomain = "{tenant}.example"\n'
                     f'[tenant.numbers."{number_of(tenant)}"]\nflow = "line"\nanswer = "on_agent"\ncalls_max = 100000\n'
                     '[tenant.flows.line]\nstart = "line"\n[tenant.flows.line.nodes.line]\nkind = "queue"\nqueue = "line"\n'
                     '[tenant.queues.line]\nwaiting_max = 100000\nwrap_up = "0s"\nannounce_every = "0s"\nrecord = "never"\n'
                     f'[[tenant.agent_ranges]]\nrange = "{first}-{first + agents - 1}"\ndevice = "sip:{{n}}@{HOST}:{AGENT_PORT}"\nqueues = ["line"]\n')
    return "\n".join(parts)


def ready_lanes(node):
    """Lanes of calls that this node serves: owned, and all that lives there restored."""
    return {int(lane) for lane in re.findall(r'^seatgrid_lane_ready\{lane="(\d+)"\} 1', node.request("GET", "/metrics"), re.M)}


def serving(nodes):
    return set().union(*(ready_lanes(node) for node in nodes))


class Company:
    """Three nodes with agents, and calls that talk, spread over all lanes and nodes."""

    def __init__(self, stage, binary, brokers, agents, calls, name):
        self.stage = stage
        self.nodes = [stage.add(Member(binary, stage.directory / f"n{i}", i, brokers, f"{name}-{os.getpid()}", provisioning(agents // len(TENANTS)))) for i in (1, 2, 3)]
        for node in self.nodes:
            node.start(180)
        self.lanes = set(self.nodes[0].owners()) - {0}
        wait_until("lanes on every node", 60, lambda: set(self.nodes[0].owners().values()) == {n.name for n in self.nodes}, 0.1)
        for tenant in TENANTS:
            wait_until(f"agents of {tenant}", 240, lambda: self.nodes[0].request("GET", f"/v1/queues/{tenant}/line")["agents_free"] >= agents // len(TENANTS), 0.2)
        stage.add(Sipp("agent_answers", stage.directory, AGENT_PORT, "agents", media_port=33000))
        each = calls // len(TENANTS)
        callers = [stage.add(Sipp("caller_talks", stage.directory, CALLER_PORT + at, f"callers{at}", media_port=35000 + 500 * at, service=number_of(tenant), rate=8,
                                  target=f"{self.nodes[at % 3].host}:{self.nodes[at % 3].sip}", calls=each, hold_ms=HOLD_MS)) for at, tenant in enumerate(TENANTS)]
        wait_until(f"{calls} calls", 60 + calls / 20, lambda: sum(self.talking()) >= 0.99 * each * len(TENANTS), 1)

    def talking(self):
        return [len(self.nodes[0].all(f"/v1/calls?tenant={tenant}")) for tenant in TENANTS]

    def busiest(self):
        return max(self.nodes, key=lambda n: len(n.owned()))

    def lost(self, victim, end_it):
        """Milliseconds from `end_it` until the others serve all that the victim owned."""
        others = [n for n in self.nodes if n is not victim]
        began = time.monotonic()
        end_it()
        wait_until("the lanes of the dead", 60, lambda: serving(others) == self.lanes, 0.002)
        return 1000 * (time.monotonic() - began)

    def back(self, victim):
        victim.start(120)
        wait_until("its addresses are its own again", 60, lambda: self.nodes[0].holder_of(victim.name) == victim.name, 0.1)
        wait_until("it owns lanes again", 60, lambda: victim.owned() and serving(self.nodes) == self.lanes, 0.1)
        time.sleep(2)


def killed(company, times):
    took = []
    for _ in range(times):
        victim = company.busiest()
        took.append(company.lost(victim, victim.kill))
        company.back(victim)
    return took


def stopped(company, times):
    """Suspicion by silence: cluster.suspect_after, and the lease of the addresses."""
    took = []
    for _ in range(times):
        victim = company.busiest()
        took.append(company.lost(victim, lambda: victim.process.send_signal(signal.SIGSTOP)))
        victim.process.send_signal(signal.SIGCONT)
        victim.wait_ended(30)
        company.back(victim)
    return took


class Prober:
    """Asks each tenant's queue again and again, which only the lane's owner can answer: the longest wait is the pause that others see."""

    def __init__(self, node):
        self.node, self.waits, self.over = node, [], threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(tenant,), daemon=True) for tenant in TENANTS[:4]]
        for thread in self.threads:
            thread.start()

    def run(self, tenant):
        while not self.over.is_set():
            began = time.monotonic()
            try:
                self.node.request("GET", f"/v1/queues/{tenant}/line")
            except OSError:
                pass
            self.waits.append(1000 * (time.monotonic() - began))
            time.sleep(0.02)

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        return ""


def moved(company, times):
    """A node is drained and comes back: the longest wait of a question for a lane that moves, and the usual one."""
    longest, usual = [], []
    for _ in range(times):
        victim = company.busiest()
        asked = next(n for n in company.nodes if n is not victim)
        for order, done in (("drain", lambda: not victim.owned()), ("undrain", victim.owned)):
            prober = company.stage.add(Prober(asked))
            time.sleep(0.5)
            asked.request("POST", f"/v1/nodes/{victim.name}/{order}")
            wait_until(f"lanes after {order}", 30, done, 0.05)
            time.sleep(0.5)
            prober.stop()
            longest.append(max(prober.waits))
            usual.append(statistics.median(prober.waits))
    return longest, statistics.median(usual)


def pair(what, values, unit, budget, beside):
    return [row(f"{what}, p50", statistics.median(values), unit, "", beside), row(f"{what}, worst", max(values), unit, budget, beside)]


def takeovers(binary, brokers, quick):
    times = 3 if quick else 8
    with Stage("bench") as stage:
        company = Company(stage, binary, brokers, 3600, 400, "lanes")
        beside = f"{times} times; lanes of 1,000 entities: 3,600 agents and 400 calls in 4 lanes"
        rows = pair("node killed: all its lanes serve again", killed(company, times), "ms", "<= 300", beside)
        rows += pair("node stopped by SIGSTOP: all its lanes serve again", stopped(company, 2 if quick else 5), "ms", "<= 2000", "cluster.suspect_after 1 s")
        longest, usual = moved(company, 2 if quick else 5)
        rows += pair("planned move: longest wait of a question to the lane", longest, "ms", "<= 100", f"otherwise {usual:.0f} ms")
    agents, calls = (20_000, 1_000) if quick else (100_000, 5_000)
    with Stage("bench") as stage:
        company = Company(stage, binary, brokers, agents, calls, "large")
        return rows + pair(f"node killed: all its lanes serve again, {agents:,} agents, {calls:,} calls", killed(company, 2 if quick else 4), "ms", "<= 1000", "4 lanes on three nodes")
