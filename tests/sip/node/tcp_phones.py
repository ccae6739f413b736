#!/usr/bin/env python3
"""A node alone is killed with -9 while an agent talks over TCP: the phone's connection dies with it, the talk does not. The caller hangs up at once when the
node is back, and the phone hears BYE over its new connection. usage: tcp_phones.py SEATGRID"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
for room in (HERE.parent, HERE.parent / "cluster", HERE):
    sys.path.insert(0, str(room))
from isolation import own_network  # noqa: E402
from harness import HOST, Node, Stage, binary_from, expect, run, wait_until  # noqa: E402
from talker import Talker  # noqa: E402
from tcp_phone import TcpPhone  # noqa: E402

NUMBER, PASSWORD = "4008100001", "correct horse battery"
SIP, RTP, HTTP, KILLS = 26060, (26500, 27999), 26080, 3
PROVISIONING = f"""[[tenant]]
name = "test"
role = "enterprise"
domain = "test.example"
[tenant.trunks.carrier]
addresses = ["{HOST}"]
[tenant.numbers."{NUMBER}"]
flow = "line"
[tenant.flows.line]
start = "queue"
[tenant.flows.line.nodes.queue]
kind = "queue"
queue = "desk"
[tenant.queues.desk]
wrap_up = "0s"
[tenant.agents."desk"]
device = "register"
password = "{PASSWORD}"
queues = ["desk"]
auto_login = true
"""


def main():
    own_network()
    with Stage("tcp_phones") as stage:
        node = stage.add(Node(binary_from(sys.argv), stage.directory / "node", SIP, RTP, HTTP, PROVISIONING))
        node.start()
        phone = stage.add(TcpPhone("desk", PASSWORD, "test.example", (HOST, SIP), "127.0.6.1"))
        wait_until("the phone is registered", 20, lambda: phone.registrations)
        for kill in range(KILLS):
            phone.answered = phone.ended = False
            caller = stage.add(Talker(f"caller{kill}", HOST))
            caller.call(NUMBER, (HOST, SIP))
            wait_until("both talk", 20, lambda: caller.answered and phone.answered)
            registered = phone.registrations
            node.kill()
            node.start()
            caller.hang_up()
            wait_until("the caller is told", 20, lambda: caller.ended)
            wait_until("the phone registers over another connection", 20, lambda: phone.registrations > registered)
            wait_until("the phone hears BYE over it", 10, lambda: phone.ended)
        cdrs = wait_until("every CDR", 20, lambda: (lambda rows: rows if len(rows) >= KILLS else None)(node.all("/v1/cdrs?tenant=test")))
        expect(len({row["call"] for row in cdrs}) == len(cdrs) == KILLS, f"CDRs: {cdrs}")
        audit = node.check()
        expect(audit["violations"] == 0, str(audit)[:600])
        print(f"{KILLS} kills: BYE reached the phone on TCP each time, {len(cdrs)} CDRs once each, 0 violations of the journal")


if __name__ == "__main__":
    run(main)
