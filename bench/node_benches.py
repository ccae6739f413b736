"""Benches of a whole node against SIPp on the same machine. Every bench returns rows {measure, value, unit, budget, beside}."""
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "sip"))
from harness import HOST, Failure, Node, Sipp, Stage, expect, wait_until  # noqa: E402

SIP, HTTP, RTP, AGENT_PORT, CALLER_PORT = 27060, 27080, (10000, 25999), 27070, 27090
NUMBER = "4008100001"


def provisioning(agents, answer="on_agent"):
    return f"""[[tenant]]
name = "bench"
role = "enterprise"
domain = "bench.example"
[tenant.trunks.carrier]
addresses = ["{HOST}"]
calls_per_second_max = 100000
calls_max = 100000
[tenant.numbers."{NUMBER}"]
flow = "line"
answer = "{answer}"
calls_max = 100000
[tenant.flows.line]
start = "line"
[tenant.flows.line.nodes.line]
kind = "queue"
queue = "line"
[tenant.queues.line]
waiting_max = 100000
wrap_up = "0s"
announce_every = "0s"
record = "never"
[[tenant.agent_ranges]]
range = "{100001}-{100000 + agents}"
device = "sip:{{n}}@{HOST}:{AGENT_PORT}"
queues = ["line"]
"""


def row(measure, value, unit, budget="", beside=""):
    return {"measure": measure, "value": round(value, 3), "unit": unit, "budget": budget, "beside": beside}


def print_table(rows):
    widths = [max(len(str(r[k])) for r in rows + [{k: k for k in rows[0]}]) for k in rows[0]]
    for r in [{k: k for k in rows[0]}] + rows:
        print("  ".join(str(v).ljust(w) for v, w in zip(r.values(), widths)).rstrip())


