#!/usr/bin/env python3
"""The demo call under a siege of its HTTP port: more slow, silent and deaf strangers than there are connections, and the call works in
every part while health is answered. usage: http_siege.py SEATGRID"""
import pathlib
import resource
import socket
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]
from isolation import own_network  # noqa: E402
from harness import HOST, Failure, expect  # noqa: E402

SIP, HTTP, RTP = 29760, 29780, (29800, 29899)
STRANGERS = 1500  # api.http.connections_max is 1,000
LONGEST_CALL = 60.0
LONGEST_HEALTH = 5.0  # on a loaded machine
WORDS = (b"GET /healthz HTTP/1.1\r\nHo", b"", b"\x16\x03\x01", b"PUT /v1/provisioning HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n",
         b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 50, b"POST /v1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")


def stranger(words):
    """A connection that says `words` and hears nothing; None when it is refused."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(2)
    try:
        client.connect((HOST, HTTP))
        client.sendall(words)
        client.setblocking(False)
        return client
    except OSError:
        client.close()
        return None


def health():
    """How long an answer of /healthz takes, in seconds."""
    begun = time.monotonic()
    with socket.create_connection((HOST, HTTP), timeout=LONGEST_HEALTH) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = client.recv(4096)
    expect(said.startswith(b"HTTP/1.1 200"), f"/healthz under siege: {said[:80]!r}")
    return time.monotonic() - begun


def ended_soon(process):
    try:
        process.wait(2)
        return True
    except subprocess.TimeoutExpired:
        return False


def besiege(process, strangers):
    """Keeps the port full until the process ends: strangers met, health answers, the slowest of them."""
    met = answers = 0
    slowest = 0.0
    end = time.monotonic() + LONGEST_CALL
    while process.poll() is None:
        expect(time.monotonic() < end, f"the demo call did not end within {LONGEST_CALL} s")
        for _ in range(20):
            came = stranger(WORDS[met % len(WORDS)])
            if came is None:
                break
            met += 1
            strangers.append(came)
            if len(strangers) > STRANGERS:
                strangers.pop(0).close()
        if met > STRANGERS:
            try:
                slowest = max(slowest, health())
            except OSError as silent:
                if ended_soon(process):  # its call was over and the port closed under us
                    break
                raise Failure(f"/healthz under siege, after {answers} answers: {silent}") from silent
            answers += 1
        time.sleep(0.02)
    return met, answers, slowest


def main():
    own_network()
    binary = pathlib.Path(sys.argv[1]).resolve()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    strangers = []
    with tempfile.TemporaryDirectory(prefix="seatgrid-siege-") as directory, open(pathlib.Path(directory) / "log", "w+", encoding="utf-8") as log:
        process = subprocess.Popen([binary, "dev", "--once", "--data", f"{directory}/data", "--sip", f"{HOST}:{SIP}", "--rtp", f"{HOST}:{RTP[0]}-{RTP[1]}",
                                    "--http", f"{HOST}:{HTTP}"], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            met, answers, slowest = besiege(process, strangers)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            for one in strangers:
                one.close()
        log.seek(0)
        expect(process.returncode == 0, f"the demo call under siege: status {process.returncode}: {log.read()[-2000:]}")
        expect(met > STRANGERS and answers >= 20, f"no siege: {met} strangers, {answers} answers of /healthz")
    print(f"the call worked in every part beside {met} strangers; {answers} answers of /healthz, the slowest after {slowest * 1000:.0f} ms")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"http_siege: {failure}")
