"""A cluster in network namespaces with calls in every phase, and what the faults of fault_kinds.py need of it."""
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error

from cluster_node import Member
from harness import HOST, Failure, expect, wait_until
from listener import Listener
from many_nodes import Many
from survival import NUMBERS

SERVE_MAX_S = 5.0   # until lanes of a node that cannot serve have another owner (issue 4)
BACK_MAX_S = 40.0   # until a node that is well again owns lanes
OPTIONS = ("OPTIONS sip:{host}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {me}:{mine};branch=z9hG4bK{n}\r\nFrom: <sip:probe@{me}>;tag=p\r\nTo: <sip:{host}>\r\n"
           "Call-ID: probe-{n}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")


class ChaosMember(Member):
    """The API may be refused while a lane moves or Kafka is away (503: nothing was done); what is read, or may be said twice, is asked again, and counted."""
    asked_again = 0

    def __init__(self, *words, shift="", **named):
        super().__init__(*words, **named)
        self.shift_file = self.directory / "clock-shift"
        self.shift(0)
        if shift:
            self.env.update(LD_PRELOAD=str(shift), SEATGRID_CLOCK_SHIFT=str(self.shift_file))

    def shift(self, seconds):
        """How far its clock is off."""
        self.shift_file.write_text(f"{seconds}\n")

    def request(self, method, path, body=None, timeout=10):
        until, again = time.monotonic() + 20, method == "GET" or path.endswith("/login")
        while True:
            try:
                return super().request(method, path, body, timeout)
            except urllib.error.HTTPError as refused:
                if not (again or refused.code == 503) or refused.code not in (503, 504) or time.monotonic() > until:
                    raise
            except OSError:
                if not again or not self.lives() or time.monotonic() > until:
                    raise
            ChaosMember.asked_again += 1
            time.sleep(0.1)

    def iptables(self, *rule):
        subprocess.run([*self.network.inside(self.name), "iptables", *rule], check=True, capture_output=True)

    def heal(self):
        self.iptables("-F")

    def stop(self):
        ended = super().stop()
        subprocess.run(["umount", "-l", str(self.data)], check=False, capture_output=True)
        return ended


class Capture:
    """The datagrams that leave a node's namespace (capture.py)."""

    def __init__(self, member):
        self.file = member.directory / f"capture-{time.monotonic():.3f}"
        self.process = subprocess.Popen([*member.network.inside(member.name), sys.executable, str(pathlib.Path(__file__).with_name("capture.py")), "eth0", str(self.file)])
        wait_until("the capture", 10, lambda: self.file.exists() and "ready" in self.file.read_text(), 0.02)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        return ""

    def seen(self, sources, since, until=float("inf")):
        """Datagrams with one of these source addresses."""
        rows = [line.split() for line in self.file.read_text().splitlines()]
        return [row for row in rows if len(row) == 5 and since <= float(row[0]) <= until and row[1] in sources]


class Prober:
    """Asks again and again what the owner of the tenant's lane must answer: the longest wait is the pause that others see."""

    def __init__(self, member):
        self.member, self.longest, self.asked, self.over = member, 0.0, 0, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.over.is_set():
            began = time.monotonic()
            try:
                self.member.request("GET", "/v1/queues/test/wait")
            except OSError:
                pass
            self.longest, self.asked = max(self.longest, time.monotonic() - began), self.asked + 1
            time.sleep(0.01)

    def stop(self):
        self.over.set()
        self.thread.join()
        return ""