def sipp_cpu(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


class Bench:
    """A node, one SIPp that plays all agents, and loads of callers."""

    def __init__(self, stage, binary, agents):
        self.stage = stage
        self.node = stage.add(Node(binary, stage.directory / "node", SIP, RTP, HTTP, provisioning(agents), env={"SEATGRID_MEDIA_SILENCE": "3600s"}))
        self.node.start(60)
        self.agents = stage.add(Sipp("agent_answers", stage.directory, AGENT_PORT, "agents", media_port=33000))
        self.loads = 0

    def load(self, rate, calls, hold_ms, limit):
        self.loads += 1
        callers = self.stage.add(Sipp("caller_talks", self.stage.directory, CALLER_PORT + self.loads % 9, f"callers{self.loads}", media_port=35000, target=f"{HOST}:{SIP}",
                                      service=NUMBER, rate=rate, calls=calls, hold_ms=hold_ms))
        before = self.node.cpu_seconds()
        peak = self.node.rss_kb()
        end = time.monotonic() + limit
        while callers.process.poll() is None and time.monotonic() < end:
            time.sleep(0.25)
            peak = max(peak, self.node.rss_kb())
        counts = callers.stop() if callers.process.poll() is None else callers.counts()
        time.sleep(2)
        return counts, self.node.cpu_seconds() - before, peak


def acd_call(binary):
    rows = []
    with Stage("bench") as stage:
        bench = Bench(stage, binary, 2000)
        bench.load(50, 200, 500, 60)  # warm
        for rate, calls in ((100, 2000), (200, 3000)):
            counts, cpu, _ = bench.load(rate, calls, 3000, 120)
            expect(counts["ok"] > 0, f"no call succeeded: {bench.node.log_tail()}")
            rows.append(row(f"ACD call CPU at {rate} cps ({counts['ok']} ok, {counts['failed']} failed)", 1000 * cpu / counts["ok"], "ms", "<= 2.0",
                            "FreeSWITCH 27, Asterisk 9-12, bare nta B2BUA 0.5-1.0"))
    return rows


def clean_rate(binary):
    rows, best = [], 0
    with Stage("bench") as stage:
        bench = Bench(stage, binary, 6000)
        for rate in (100, 200, 300, 400, 500, 600):
            counts, cpu, peak = bench.load(rate, rate * 10, 3000, 90)
            clean = counts["failed"] == 0 and counts["ok"] == rate * 10
            rows.append(row(f"{rate} cps for 10 s: ok {counts['ok']}, failed {counts['failed']}, retransmitted {counts['retransmitted']}", 1000 * cpu / max(1, counts["ok"]), "ms/call",
                            "", f"RSS {peak // 1024} MB"))
            if not clean:
                break
            best = rate
    rows.append(row("highest clean rate", best, "cps", ">= 400", "FreeSWITCH 60, Asterisk 100"))
    return rows


def invite_times(pcap, caller_port, agent_port):
    """Milliseconds from a caller's INVITE to the INVITE at the agent, by caller number; each packet's first copy counts."""
    data = pathlib.Path(pcap).read_bytes()
    at, first, delays = 24, {}, []
    while at + 16 <= len(data):
        sec, usec, size, _ = struct.unpack_from("<IIII", data, at)
        packet = data[at + 16:at + 16 + size]
        at += 16 + size
        ip = packet[14:]
        if len(ip) < 28 or ip[9] != 17:
            continue
        header = (ip[0] & 15) * 4
        source, target = struct.unpack_from(">HH", ip, header)
        text = ip[header + 8:]
        if not text.startswith(b"INVITE "):
            continue
        mark = text.find(b"139", text.find(b"\r\nFrom:"))
        number = text[mark:text.find(b"@", mark)]
        now = sec + usec / 1e6
        if target == agent_port and number in first:
            delays.append((now - first.pop(number)) * 1000)
        elif target == SIP and number not in first:
            first[number] = now
    return sorted(delays)


def offer_latency(binary):
    if shutil.which("tcpdump") is None:
        raise Failure("tcpdump is not installed: apt-get install tcpdump")
    with Stage("bench") as stage:
        bench = Bench(stage, binary, 2000)
        bench.load(50, 100, 500, 30)
        pcap = stage.directory / "sip.pcap"
        capture = subprocess.Popen(["tcpdump", "-i", "lo", "-w", str(pcap), "-s", "600", "-B", "16384", "-Z", "root", f"udp port {SIP}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        try:
            bench.load(100, 1500, 2000, 60)
        finally:
            time.sleep(1)
            capture.terminate()
            capture.wait()
        delays = invite_times(pcap, CALLER_PORT, AGENT_PORT)
        expect(len(delays) > 1000, f"only {len(delays)} pairs of INVITEs seen")
        return [row("caller INVITE to agent INVITE, p50, 100 cps", statistics.median(delays), "ms", "<= 5", "FreeSWITCH 340 (50 cps), Asterisk 2.6"),
                row("the same, p99", delays[int(len(delays) * 0.99)], "ms", "<= 20", "FreeSWITCH 2,261, Asterisk 11")]


def held_memory(binary):
    with Stage("bench") as stage:
        bench = Bench(stage, binary, 4500)
        idle = bench.node.rss_kb()
        calls = 4000
        callers = stage.add(Sipp("caller_talks", stage.directory, CALLER_PORT, "held", media_port=35000, target=f"{HOST}:{SIP}", service=NUMBER, rate=100, calls=calls, hold_ms=180000))
        wait_until("4,000 calls", 70, lambda: callers.counts()["created"] >= calls, 0.5)
        time.sleep(40)
        return [row("memory per held call with media, 4,000 calls", (bench.node.rss_kb() - idle) / calls, "KB", "<= 30", "FreeSWITCH 860, Asterisk 386, rtpengine 44")]


def busy_memory(binary):
    with Stage("bench") as stage:
        bench = Bench(stage, binary, 6000)
        counts, _, peak = bench.load(400, 24000, 3000, 120)
        return [row(f"memory at 400 cps for 60 s (ok {counts['ok']}, failed {counts['failed']})", peak / 1024, "MB", "<= 700", "nta keeps 34 KB a recent call")]


def load_agents(binary):
    with Stage("bench") as stage:
        bench = Bench(stage, binary, 10)
        begun = time.monotonic()
        bench.node.request("PUT", "/v1/provisioning", provisioning(100000), timeout=120)
        took = time.monotonic() - begun
        wait_until("100,000 agents", 60, lambda: bench.node.request("GET", "/v1/queues/bench/line")["agents"] >= 100000, 0.2)
        ready = time.monotonic() - begun
        return [row("100,000 agents provisioned (answered)", took, "s", "<= 5", "FreeSWITCH 10,000 in 110 s"), row("100,000 agents ready for calls", ready, "s", "<= 5")]


BENCHES = {"acd_call": acd_call, "clean_rate": clean_rate, "offer_latency": offer_latency, "held_memory": held_memory, "busy_memory": busy_memory, "load_agents": load_agents}
