#!/usr/bin/env python3
"""A real Apache Kafka (KRaft) for tests, benches and the demo: fetched once, started on addresses of this machine, stopped by process id."""
import argparse
import os
import select
import shutil
import signal
import subprocess
import sys
import time

import jars
from cluster import Cluster, Process, start_time


def say(text):
    print(f"kafka: {text}", flush=True)


def opened(options):
    cluster = Cluster(options.dir, say)
    if cluster.shape is None:
        raise jars.Missing(f"no brokers were made in {cluster.directory}: kafka.py up --dir {options.dir}")
    return cluster


def up(options):
    jars.java()
    jars.fetch(options.version, say)
    cluster = Cluster(options.dir, say)
    if cluster.shape is not None and options.fresh:
        stop(cluster)
        shutil.rmtree(cluster.directory)
        cluster = Cluster(options.dir, say)
    if cluster.shape is None:
        cluster.plan(options.brokers, options.version, options.heap_mb, options.port, options.advertise.split(","), options.host.split(","),
                     options.netns.split(","), options.secure)
    numbers = [one["id"] for one in cluster.shape["brokers"]]
    try:
        for number in numbers:
            cluster.launch(number)
        cluster.wait_served(numbers)
    except (jars.Missing, KeyboardInterrupt):
        cluster.stop()
        raise
    if options.with_pid or options.with_parent:
        watch(cluster, options.with_pid or os.getppid())
    say(f"bootstrap servers: {cluster.bootstrap()}")


def watch(cluster, pid):
    """A small process of its own that stops the brokers when `pid` is gone."""
    watcher = Process(cluster.directory / "watcher")
    watcher.send(signal.SIGTERM)
    started = subprocess.Popen([sys.executable, os.path.abspath(__file__), "watch", "--dir", str(cluster.directory), "--with-pid", str(pid)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    watcher.remember(started.pid)


def watch_and_stop(options):
    if start_time(options.with_pid) is not None:
        try:
            descriptor = os.pidfd_open(options.with_pid)
            select.select([descriptor], [], [])
        except ProcessLookupError:
            pass
    opened(options).stop()


def stop(cluster):
    Process(cluster.directory / "watcher").send(signal.SIGTERM)
    began = time.monotonic()
    gently = cluster.stop()
    say(f"stopped in {time.monotonic() - began:.1f} s" + ("" if gently else "; some had to be killed"))


def down(options):
    cluster = opened(options)
    stop(cluster)
    if options.remove:
        shutil.rmtree(cluster.directory)


def status(options):
    cluster = opened(options)
    ticks = os.sysconf("SC_CLK_TCK")
    print(f"{'broker':8}{'address':24}{'pid':>8}  {'state':10}{'memory':>10}{'cpu':>10}")
    for one in cluster.shape["brokers"]:
        pid = cluster.process(one["id"]).pid()
        line = f"{one['id']:<8}{one['host'] + ':' + str(one['port']):24}"
        if pid is None:
            print(line + f"{'-':>8}  stopped")
            continue
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        state = "hung" if fields[0] == "T" else "runs" if cluster.process(one["id"]).pid() else "stopped"
        memory = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") >> 20
        print(line + f"{pid:>8}  {state:10}{memory:>7} MB{(int(fields[11]) + int(fields[12])) / ticks:>8.1f} s")


def signal_broker(number, word):
    def act(options):
        cluster = opened(options)
        cluster.broker(options.broker)
        process = cluster.process(options.broker)
        if not process.send(number):
            raise jars.Missing(f"broker {options.broker} does not run")
        if number == signal.SIGKILL:
            process.wait_end(5)
        say(f"broker {options.broker} {word}")
    return act


def start(options):
    cluster = opened(options)
    cluster.launch(options.broker)
    cluster.wait_served([options.broker])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name, text, run, one_broker=False):
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        if one_broker:
            made.add_argument("broker", type=int, help="number of the broker, from 1")
        made.add_argument("--dir", default="build/kafka", help="directory of the brokers (default build/kafka)")
        return made

    made = command("fetch", "only fetch the jars into the cache", lambda o: say(f"jars in {jars.fetch(o.version, say)}"))
    made.add_argument("--version", default=jars.VERSIONS[0], choices=jars.VERSIONS)
    made = command("up", "start brokers and wait until they serve; those that were made in DIR before go on with their data", up)
    made.add_argument("--version", default=jars.VERSIONS[0], choices=jars.VERSIONS)
    made.add_argument("--brokers", type=int, default=1, choices=(1, 3))
    made.add_argument("--host", default="127.0.0.1", help="addresses to bind, one for all or one a broker, by commas")
    made.add_argument("--advertise", default="", help="names told to clients, one for all or one a broker, by commas (default: the addresses)")
    made.add_argument("--netns", default="", help="network namespaces to start in, one for all or one a broker, by commas")
    made.add_argument("--port", type=int, default=29092, help="first port; controllers are 100 above, secure listeners 200; 0 = free ones (default 29092)")
    made.add_argument("--heap-mb", type=int, default=320, help="largest Java heap of a broker (default 320)")
    made.add_argument("--secure", action="store_true",
                      help="also listen with SASL_SSL: addresses in DIR/bootstrap-secure, authority in DIR/ca.pem, user seatgrid, DIR/password")
    made.add_argument("--fresh", action="store_true", help="remove what is in DIR first")
    made.add_argument("--with-parent", action="store_true", help="stop the brokers when the process that called this one ends")
    made.add_argument("--with-pid", type=int, default=0, help="stop the brokers when this process ends")
    made = command("down", "stop all brokers of DIR", down)
    made.add_argument("--remove", action="store_true", help="remove DIR, too")
    command("status", "what runs, with memory and CPU time", status)
    command("kill", "kill -9 one broker", signal_broker(signal.SIGKILL, "killed"), True)
    command("hang", "stop one broker's process without ending it (SIGSTOP)", signal_broker(signal.SIGSTOP, "hangs"), True)
    command("resume", "let a hung broker go on (SIGCONT)", signal_broker(signal.SIGCONT, "goes on"), True)
    command("start", "start one broker again and wait until it serves", start, True)
    made = command("watch", "wait until a process ends, then stop all brokers of DIR", watch_and_stop)
    made.add_argument("--with-pid", type=int, required=True)
    return parser.parse_args()


def main():
    options = arguments()
    try:
        options.run(options)
    except (jars.Missing, FileNotFoundError) as problem:
        print(f"kafka: {problem}", file=sys.stderr)
        return 69  # sysexits EX_UNAVAILABLE
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
