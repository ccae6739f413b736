#!/usr/bin/env python3
"""Agents whose phones are on TCP, so that their connections die with their edge: the node that holds it is killed while they talk, and another takes its
addresses. Audio goes on, the phones register again over new connections, and what is said in their dialogs goes over these: BYE at once to the one
who is back, and to the one who was away as soon as it is back. Everybody gets a CDR, and the next call reaches the phone by its new way.
usage: tcp_agents.py SEATGRID KAFKA_DIRECTORY"""
import json
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
for room in (HERE.parent, HERE.parent / "survival", HERE):
    sys.path.insert(0, str(room))
from cluster_node import Brokers, Member  # noqa: E402
from harness import HOST, Stage, binary_from, expect, run, wait_until  # noqa: E402
from talker import Talker  # noqa: E402
from tcp_phone import TcpPhone  # noqa: E402

NUMBERS = {"back": "4008100001", "away": "4008100002"}
PASSWORD = "correct horse battery"
QUIET_MAX_S = 10.0


def provisioning():
    parts = [f'[[tenant]]\nname = "test"\nrole = "enterprise"\ndomain = "test.example"\n[tenant.trunks.carrier]\naddresses = ["{HOST}"]\n']
    for name, number in NUMBERS.items():
        parts.append(f'[tenant.numbers."{number}"]\nflow = "{name}"\nanswer = "on_agent"\n[tenant.flows.{name}]\nstart = "line"\n'
                     f'[tenant.flows.{name}.nodes.line]\nkind = "queue"\nqueue = "{name}"\n[tenant.queues.{name}]\nwrap_up = "0s"\nwait_max = "30m"\nwait_max_no_agent = "30m"\n'
                     f'[tenant.agents."{name}"]\ndevice = "register"\npassword = "{PASSWORD}"\nqueues = ["{name}"]\nauto_login = true\n')
    return "\n".join(parts)


def main():
    binary = binary_from(sys.argv)
    brokers = Brokers(sys.argv[2]).require()
    with Stage("tcp_agents") as stage:
        members = [stage.add(Member(binary, stage.directory / f"n{i}", i, brokers, f"tcp-{os.getpid()}", provisioning())) for i in (1, 2, 3)]
        for member in members:
            member.start(60)
        carrier, other = members[0], members[1]
        wait_until("all lanes owned", 30, lambda: other.all_owned())
        edge = (carrier.host, carrier.sip)
        phones = {name: stage.add(TcpPhone(name, PASSWORD, "test.example", edge, "127.0.6.1")) for name in NUMBERS}
        wait_until("the phones are registered", 20, lambda: all(phone.registrations for phone in phones.values()))
        callers = {name: stage.add(Talker(f"caller{name}", HOST)) for name in NUMBERS}
        for name, number in NUMBERS.items():
            callers[name].call(number, edge)
        wait_until("both talk", 20, lambda: all(callers[n].answered and phones[n].answered and phones[n].heard > 20 for n in NUMBERS))
        phones["away"].stay_away(True)
        killed_at = time.monotonic()
        carrier.kill()
        heard = {name: phone.heard for name, phone in phones.items()}
        wait_until("the addresses have another holder", 20, lambda: other.holder_of(carrier.name) not in ("", carrier.name), 0.02)
        wait_until("the agents hear their callers again", 20, lambda: all(phones[n].heard > heard[n] + 20 for n in NUMBERS), 0.01)
        quiet = time.monotonic() - killed_at
        wait_until("the phone is registered over another connection", 20, lambda: phones["back"].registrations >= 2)
        expect(phones["away"].connections == 1, "a phone that shall be away is not")
        for name in NUMBERS:
            callers[name].hang_up()
        wait_until("the callers are told", 20, lambda: all(callers[name].ended for name in NUMBERS))
        wait_until("the phone that is back hears BYE", 10, lambda: phones["back"].ended)
        expect(not phones["away"].ended, "BYE reached a phone without connection")
        phones["away"].stay_away(False)
        back_at = time.monotonic()
        wait_until("the phone that was away hears BYE when it is back", 10, lambda: phones["away"].ended, 0.01)
        print(f"an edge killed: agents on TCP heard their callers again after {quiet * 1000:.0f} ms; the one who was away heard BYE "
              f"{(time.monotonic() - back_at) * 1000:.0f} ms after it could connect", flush=True)
        expect(quiet < QUIET_MAX_S, f"{quiet:.1f} s without audio")
        phones["back"].answered = phones["back"].ended = False
        again = stage.add(Talker("again", HOST))
        again.call(NUMBERS["back"], (other.host, other.sip))
        wait_until("the next call reaches the phone", 20, lambda: again.answered and phones["back"].answered)
        again.hang_up()
        wait_until("and is hung up there", 10, lambda: phones["back"].ended)
        cdrs = wait_until("three CDRs", 20, lambda: (lambda rows: rows if len(rows) >= 3 else None)(other.all("/v1/cdrs?tenant=test")))
        expect(len({row["call"] for row in cdrs}) == len(cdrs) == 3 and all(row["released_by"] == "caller" for row in cdrs), json.dumps(cdrs)[:600])
        audit = other.check()
        expect(audit["violations"] == 0, json.dumps(audit)[:600])
        print(f"{len(cdrs)} CDRs once each, all released by their callers, 0 violations of the journal", flush=True)


if __name__ == "__main__":
    run(main)
