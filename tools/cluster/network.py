"""Where nodes of a cluster on one machine live: a network namespace for each, or loopback addresses."""
import os
import pathlib
import subprocess
import sys

INSIDE = "SEATGRID_NETWORK"  # set in the process that runs inside the outer namespace
LINK = "eth0"
OUTER = "10.77.0.1"  # the bridge: brokers, robots, the script itself


def enter():
    """Runs this program again inside a network and mount namespace of its own; False when that is not permitted. Inside: True, at once."""
    if os.environ.get(INSIDE):
        return True
    for way in (["unshare", "-nm"], ["unshare", "-Urnm"]):
        try:
            made = subprocess.run([*way, "sh", "-c", "ip link add sgtry type bridge && mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && ip netns add try"],
                                  capture_output=True, check=False)
        except OSError:
            return False
        if made.returncode == 0:
            os.environ[INSIDE] = "1"
            sys.stdout.flush()
            os.execvp(way[0], [*way, sys.executable, *sys.argv])
    return False


def run(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True, text=True)


class Namespaces:
    """A bridge in the outer namespace; each node in a namespace of its own with a fixed address (links, API) and the one that callers know, which
    moves. `take` scripts do what VRRP, BGP or a cloud's API does in a data centre: the address leaves whoever had it and comes here."""
    outer, kind = OUTER, "network namespaces"

    def __init__(self, directory, names):
        self.names = []
        self.use(directory)
        run("mount", "--make-rprivate", "/")
        os.makedirs("/run/netns", exist_ok=True)
        run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "sgbr", "type", "bridge")
        run("ip", "addr", "add", f"{OUTER}/24", "dev", "sgbr")
        run("ip", "link", "set", "sgbr", "up")
        for name in names:
            self.add(name)

    def use(self, directory):
        """Where scripts and the files keep/NODE lie from here on."""
        self.directory = pathlib.Path(directory)
        (self.directory / "keep").mkdir(parents=True, exist_ok=True)

    def add(self, name):
        self.names.append(name)
        run("ip", "netns", "add", name)
        run("ip", "link", "add", f"v{name}", "type", "veth", "peer", "name", LINK, "netns", name)
        run("ip", "link", "set", f"v{name}", "master", "sgbr", "up")
        run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", name, "link", "set", LINK, "up")
        run("ip", "-n", name, "addr", "add", f"{self.link_host(name)}/24", "dev", LINK)

    def number(self, name):
        return 1 + self.names.index(name)

    def link_host(self, name):
        return f"10.77.0.{10 + self.number(name)}"

    def host(self, name):
        """Where callers and phones find the node."""
        return f"10.77.0.{100 + self.number(name)}"

    def inside(self, name):
        """Before a command that runs in the node's namespace."""
        return ["nsenter", f"--net=/run/netns/{name}"]

    def holds(self, name, host):
        return f" {host}/" in run("ip", "-n", name, "-4", "addr", "show", "dev", LINK).stdout

    def drop(self, name, host):
        run("ip", "-n", name, "addr", "del", f"{host}/24", "dev", LINK, check=False)

    def plug(self, name, is_in):
        """The node's cable: what it sends goes nowhere, and its own interface stays up."""
        run("ip", "link", "set", f"v{name}", *(["master", "sgbr"] if is_in else ["nomaster"]))

    def address_command(self, name):
        """A script for the node's cluster.address_command. A file keep/NODE lets that node keep what it has, as a machine that hangs does."""
        script = self.directory / f"take-{name}"
        script.write_text(f"""#!/bin/sh
# take NODE HOST: HOST leaves every other node and comes to {name}
[ "$1" = take ] || exit 0
for other in $(ls /run/netns); do
  [ "$other" = {name} ] || [ -e "{self.directory}/keep/$other" ] || ip -n "$other" addr del "$3/24" dev {LINK} 2>/dev/null
done
ip addr replace "$3/24" dev {LINK} && exec {sys.executable} -SE {pathlib.Path(__file__).with_name("announce.py")} {LINK} "$3"
""")
        script.chmod(0o755)
        return str(script)


class Loopback:
    """No namespaces: node i speaks on 127.0.4.i, and its addresses can be bound by whoever takes them."""
    outer, kind = "127.0.0.1", "loopback addresses"

    def __init__(self, directory, names):
        self.directory, self.names = pathlib.Path(directory), list(names)

    def add(self, name):
        self.names.append(name)

    def link_host(self, name):
        return "127.0.0.1"

    def host(self, name):
        return f"127.0.4.{1 + self.names.index(name)}"

    def inside(self, _):
        return []

    def address_command(self, _):
        return ""
