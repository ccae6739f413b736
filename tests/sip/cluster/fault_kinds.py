"""The faults: each does harm to a running cluster, says what must be true meanwhile, heals, and returns a line of what it measured."""
import os
import re
import subprocess
import threading
import time

import certificates
from chaos import BACK_MAX_S, SERVE_MAX_S, Capture, Prober
from harness import expect, wait_until
from listener import Listener
from survival import NUMBERS

PAUSE_S = 5.0
LOSS = "0.1"
SILENCE_MAX_S = 2.0      # of music while Kafka is away
STALL_LIMIT_S = 4        # journal.stall_limit
HOUR_S = 3600
DISK_SPARE = 9 << 20     # of 256 MiB: less than node.disk.calls_stop_below


def kill(run):
    """kill -9 of a node, then a supervisor starts it again."""
    victim, before = run.pick(), run.places()
    victim.kill()
    lanes, slots = run.lanes_elsewhere(victim), run.slots_elsewhere(victim)
    run.in_place(f"all calls in place after {victim.name} was killed", before)
    run.back(victim, before)
    return f"{victim.name}: lanes elsewhere after {lanes} ms, addresses after {lanes + slots} ms"


def kill_under_loss(run):
    """Likewise while one in ten datagrams, SIP and RTP, is lost both ways at every node."""
    for member in run.members:
        for chain in ("INPUT", "OUTPUT"):
            member.iptables("-A", chain, "-p", "udp", "-m", "statistic", "--mode", "random", "--probability", LOSS, "-j", "DROP")
    try:
        victim, before = run.pick(), run.places()
        victim.kill()
        lanes, slots = run.lanes_elsewhere(victim), run.slots_elsewhere(victim)
        run.in_place(f"all calls in place after {victim.name} was killed, under loss", before, 30)
        run.back(victim, before)
    finally:
        for member in run.members:
            member.heal()
    return f"{victim.name}: lanes elsewhere after {lanes} ms, addresses after {lanes + slots} ms"


def pause(run):
    """SIGSTOP for 5 s, SIGCONT: its calls were adopted, so not one datagram of it may leave afterwards. Its machine keeps the addresses meanwhile."""
    victim, before = run.pick(), run.places()
    capture = run.stage.add(Capture(victim))
    run.keep_addresses(victim, True)
    time.sleep(0.3)
    began = time.monotonic()
    victim.process.send_signal(19)
    lanes, slots = run.lanes_elsewhere(victim), run.slots_elsewhere(victim)
    run.in_place(f"all calls in place while {victim.name} is stopped", before)
    time.sleep(max(0.0, began + PAUSE_S - time.monotonic()))
    woken = time.monotonic()
    victim.process.send_signal(18)
    status = victim.wait_ended(15)
    time.sleep(0.1)
    capture.stop()
    run.keep_addresses(victim, False)
    spoke, late = len(capture.seen({victim.host}, 0, began)), capture.seen(run.service_addresses(), woken)
    expect(spoke > 0, "the capture saw nothing of a node that serves calls")
    expect(not late, f"{len(late)} datagrams left {victim.name} after it woke, the first: {late[:3]}")
    expect(status == 70, f"{victim.name} ended with {status}")
    run.back(victim, before)
    return f"{victim.name}: lanes elsewhere after {lanes} ms, addresses after {lanes + slots} ms; datagrams before {spoke}, after it woke 0; ended with {status}"


def cut_kafka(run):
    """The owner of the tenant's lane hears the others and phones, and not the brokers. Only what does not get into the log shows that: a new call."""
    victim, before = run.pick_owner(), run.places()
    for address in run.brokers.address.split(","):
        host, port = address.rsplit(":", 1)
        victim.iptables("-A", "OUTPUT", "-p", "tcp", "-d", host, "--dport", port, "-j", "DROP")
        victim.iptables("-A", "INPUT", "-p", "tcp", "-s", host, "--sport", port, "-j", "DROP")
    try:
        took, caller = run.new_call(run.node, "meanwhile", SERVE_MAX_S)
        lanes = run.lanes_elsewhere(victim)
        run.end_call(caller, before)
        run.in_place(f"all calls in place while {victim.name} does not reach Kafka", before)
        time.sleep(run.random.uniform(1, 6))
        run.in_place(f"all calls still in place while {victim.name} does not reach Kafka", before)
    finally:
        victim.heal()
    ended = run.back(victim, before)
    return f"{victim.name}: a new call through {run.node.name} heard after {took * 1000:.0f} ms, lanes elsewhere {lanes} ms later{', it ended' if ended else ''}"


