"""Nodes of a cluster on a real broker: one that starts each time with an empty data directory, and members of a cluster of several."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(ROOT / "tools" / "cluster"))
import certificates  # noqa: E402
import node as cluster_settings  # noqa: E402
from harness import HOST, Node, wait_until  # noqa: E402

KAFKA = ROOT / "tools" / "kafka" / "kafka.py"
LANES = 4

SIP, RTP, HTTP = 26060, (26500, 27999), 26080


class Brokers:
    """Those that ctest's fixture `kafka` started in a directory; None when there are none."""

    def __init__(self, directory):
        self.directory = directory
        file = pathlib.Path(directory) / "bootstrap"
        self.address = file.read_text().strip() if file.exists() else None
        self.replicas = len(self.address.split(",")) if self.address else 1

    def require(self):
        """Ends the test as skipped (77) without a broker."""
        if self.address is None:
            print("skipped: no Kafka broker was started (the test kafka_up)")
            raise SystemExit(77)
        return self

    def order(self, what):
        subprocess.run([sys.executable, str(KAFKA), *what.split(), "--dir", str(self.directory)], stdout=subprocess.DEVNULL, check=True, timeout=120)


def cluster_node(brokers, cluster):
    """A maker of such nodes, with the arguments of Node."""

    class ClusterNode(Node):
        def command(self):
            self.data = self.directory / f"data{self.starts}"
            config = self.directory / f"node{self.starts}.toml"
            config.write_text(cluster_settings.settings(data=self.data, provision=self.provision, host=HOST, sip=self.sip, first=self.rtp[0],
                                                        last=self.rtp[1], api_host=HOST, http=self.http, cluster=cluster, node="n1",
                                                        brokers=brokers.address, lanes=LANES, link_host=HOST))
            return [self.binary, "server", "--config", str(config), *self.extra]

    return ClusterNode


class Member(Node):
    """Node number `index` of a cluster of several: SIP and RTP on an address of its own; without a `network` of namespaces the API on a port of its own."""

    def __init__(self, binary, directory, index, brokers, cluster, provision, roles=(), network=None):
        super().__init__(binary, directory, SIP, RTP, HTTP + index, provision, env={"SEATGRID_MEDIA_SILENCE": "3600s"})
        self.name, self.cluster, self.brokers, self.network = f"n{index}", cluster, brokers, network
        self.host, self.link_host = f"127.0.4.{index}", HOST
        self.provision_file = self.provision if index == 1 else ""
        self.roles = list(roles)
        self.certificates = None
        if network is not None:
            self.host, self.link_host = network.host(self.name), network.link_host(self.name)
            self.api_host = self.link_host
            self.certificates = certificates.node(network.directory, self.name)

    def command(self):
        config = self.directory / "node.toml"
        config.write_text(cluster_settings.settings(self.certificates, data=self.data, provision=self.provision_file if self.starts == 1 else "", host=self.host, sip=self.sip,
                                         first=self.rtp[0], last=self.rtp[1], roles=self.roles, api_host=self.api_host, http=self.http, cluster=self.cluster, node=self.name,
                                         brokers=self.brokers.address, replicas=self.brokers.replicas, lanes=LANES, link_host=self.link_host,
                                         address_command=self.network.address_command(self.name) if self.network else ""))
        return [*(self.network.inside(self.name) if self.network else []), self.binary, "server", "--config", str(config), *self.extra]

    def lives(self):
        return self.process is not None and self.process.poll() is None

    def state(self, timeout=30):
        return self.request("GET", "/v1/cluster", timeout=timeout)

    def owners(self, timeout=30):
        """lane -> node"""
        return {lane["lane"]: lane["owner"] for lane in self.state(timeout)["lanes"]}

    def all_owned(self):
        return all(self.owners().values())

    def owned(self):
        return [lane for lane, owner in self.owners().items() if owner == self.name]

    def holder_of(self, node):
        return next((slot["holder"] for slot in self.state()["slots"] if slot["node"] == node), "")

    def wait_ended(self, seconds):
        """Its exit status."""
        wait_until(f"{self.name} ends", seconds, lambda: not self.lives(), 0.05)
        return self.process.returncode
