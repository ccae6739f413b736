"""Nodes of a cluster on a real broker: one that starts each time with an empty data directory, and members of a cluster of several."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import HOST, Node  # noqa: E402

KAFKA = pathlib.Path(__file__).resolve().parents[3] / "tools" / "kafka" / "kafka.py"
LANES = 4

SIP, RTP, HTTP = 26060, (26500, 27999), 26080

CONFIG = """[server]
data = "{data}"
provision = "{provision}"
[edge]
listen = ["sip:{host}:{sip};transport=udp", "sip:{host}:{sip};transport=tcp"]
[media]
bind_host = "{host}"
port_first = {first}
port_last = {last}
[api]
token = "one-token-for-every-node-of-this-cluster"
[api.http]
host = "{host}"
port = {http}
[cluster]
name = "{cluster}"
node = "{node}"
lanes = {lanes}
[kafka]
brokers = "{brokers}"
replicas = 1
"""


class Brokers:
    """Those that ctest's fixture `kafka` started in a directory; None when there are none."""

    def __init__(self, directory):
        self.directory = directory
        file = pathlib.Path(directory) / "bootstrap"
        self.address = file.read_text().strip() if file.exists() else None

    def order(self, what):
        subprocess.run([sys.executable, str(KAFKA), *what.split(), "--dir", str(self.directory)], stdout=subprocess.DEVNULL, check=True, timeout=120)


def cluster_node(brokers, cluster):
    """A maker of such nodes, with the arguments of Node."""

    class ClusterNode(Node):
        def command(self):
            self.data = self.directory / f"data{self.starts}"
            config = self.directory / f"node{self.starts}.toml"
            config.write_text(CONFIG.format(data=self.data, provision=self.provision, host=HOST, sip=self.sip, first=self.rtp[0], last=self.rtp[1],
                                            http=self.http, cluster=cluster, node="n1", brokers=brokers.address, lanes=LANES))
            return [self.binary, "server", "--config", str(config), *self.extra]

    return ClusterNode


class Member(Node):
    """Node number `index` of a cluster of several: SIP and RTP on an address of its own, the API on a port of its own."""

    def __init__(self, binary, directory, index, brokers, cluster, provision, roles=()):
        super().__init__(binary, directory, SIP, RTP, HTTP + index, provision, env={"SEATGRID_MEDIA_SILENCE": "3600s"})
        self.name, self.host, self.cluster, self.brokers = f"n{index}", f"127.0.4.{index}", cluster, brokers
        self.provision_file = self.provision if index == 1 else ""
        self.roles = list(roles)

    def command(self):
        config = self.directory / "node.toml"
        config.write_text(CONFIG.format(data=self.data, provision=self.provision_file if self.starts == 1 else "", host=self.host, sip=self.sip,
                                        first=self.rtp[0], last=self.rtp[1], http=self.http, cluster=self.cluster, node=self.name,
                                        brokers=self.brokers.address, lanes=LANES).replace(f'[api.http]\nhost = "{self.host}"', f'[api.http]\nhost = "{HOST}"'))
        if self.roles:
            config.write_text(config.read_text().replace("[kafka]", f"roles = {json.dumps(self.roles)}\n[kafka]"))
        return [self.binary, "server", "--config", str(config), *self.extra]

    def owners(self):
        """lane -> node"""
        return {lane["lane"]: lane["owner"] for lane in self.request("GET", "/v1/cluster")["lanes"]}

    def all_owned(self):
        return all(self.owners().values())

    def owned(self):
        return [lane for lane, owner in self.owners().items() if owner == self.name]

    def holder_of(self, node):
        return next((slot["holder"] for slot in self.request("GET", "/v1/cluster")["slots"] if slot["node"] == node), "")