def cut_links(run, both_ways=True):
    """A node reaches Kafka and phones, and not the other nodes: the log says who goes."""
    victim, before = run.pick(), run.places()
    for other in run.others_of(victim):
        victim.iptables("-A", "INPUT", "-s", other.link_host, "-j", "DROP")
        if both_ways:
            victim.iptables("-A", "OUTPUT", "-d", other.link_host, "-j", "DROP")
    try:
        wait_until("somebody is fenced", 15, lambda: any(not member.lives() for member in run.members), 0.05)
        time.sleep(0.5)
        gone = [member for member in run.members if not member.lives()]
        expect(len(gone) == 1, f"more than one node is out: {[member.name for member in gone]}")
        run.node = next(member for member in run.members if member.lives())
        lanes, slots = run.lanes_elsewhere(gone[0]), run.slots_elsewhere(gone[0])
        expect(gone[0].process.returncode == 70, f"{gone[0].name} ended with {gone[0].process.returncode}")
        run.in_place(f"all calls in place without {gone[0].name}", before)
    finally:
        victim.heal()
    run.back(gone[0], before)
    return f"{victim.name} cut, {gone[0].name} fenced: lanes elsewhere after {lanes} ms more, addresses after {lanes + slots} ms"


def cut_links_one_way(run):
    """Likewise, but the others hear it."""
    return cut_links(run, both_ways=False)


def cut_one_link(run):
    """Of three nodes two do not hear each other, and the third hears both: nobody is put out."""
    if len(run.members) < 3:
        return "needs three nodes"
    victim, before = run.pick(), run.places()
    other = run.random.choice(run.others_of(victim))
    for chain, flag in (("INPUT", "-s"), ("OUTPUT", "-d")):
        victim.iptables("-A", chain, flag, other.link_host, "-j", "DROP")
    try:
        run.node = next(member for member in run.members if member not in (victim, other))
        time.sleep(run.random.uniform(3, 6))
        expect(all(member.lives() for member in run.members), f"a node ended although the third heard it: {[m.name for m in run.members if not m.lives()]}")
        run.in_place(f"all calls in place while {victim.name} and {other.name} are parted", before)
    finally:
        victim.heal()
    run.in_place("all calls in place afterwards", before)
    return f"{victim.name} and {other.name} parted, nobody fenced"


def cut_all(run):
    """A node's cable is out: it must be silent when the others adopt, although its machine keeps its addresses."""
    victim, before = run.pick(), run.places()
    capture = run.stage.add(Capture(victim))
    run.keep_addresses(victim, True)
    run.network.plug(victim.name, False)
    try:
        lanes, slots = run.lanes_elsewhere(victim), run.slots_elsewhere(victim)
        adopted = time.monotonic()
        run.in_place(f"all calls in place while {victim.name} is cut off", before)
        time.sleep(run.random.uniform(1, 5))
        late = capture.seen(run.service_addresses(), adopted)
        expect(not late, f"{len(late)} datagrams left {victim.name} after its calls were adopted, the first: {late[:3]}")
    finally:
        run.network.plug(victim.name, True)
    status = victim.wait_ended(20)
    run.keep_addresses(victim, False)
    late = capture.seen(run.service_addresses(), adopted)
    capture.stop()
    expect(not late, f"{len(late)} datagrams left {victim.name} when its cable was back, the first: {late[:3]}")
    expect(status == 70, f"{victim.name} ended with {status}")
    run.back(victim, before)
    return f"{victim.name}: lanes elsewhere after {lanes} ms, addresses after {lanes + slots} ms, no datagram after that; ended with {status}"


