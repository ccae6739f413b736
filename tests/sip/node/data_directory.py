#!/usr/bin/env python3
"""A data directory serves one process, of a program that knows its format; a refused start says what to do and changes nothing.
usage: data_directory.py SEATGRID"""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hotline import HTTP, RTP, SIP, provisioning  # noqa: E402
from isolation import own_network  # noqa: E402
from harness import HOST, Node, Stage, expect, run, wait_until  # noqa: E402


def refused(node, *says, sip=SIP):
    """A start on `node`'s data, with its own addresses or others."""
    done = subprocess.run([node.binary, "dev", "--no-demo", "--data", str(node.directory / "data"), "--sip", f"{HOST}:{sip}", "--rtp", f"{HOST}:{RTP[0]}-{RTP[1]}",
                           "--http", f"{HOST}:{HTTP + sip - SIP}", "--provision", str(node.provision)],
                          capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, check=False)
    text = done.stdout + done.stderr
    expect(done.returncode == 1, f"the start must be refused with 1: {done.returncode} {text}")
    for one in says:
        expect(one in text, f"the refusal must say '{one}': {text}")


def main():
    own_network()
    with Stage("data") as stage:
        node = stage.add(Node(pathlib.Path(sys.argv[1]).resolve(), stage.directory / "node", SIP, RTP, HTTP, provisioning(2)))
        node.start()
        refused(node, "in use by process", str(node.process.pid), "stop that process or choose another directory", sip=SIP + 7)
        wait_until("the first process goes on, with all agents", 10, lambda: len(node.all("/v1/agents?tenant=test")) == 4)
        node.kill()
        mark = node.directory / "data/journal/FORMAT"
        good = mark.read_text()
        mark.write_text("seatgrid-journal 99\n")
        refused(node, "has format 99, this program reads up to", "start the newer program that wrote it")
        expect(mark.read_text() == "seatgrid-journal 99\n", "a refused start changed FORMAT")
        mark.write_text("what is this\n")
        refused(node, "FORMAT is not the FORMAT file of a journal", "what is this")
        mark.unlink()
        refused(node, "holds a database without its FORMAT file")
        mark.write_text(good)
        pointer = node.directory / "data/journal/db/CURRENT"
        whole = pointer.read_bytes()
        pointer.write_bytes(b"nonsense")
        refused(node, "opening the journal", "Corruption")
        pointer.write_bytes(whole)
        node.start()
        expect(len(node.all("/v1/agents?tenant=test")) == 4, "the data must have come through every refusal")
        print("five refusals, each with its reason; the data is as it was")


if __name__ == "__main__":
    run(main)
