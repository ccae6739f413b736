#!/usr/bin/env python3
"""Public events on a real Kafka, over kill -9 of the node and of the broker: after the documented filter the topic holds exactly the
journal's events, in order, each as its schema says; calls never wait for the topic. usage: events_out.py SEATGRID"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hotline import TALK, WAIT, Hotline  # noqa: E402
from isolation import own_network  # noqa: E402
from harness import HOST, Stage, binary_from, expect, wait_until  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[3]
KAFKA = [sys.executable, str(ROOT / "tools/kafka/kafka.py")]
BROKER_PORT, TOPIC, LANE = 29092, "test.events", 1
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}


class Broker:
    def __init__(self, directory):
        self.directory = str(directory)
        subprocess.run([*KAFKA, "up", "--dir", self.directory, "--fresh", "--port", str(BROKER_PORT), "--with-parent"], check=True)

    def order(self, *words):
        subprocess.run([*KAFKA, *words, "--dir", self.directory], check=True, stdout=subprocess.DEVNULL)

    def stop(self):
        subprocess.run([*KAFKA, "down", "--dir", self.directory, "--remove"], check=False, stdout=subprocess.DEVNULL)


def misfit(schema, value, where=""):
    """Why `value` does not fit; None = it does. Members that are not declared are misfits too."""
    if "type" in schema and not (isinstance(value, TYPES[schema["type"]]) and (schema["type"] == "boolean" or not isinstance(value, bool))):
        return f"{where}: {value!r} is no {schema['type']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"{where}: {value!r} does not match"
    if isinstance(value, dict):
        if sorted(value) != sorted(schema["properties"]):
            return f"{where}: members {sorted(value)}"
        return next(filter(None, (misfit(schema["properties"][k], v, f"{where}.{k}") for k, v in value.items())), None)
    if isinstance(value, list):
        return next(filter(None, (misfit(schema["items"], v, f"{where}[]") for v in value)), None)
    return None


def read_topic():
    """Every record of the lane's partition as (headers, key, value)."""
    out = subprocess.run(["kcat", "-b", f"{HOST}:{BROKER_PORT}", "-t", TOPIC, "-p", str(LANE), "-C", "-e", "-J", "-q", "-o", "beginning"],
                         check=True, capture_output=True, text=True, timeout=60).stdout
    records = [json.loads(line) for line in out.splitlines()]
    pairs = lambda flat: dict(zip(flat[::2], flat[1::2]))
    return [(pairs(r["headers"]), r["key"], json.loads(r["payload"])) for r in records]


def filtered(records):
    """The filter of docs/events: what is not greater than the highest id seen is a repetition."""
    highest, kept = "", []
    for headers, key, value in records:
        if headers["ce_id"] > highest:
            highest = headers["ce_id"]
            kept.append((headers, key, value))
    return kept


def compare(journal, topic):
    ids = [e["id"] for e in journal]
    got = [h["ce_id"] for h, _, _ in topic]
    expect(got == ids, f"{len(ids)} events in the journal, {len(got)} in the topic; missing {sorted(set(ids) - set(got))[:3]}, unknown {sorted(set(got) - set(ids))[:3]}")
    last = {}
    for event, (headers, key, value) in zip(journal, topic):
        expect(value == event["data"] and headers["ce_type"] == event["type"] and key == headers["ce_subject"] == event["entity"], f"{event} became {headers} {value}")
        expect(headers["ce_specversion"] == "1.0" and headers["ce_time"] == event["at"] and headers["ce_tenant"] == event["tenant"], f"attributes of {headers}")
        expect(int(headers["ce_sequence"]) == last.get(key, 0) + 1, f"{key} jumps from {last.get(key, 0)} to {headers['ce_sequence']}")
        last[key] = int(headers["ce_sequence"])
        schema = json.loads((ROOT / "docs/events" / f"{event['type']}.schema.json").read_text())
        wrong = misfit(schema, value)
        expect(wrong is None, f"{event['type']}{wrong}")


def kafka_jars():
    fetched = subprocess.run([*KAFKA, "fetch"], check=False, capture_output=True, text=True)
    if fetched.returncode == 69:
        print("skipped: no Java or Maven for a Kafka broker (./dev test installs them)")
        raise SystemExit(77)
    expect(fetched.returncode == 0, f"no Kafka: {fetched.stderr}")
    return fetched.stdout.split()[-1]