def brokers_hang(run, seconds=10.0):
    """All brokers stop answering: audio goes on, a new call waits and then gets 503, nothing that was acknowledged is lost."""
    member = run.random.choice(run.members)
    run.node, before = member, run.places()
    _, caller = run.new_call(member, "hears", 10)
    wait_until("music", 15, lambda: len(caller.packets) > 50)
    began = time.monotonic()
    for number in range(1, 1 + run.brokers.replicas):
        run.brokers.order(f"hang {number}")
    try:
        time.sleep(2)
        early = run.stage.add(Listener(member.sip, NUMBERS["wait"], f"early-{began}", "0000002", member.host))
        time.sleep(max(0.0, began + seconds - time.monotonic()))
    finally:
        for number in range(1, 1 + run.brokers.replicas):
            run.brokers.order(f"resume {number}")
    silence = caller.longest_silence(began, time.monotonic())
    run.end_call(caller, before)
    for other in run.members:
        if not other.lives():
            run.back(other, before)
    wait_until("every node serves", 30, lambda: run.node.all_owned() and all(run.node.holder_of(m.name) == m.name for m in run.members), 0.1)
    run.in_place("all calls in place after the outage", before, 30)
    at, status, _ = early.final()
    early.stop()
    expect(silence < SILENCE_MAX_S, f"music stopped for {silence:.1f} s")
    expect(status == 503, f"a new call was not refused: {early.responses[:3]}")
    return f"{seconds:.0f} s: longest silence {silence * 1000:.0f} ms, a new call got 503 after {at:.1f} s"


def brokers_away(run):
    """As brokers_hang, for a minute."""
    return brokers_hang(run, 60.0)


def broker_killed(run):
    """kill -9 of a broker, and its start."""
    number = run.random.randint(1, run.brokers.replicas)
    run.pick()
    before = run.places()
    run.brokers.order(f"kill {number}")
    began = time.monotonic()
    time.sleep(run.random.uniform(1, 4))
    run.brokers.order(f"start {number}")
    took = time.monotonic() - began
    for member in run.members:
        if not member.lives():
            run.back(member, before)
    wait_until("every lane has an owner", 30, run.node.all_owned, 0.1)
    run.in_place("all calls in place after the broker is back", before, 30)
    return f"broker {number} of {run.brokers.replicas} away for {took:.1f} s"


def broker_hangs(run, seconds=10.0):
    """One broker of several stops answering: its lanes stand still until another leads them, and new calls come in meanwhile."""
    if run.brokers.replicas < 2:
        return "needs three brokers"
    member = run.random.choice(run.members)
    run.node, before, number = member, run.places(), run.random.randint(1, run.brokers.replicas)
    run.brokers.order(f"hang {number}")
    began = time.monotonic()
    try:
        took, caller = run.new_call(member, "meanwhile", 20)
        time.sleep(max(0.0, began + seconds - time.monotonic()))
    finally:
        run.brokers.order(f"resume {number}")
    run.end_call(caller, before)
    for other in run.members:
        if not other.lives():
            run.back(other, before)
    wait_until("every lane has an owner", 30, run.node.all_owned, 0.1)
    run.in_place("all calls in place after the broker goes on", before, 30)
    return f"broker {number} of {run.brokers.replicas}: a new call was heard after {took * 1000:.0f} ms"


def cluster_killed(run):
    """kill -9 of every node at once, and all start again: the first new call within 10 s."""
    run.pick()
    before = run.places()
    for member in run.members:
        member.kill()
    began = time.monotonic()
    starters = [threading.Thread(target=member.start, args=(60,)) for member in run.members]
    for one in starters:
        one.start()
    _, caller = run.new_call(run.members[0], "first", 30)
    first = time.monotonic() - began
    for one in starters:
        one.join()
    run.end_call(caller, before)
    wait_until("every node serves", 30, lambda: run.node.all_owned() and all(run.node.holder_of(m.name) == m.name for m in run.members), 0.1)
    run.in_place("all calls in place after the whole cluster was killed", before)
    expect(first < 10, f"the first new call was heard after {first:.1f} s")
    return f"first new call {first * 1000:.0f} ms after the start"


def fill(filler, spare_bytes):
    """Writes until no more than this is free."""
    with open(filler, "wb", buffering=0) as out:
        disk = os.statvfs(filler)
        left = max(0, disk.f_bavail * disk.f_frsize - spare_bytes)
        try:
            while left > 0 or spare_bytes == 0:
                left -= out.write(bytes(1 << 16))
        except OSError:
            pass


