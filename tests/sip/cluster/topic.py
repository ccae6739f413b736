"""What a topic of public events holds, read back by kcat, and whether it keeps what docs/events promises."""
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "sip"))
from harness import expect  # noqa: E402


def read_topic(brokers, topic):
    """Every record in the order of its partition: {partition, offset, key, value, and the CloudEvents attributes without "ce_"}."""
    out = subprocess.run(["kcat", "-b", brokers, "-t", topic, "-C", "-e", "-J", "-q", "-o", "beginning"], check=True, capture_output=True, text=True,
                         timeout=120).stdout
    records = []
    for line in out.splitlines():
        raw = json.loads(line)
        headers = dict(zip(raw["headers"][::2], raw["headers"][1::2]))
        records.append({"partition": raw["partition"], "offset": raw["offset"], "key": raw["key"], "value": json.loads(raw["payload"]),
                        **{name.removeprefix("ce_"): value for name, value in headers.items()}})
    return records


def filtered(records):
    """The filter of docs/events; what is not greater than the highest id of its source and lane is a repetition."""
    highest, kept = {}, []
    for one in records:
        lane = (one["source"], one["id"][:5])
        if one["id"] > highest.get(lane, ""):
            highest[lane] = one["id"]
            kept.append(one)
    return kept


def judge(records, journal, begins=None):
    """Compares the topic with the journal's events, {lane: [event]}, which are all there are from `begins` (lane -> id) on. Gives counts; fails at the
    first broken promise."""
    begins = begins or {}
    kept = filtered(records)
    sources = collections.defaultdict(set)
    for one in records:
        expect(int(one["id"][:5]) == one["partition"], f"an event of lane {one['id'][:5]} in partition {one['partition']}")
        sources[one["partition"]].add(one["source"])
    expect(all(len(names) == 1 for names in sources.values()), f"one journal under several sources: {dict(sources)}")
    last, lanes = {}, collections.defaultdict(list)
    for one in kept:
        lanes[one["partition"]].append(one)
        expect(int(one["sequence"]) == last.get(one["key"], 0) + 1, f"{one['key']} goes from {last.get(one['key'], 0)} to {one['sequence']} at {one['id']}")
        last[one["key"]] = int(one["sequence"])
    compared = 0
    for lane, events in journal.items():
        known = {e["id"]: e for e in events}
        got = {one["id"]: one for one in lanes[lane]}
        expect(known.keys() <= got.keys(), f"lane {lane}: the topic lacks {sorted(known.keys() - got.keys())[:5]}")
        since = begins.get(lane, "")
        made_up = sorted(id for id in got.keys() - known.keys() if id >= since)
        expect(not made_up, f"lane {lane}: the journal, which is kept from {since} on, knows nothing of {made_up[:5]}")
        compared += len(known)
        for id, event in known.items():
            one = got[id]
            expect(one["value"] == event["data"] and one["type"] == event["type"] and one["key"] == one["subject"] == event["entity"], f"{event} became {one}")
    return {"events": len(kept), "repeats": len(records) - len(kept), "entities": len(last), "lanes": len(sources), "compared": compared,
            "types": len({o["type"] for o in kept}), "sources": sorted(set().union(*sources.values())) if sources else []}
