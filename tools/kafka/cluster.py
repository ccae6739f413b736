"""Brokers of one directory: their settings, their processes. Every process is known by its id and its start time."""
import base64
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import uuid

import jars
import secure
import wire

START_SECONDS_MAX = 90
STOP_SECONDS_MAX = 15

SETTINGS = """process.roles=broker,controller
node.id={id}
controller.quorum.voters={voters}
listeners=CLIENT://{bind}:{port},CONTROLLER://{bind}:{controller_port}{secure_listener}
advertised.listeners=CLIENT://{host}:{port}{secure_advertised}
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
log.dirs={data}
num.network.threads=2
num.io.threads=4
auto.create.topics.enable=false
default.replication.factor={replication}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={replication}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={replication}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1000
replica.lag.time.max.ms=3000
log.segment.bytes=134217728
log.cleaner.dedupe.buffer.size=16777216
"""


def start_time(pid):
    """When the process began, in ticks since boot; None when there is none (a zombie is none)."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


class Process:
    """A process that this program started, remembered in a file."""

    def __init__(self, file):
        self.file = pathlib.Path(file)

    def remember(self, pid):
        self.file.write_text(f"{pid} {start_time(pid)}\n")

    def pid(self):
        """Its id while it lives, else None: never the id of a stranger that got the number later."""
        try:
            pid, began = self.file.read_text().split()
        except (OSError, ValueError):
            return None
        return int(pid) if str(start_time(int(pid))) == began else None

    def send(self, number):
        pid = self.pid()
        if pid is None:
            return False
        os.kill(pid, number)
        return True

    def wait_end(self, seconds):
        until = time.monotonic() + seconds
        while self.pid() is not None:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True


def free_ports(host, count):
    held = []
    for _ in range(count):
        one = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        one.bind((host, 0))
        held.append(one)
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Cluster:
    """The brokers below a directory. `plan` makes one; afterwards its shape is read from cluster.json."""

    def __init__(self, directory, say):
        self.directory = pathlib.Path(directory).resolve()
        self.say = say
        self.file = self.directory / "cluster.json"
        self.shape = json.loads(self.file.read_text()) if self.file.exists() else None

    def plan(self, brokers, version, heap_mb, port, hosts, binds, namespaces, is_secure):
        self.directory.mkdir(parents=True, exist_ok=True)
        parts = []
        for n in range(brokers):
            bind = binds[n % len(binds)]
            ports = free_ports(bind, 3) if port == 0 else [port + n, port + 100 + n, port + 200 + n]
            parts.append({"id": n + 1, "bind": bind, "host": hosts[n % len(hosts)] or bind, "port": ports[0], "controller_port": ports[1],
                          "secure_port": ports[2] if is_secure else 0, "namespace": namespaces[n % len(namespaces)]})
        self.shape = {"version": version, "heap_mb": heap_mb, "cluster": base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().strip("=").lstrip("-_"),
                      "brokers": parts}
        while len(self.shape["cluster"]) < 22:  # the id has 22 letters and begins with none of -_
            self.shape["cluster"] += "A"
        security = secure.prepare(self.directory, [one["host"] for one in parts] + [one["bind"] for one in parts]) if is_secure else ""
        for one in parts:
            self._write_settings(one, security)
        self._format()
        self.file.write_text(json.dumps(self.shape, indent=1))
        (self.directory / "bootstrap").write_text(self.bootstrap() + "\n")
        if is_secure:
            (self.directory / "bootstrap-secure").write_text(self.bootstrap("secure_port") + "\n")

    def bootstrap(self, port="port"):
        return ",".join(f"{one['host']}:{one[port]}" for one in self.shape["brokers"])

    def broker(self, number):
        for one in self.shape["brokers"]:
            if one["id"] == number:
                return one
        raise jars.Missing(f"there is no broker {number} in {self.directory}")

    def process(self, number):
        return Process(self.directory / str(number) / "pid")

    def _write_settings(self, one, security):
        home = self.directory / str(one["id"])
        home.mkdir(exist_ok=True)
        parts = self.shape["brokers"]
        replication = min(3, len(parts))
        voters = ",".join(f"{p['id']}@{p['bind']}:{p['controller_port']}" for p in parts)
        listener, advertised = (f",SECURE://{one[at]}:{one['secure_port']}" if security else "" for at in ("bind", "host"))
        settings = SETTINGS.format(**one, voters=voters, data=home / "data", replication=replication, in_sync=max(1, replication - 1),
                                   secure_listener=listener, secure_advertised=advertised)
        (home / "server.properties").write_text(settings + security)

    def _java(self, main, *words):
        folder = jars.fetch(self.shape["version"], self.say)
        return [jars.java(), f"-Xmx{self.shape['heap_mb']}m", "-Xms64m", "-XX:MaxDirectMemorySize=128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-Djava.net.preferIPv4Stack=false", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true", "-cp",
                f"{folder}/*", main, *words]

    def _format(self):
        self.say("formatting the brokers' directories")
        running = []
        for one in self.shape["brokers"]:
            command = self._java("kafka.tools.StorageTool", "format", "-t", self.shape["cluster"], "-c", f"{self.directory}/{one['id']}/server.properties")
            running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        for process in running:
            out, _ = process.communicate(timeout=START_SECONDS_MAX)
            if process.returncode != 0:
                raise jars.Missing(f"Kafka refused to format its directory:\n{out.strip()[-2000:]}")

    def launch(self, number):
        """Starts one broker's process, away from this terminal; does not wait until it serves."""
        one, home = self.broker(number), self.directory / str(number)
        if self.process(number).pid() is not None:
            return
        command = self._java("kafka.Kafka", str(home / "server.properties"))
        if one["namespace"]:
            command = ["ip", "netns", "exec", one["namespace"], *command]
        with open(home / "out.log", "ab") as out:
            started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        self.process(number).remember(started.pid)

    def wait_served(self, numbers, seconds=START_SECONDS_MAX):
        """Until each of `numbers` serves clients and knows all the others."""
        began, open_ones = time.monotonic(), set(numbers)
        while open_ones:
            for number in sorted(open_ones):
                one = self.broker(number)
                if self.process(number).pid() is None:
                    log = (self.directory / str(number) / "out.log").read_text(errors="replace").strip()
                    raise jars.Missing(f"broker {number} ended while starting:\n{log[-2000:]}")
                if self._serves(one, set(numbers)):
                    open_ones.remove(number)
                    self.say(f"broker {number} serves at {one['host']}:{one['port']} ({time.monotonic() - began:.1f} s)")
            if time.monotonic() - began > seconds:
                raise jars.Missing(f"brokers {sorted(open_ones)} do not serve after {seconds} s; see {self.directory}/*/out.log")
            time.sleep(0.05)

    @staticmethod
    def _serves(one, expected):
        if one["namespace"]:  # reached from inside only: ask there
            code = f"import wire; print(*wire.known_brokers({one['bind']!r}, {one['port']}))"
            asked = subprocess.run(["ip", "netns", "exec", one["namespace"], sys.executable, "-c", code], cwd=pathlib.Path(__file__).parent,
                                   capture_output=True, text=True, check=False)
            return expected <= {int(word) for word in asked.stdout.split()}
        try:
            return expected <= set(wire.known_brokers(one["bind"], one["port"]))
        except OSError:
            return False

    def stop(self):
        """Stops all brokers, gently first; True when none had to be killed."""
        processes = [self.process(one["id"]) for one in self.shape["brokers"]]
        for process in processes:
            process.send(signal.SIGCONT)
            process.send(signal.SIGTERM)
        until, gently = time.monotonic() + STOP_SECONDS_MAX, True
        for process in processes:
            if not process.wait_end(max(0.1, until - time.monotonic())):
                gently = False
                process.send(signal.SIGKILL)
                process.wait_end(5)
        return gently