def disk_low(run):
    """A node's disk is nearly full: its lanes go to others without a death, its phones talk on, and the lanes come back when there is room."""
    victim, before = run.pick_owner(), run.places()
    filler, started = victim.directory / "data" / "filler", victim.process.pid
    fill(filler, DISK_SPARE)
    try:
        lanes = run.lanes_elsewhere(victim)
        took, caller = run.new_call(run.node, "meanwhile", 10)
        run.end_call(caller, before)
        time.sleep(run.random.uniform(2, 5))
        run.in_place(f"all calls in place while the disk of {victim.name} is nearly full", before)
        expect(victim.lives() and victim.process.pid == started, f"{victim.name} ended: {victim.log_tail()}")
        expect(run.node.holder_of(victim.name) == victim.name, f"{victim.name} lost its addresses")
    finally:
        filler.unlink()
    run.back(victim, before)
    return f"{victim.name}: lanes elsewhere after {lanes} ms, a new call there heard after {took * 1000:.0f} ms"


def disk_full(run):
    """A node's disk has no room: its lanes have other owners, whether it ends because it cannot write or not; the others take calls, and all go on."""
    victim, before = run.pick(), run.places()
    filler = victim.directory / "data" / "filler"
    fill(filler, 0)
    try:
        lanes = run.lanes_elsewhere(victim)
        took, caller = run.new_call(run.node, "meanwhile", 10)
        run.end_call(caller, before)
        time.sleep(run.random.uniform(2, 5))
        run.in_place(f"all calls in place while {victim.name} has no disk", before)
    finally:
        filler.unlink()
    ended = run.back(victim, before)
    return f"{victim.name}: lanes elsewhere after {lanes} ms, a new call there heard after {took * 1000:.0f} ms{', it ended' if ended else ''}"


def clock_jump(run):
    """A node's clock is off by an hour for a while: it owns no lanes, its calls go on."""
    victim, before = run.pick(), run.places()
    by = run.random.choice((-HOUR_S, HOUR_S))
    victim.shift(by)
    try:
        lanes = run.lanes_elsewhere(victim)
        run.in_place(f"all calls in place while the clock of {victim.name} is wrong", before)
        time.sleep(run.random.uniform(1, 3))
    finally:
        victim.shift(0)
    ended = run.back(victim, before)
    return f"{victim.name} by {by} s: lanes elsewhere after {lanes} ms{', it ended' if ended else ''}"


def drain(run):
    """`node drain` with calls up, and `node undrain`: lanes move without a word lost, trunks hear 503, calls stay."""
    victim, before = run.pick(), run.places()
    prober = run.stage.add(Prober(run.node))
    run.node.request("POST", f"/v1/nodes/{victim.name}/drain")
    lanes = run.lanes_elsewhere(victim, 20)
    prober.stop()
    wait_until("OPTIONS are answered with 503", 5, lambda: run.options(victim) == 503, 0.1)
    run.in_place(f"all calls in place while {victim.name} is drained", before)
    time.sleep(3)
    expect(victim.lives(), f"{victim.name} ended with calls up")
    run.node.request("POST", f"/v1/nodes/{victim.name}/undrain")
    wait_until("OPTIONS are answered with 200", 5, lambda: run.options(victim) == 200, 0.1)
    run.back(victim, before)
    return f"{victim.name}: lanes elsewhere after {lanes} ms, longest wait of {prober.asked} questions to a lane {prober.longest * 1000:.0f} ms"


def add_and_drain(run):
    """Another node joins while calls are up, gets lanes, is drained, and ends by itself because no call is left there."""
    run.pick()
    before = run.places()
    fresh = run.make_member(len(run.members) + 1)
    prober = run.stage.add(Prober(run.node))
    began = time.monotonic()
    fresh.start(60)
    wait_until(f"{fresh.name} owns lanes", BACK_MAX_S, lambda: fresh.name in run.node.owners().values(), 0.05)
    time.sleep(3)
    owned = [lane for lane, owner in run.node.owners().items() if owner == fresh.name]
    prober.stop()
    took = time.monotonic() - began
    run.in_place(f"all calls in place with {fresh.name}", before)
    expect(run.options(fresh) == 200, f"{fresh.name} does not answer OPTIONS")
    run.node.request("POST", f"/v1/nodes/{fresh.name}/drain")
    status = fresh.wait_ended(30)
    expect(status == 0, f"{fresh.name} ended with {status}: {fresh.log_tail()}")
    wait_until("its lanes have owners", 10, lambda: run.node.all_owned() and fresh.name not in run.node.owners().values(), 0.05)
    run.in_place(f"all calls in place after {fresh.name} has ended", before)
    return f"{fresh.name} got {len(owned)} lanes within {took:.1f} s, longest wait of {prober.asked} questions to a lane {prober.longest * 1000:.0f} ms; drained, it ended with 0"


