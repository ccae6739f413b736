#!/usr/bin/env python3
"""A node dies by kill -9 while calls are recorded and a message is left: each file of each recording stands in the CDR with the gap before
it and is served, whole or in part; a file that no row names is in lost+found/; a row whose file is gone says so. usage: recordings.py SEATGRID"""
import hashlib
import pathlib
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import wave

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hotline import HTTP, LEAVE, TALK, Hotline  # noqa: E402
from isolation import own_network  # noqa: E402
from harness import HOST, Stage, binary_from, expect, run, wait_until  # noqa: E402

TALKING, DOWNLOADS_MAX, BIG_BYTES = 2, 2, 64 << 20
STRAY = "recordings/test/2026/01/01/0123456789abc.wav"
LOST = "lost: not on the disk at a start"


def fetch(node, path, headers=None, read=True):
    """(status, headers, body) of an answer, or the answer itself, unread."""
    call = urllib.request.Request(f"http://{HOST}:{HTTP}{path}", headers={"Authorization": f"Bearer {node.token()}", **(headers or {})})
    try:
        answer = urllib.request.urlopen(call, timeout=20)
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read()
    return (answer.status, answer.headers, answer.read()) if read else answer


def frames(path):
    """Frames of an A-law file, by its size; the header must be true."""
    data = path.read_bytes()
    expect(data[:4] == b"RIFF" and int.from_bytes(data[4:8], "little") == len(data) - 8, f"{path}: the header says another length")
    return (len(data) - 58) // int.from_bytes(data[32:34], "little")


def served_as_the_cdr_says(line, call, cdr, kind, noun):
    path = f"/v1/{noun}s/{call}/audio"
    for number, file in enumerate(cdr["recordings"][0]["files"], 1):
        status, headers, body = fetch(line.node, f"{path}?segment={number}")
        expect(status == 200 and len(body) == file["bytes"] and hashlib.sha256(body).hexdigest() == file["sha256"], f"{kind} segment {number}: {status} {headers}")
        expect(headers["ETag"] == f'"{file["sha256"]}"' and headers["Accept-Ranges"] == "bytes", f"{headers}")
        expect(abs(frames(line.node.data / file["path"]) / 8 - file["length_ms"]) < 1, f"length of {file}")
    return path


def ranges(line, path, whole):
    size = len(whole)
    for wish, status, body, says in (("bytes=0-99", 206, whole[:100], f"bytes 0-99/{size}"), (f"bytes={size - 10}-", 206, whole[-10:], f"bytes {size - 10}-{size - 1}/{size}"),
                                     ("bytes=-7", 206, whole[-7:], f"bytes {size - 7}-{size - 1}/{size}"), (f"bytes={size}-", 416, None, f"bytes */{size}"),
                                     ("bytes=0-1,5-6", 200, whole, None)):
        got, headers, data = fetch(line.node, path, {"Range": wish})
        expect(got == status and headers["Content-Range"] == says and (body is None or data == body), f"{wish}: {got} {headers}")
    tag = f'"{hashlib.sha256(whole).hexdigest()}"'
    for condition, status in ((tag, 206), ('"other"', 200)):
        expect(fetch(line.node, path, {"Range": "bytes=0-0", "If-Range": condition})[0] == status, f"If-Range: {condition}")
    got = subprocess.run(["curl", "-sI", "-H", f"Authorization: Bearer {line.node.token()}", f"http://{HOST}:{HTTP}{path}"], capture_output=True, text=True, check=True).stdout
    expect(f"Content-Length: {size}" in got, f"HEAD: {got}")
    for query, status in (("?segment=9", 404), ("?segment=0", 400), ("?recording=2", 404), ("?recording=x", 400)):
        expect(fetch(line.node, path.split("?")[0] + query)[0] == status, query)


def command_line(line, binary, stage, call, cdr):
    target = stage.directory / "saved.wav"
    said = subprocess.run([binary, "recording", "get", call, "--to", str(target), "--api", f"http://{HOST}:{HTTP}", "--token", line.node.token()],
                          capture_output=True, text=True, timeout=20, check=False)
    expect(said.returncode == 0, f"recording get: {said.stdout}{said.stderr}")
    for name, file in zip(("saved.wav", "saved.2.wav"), cdr["recordings"][0]["files"]):
        expect(hashlib.sha256((stage.directory / name).read_bytes()).hexdigest() == file["sha256"], f"{name} is not {file}")


