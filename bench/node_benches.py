"""Benches of a whole node against SIPp on the same machine. Every bench returns rows {measure, value, unit, budget, beside} or raises
Failure when its calls fail: a figure of failing calls says nothing."""
import contextlib
import os
import pathlib
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "sip"))
from harness import HOST, Failure, Node, Process, Sipp, Stage, expect, wait_until  # noqa: E402

SIP, HTTP, RTP, AGENT_PORT, CALLER_PORT, FLOOR_PORT = 27060, 27080, (10000, 25999), 27070, 27090, 27061
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


def is_met(row):
    """Whether the budget ("<= 5", ">= 400", empty) holds."""
    sign, _, bound = row["budget"].partition(" ")
    return {"<=": row["value"] <= float(bound or 0), ">=": row["value"] >= float(bound or 0)}.get(sign)


def print_table(rows):
    shown = [{**r, "value": f"{r['value']:,.10g}", "met": {True: "yes", False: "MISSED", None: ""}[is_met(r)]} for r in rows]
    columns = ("measure", "value", "unit", "budget", "met", "beside")
    widths = {c: max(len(c), *(len(r[c]) for r in shown)) for c in columns}
    for r in [{c: c for c in columns}] + shown:
        print("  ".join(r[c].rjust(widths[c]) if c == "value" else r[c].ljust(widths[c]) for c in columns).rstrip(), flush=True)


class Bench:
    """A node, one SIPp that plays all agents, and loads of callers."""

    def __init__(self, stage, binary, agents):
        self.stage = stage
        self.node = stage.add(Node(binary, stage.directory / "node", SIP, RTP, HTTP, provisioning(agents), env={"SEATGRID_MEDIA_SILENCE": "3600s"}))
        self.node.start(60)
        self.agents = stage.add(Sipp("agent_answers", stage.directory, AGENT_PORT, "agents", media_port=33000))
        self.loads = 0

    def load(self, rate, calls, hold_ms, limit):
        return self.load_of(self.node, SIP, rate, calls, hold_ms, limit)

    def load_of(self, subject, port, rate, calls, hold_ms, limit):
        """Calls through `subject` at `port`: SIPp's counts, the subject's CPU in seconds and its highest RSS in KB."""
        self.loads += 1
        callers = self.stage.add(Sipp("caller_talks", self.stage.directory, CALLER_PORT + self.loads % 9, f"callers{self.loads}", media_port=35000, target=f"{HOST}:{port}",
                                      service=NUMBER, rate=rate, calls=calls, hold_ms=hold_ms))
        before, peak = subject.cpu_seconds(), subject.rss_kb()
        end = time.monotonic() + limit
        while callers.process.poll() is None and time.monotonic() < end:
            time.sleep(0.25)
            peak = max(peak, subject.rss_kb())
        counts = callers.stop() if callers.process.poll() is None else callers.counts()
        time.sleep(2)
        return counts, subject.cpu_seconds() - before, peak