def python_with_kafka():
    """A Python that has confluent-kafka: this one, or one in the build directory; None = neither can be had here."""
    place = ROOT / "build" / "consumer-venv"
    for python in (sys.executable, str(place / "bin" / "python")):
        if subprocess.run([python, "-c", "import confluent_kafka"], check=False, capture_output=True).returncode == 0 if pathlib.Path(python).exists() else False:
            return python
    made = subprocess.run([sys.executable, "-m", "venv", str(place)], check=False, capture_output=True).returncode == 0 and subprocess.run(
        [str(place / "bin" / "pip"), "install", "-q", "confluent-kafka==2.6.1"], check=False, capture_output=True, timeout=120).returncode == 0
    return str(place / "bin" / "python") if made else None


def run_samples(kept, jars, python):
    """What each sample consumer prints is what the filter lets through; lanes have no order between them."""
    wanted = sorted((h["ce_id"], h["ce_type"], key, int(h["ce_sequence"]), value) for h, key, value in kept)
    where = [f"{HOST}:{BROKER_PORT}", TOPIC, "--until-end"]
    samples = {"kcat": ["bash", str(ROOT / "samples/consumers/consume.sh"), *where]}
    if shutil.which("javac"):
        samples["Java"] = ["java", "-cp", f"{jars}/*", str(ROOT / "samples/consumers/Consume.java"), *where]
    if python:
        samples["Python"] = [python, str(ROOT / "samples/consumers/consume.py"), *where]
    for name, command in samples.items():
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        lines = [line.split(" ", 4) for line in done.stdout.splitlines()]
        got = sorted((i, t, s, int(n), json.loads(data)) for i, t, s, n, data in lines)
        expect(got == wanted, f"the {name} consumer printed {len(got)} of {len(wanted)} events: {done.stderr[-500:]}")
    return sorted(samples)


def main():
    jars, python = kafka_jars(), python_with_kafka()  # before the network is gone
    own_network()
    binary = binary_from(sys.argv)
    if shutil.which("kcat") is None:
        print("skipped: kcat is not installed (./dev test installs it)")
        raise SystemExit(77)
    with Stage("events") as stage:
        broker = stage.add(Broker(stage.directory / "kafka"))
        line = Hotline(stage, binary, env={"SEATGRID_EVENTS_TOPIC": TOPIC, "SEATGRID_KAFKA_BROKERS": f"{HOST}:{BROKER_PORT}",
                                           "SEATGRID_KAFKA_REPLICAS": "1", "SEATGRID_EVENTS_JOURNAL_EVERY": "200ms"}).start()
        waiting = line.call(WAIT, 5, 60_000)
        line.settle(waiting=5)
        for number in range(3):
            talk = line.call(TALK, 6, 400, rate=20)
            wait_until("calls begin", 10, lambda: talk.counts()["created"] >= 4)
            line.node.kill()
            line.node.start()
            talk.wait(30)
        broker.order("kill", "1")
        during = line.call(TALK, 6, 300, rate=20).wait(30)
        expect(during["ok"] == 6, f"calls must not wait for the topic: {during}")
        line.node.kill()  # with events that nobody has seen
        line.node.start()
        broker.order("start", "1")
        line.log_in_those_of_wait()
        line.settle(talking=5)
        waiting.stop()
        metric = lambda name: float(re.search(rf"^{name} (\S+)", line.node.request("GET", "/metrics"), re.MULTILINE).group(1))
        wait_until("everything is published", 60, lambda: metric("seatgrid_events_topic_connected") == 1 and metric("seatgrid_events_flying") == 0 and
                   len(filtered(read_topic())) == len(line.node.all("/v1/events")), 0.5)
        records = read_topic()
        kept = filtered(records)
        compare(line.node.all("/v1/events"), kept)
        ran = run_samples(kept, jars, python)
        print(f"sample consumers that printed the same: {', '.join(ran)}")
        print(f"events {len(kept)}, repeated in the topic {len(records) - len(kept)}, types {len({h['ce_type'] for h, _, _ in kept})}, holes 0, disorder 0")


if __name__ == "__main__":
    main()