class Chaos(Many):
    def __init__(self, stage, binary, sizes, seed, members, brokers, network, make_member):
        super().__init__(stage, binary, sizes, seed, members)
        self.brokers, self.network, self.make_member, self.others = brokers, network, make_member, 0

    # --- who -----------------------------------------------------------------------------------------------------

    def pick_owner(self):
        """The owner of the tenant's lane; `node` is another one."""
        lanes = [lane for lane in self.members[0].state()["lanes"] if lane["lane"] != 0]
        busiest = max(lanes, key=lambda lane: lane["sequence"])["owner"]
        victim = next(member for member in self.members if member.name == busiest)
        self.node = self.random.choice(self.others_of(victim))
        return victim

    def pick(self):
        """A victim: as often the owner of the tenant's lane as anybody; `node` is one that lives."""
        if self.random.random() < 0.5:
            return self.pick_owner()
        victim = self.random.choice(self.members)
        self.node = next(member for member in self.members if member is not victim)
        return victim

    def others_of(self, victim):
        return [member for member in self.members if member is not victim]

    # --- what must become true ------------------------------------------------------------------------------------

    def lanes_elsewhere(self, victim, seconds=SERVE_MAX_S):
        """How long that took, in ms."""
        began = time.monotonic()
        wait_until(f"the lanes of {victim.name} have other owners", seconds, lambda: self.node.all_owned() and victim.name not in self.node.owners().values(), 0.02)
        return round(1000 * (time.monotonic() - began))

    def slots_elsewhere(self, victim, seconds=10):
        began = time.monotonic()
        wait_until(f"the addresses of {victim.name} have another holder", seconds, lambda: self.node.holder_of(victim.name) not in ("", victim.name), 0.02)
        return round(1000 * (time.monotonic() - began))

    def in_place(self, what, before, seconds=20):
        self.settle(what, seconds)
        self.compare(before)

    def back(self, victim, before):
        """A supervisor starts it again when it ended; it gets its addresses and lanes."""
        ended = not victim.lives()
        if ended:
            victim.start(60)
        wait_until(f"{victim.name} has its addresses again", 30, lambda: self.node.holder_of(victim.name) == victim.name, 0.1)
        wait_until(f"{victim.name} owns lanes again", BACK_MAX_S, lambda: victim.name in self.node.owners().values() and self.node.all_owned(), 0.1)
        self.in_place(f"all calls in place with {victim.name} back", before)
        return ended

    # --- what callers see -----------------------------------------------------------------------------------------

    def options(self, member, seconds=2.0):
        """The status of its answer to OPTIONS; 0 = none."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind((HOST, 0))
            one.settimeout(seconds)
            one.sendto(OPTIONS.format(host=member.host, port=member.sip, me=HOST, mine=one.getsockname()[1], n=f"{time.monotonic():.6f}").encode(), (member.host, member.sip))
            try:
                return int(re.match(r"SIP/2.0 (\d{3})", one.recv(65535).decode(errors="replace")).group(1))
            except (socket.timeout, AttributeError):
                return 0

    def new_call(self, member, name, seconds):
        """A call that comes into the queue through `member`; how long until it hears ringing or music, in s."""
        began = time.monotonic()
        for attempt in range(1_000):
            caller = Listener(member.sip, NUMBERS["wait"], f"{name}-{attempt}-{self.random.randrange(10**9)}", f"{self.random.randrange(10**8):08}", member.host)
            end = min(began + seconds, time.monotonic() + 5)
            while time.monotonic() < end and not any(status >= 180 for _, status, _ in caller.responses):
                time.sleep(0.01)
            status = next((status for _, status, _ in caller.responses if status >= 180), 0)
            if 180 <= status < 300:
                took = time.monotonic() - began
                self.others += 1
                self.stage.add(caller)
                return took, caller
            caller.cancel()
            caller.stop()
            expect(time.monotonic() - began < seconds, f"no new call through {member.name} within {seconds} s: the last answer was {status}")
        raise Failure("unreachable")

    def end_call(self, caller, before):
        caller.cancel()
        try:
            wait_until("the caller who gave up is gone", 15, lambda: len(self.places()) == len(before), 0.1)
        except Failure as late:
            heard = [(round(at, 1), status) for at, status, _ in caller.responses]
            self.explain()
            known = {call for call, _ in before}
            for call, since in self.places():
                if call not in known:
                    shown = self.node.request("GET", f"/v1/calls/{call}")
                    print("in the queue since", since, shown["state"])
                    for line in shown["timeline"]:
                        print("   ", line["at"], line["step"], [event.get("type", event) if isinstance(event, dict) else event for event in line["events"]])
            raise Failure(f"{late}; the caller heard {heard}") from late
        caller.stop()

    def keep_addresses(self, victim, keeps):
        """A machine that hangs keeps its addresses; when its process is dead they are taken away."""
        file = self.network.directory / "keep" / victim.name
        if keeps:
            file.touch()
            return
        file.unlink(missing_ok=True)
        for member in self.members:
            if self.node.holder_of(member.name) != victim.name:
                self.network.drop(victim.name, member.host)

    def service_addresses(self):
        return {member.host for member in self.members}
