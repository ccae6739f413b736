#!/usr/bin/env python3
"""The fuzzers' SDP, whole and mangled, and the lines that hang Sofia's own parser, in INVITEs to a whole node, and
torture messages that mean something else on a stream: every OPTIONS in between is answered, a call talks throughout, memory stays. usage: hostile.py SEATGRID"""
import pathlib
import random
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hotline import SIP, TALK, Hotline  # noqa: E402
from isolation import own_network  # noqa: E402
from harness import HOST, Failure, Stage, binary_from, expect, run, wait_until  # noqa: E402

TESTS = pathlib.Path(__file__).resolve().parents[2]
OFFERS = 250
SPICE = b"\r\n \t=:/;[](){}*0123456789-.\x00\x7f\xff"
SOFIA_HANGS = (b"m=audio 9876 UDP ]", b"m=audio 49170 RT[::1]ity")
RSS_GROWTH_MAX_KB = 60_000  # nta keeps 34 KB of each recent call; one bad offer of old took 15 GB
OPTIONS_WAIT_S = 2


class Peer:
    """The trunk: sends requests, counts the answers, and acknowledges and ends what was accepted."""

    def __init__(self, port):
        self.port, self.number, self.statuses = port, 0, {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HOST, port))
        self.socket.connect((HOST, SIP))

    def head(self, method, call, to_tag="", cseq=1, of=None):
        return (f"{method} sip:{TALK}@{HOST}:{SIP} SIP/2.0\r\nVia: SIP/2.0/UDP {HOST}:{self.port};branch=z9hG4bK{call}{of or method}\r\nMax-Forwards: 70\r\n"
                f"From: <sip:13900000000@{HOST}:{self.port}>;tag=h{call}\r\nTo: <sip:{TALK}@{HOST}:{SIP}>{to_tag}\r\nCall-ID: {call}\r\nCSeq: {cseq} {method}\r\n"
                f"Contact: <sip:peer@{HOST}:{self.port}>\r\n")

    def send(self, method, body=b"", call=None, **more):
        self.number += 1
        call = call or f"{self.port}-{self.number}"
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self.socket.send(f"{self.head(method, call, **more)}{kind}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return call

    def hear(self, seconds):
        """The next answer as (status, method, Call-ID), or None."""
        self.socket.settimeout(seconds)
        try:
            lines = self.socket.recv(65_535).decode(errors="replace").split("\r\n")
        except (socket.timeout, ConnectionRefusedError):
            return None
        if not lines[0].startswith("SIP/2.0 "):
            return 0, "", ""
        value = lambda name: next((line.split(":", 1)[1].strip() for line in lines if line.lower().startswith(name + ":")), "")
        status, method, call = int(lines[0].split()[1]), value("cseq").split()[-1], value("call-id")
        tag = value("to").partition(";tag=")[2]
        if method == "INVITE" and status >= 200:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.send("ACK", call=call, to_tag=f";tag={tag}", of="INVITE" if status >= 300 else "ACK")
            if status < 300:
                self.send("BYE", call=call, to_tag=f";tag={tag}", cseq=2)
        return status, method, call

    def expect_alive(self, after):
        call = self.send("OPTIONS")
        end = time.monotonic() + OPTIONS_WAIT_S
        while time.monotonic() < end:
            heard = self.hear(end - time.monotonic() if end > time.monotonic() else 0.01)
            if heard and heard[2] == call:
                return expect(heard[0] == 200, f"OPTIONS after {after}: {heard[0]}")
        raise Failure(f"no answer to OPTIONS within {OPTIONS_WAIT_S} s after {after}")


def hostile_offers():
    """The same in every run."""
    chance = random.Random(20_261_125)
    seeds = [file.read_bytes() for file in sorted((TESTS / "fuzz" / "corpus" / "sdp").iterdir())]
    head = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    seeds += [head + line + b"\r\n" for line in SOFIA_HANGS]
    yield from seeds
    for _ in range(OFFERS - len(seeds)):
        text = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            how = chance.randrange(4)
            if how == 0:
                text[at] = chance.choice(SPICE)
            elif how == 1:
                del text[at:at + chance.randint(1, 9)]
            elif how == 2:
                text.insert(at, chance.choice(SPICE))
            else:
                text[at:at] = text[at:at + 40] * chance.randint(1, 40)
            text = text or bytearray(b"v")
        yield bytes(text)


def stream_messages(peer):
    """On a stream a promised length is waited for, and what follows a message is the next one."""
    for name in ("clerr", "dblreq"):
        with socket.create_connection((HOST, SIP), timeout=5) as stream:
            stream.sendall((TESTS / "data" / "rfc4475" / f"{name}.dat").read_bytes().replace(b"/UDP", b"/TCP"))
            peer.expect_alive(f"{name} over TCP")
        peer.expect_alive(f"{name} over TCP, closed")


def main():
    own_network()
    binary = binary_from(sys.argv)
    with Stage("hostile") as stage:
        line = Hotline(stage, binary, agents=4).start()
        talker = line.call(TALK, 1, 600_000)
        line.settle(talking=1)
        peer = Peer(25300)
        before, sent = line.node.rss_kb(), 0
        for body in hostile_offers():
            peer.send("INVITE", body)
            sent += 1
            if sent % 10 == 0:
                peer.expect_alive(f"offer {sent}: {body[:200]}")
        stream_messages(peer)
        while peer.hear(0.5):
            pass
        expect(sent == OFFERS and sum(peer.statuses.values()) > sent * 8 // 10, f"{sent} offers, final answers {peer.statuses}")
        expect(set(peer.statuses) & {400, 488} and not set(peer.statuses) & {500}, f"bad offers are the caller's mistake: {peer.statuses}")
        expect(line.states()["talking"] >= 1 and talker.process.poll() is None, f"the call that talked: {line.states()}")
        wait_until("no call but the one that talks", 15, lambda: (peer.hear(0.05), line.states() == {"talking": 1})[1])
        grown = line.node.rss_kb() - before
        expect(grown < RSS_GROWTH_MAX_KB, f"memory grew by {grown} KB")
        print(f"{sent} hostile offers, final answers {dict(sorted(peer.statuses.items()))}; OPTIONS answered throughout, memory +{grown} KB")


if __name__ == "__main__":
    run(main)
