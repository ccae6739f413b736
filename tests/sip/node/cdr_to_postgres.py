#!/usr/bin/env python3
"""The sample consumer that keeps CDRs in PostgreSQL, on a real Kafka and a real PostgreSQL: it, the node and the database die while calls run; then the
table holds exactly the node's CDRs. usage: cdr_to_postgres.py SEATGRID CONSUMER [--kills N] [--seed S]"""
import argparse
import glob
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from events_out import BROKER_PORT, TOPIC, Broker, filtered, kafka_jars, read_topic  # noqa: E402
from hotline import TALK, Hotline  # noqa: E402
from isolation import own_network  # noqa: E402
from harness import HOST, Stage, binary_from, expect, wait_until  # noqa: E402

COLUMNS = ("call", "tenant", "number", "caller", "agent", "duration_ms", "billed_ms", "released_by")


class Postgres:
    """Debian's server in a directory of its own, on a Unix socket only; it refuses to run as root."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.user = "nobody" if os.getuid() == 0 else None
        if self.user:
            self.directory.parent.chmod(self.directory.parent.stat().st_mode | 0o011)  # it must pass through
            shutil.chown(self.directory, self.user)
        self.run("initdb", "-D", f"{self.directory}/data", "-A", "trust", "-U", "seatgrid", "--no-sync")
        self.where = f"host={self.directory} user=seatgrid dbname=postgres"
        self.start()

    def run(self, program, *words):
        where = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{program}"))
        as_other = ["setpriv", f"--reuid={self.user}", "--clear-groups"] if self.user else []
        subprocess.run([*as_other, where[-1], *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", timeout=60)

    def start(self):
        self.run("pg_ctl", "-D", f"{self.directory}/data", "-w", "-l", f"{self.directory}/log", "-o", f"-k {self.directory} -h ''", "start")

    def stop(self):
        self.run("pg_ctl", "-D", f"{self.directory}/data", "-m", "immediate", "stop")

    def ask(self, text):
        """The rows as JSON objects."""
        out = subprocess.run(["psql", "-X", "-A", "-t", self.where, "-c", f"SELECT coalesce(json_agg(r), '[]') FROM ({text}) r"], check=True, capture_output=True, text=True,
                             timeout=30).stdout
        return json.loads(out)

    def count(self):
        there = self.ask("SELECT to_regclass('seatgrid_cdr') IS NOT NULL AS made")[0]["made"]
        return self.ask("SELECT count(*) AS n FROM seatgrid_cdr")[0]["n"] if there else 0


class Consumer:
    """Started again whenever it has ended, as a service manager does."""

    def __init__(self, program, where, log):
        self.command, self.log, self.process, self.kills = [program, f"{HOST}:{BROKER_PORT}", TOPIC, where], log, None, 0

    def live(self):
        if self.process is None or self.process.poll() is not None:
            with open(self.log, "a", encoding="utf-8") as out:
                self.process = subprocess.Popen(self.command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            self.kills += 1

    def stop(self):
        if self.process is not None:
            self.kill()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("seatgrid")
    parser.add_argument("consumer")
    for name, default in (("kills", 12), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    if not pathlib.Path(options.consumer).exists() or not glob.glob("/usr/lib/postgresql/*/bin/initdb") or not shutil.which("kcat"):
        print("skipped: cdr_to_postgres was not built, or PostgreSQL or kcat is not installed (./dev test installs them)")
        raise SystemExit(77)
    kafka_jars()
    own_network()
    binary, chance = binary_from(sys.argv), random.Random(options.seed)
    with Stage("cdr_to_postgres") as stage:
        stage.add(Broker(stage.directory / "kafka"))
        postgres = stage.add(Postgres(stage.directory / "postgres"))
        line = Hotline(stage, binary, env={"SEATGRID_EVENTS_TOPIC": TOPIC, "SEATGRID_KAFKA_BROKERS": f"{HOST}:{BROKER_PORT}", "SEATGRID_KAFKA_REPLICAS": "1",
                                           "SEATGRID_EVENTS_JOURNAL_EVERY": "200ms"}).start()
        consumer = stage.add(Consumer(options.consumer, postgres.where, stage.directory / "consumer.log"))
        made, falls, grew = 0, 0, 0
        for number in range(options.kills):
            calls = line.call(TALK, 6, 150, rate=20)
            before = postgres.count()
            consumer.live()
            time.sleep(chance.uniform(0.02, 0.5))
            if number % 4 == 1:
                line.node.kill()  # its successor repeats what it did not journal as published
                line.node.start()
            elif number % 4 == 3:
                postgres.stop()  # as a power cut: no checkpoint
                postgres.start()
                falls += 1
            calls.wait(60)
            consumer.live()
            time.sleep(chance.uniform(0.02, 0.5))
            consumer.kill()
            made += 6
            grew += postgres.count() > before
        everything = wait_until("every CDR", 30, lambda: (lambda rows: rows if len(rows) >= made else None)(line.node.all("/v1/cdrs?tenant=test")), 0.3)
        wait_until("every event is in the topic", 60, lambda: len(filtered(read_topic())) == len(line.node.all("/v1/events")), 0.5)
        done = subprocess.run([*consumer.command, "--until-end"], capture_output=True, text=True, timeout=60, check=False)
        expect(done.returncode == 0, f"the consumer: {done.stderr}")
        rows = postgres.ask("SELECT *, (data->>'call') AS inner_call FROM seatgrid_cdr")
        kept, wanted = sorted((r["data"] for r in rows), key=lambda c: c["call"]), sorted(everything, key=lambda c: c["call"])
        missing = {c["call"] for c in wanted} ^ {c["call"] for c in kept}
        expect(len(kept) == len(wanted) and not missing, f"{len(wanted)} CDRs of the node, {len(kept)} rows; only in one of them: {sorted(missing)[:3]}")
        for one, row in zip(wanted, kept):
            expect(all(row[name] == value for name, value in one.items() if name in row), f"{one} became {row}")
        expect(all(r[name] == r["data"][name] for r in rows for name in COLUMNS), "a column is not what its CDR says")
        repeats = len(read_topic()) - len(filtered(read_topic()))
        expect(consumer.kills >= options.kills // 2 and grew > 2, f"{consumer.kills} kills met a consumer that lives, rows grew in {grew} rounds: that proves nothing")
        again = subprocess.run([*consumer.command, "--until-end"], capture_output=True, text=True, timeout=60, check=False)
        expect(again.returncode == 0 and again.stdout.startswith("0 CDRs kept"), f"a second reading: {again.stdout}{again.stderr}")
        print(f"CDRs {len(wanted)}, rows {len(rows)}, missing 0, doubled 0; consumer killed {consumer.kills} times, node {(options.kills + 2) // 4}, "
              f"PostgreSQL {falls}; repeated in the topic {repeats}")


if __name__ == "__main__":
    main()