class Floor(Process):
    """bench/nta_floor.cpp: what SIP alone costs, for the same callers and agents."""

    def __init__(self, program):
        self.process = subprocess.Popen([str(program), f"{HOST}:{FLOOR_PORT}", f"{HOST}:{AGENT_PORT}"], stdout=subprocess.PIPE, text=True)
        expect(self.process.stdout.readline() == "ready\n", "nta_floor did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        return ""


def expect_clean(bench, counts, calls):
    expect(counts["ok"] == calls and counts["failed"] == 0, f"of {calls} calls {counts['ok']} went well and {counts['failed']} failed: {bench.node.log_tail(5)}")


def acd_call(binary, quick):
    """CPU of the node per call, with what the idle node uses in that time, beside that of the floor under the same load."""
    rows = []
    with Stage("bench") as stage:
        bench = Bench(stage, binary, 2000)
        floor = stage.add(Floor(binary.parent / "bench" / "nta_floor"))
        bench.load(50, 200, 500, 60)  # warm
        for rate, seconds in ((100, 8 if quick else 20), (200, 5 if quick else 15)):
            calls, least = rate * seconds, 0.0
            for name, subject, port in (("bare nta B2BUA (the floor)", floor, FLOOR_PORT), ("ACD call, every step durable", bench.node, SIP)):
                counts, cpu, _ = bench.load_of(subject, port, rate, calls, 3000, 120)
                expect_clean(bench, counts, calls)
                each = 1000 * cpu / calls
                beside = f"{each / least:.1f} times the floor; FreeSWITCH 27, Asterisk 9-12" if least else ""
                rows.append(row(f"{name}, CPU at {rate} cps", each, "ms", "<= 2" if least else "", beside))
                least = least or each
    return rows


def clean_rate(binary, quick):
    rows, best = [], 0
    with Stage("bench") as stage:
        bench = Bench(stage, binary, 6000)
        bench.load(50, 200, 500, 60)
        for rate in (200, 400) if quick else (200, 300, 400, 500, 600, 700):
            counts, cpu, peak = bench.load(rate, rate * 10, 3000, 60)
            rows.append(row(f"{rate} cps for 10 s: {counts['ok']} well, {counts['failed']} failed, {counts['retransmitted']} retransmitted", 1000 * cpu / max(1, counts["ok"]), "ms/call",
                            "", f"RSS {peak // 1024} MB"))
            if counts["failed"] != 0 or counts["ok"] != rate * 10:
                break
            best = rate
    expect(best > 0, f"not even the lowest rate was clean: {rows[0]['measure']}")
    rows.append(row("highest clean rate, SIPp on the same cores", best, "cps", ">= 400", "FreeSWITCH 60, Asterisk 100"))
    return rows


@contextlib.contextmanager
def capture(pcap, port):
    """What loopback carries from and to a SIP port, into a file."""
    if shutil.which("tcpdump") is None:
        raise Failure("tcpdump is not installed: apt-get install tcpdump")
    running = subprocess.Popen(["tcpdump", "-i", "lo", "-w", str(pcap), "-s", "600", "-B", "16384", "-Z", "root", f"udp port {port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    try:
        yield pcap
    finally:
        time.sleep(1)
        running.terminate()
        running.wait()


def invite_times(pcap, agent_port, port=SIP):
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
        elif target == port and number not in first:
            first[number] = now
    return sorted(delays)


def offer_latency(binary, quick):
    calls = 700 if quick else 1500
    with Stage("bench") as stage:
        bench = Bench(stage, binary, 2000)
        bench.load(50, 100, 500, 30)
        with capture(stage.directory / "sip.pcap", SIP) as pcap:
            counts, _, _ = bench.load(100, calls, 2000, 60)
        expect_clean(bench, counts, calls)
        delays = invite_times(pcap, AGENT_PORT)
        expect(len(delays) == calls, f"the capture holds {len(delays)} pairs of INVITEs of {calls}")
        return [row("caller INVITE to agent INVITE, p50, 100 cps", statistics.median(delays), "ms", "<= 5", "FreeSWITCH 340 (50 cps), Asterisk 2.6"),
                row("the same, p99", delays[int(len(delays) * 0.99)], "ms", "<= 20", "FreeSWITCH 2,261, Asterisk 11")]


def held_memory(binary, quick):
    calls = 2000 if quick else 4000
    with Stage("bench") as stage:
        bench = Bench(stage, binary, 4500)
        bench.load(50, 50, 500, 30)
        idle = bench.node.rss_kb()
        callers = stage.add(Sipp("caller_talks", stage.directory, CALLER_PORT, "held", media_port=35000, target=f"{HOST}:{SIP}", service=NUMBER, rate=100, calls=calls, hold_ms=180000))
        wait_until(f"{calls} calls", 90, lambda: callers.counts()["created"] >= calls, 0.5)
        time.sleep(40)  # nta forgets the build-up's transactions after 32 s
        held = bench.node.rss_kb()
        talking = len(bench.node.all("/v1/calls"))
        expect(callers.counts()["failed"] == 0 and talking >= calls, f"{talking} of {calls} calls are held, {callers.counts()['failed']} failed")
        return [row(f"memory per held call with media, {calls} calls", (held - idle) / calls, "KB", "<= 30", "FreeSWITCH 860, Asterisk 386, rtpengine 44")]


def busy_memory(binary, quick):
    rate, seconds = 400, 10 if quick else 60
    with Stage("bench") as stage:
        bench = Bench(stage, binary, 6000)
        counts, _, peak = bench.load(rate, rate * seconds, 3000, 2 * seconds + 30)
        expect_clean(bench, counts, rate * seconds)
        return [row(f"memory at {rate} cps for {seconds} s, peak", peak / 1024, "MB", "<= 700", "nta keeps 34 KB a recent call")]


def load_agents(binary, quick):
    agents = 20000 if quick else 100000
    with Stage("bench") as stage:
        bench = Bench(stage, binary, 10)
        idle = bench.node.rss_kb()
        begun, cpu = time.monotonic(), bench.node.cpu_seconds()
        bench.node.request("PUT", "/v1/provisioning", provisioning(agents), timeout=120)
        took = time.monotonic() - begun
        wait_until(f"{agents} agents", 60, lambda: bench.node.request("GET", "/v1/queues/bench/line")["agents_free"] >= agents, 0.2)
        ready, used = time.monotonic() - begun, bench.node.cpu_seconds() - cpu
        time.sleep(5)
        return [row(f"{agents} agents provisioned (answered)", took, "s", "<= 5", "FreeSWITCH 10,000 in 110 s"), row(f"{agents} agents ready for calls", ready, "s", "<= 5"),
                row("CPU of provisioning one agent", 1e6 * used / agents, "us"), row("memory per idle agent", (bench.node.rss_kb() - idle) / agents, "KB", "<= 4", "Asterisk 20")]


def torture_messages():
    folder = pathlib.Path(__file__).resolve().parents[1] / "tests" / "data"
    return [f.read_bytes() for name in ("rfc4475", "rfc5118") for f in sorted((folder / name).glob("*.dat"))]


def options_latency(binary, quick):
    """OPTIONS from a trunk while the same trunk sends the torture messages of RFC 4475 and 5118, over and over."""
    messages, delays = torture_messages(), []
    with Stage("bench") as stage:
        Bench(stage, binary, 10)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            noise.bind((HOST, CALLER_PORT + 20))
            probe.bind((HOST, CALLER_PORT + 21))
            probe.settimeout(2)
            for n in range(100 if quick else 500):
                for i in range(10):
                    noise.sendto(messages[(10 * n + i) % len(messages)], (HOST, SIP))
                branch = f"z9hG4bK{os.getpid()}o{n}"
                text = (f"OPTIONS sip:{NUMBER}@{HOST}:{SIP} SIP/2.0\r\nVia: SIP/2.0/UDP {HOST}:{CALLER_PORT + 21};branch={branch}\r\nFrom: <sip:probe@{HOST}>;tag={n}\r\n"
                        f"To: <sip:{HOST}>\r\nCall-ID: {branch}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
                begun = time.monotonic()
                probe.sendto(text.encode(), (HOST, SIP))
                try:
                    answer = probe.recv(4096)
                except TimeoutError:
                    raise Failure(f"OPTIONS {n} under the torture set: no answer within 2 s") from None
                delays.append((time.monotonic() - begun) * 1000)
                expect(answer.startswith(b"SIP/2.0 200"), f"OPTIONS {n} was answered {answer[:40]!r}")
                time.sleep(0.01)
    delays.sort()
    return [row(f"OPTIONS under the torture set ({len(messages)} messages, 10 before each), p50", statistics.median(delays), "ms"),
            row("the same, p99", delays[int(len(delays) * 0.99)], "ms", "<= 50"), row("the same, longest", delays[-1], "ms", "<= 50")]


BENCHES = {"acd_call": acd_call, "offer_latency": offer_latency, "clean_rate": clean_rate, "held_memory": held_memory, "busy_memory": busy_memory, "load_agents": load_agents,
           "options_latency": options_latency}
