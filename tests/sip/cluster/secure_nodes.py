#!/usr/bin/env python3
"""Three nodes whose journal, roster, snapshots and events go over TLS with a user and a password, on a broker of its own that requires them. With calls in
every phase the credentials are rotated as docs/runbook/cluster.md says; then the broker forgets the old ones, and a node that still has them says so.
usage: secure_nodes.py SEATGRID"""
import os
import pathlib
import re
import secrets
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "survival"))
sys.path.insert(0, str(HERE))
from cluster_node import KAFKA, Member  # noqa: E402
from harness import Failure, Stage, binary_from, expect, run, wait_until  # noqa: E402
from many_nodes import Many  # noqa: E402
import survival  # noqa: E402

SIZES = {"talk": 6, "wait": 6, "ring": 3, "hold": 3, "ivr": 3}
HOLD_S = 150
NO_JAVA = 69  # of kafka.py
USERS = re.compile(r'user_\S+="[^"]*"(?: user_\S+="[^"]*")*')


class SecureBroker:
    """One broker; who may come in by its SASL_SSL listener is in its settings, which it reads when it starts."""

    def __init__(self, directory):
        self.directory, self.replicas = pathlib.Path(directory), 1
        done = self.order(f"up --secure --port 0 --with-pid {os.getpid()}")
        self.is_there = done.returncode == 0
        if done.returncode == NO_JAVA:
            return
        expect(self.is_there, f"kafka.py: {done.stdout}{done.stderr}")
        self.address = (self.directory / "bootstrap-secure").read_text().strip()
        self.users = {"seatgrid": (self.directory / "password").read_text().strip()}

    def order(self, what):
        return subprocess.run([sys.executable, str(KAFKA), *what.split(), "--dir", str(self.directory)], capture_output=True, text=True, timeout=180, check=False)

    def let_in(self, users):
        """These and nobody else, after a restart; clients wait meanwhile."""
        self.users = users
        settings = self.directory / "1" / "server.properties"
        words = " ".join(f'user_{name}="{password}"' for name, password in users.items())
        text, count = USERS.subn(words, settings.read_text())
        expect(count == 1, "the broker's settings name no users")
        settings.write_text(text)
        for what in ("kill 1", "start 1"):
            done = self.order(what)
            expect(done.returncode == 0, f"kafka.py {what}: {done.stdout}{done.stderr}")

    def stop(self):
        if self.is_there:
            self.order("down")
        return ""


class Secure(Many):
    def credentials(self, member, user, password):
        """Into the node's own file, as its settings name it."""
        file = member.directory / "kafka-password"
        file.write_text(password + "\n")
        file.chmod(0o600)
        member.env |= {"SEATGRID_KAFKA_SECURITY_PROTOCOL": "sasl_ssl", "SEATGRID_KAFKA_SECURITY_MECHANISM": "PLAIN", "SEATGRID_KAFKA_SECURITY_USER": user,
                       "SEATGRID_KAFKA_SECURITY_PASSWORD_FILE": str(file), "SEATGRID_KAFKA_SECURITY_CA_FILE": str(member.brokers.directory / "ca.pem")}

    def restart(self, member):
        before = self.places()
        self.node = next(one for one in self.members if one is not member)
        expect(not (bad := member.stop()), bad)
        wait_until(f"the lanes of {member.name} have other owners", 20, lambda: self.node.all_owned() and member.name not in self.node.owners().values(), 0.05)
        self.settle(f"all calls in place without {member.name}", 20)
        took = member.start(60)
        wait_until(f"{member.name} has its addresses again", 30, lambda: self.node.holder_of(member.name) == member.name, 0.1)
        self.settle(f"all calls in place with {member.name} back", 30)
        self.compare(before)
        return took

    def whole(self, what):
        wait_until(what, 40, lambda: all(one.lives() and one.all_owned() and self.node.holder_of(one.name) == one.name for one in self.members), 0.1)
        self.settle(f"all calls in place, {what}", 30)

    def refused(self, member, before):
        """A node with credentials that are no longer good ends with a word about it; the others go on."""
        self.node = next(one for one in self.members if one is not member)
        expect(not (bad := member.stop()), bad)
        try:
            member.start(60)
        except Failure:
            pass
        status, said = member.wait_ended(20), member.log_tail()
        expect(status > 0 and "do not accept each other" in said, f"status {status}, not a clear reason: {said}")
        expect(all(password not in said for password in before.values()), "a secret in a message")
        self.settle(f"all calls in place without {member.name}", 30)


def main():
    binary = binary_from(sys.argv)
    survival.IVR_WAIT_S, survival.IVR_TRIES = 60, 1 + HOLD_S // 60  # the menu lasts as long as the test
    with Stage("secure_nodes") as stage:
        broker = stage.add(SecureBroker(stage.directory / "kafka"))
        if not broker.is_there:
            print("skipped: no Kafka can be started here (Java or its jars are missing)")
            raise SystemExit(77)
        name = f"secure-{os.getpid()}"
        members = [Member(binary, stage.directory / f"n{i}", i, broker, name, survival.provisioning(SIZES)) for i in (1, 2, 3)]
        cluster = Secure(stage, binary, dict(SIZES), 1, members)
        old = dict(broker.users)
        new = {"seatgrid-next": secrets.token_hex(16)}
        for one in members:
            one.env |= {"SEATGRID_EVENTS_TOPIC": f"{name}.events"}
            cluster.credentials(one, *next(iter(old.items())))
        print("starts over SASL_SSL: " + ", ".join(f"{one.name} {one.start(60) * 1000:.0f} ms" for one in members), flush=True)
        wait_until("lanes spread over the nodes", 30, lambda: set(cluster.node.owners().values()) == {one.name for one in members}, 0.1)
        ringing, callers = cluster.begin(1000 * HOLD_S)
        broker.let_in({**old, **new})
        cluster.whole("the broker takes both")
        for one in members:
            cluster.credentials(one, *next(iter(new.items())))
            cluster.restart(one)
        broker.let_in(new)
        cluster.whole("the broker takes the new ones only")
        cluster.kill_one(1)  # and a takeover works with them
        cluster.credentials(members[2], *next(iter(old.items())))
        cluster.refused(members[2], old)
        cluster.credentials(members[2], *next(iter(new.items())))
        cluster.node = members[0]
        members[2].start(60)
        cluster.whole("all are back")
        cluster.finish(ringing, callers)
        print("credentials rotated with calls in every phase: the broker took both, then only the new; old ones are refused with a reason", flush=True)


if __name__ == "__main__":
    run(main)
