#!/usr/bin/env python3
"""A node on a small disk that runs full: below 10 % recordings stop with an event, below 5 % new calls get 503 while running ones go on
and end with their CDR, the journal gives its reserve back; with room all of it returns. usage: disk.py SEATGRID"""
import os
import pathlib
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hotline import HTTP, TALK, Hotline, answer_to_invite  # noqa: E402
from isolation import mount_memory, own_network  # noqa: E402
from harness import HOST, Stage, binary_from, expect, run, wait_until  # noqa: E402

MEGABYTE = 1 << 20
DISK, RESERVE, LOW, STOP = 128 * MEGABYTE, 2 * MEGABYTE, 3 * MEGABYTE, 1 * MEGABYTE
TALKING = 3


class Disk:
    def __init__(self, directory):
        directory.mkdir(parents=True)
        mount_memory(directory, DISK)
        self.at, self.filler = directory, directory / "filler"

    def leave(self, free_bytes):
        """Fills it until only that much is free."""
        now = os.statvfs(self.at)
        more = now.f_bavail * now.f_frsize - free_bytes
        with open(self.filler, "ab") as file:
            file.write(b"f" * max(more, 0))

    def free(self):
        self.filler.unlink()


def ready():
    try:
        with urllib.request.urlopen(f"http://{HOST}:{HTTP}/readyz", timeout=2) as answer:
            return answer.status == 200
    except urllib.error.HTTPError as refused:
        expect(b"the disk is nearly full" in refused.read(), "readyz must say why")
        return False


def main():
    own_network(mounts=True)
    binary = binary_from(sys.argv)
    with Stage("disk") as stage:
        disk = Disk(stage.directory / "node" / "data")
        line = Hotline(stage, binary, env={"SEATGRID_NODE_DISK_EVERY": "1s", "SEATGRID_JOURNAL_RESERVE_BYTES": str(RESERVE),
                                           "SEATGRID_JOURNAL_FREE_BYTES_LOW": str(LOW), "SEATGRID_JOURNAL_FREE_BYTES_STOP": str(STOP)}).start()
        reserve = disk.at / "journal" / "reserve"
        expect(reserve.stat().st_size == RESERVE, "the journal keeps no reserve")
        talkers = line.call(TALK, TALKING, 9000)
        line.settle(talking=TALKING)
        of_type = lambda kind: [e for e in line.node.all("/v1/events?tenant=test") if e["type"] == kind]

        disk.leave(DISK * 8 // 100)
        stopped = wait_until("recordings stop below 10 %", 4, lambda: (lambda all: all if len(all) == TALKING else None)(of_type("recording.failed")))
        expect(all("disk is nearly full" in str(e["data"]) for e in stopped), f"the events must say why: {stopped}")
        expect(line.states() == {"talking": TALKING} and ready(), "below 10 % calls must go on and come in")
        expect(line.call(TALK, 1, 200).wait(10)["ok"] == 1, "a new call below 10 %")
        unheard = wait_until("its CDR", 5, lambda: list(line.cdrs().values()))[0]["recordings"]
        expect([r["missing"] for r in unheard] == ["the disk is nearly full"], f"its CDR must say why there is no recording: {unheard}")

        disk.leave(DISK * 4 // 100)
        wait_until("not ready below 5 %", 4, lambda: not ready())
        status, text = answer_to_invite(TALK, 25300)
        expect(status == 503 and "Retry-After:" in text, f"a new call below 5 %: {status} {text}")
        disk.leave(LOW - MEGABYTE // 2)
        wait_until("the reserve is given back", 4, lambda: not reserve.exists())
        ended = line.node.all("/v1/calls?tenant=test&state=talking")[0]["id"]
        line.node.request("POST", f"/v1/calls/{ended}/hangup", "{}")
        wait_until("the CDR of a call that ends on a full disk", 5, lambda: ended in line.cdrs())
        expect(line.states() == {"talking": TALKING - 1}, f"running calls must go on: {line.states()}")

        disk.free()
        wait_until("ready with room again", 4, ready)
        wait_until("the reserve is back", 2, lambda: reserve.exists() and reserve.stat().st_size == RESERVE)
        expect(line.call(TALK, 1, 300).wait(10)["ok"] == 1, "a new call with room again")
        wait_until("its recording", 5, lambda: any(r["bytes"] and not r["missing"] for c in line.cdrs().values() for r in c["recordings"]))
        done = talkers.wait(20)
        expect(done["ok"] == TALKING - 1, f"calls that talked throughout: {done} {talkers.error_head()}")
        audit = line.node.check(ended=True)
        expect(audit["violations"] == 0, f"the journal: {[text for lane in audit['lanes'] for text in lane['texts']]}")
        print(f"{len(stopped)} recordings stopped, new calls refused and taken again, reserve given back and kept again")


if __name__ == "__main__":
    run(main)
