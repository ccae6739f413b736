"""Benches of a cluster on one real broker: what a call costs with one, two and three nodes, and how long a killed node is missed. Rows as in
node_benches.py."""
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "tests" / "sip" / "cluster"))
from cluster_node import Brokers, Member  # noqa: E402
from harness import HOST, Failure, Sipp, Stage, expect, wait_until  # noqa: E402
from listener import Listener  # noqa: E402
from node_benches import AGENT_PORT, CALLER_PORT, NUMBER, capture, invite_times, provisioning, row  # noqa: E402
import takeover_benches  # noqa: E402

TOOL = [sys.executable, str(HERE.parent / "tools" / "kafka" / "kafka.py")]
GROUP_SESSION_MS = 1000


class RealBroker:
    def __init__(self, directory):
        self.directory = directory

    def __enter__(self):
        up = [*TOOL, "up", "--dir", str(self.directory), "--fresh", "--port", "0", "--advertise", "localhost", "--with-parent"]
        if subprocess.run(up, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            raise Failure("no broker: what is missing stands above")
        return Brokers(self.directory)

    def __exit__(self, *_):
        subprocess.run([*TOOL, "down", "--dir", str(self.directory), "--remove"], stdout=subprocess.DEVNULL, check=False)


def brokers_cpu(brokers):
    pids = [int(pid) for pid in subprocess.run(["pgrep", "-f", f"kafka.Kafka.*{brokers.directory}"], capture_output=True, text=True, check=False).stdout.split()]
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def members(stage, binary, brokers, count, cluster):
    made = [stage.add(Member(binary, stage.directory / f"n{i}", i, brokers, cluster, provisioning(2000))) for i in range(1, count + 1)]
    for one in made:
        one.start(60)
    wait_until("lanes on every node", 30, lambda: set(made[0].owners().values()) == {m.name for m in made}, 0.1)
    return made


def load(stage, nodes, rate, calls, hold_ms, round_of):
    """The calls spread evenly over the nodes' edges; counts of all."""
    callers = [stage.add(Sipp("caller_talks", stage.directory, CALLER_PORT + 10 * round_of + i, f"callers{round_of}_{i}", media_port=35000 + 1000 * i,
                              target=f"{node.host}:{node.sip}", service=NUMBER, rate=rate / len(nodes), calls=calls // len(nodes), hold_ms=hold_ms))
               for i, node in enumerate(nodes)]
    counts = [one.wait(120) for one in callers]
    time.sleep(2)
    return {key: sum(c[key] for c in counts) for key in counts[0]}


def call_costs(binary, brokers, quick):
    rows = []
    for count in (1, 2, 3):
        with Stage("bench") as stage:
            nodes = members(stage, binary, brokers, count, f"bench{count}-{os.getpid()}")
            stage.add(Sipp("agent_answers", stage.directory, AGENT_PORT, "agents", media_port=33000))
            load(stage, nodes, 50, 60 * count, 500, 0)  # warm
            rate, seconds = 100, 6 if quick else 20
            calls = rate * seconds // count * count
            before, broker = sum(n.cpu_seconds() for n in nodes), brokers_cpu(brokers)
            counts = load(stage, nodes, rate, calls, 3000, 1)
            spent, broker = sum(n.cpu_seconds() for n in nodes) - before, brokers_cpu(brokers) - broker
            expect(counts["ok"] == calls, f"of {calls} calls {counts['ok']} went well: {nodes[0].log_tail(5)}")
            rows.append(row(f"ACD call on Kafka, {count} node(s), CPU of all nodes at {rate} cps", 1000 * spent / calls, "ms", "<= 3",
                            f"broker beside: {1000 * broker / calls:.2f} ms a call; idle heartbeats included"))
    return rows


def takeovers(binary, brokers, quick):
    """The tenant's owner is killed: how long until its lanes have owners, and until a caller who rings another node at that moment hears music;
    and how long a caller at the dead node's address hears none."""
    owned, first, gaps = [], [], []
    with Stage("bench") as stage:
        nodes = members(stage, binary, brokers, 3, f"dies-{os.getpid()}")
        for number in range(3 if quick else 8):
            victim = max(nodes, key=lambda n: len(n.owned()))
            other = next(n for n in nodes if n is not victim)
            waits = stage.add(Listener(victim.sip, NUMBER, f"waits{number}", f"000{number:04}", victim.host))
            wait_until("music", 10, lambda: len(waits.packets) > 50)
            began = time.monotonic()
            victim.kill()
            rings = stage.add(Listener(other.sip, NUMBER, f"rings{number}", f"001{number:04}", other.host))
            wait_until("the lanes of the dead", 20, lambda: all(other.owners().values()) and victim.name not in other.owners().values(), 0.002)
            owned.append(1000 * (time.monotonic() - began))
            try:
                wait_until("music for the new caller", 20, lambda: len(rings.packets) > 20)
            except Failure as late:
                raise Failure(f"{late}; it heard {[(round(at, 2), status) for at, status, _ in rings.responses]}") from late
            heard = [at for at, status, _ in rings.responses if status >= 180]
            first.append(1000 * (rings.began - began + heard[0]))
            wait_until("music again", 20, lambda: waits.packets[-1] > began + 1)
            gaps.append(1000 * waits.longest_silence(began - 0.2, time.monotonic() - 0.1))
            for one in (waits, rings):
                one.cancel()
            victim.start(60)
            wait_until("its addresses are its own again", 30, lambda: other.holder_of(victim.name) == victim.name, 0.1)
            time.sleep(3)
    beside = f"{len(owned)} kills"
    return [row("node killed: its lanes owned again, p50", statistics.median(owned), "ms", "", beside), row("node killed: its lanes owned again, worst", max(owned), "ms", "<= 300", beside),
            row("node killed: a new call elsewhere hears 18x, p50", statistics.median(first), "ms", "", beside), row("node killed: a new call elsewhere hears 18x, worst", max(first), "ms", "", beside),
            row("node killed: silence of music on its address, p50", statistics.median(gaps), "ms", "", beside), row("node killed: silence of music on its address, worst", max(gaps), "ms", "", beside)]


def group_takeover(brokers):
    """The peer: a consumer group of two kcat on a topic of one partition with a session of 1 s, the one that has it killed."""
    topic = f"dies-{os.getpid()}.nodes"
    command = ["kcat", "-b", brokers.address, "-X", f"session.timeout.ms={GROUP_SESSION_MS}", "-X", "heartbeat.interval.ms=300", "-G", f"group-{os.getpid()}", topic]
    ends, said = [], []

    def assigned(index):
        said[index] += (ends[index].stderr.read() or b"").decode(errors="replace")
        lines = [line for line in said[index].splitlines() if "assigned" in line]
        return bool(lines) and "[0]" in lines[-1]
    try:
        for _ in range(2):
            ends.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
            said.append("")
            os.set_blocking(ends[-1].stderr.fileno(), False)
            time.sleep(5)
        has = 0 if assigned(0) else 1
        expect(assigned(has) and not assigned(1 - has), f"the group has not settled: {said}")
        said[1 - has] = ""
        began = time.monotonic()
        ends[has].kill()
        wait_until("the group's partition", 60, lambda: assigned(1 - has), 0.01)
        return [row(f"peer: a Kafka consumer group, session {GROUP_SESSION_MS} ms, one killed: its partition owned again", 1000 * (time.monotonic() - began), "ms")]
    finally:
        for end in ends:
            end.kill()
            end.wait()


def offers(binary, brokers, quick):
    """As offer_latency of one node: from a caller's INVITE to the agent's, on a cluster of one node, and through one of three that does not own the lane."""
    rows = []
    for count in (1, 3):
        with Stage("bench") as stage:
            nodes = members(stage, binary, brokers, count, f"offer{count}-{os.getpid()}")
            stage.add(Sipp("agent_answers", stage.directory, AGENT_PORT, "agents", media_port=33000))
            load(stage, nodes, 50, 60 * count, 500, 0)
            calls = (600 if quick else 1500) // count * count
            lane = max((one for one in nodes[0].state()["lanes"] if one["lane"] != 0), key=lambda one: one["sequence"])
            entry = next((n for n in nodes if n.name != lane["owner"]), nodes[0])
            with capture(stage.directory / "sip.pcap", entry.sip) as pcap:
                counts = load(stage, [entry], 100, calls, 2000, 1)
            expect(counts["ok"] == calls, f"of {calls} calls {counts['ok']} went well: {nodes[0].log_tail(5)}")
            delays = invite_times(pcap, AGENT_PORT, nodes[0].sip)
            expect(len(delays) > 0.9 * calls, f"the capture holds {len(delays)} pairs of INVITEs of {calls}")
            rows += [row(f"caller INVITE to agent INVITE on Kafka, {count} node(s), p50, 100 cps", statistics.median(delays), "ms", "<= 6", "node, SIPp and broker on the same cores"),
                     row("the same, p99", delays[int(len(delays) * 0.99)], "ms", "<= 30")]
    return rows


PARTS = {"cluster_kills": takeovers, "cluster_peer": lambda binary, brokers, quick: group_takeover(brokers), "cluster_takeover": takeover_benches.takeovers,
         "cluster_calls": call_costs, "cluster_offer": offers}


def part(name):
    def run(build, quick):
        with RealBroker(build.parent / "bench" / "cluster-broker") as brokers:
            return PARTS[name](build / "seatgrid", brokers, quick)
    return run


def cluster(build, quick):
    return [one for name in PARTS for one in part(name)(build, quick)]