def big_files_go_out_in_bounded_memory(line, call, cdr):
    """Slow readers of a large file: bounded in number, and the node does not hold what they have not read."""
    file = line.node.data / cdr["recordings"][0]["files"][0]["path"]
    with open(file, "ab") as grown:
        grown.truncate(BIG_BYTES)
    before = line.node.rss_kb()
    path = f"/v1/recordings/{call}/audio"
    held = [fetch(line.node, path, read=False) for _ in range(DOWNLOADS_MAX)]
    status, headers, _ = fetch(line.node, path)
    expect(status == 503 and headers["Retry-After"], f"one download too many: {status}")
    total = [0] * len(held)

    def drain(index):
        while block := held[index].read(1 << 20):
            total[index] += len(block)
    readers = [threading.Thread(target=drain, args=(i,)) for i in range(len(held))]
    [r.start() for r in readers], [r.join(60) for r in readers]
    grew = line.node.rss_kb() - before
    expect(total == [BIG_BYTES] * len(held), f"read {total}")
    expect(grew < 16 * 1024, f"sending 2 x 64 MiB took {grew} KB of memory")
    wait_until("a place for the next download", 5, lambda: fetch(line.node, path, {"Range": "bytes=0-0"})[0] == 206)
    return grew


def main():
    own_network()
    binary = binary_from(sys.argv)
    with Stage("recordings") as stage:
        line = Hotline(stage, binary, env={"SEATGRID_API_HTTP_DOWNLOADS_MAX": str(DOWNLOADS_MAX)}).start()
        over = line.call(TALK, 1, 400)
        expect(over.wait(15)["ok"] == 1, "the call whose file will be lost")
        old = wait_until("its CDR", 5, line.cdrs)
        (lost_id, lost), = old.items()
        talkers, leaver = line.call(TALK, TALKING, 9000), line.call(LEAVE, 1, 6000)
        line.settle(talking=TALKING, voicemail=1)
        data = line.node.data
        wait_until("files of all", 5, lambda: len(list((data / "recordings").rglob("*.wav"))) == TALKING + 1 and len(list((data / "voicemail").rglob("*.wav"))) == 1)
        time.sleep(1.5)
        line.node.kill()
        stray = data / STRAY
        stray.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(stray), "wb") as made:
            made.setparams((1, 2, 8000, 0, "NONE", ""))
            made.writeframes(bytes(1600))
        (data / lost["recordings"][0]["files"][0]["path"]).unlink()
        down = time.monotonic()
        time.sleep(0.5)
        line.node.start()
        line.settle(talking=TALKING, voicemail=1)
        gap = (time.monotonic() - down) * 1000

        expect(talkers.wait(30)["ok"] == TALKING and leaver.wait(30)["ok"] == 1, f"{talkers.counts()} {leaver.counts()} {line.node.log_tail()}")
        total = TALKING + 2
        cdrs = wait_until("every CDR", 15, lambda: (lambda rows: rows if len(rows) == total else None)(line.cdrs()))
        whole = None
        for call, cdr in cdrs.items():
            if call == lost_id:
                continue
            recording = cdr["recordings"][0]
            files = recording["files"]
            expect(recording["segments"] == 2 == len(files) and not any(f["missing"] for f in files), f"two files: {recording}")
            expect(files[0]["gap_ms"] == 0 and 300 <= files[1]["gap_ms"] <= gap + 3000, f"the gap of about {gap:.0f} ms: {files}")
            expect(files[0]["length_ms"] >= 500 and files[1]["length_ms"] >= 500, f"both hold sound: {files}")
            noun = "recording" if recording["kind"] == "talk" else "voicemail"
            path = served_as_the_cdr_says(line, call, cdr, recording["kind"], noun)
            if noun == "recording":
                whole = fetch(line.node, f"{path}?segment=2")[2]
                ranges(line, f"{path}?segment=2", whole)
                command_line(line, binary, stage, call, cdr)
                talked = call
        expect(whole, "no talk was recorded")

        wait_until("the stray file in lost+found/", 10, lambda: (data / "lost+found" / STRAY).exists() and not stray.exists())
        row = wait_until("the CDR that says what is lost", 10, lambda: (lambda r: r if r["missing"] else None)(line.cdrs()[lost_id]["recordings"][0]))
        expect(row["missing"] == LOST and row["files"][0]["missing"] == LOST, f"{row}")
        status, _, body = fetch(line.node, f"/v1/recordings/{lost_id}/audio")
        expect(status == 404 and b"lost" in body, f"audio of the lost one: {status} {body}")
        expect(sorted(p.name for p in (data / "lost+found").rglob("*.wav")) == [pathlib.Path(STRAY).name], "only the stray file was moved")
        events = [e for e in line.node.all("/v1/events?tenant=test&cursor=0") if e["type"] == "recording.segment_ended"]
        expect(len(events) == TALKING + 1 and all(e["data"]["segment"] == 1 and e["data"]["sha256"] for e in events), f"{events}")
        grew = big_files_go_out_in_bounded_memory(line, talked, cdrs[talked])
        audit = line.node.check(ended=True)
        expect(audit["violations"] == 0, f"the journal: {[text for lane in audit['lanes'] for text in lane['texts']]}")
        print(f"{total - 1} recordings in two segments each, gap {gap:.0f} ms; stray and lost file told; 2 downloads of 64 MiB at once took {grew} KB")


if __name__ == "__main__":
    run(main)
