#!/usr/bin/env python3
"""A backup made while calls talk and wait makes a data directory on which a node goes on with the same calls, places, agents, CDRs and
recordings; what is damaged, unfinished or would overwrite something is refused by name. usage: backup.py SEATGRID"""
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hotline import TALK, WAIT, Hotline  # noqa: E402
from isolation import own_network  # noqa: E402
from harness import Stage, binary_from, expect, run, wait_until  # noqa: E402

DONE, TALKING, WAITING = 3, 4, 5


def command(status, says, *words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
    text = done.stdout + done.stderr
    expect(done.returncode == status and says in text, f"{' '.join(map(str, words[1:]))}: status {done.returncode}, not {status} with '{says}': {text}")
    return done.stdout


def damages_are_refused(binary, backup, stage):
    def refused(name, says, damage, file):
        copy = stage.directory / name
        shutil.copytree(backup, copy)
        damage(file(copy))
        target = stage.directory / f"{name}-data"
        text = command(1, says, binary, "restore", copy, "--data", target)
        expect(not target.exists(), f"{name}: something was restored from it: {text}")
        shutil.rmtree(copy)

    def flip(file):
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    recording = lambda copy: next((copy / "recordings").rglob("*.wav"))
    refused("bit", "has another checksum", flip, recording)
    refused("row", "has another checksum", flip, lambda copy: max((copy / "journal/db").iterdir(), key=lambda f: f.stat().st_size))
    refused("cut", "bytes, not", lambda file: file.write_bytes(file.read_bytes()[:-1]), recording)
    refused("gone", "is missing", lambda file: file.unlink(), recording)
    refused("list", "was cut or changed", lambda file: file.write_text("\n".join(file.read_text().splitlines()[:-2]) + "\n"), lambda copy: copy / "BACKUP")
    refused("unfinished", "no backup, or one that did not end", lambda file: file.unlink(), lambda copy: copy / "BACKUP")
    refused("newer", "restore it with the program that made it", lambda file: file.write_text(file.read_text().replace("seatgrid-backup 1", "seatgrid-backup 99")), lambda copy: copy / "BACKUP")


def main():
    own_network()
    binary = binary_from(sys.argv)
    with Stage("backup") as stage:
        line = Hotline(stage, binary).start()
        line.call(TALK, DONE, 500).wait(20)
        wait_until("CDRs of the calls that are over", 10, lambda: len(line.cdrs()) == DONE)
        talkers, waiters = line.call(TALK, TALKING, 9000), line.call(WAIT, WAITING, 500)
        line.settle(talking=TALKING, waiting=WAITING)
        idle = next(name for name, (state, _) in sorted(line.agents().items()) if state == "ready")
        line.node.request("POST", f"/v1/agents/test/{idle}/pause", json.dumps({"reason": "lunch"}))
        wait_until("the pause", 5, lambda: line.agents()[idle] == ("paused", "lunch"))
        data, backup = line.node.directory / "data", stage.directory / "backup"
        made = json.loads(command(0, "files", binary, "backup", backup, "--data", data, "-o", "json"))
        expect(made["files"] > DONE, f"the backup: {made}")
        before = (line.places(), line.agents(), sorted(line.cdrs()))
        expect(len(before[0]) == WAITING and len(before[2]) == DONE, f"before: {before}")
        command(1, "is not empty", binary, "backup", backup, "--data", data)
        command(1, "lies within the data directory", binary, "backup", data / "copy", "--data", data)
        command(1, "restore it, then check that", binary, "check", "--journal", backup / "journal")
        line.node.kill()
        command(1, "is not empty", binary, "restore", backup, "--data", data)
        restored = stage.directory / "restored"
        command(0, str(made["files"]), binary, "restore", backup, "--data", restored / "data", "-o", "json")
        line.move_to(restored)
        line.node.start()
        line.settle(talking=TALKING, waiting=WAITING)
        after = (line.places(), line.agents(), sorted(line.cdrs()))
        expect(after == before, f"places, agents, CDRs\nbefore {before}\nafter  {after}")
        line.log_in_those_of_wait()
        expect(talkers.wait(30)["ok"] == TALKING, f"calls that talked: {talkers.counts()} {talkers.error_head()}")
        expect(waiters.wait(30)["ok"] == WAITING, f"calls that waited: {waiters.counts()} {waiters.error_head()}")
        total = DONE + TALKING + WAITING
        cdrs = wait_until("every CDR", 10, lambda: (lambda rows: rows if len(rows) == total else None)(line.cdrs()))
        sounds = [r for c in cdrs.values() for r in c["recordings"]]
        expect(len(sounds) >= total, f"{len(sounds)} recordings of {total} calls")
        for one in sounds:
            found = hashlib.sha256((restored / "data" / one["path"]).read_bytes()).hexdigest()
            expect(found == one["sha256"], f"{one['path']} is not what its CDR says")
        audit = line.node.check(ended=True)
        expect(audit["violations"] == 0, f"the journal: {[text for lane in audit['lanes'] for text in lane['texts']]}")
        damages_are_refused(binary, backup, stage)
        print(f"{made['files']} files, {made['bytes']} bytes backed up with {TALKING} talking and {WAITING} waiting; {len(sounds)} recordings compared")


if __name__ == "__main__":
    run(main)