def fence(run):
    """`node fence`: the process ends, others go on."""
    victim, before = run.pick(), run.places()
    run.node.request("POST", f"/v1/nodes/{victim.name}/fence")
    lanes, slots = run.lanes_elsewhere(victim), run.slots_elsewhere(victim)
    status = victim.wait_ended(5)
    expect(status == 70, f"{victim.name} ended with {status}")
    run.in_place(f"all calls in place after {victim.name} was fenced", before)
    run.back(victim, before)
    return f"{victim.name}: lanes elsewhere after {lanes} ms, addresses after {lanes + slots} ms"


def restart(run):
    """SIGTERM with calls up and a start, as for an upgrade: the others go on with its calls, and it serves again without an operator's word."""
    victim, before = run.pick(), run.places()
    victim.process.terminate()
    lanes = run.lanes_elsewhere(victim, 20)
    status = victim.wait_ended(20)
    expect(status == 0, f"{victim.name} ended with {status}: {victim.log_tail()}")
    slots = run.slots_elsewhere(victim)
    run.in_place(f"all calls in place after {victim.name} has left", before)
    run.back(victim, before)
    return f"{victim.name}: lanes elsewhere after {lanes} ms, addresses {slots} ms after its end"


def shown_on_link(member):
    """Who made the certificate that the node shows to whoever opens a link to it."""
    inside = member.network.inside(member.name)
    heard = subprocess.run([*inside, "ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
    ports = {int(port) for port in re.findall(rf"{re.escape(member.link_host)}:(\d+) ", heard)} - {member.http}
    for port in ports:
        said = subprocess.run([*inside, "openssl", "s_client", "-connect", f"{member.link_host}:{port}", "-showcerts"], capture_output=True, text=True, input="", timeout=20, check=False)
        if "BEGIN CERTIFICATE" in said.stdout:
            pem = said.stdout[said.stdout.index("-----BEGIN"):said.stdout.index("-----END CERTIFICATE-----") + 26]
            return subprocess.run(["openssl", "x509", "-noout", "-issuer"], input=pem, capture_output=True, text=True, check=True).stdout.strip()
    raise AssertionError(f"{member.name} shows no certificate on {sorted(ports)}")


def rotate_certificates(run):
    """As the runbook says, with links and calls up: a new authority beside the old one, certificates of the new one, the old one away. Each node is then
    started anew, so that every link is made with the new ones; a key that does not fit is passed over meanwhile."""
    run.pick()
    before, here = run.places(), run.network.directory
    fresh = here / f"rotated-{time.monotonic():.0f}"
    fresh.mkdir()
    certificates.authority(fresh, "rotated")
    authorities = here / "both.pem"
    authorities.write_text((here / "authority.pem").read_text() + (fresh / "authority.pem").read_text())
    authorities.replace(here / "authority.pem")
    for member in run.members:
        certificates.node(fresh, member.name)
        (fresh / f"{member.name}.key").replace(here / f"{member.name}.key")  # does not fit the certificate that is there
    time.sleep(1)
    run.in_place("all calls in place with keys that do not fit", before)
    for member in run.members:
        (fresh / f"{member.name}.pem").replace(here / f"{member.name}.pem")
    time.sleep(1)
    for file in ("authority.pem", "authority.key"):
        (fresh / file).replace(here / file)
    took = []
    for member in run.members:
        run.node = run.others_of(member)[0]
        member.process.terminate()
        run.lanes_elsewhere(member, 20)
        expect((status := member.wait_ended(20)) == 0, f"{member.name} ended with {status}: {member.log_tail()}")
        took.append(member.start(60))
        run.back(member, before)
        expect("rotated" in (issuer := shown_on_link(member)), f"{member.name} shows a certificate of {issuer}")
    return f"every link made anew with certificates of another authority; starts {', '.join(f'{1000 * one:.0f}' for one in took)} ms"


SHORT = [kill, pause, cut_kafka, cut_links, cut_all, brokers_hang, cluster_killed, disk_low, disk_full, clock_jump, drain, add_and_drain, restart, rotate_certificates]
ALL = [*SHORT, kill_under_loss, cut_links_one_way, cut_one_link, broker_killed, broker_hangs, brokers_away, fence]
