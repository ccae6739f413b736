"""A node of a cluster on this machine: its settings, its process, its API."""
import json
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

SIP, RTP, HTTP = 5060, (26500, 27999), 8080
START_SECONDS_MAX = 60
END_SECONDS_MAX = 15

SETTINGS = """[server]
data = "{data}"
provision = "{provision}"
assets = "{assets}"
[edge]
listen = ["sip:{host}:{sip};transport=udp", "sip:{host}:{sip};transport=tcp"]
[media]
bind_host = "{host}"
port_first = {first}
port_last = {last}
[api]
token = "{token}"
[api.http]
host = "{api_host}"
port = {http}
[cluster]
name = "{cluster}"
node = "{node}"
lanes = {lanes}
address_command = "{address_command}"
{roles}
[cluster.link]
host = "{link_host}"
{certificates}
[kafka]
brokers = "{brokers}"
replicas = {replicas}
"""


def settings(certificates=None, roles=(), **values):
    """The text of a node's file; `certificates` as certificates.node() says, none on loopback only; without `roles` it has all."""
    lines = "\n".join(f'{key} = "{path}"' for key, path in (certificates or {}).items())
    return SETTINGS.format(certificates=lines, roles=f"roles = {json.dumps(list(roles))}" if roles else "", **{"token": "one-token-for-every-node-of-this-cluster", "assets": "build/assets", "provision": "", "address_command": "", "replicas": 1, **values})


class Trouble(Exception):
    """What does not work, for people."""


class ClusterNode:
    def __init__(self, binary, directory, name, before, api, values):
        """`before`: words in front of the command, to enter its namespace; `values`: of settings()."""
        self.binary, self.directory, self.name, self.before, self.api, self.values = str(binary), pathlib.Path(directory), name, before, api, values
        self.directory.mkdir(parents=True, exist_ok=True)
        self.process, self.starts = None, 0

    def launch(self):
        self.starts += 1
        file = self.directory / "node.toml"
        file.write_text(settings(node=self.name, data=self.directory / "data", **self.values))
        with open(self.directory / f"node.{self.starts}.log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([*self.before, self.binary, "server", "--config", str(file)], stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, start_new_session=True)

    def wait_ready(self, seconds=START_SECONDS_MAX):
        until = time.monotonic() + seconds
        while not self.ready():
            if not self.lives():
                raise Trouble(f"{self.name} ended with {self.process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > until:
                raise Trouble(f"{self.name} is not ready after {seconds} s:\n{self.log_tail()}")
            time.sleep(0.05)

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://{self.api}/readyz", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def lives(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        if self.lives():
            self.process.terminate()
            try:
                self.process.wait(END_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.kill()

    def log_tail(self, lines=15):
        return "\n".join((self.directory / f"node.{self.starts}.log").read_text(errors="replace").splitlines()[-lines:])

    def request(self, method, path, body=None, timeout=15):
        token = json.loads((self.directory / "data" / "api.json").read_text())["token"]
        asked = urllib.request.Request(f"http://{self.api}{path}", data=body.encode() if body else None, method=method,
                                       headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=timeout) as answer:
            return json.loads(answer.read().decode())

    def all(self, path):
        return self.request("GET", f"{path}{'&' if '?' in path else '?'}limit=1000")["items"]

    def command(self, *words):
        """`seatgrid WORDS` about this node; status and what it prints."""
        done = subprocess.run([*self.before, self.binary, *words, "--data", str(self.directory / "data")], capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr
