"""A real node and real SIPp peers on loopback, for tests and benches. Everything started is stopped by pid."""
import csv
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

SCENARIOS = pathlib.Path(__file__).resolve().parent / "scenarios"
HOST = os.environ.get("SEATGRID_TEST_HOST", "127.0.0.1")  # where peers of the nodes live


class Failure(Exception):
    """A check of a test did not hold; the text says which."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


def run(main):
    """main() of a test as a program: a check that did not hold is told, and the status is 1."""
    try:
        main()
    except Failure as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)


def wait_until(what, seconds, check, every=0.05):
    """check() until it is true; its last value. Raises Failure after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(every)


def port_is_free(port, kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((HOST, port))
            return True
        except OSError:
            return False


class Process:
    """What the kernel says of `self.process`."""

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kb(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text()).group(1))


class Node(Process):
    """One `seatgrid dev --no-demo` process on its own data directory."""

    def __init__(self, binary, directory, sip, rtp, http, provision, extra=(), env=None):
        self.binary, self.directory, self.sip, self.rtp, self.http = str(binary), pathlib.Path(directory), sip, rtp, http
        self.extra = list(extra)
        self.api_host = HOST
        self.env = {**os.environ, **(env or {})}
        self.process = None
        self.starts = 0
        self.data = self.directory / "data"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.provision = self.directory / "provision.toml"
        self.provision.write_text(provision, encoding="utf-8")

    def start(self, wait=20.0):
        """Starts the process and waits for /readyz; how long that took, in seconds."""
        begun = time.monotonic()
        self.starts += 1
        log = open(self.directory / f"node.{self.starts}.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(self.command(), stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=self.env)
        log.close()

        def ready():
            if self.process.poll() is not None:
                raise Failure(f"the node ended with {self.process.returncode}: {self.log_tail()}")
            try:
                with urllib.request.urlopen(f"http://{self.api_host}:{self.http}/readyz", timeout=1) as answer:
                    return answer.status == 200
            except (urllib.error.URLError, OSError):
                return False
        wait_until("node ready", wait, ready, 0.01)
        return time.monotonic() - begun

    def command(self):
        return [self.binary, "dev", "--no-demo", "--data", str(self.data), "--sip", f"{HOST}:{self.sip}",
                "--rtp", f"{HOST}:{self.rtp[0]}-{self.rtp[1]}", "--http", f"{HOST}:{self.http}", "--provision", str(self.provision), *self.extra]

    def log_tail(self, lines=15):
        files = sorted(self.directory.glob("node.*.log"), key=lambda p: int(p.name.split(".")[1]))
        return "\n".join(files[-1].read_text(errors="replace").splitlines()[-lines:]) if files else ""

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """SIGTERM; what is wrong with how the process ended, empty = nothing. SIGKILL after 10 s."""
        if self.process is None or self.process.poll() is not None:
            return ""
        self.process.terminate()
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f"the node did not end within 10 s of SIGTERM: {self.log_tail()}"
        return "" if status == 0 else f"the node ended with {status} on SIGTERM: {self.log_tail()}"

    def token(self):
        return json.loads((self.data / "api.json").read_text())["token"]

    def request(self, method, path, body=None, timeout=30):
        data = body.encode() if isinstance(body, str) else body
        call = urllib.request.Request(f"http://{self.api_host}:{self.http}{path}", data=data, method=method,
                                      headers={"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json"})
        with urllib.request.urlopen(call, timeout=timeout) as answer:
            text = answer.read().decode()
        return json.loads(text) if text and text[0] in "{[" else text

    def all(self, path):
        """Every item of a paged list."""
        items, cursor = [], ""
        for _ in range(1000):
            mark = "&" if "?" in path else "?"
            page = self.request("GET", f"{path}{mark}limit=1000" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""))
            items += page["items"]
            cursor = page.get("next_cursor", "")
            if not cursor:
                return items
        raise Failure(f"{path} does not end")

    def check(self, ended=False):
        """`seatgrid check` on a checkpoint of the running node's journal: {violations, lanes: [{invariants, texts, ...}]}."""
        done = subprocess.run([self.binary, "check", "--data", str(self.data), "-o", "json", *(["--ended"] if ended else [])],
                              capture_output=True, text=True, timeout=120, check=False)
        if not done.stdout.strip().startswith("{"):
            raise Failure(f"seatgrid check: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)


class Sipp:
    """One SIPp process: a caller (with `target`) or an agent (without)."""

    def __init__(self, scenario, directory, port, name, media_port=0, target=None, service="", rate=10.0, calls=0, hold_ms=1000, extra=()):
        self.directory = pathlib.Path(directory)
        self.name = name
        self.stat = self.directory / f"{name}.csv"
        self.errors = self.directory / f"{name}.err"
        command = ["sipp"] + ([target] if target else []) + [
            "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", HOST, "-p", str(port), "-mi", HOST, "-nostdin", "-trace_stat", "-stf", str(self.stat), "-fd", "1",
            "-trace_err", "-error_file", str(self.errors), "-d", str(hold_ms), "-l", "100000", "-skip_rlimit"]
        if media_port:
            command += ["-mp", str(media_port)]
        if service:
            command += ["-s", service]
        if target:
            command += ["-r", str(rate), "-m", str(calls)]
        self.process = subprocess.Popen(command + list(extra), cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def counts(self):
        """Calls created, done and failed so far."""
        try:
            rows = list(csv.DictReader(open(self.stat), delimiter=";"))
        except OSError:
            rows = []
        last = rows[-1] if rows else {}
        number = lambda key: int(last.get(key) or 0)
        return {"created": number("TotalCallCreated"), "ok": number("SuccessfulCall(C)"), "failed": number("FailedCall(C)"),
                "retransmitted": number("Retransmissions(C)"), "unexpected": number("FailedUnexpectedMessage(C)")}

    def wait(self, seconds):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired as late:
            raise Failure(f"sipp {self.name} did not end within {seconds} s: {self.counts()}") from late
        return self.counts()

    def error_head(self, lines=12):
        try:
            return "\n".join(self.errors.read_text(errors="replace").splitlines()[:lines])
        except OSError:
            return ""

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGUSR1)
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.counts()


class Stage:
    """A directory and everything started in it; leaving it stops everything and keeps the directory only after a failure."""

    def __init__(self, name):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"seatgrid-{name}-"))
        self.things = []

    def __enter__(self):
        return self

    def add(self, thing):
        self.things.append(thing)
        return thing

    def __exit__(self, kind, value, trace):
        badly = [ended for thing in reversed(self.things) if isinstance(ended := thing.stop(), str) and ended]
        if kind is None and badly:
            raise Failure("; ".join(badly))
        if kind is None:
            shutil.rmtree(self.directory, ignore_errors=True)
        else:
            print(f"kept for a look: {self.directory}")
            for file in glob.glob(str(self.directory / "*.err")):
                head = pathlib.Path(file).read_text(errors="replace")[:600]
                print(f"--- {os.path.basename(file)}\n{head}")
        return False


def binary_from(arguments):
    """The seatgrid binary named as first argument; 77 is ctest's skip when SIPp is not there."""
    if shutil.which("sipp") is None:
        print("skipped: sipp is not installed (./dev test installs it)")
        raise SystemExit(77)
    return pathlib.Path(arguments[1]).resolve()
