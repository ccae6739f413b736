#!/usr/bin/env python3
"""Whether the tests would see a breach of the fencing: a program that was built for this test leaves a rule out, and the same checks that guard the product
must fail, each for its own reason. With all rules the program passes them.
usage: breach.py SEATGRID_UNFENCED KAFKA_DIRECTORY [--owns]
- speaks: a process that was stopped, and whose calls were adopted, speaks as soon as it wakes: the captures of `pause` see its datagrams.
- owns (with --owns, by hand: moves may stop before a lane in use was claimed, and then there is nothing to see): one node passes over the claims of others: two processes act for a lane, nodes hold different events under one id, and the topic breaks its contract."""
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
for room in (HERE.parent, HERE.parent / "survival", HERE):
    sys.path.insert(0, str(room))
from cluster_node import Brokers  # noqa: E402
from events_over_nodes import AGENT_PORT, TENANTS, Cluster  # noqa: E402
from harness import Failure, Sipp, Stage, binary_from, expect, run, wait_until  # noqa: E402

LONGEST_S = 400
SKIPPED = 77


def outcome(words, without):
    """(exit status, what it printed) of another test with this program."""
    env = {**os.environ, "SEATGRID_TEST_WITHOUT": without}
    done = subprocess.run([sys.executable, *words], env=env, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    return done.returncode, done.stdout + done.stderr


def must_catch(what, words, without, reason):
    status, text = outcome(words, without)
    found = re.search(reason, text)
    expect(status == 1 and found, f"{what}: a breach ({without} left out) was not caught: status {status}\n{text[-3000:]}")
    print(f"{what}: without {without.replace(',', ' and ')} caught: {text[found.start():].splitlines()[0][:200]}", flush=True)


def differs(cluster):
    """What nodes' journals tell differently; None: nothing yet."""
    try:
        cluster.remember()
    except Failure as found:
        return str(found)
    return None


def owns(binary, brokers):
    """One node of three that does not yield: others claim lanes from it, and it goes on as their owner."""
    with Stage("breach") as stage:
        cluster = Cluster(stage, binary, brokers, 1)
        deaf, other = cluster.members[:2]
        deaf.env["SEATGRID_TEST_WITHOUT"] = "yields_to_claims"
        for one in cluster.members:
            one.start()
        wait_until("lanes were claimed from it", 40, lambda: set(other.owners().values()) - {deaf.name}, 0.1)
        stage.add(Sipp("agent_answers", stage.directory, AGENT_PORT, "agents"))
        for tenant in TENANTS:
            cluster.call(tenant, "caller_talks", 2, 700)
        difference = wait_until("nodes tell different things of one place in a lane", 40, lambda: differs(cluster), 0.5)
        print(f"owns: without yields_to_claims caught: {difference[:200]}", flush=True)
        time.sleep(3)
        for one in cluster.streams:
            one.stop()
        status, verdict = cluster.verify()
        found = {rule["rule"]: rule["faults"] for rule in verdict["rules"] if rule["faults"]}
        expect(status == 1 and found, f"event verify found nothing: {verdict}")
        print(f"owns: event verify of its topic finds {found}", flush=True)


def main():
    binary = str(binary_from(sys.argv))
    kafka = sys.argv[2]
    brokers = Brokers(kafka).require()
    pause = [str(HERE / "faults.py"), binary, "--faults", "pause"]
    status, text = outcome(pause, "")
    if status == SKIPPED:
        print(text.strip())
        raise SystemExit(SKIPPED)
    expect(status == 0, f"with all rules it must pass: {text[-3000:]}")
    print("speaks: with all rules the check passes", flush=True)
    must_catch("speaks", pause, "speaks_by_lease,checks_after_pause", r"datagrams left \S+ after it woke")
    if "--owns" in sys.argv:
        owns(binary, brokers)


if __name__ == "__main__":
    run(main)
