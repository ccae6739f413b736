#!/usr/bin/env python3
"""A cluster of four nodes with parted roles: two with edge and media, two that own lanes. Any of them answers the API for all; a killed core loses
not one packet of music; a killed edge's addresses go to the other edge.
usage: company.py SEATGRID KAFKA_DIRECTORY"""
import json
import os
import pathlib
import sys
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "survival"))
sys.path.insert(0, str(HERE))
import jsonschema  # noqa: E402
from cluster_node import Brokers, Member  # noqa: E402
from harness import HOST, Stage, binary_from, expect, run, wait_until  # noqa: E402
from listener import Listener  # noqa: E402
from survival import NUMBERS, provisioning  # noqa: E402

SIZES = {"talk": 4, "wait": 4, "ring": 1, "hold": 1, "ivr": 1}
SILENCE_MAX_S = 0.5  # of music over the death of a core, on a loaded machine; packets come every 20 ms
ADDED = """[[tenant]]
name = "added"
role = "enterprise"
domain = "added.example"
[tenant.numbers."4008100099"]
flow = "line"
[tenant.flows.line]
start = "bye"
[tenant.flows.line.nodes.bye]
kind = "hangup"
"""


def follow(node, heard):
    """Live events of this node's API, until it ends."""
    call = urllib.request.Request(f"http://{HOST}:{node.http}/v1/events?follow=true", headers={"Authorization": f"Bearer {node.token()}", "Accept": "text/event-stream"})
    try:
        with urllib.request.urlopen(call, timeout=60) as stream:
            for line in stream:
                if line.startswith(b"data:"):
                    heard.append(line.decode())
    except OSError:
        pass


def answers(edges, cores):
    """What one node is told, all nodes know; who does not own it, asks."""
    everybody = edges + cores
    owner = next(n for n in everybody if n.name == edges[0].owners()[0])
    stranger = next(n for n in everybody if n is not owner)
    stranger.request("PUT", "/v1/provisioning", ADDED)
    for node in everybody:
        wait_until(f"{node.name} knows the tenant", 10, lambda: any(t["tenant"] == "added" for t in node.request("GET", "/v1/tenants")["items"]))
    agents = [[(a["name"], a["state"]) for a in node.all("/v1/agents?tenant=test")] for node in everybody]
    expect(all(one == agents[0] and one for one in agents), f"nodes tell different things of agents: {agents}")
    heard = {node.name: [] for node in everybody}
    threads = [threading.Thread(target=follow, args=(node, heard[node.name]), daemon=True) for node in everybody]
    for thread in threads:
        thread.start()
    time.sleep(1)
    name = agents[0][0][0]
    for node, order, state in zip(everybody, ("login", "pause", "ready", "logout"), ("ready", "paused", "ready", "logged_out")):
        node.request("POST", f"/v1/agents/test/{name}/{order}", "{}")
        for other in everybody:
            wait_until(f"{other.name} says {state}", 5, lambda: other.request("GET", f"/v1/agents/test/{name}")["state"] == state)
    for node in everybody:
        wait_until(f"live events at {node.name}", 10, lambda: any("agent.logged_out" in line or "logged_out" in line for line in heard[node.name]))
    schemas = edges[0].request("GET", "/openapi.json")["components"]["schemas"]
    for node in everybody:
        state = node.request("GET", "/v1/cluster")
        jsonschema.validate(state, {**schemas["cluster_state"], "components": {"schemas": schemas}})
        expect({line["node"] for line in node.request("GET", "/v1/nodes")["items"]} == {n.name for n in everybody}, "a node is not listed")
        expect(state["healthy"], f"{node.name} finds it unhealthy: {state['troubles']}")
    expect({slot["node"] for slot in state["slots"]} == {n.name for n in edges}, "who has no edge has no addresses")
    expect(set(state_owners(edges[0])) <= {n.name for n in cores}, f"a node without the role owns lanes: {state_owners(edges[0])}")
    print(f"API: {len(everybody)} nodes say the same, take orders for each other, and hear {[len(heard[n.name]) for n in everybody]} live events", flush=True)


def state_owners(node):
    return list(node.owners().values())


def core_dies(stage, edges, cores):
    """Media and edge live on: the caller who waits hears no gap, the queue keeps the place, a new call is taken at once."""
    waiting = stage.add(Listener(edges[0].sip, NUMBERS["wait"], "hears-on", "0000001", edges[0].host))
    wait_until("music", 15, lambda: len(waiting.packets) > 50)
    place = edges[1].request("GET", "/v1/queues/test/wait")["calls"]
    victim = max(cores, key=lambda n: len(n.owned()))
    began = time.monotonic()
    victim.kill()
    wait_until("the other core owns all", 20, lambda: set(state_owners(edges[0])) == {next(n.name for n in cores if n is not victim)}, 0.01)
    lanes_after = time.monotonic() - began
    fresh = stage.add(Listener(edges[1].sip, NUMBERS["wait"], "comes-new", "0000002", edges[1].host))
    wait_until("music for a new caller", 15, lambda: len(fresh.packets) > 20)
    time.sleep(1)
    silence = waiting.longest_silence(began - 0.1, time.monotonic() - 0.1)
    now = edges[1].request("GET", "/v1/queues/test/wait")["calls"]
    print(f"a core killed: its lanes owned after {lanes_after * 1000:.0f} ms, longest silence of music {silence * 1000:.0f} ms", flush=True)
    expect(silence < SILENCE_MAX_S, f"music stopped for {silence:.2f} s although media lived")
    expect([c["call"] for c in now][:len(place)] == [c["call"] for c in place], "places changed")
    victim.start()
    return waiting, fresh


def edge_dies(edges, waiting):
    """The other edge takes the addresses: music goes on from the same address and port."""
    victim, other = edges
    began = time.monotonic()
    victim.kill()
    wait_until("the addresses have a holder", 20, lambda: other.holder_of(victim.name) == other.name, 0.01)
    expect(all(slot["listen"] for slot in other.state()["slots"]), "nobody is told which addresses were adopted")
    wait_until("music again", 20, lambda: waiting.packets[-1] > began + 0.5)
    time.sleep(1)
    silence = waiting.longest_silence(began - 0.1, time.monotonic() - 0.1)
    print(f"an edge killed: music again on its address after {silence * 1000:.0f} ms", flush=True)
    expect(silence < 10, f"music stopped for {silence:.2f} s (budget 1 s, a test allows ten times that)")
    victim.start()
    wait_until("its addresses are its own again", 30, lambda: other.holder_of(victim.name) == victim.name, 0.1)
    came_back = len(waiting.packets)
    wait_until("music from the node that came back", 20, lambda: len(waiting.packets) > came_back + 50)


def main():
    binary = binary_from(sys.argv)
    brokers = Brokers(sys.argv[2]).require()
    with Stage("company") as stage:
        cluster = f"company-{os.getpid()}"
        roles = [("edge", "media", "api"), ("edge", "media", "api"), ("core", "api"), ("core", "api")]
        members = [stage.add(Member(binary, stage.directory / f"n{i}", i, brokers, cluster, provisioning(dict(SIZES)), some)) for i, some in enumerate(roles, 1)]
        # The first start waits for a core to own the configuration.
        starts = [threading.Thread(target=member.start, args=(60,)) for member in members]
        for one in starts:
            one.start()
        for one in starts:
            one.join()
        edges, cores = members[:2], members[2:]
        wait_until("lanes on both cores", 30, lambda: set(state_owners(edges[0])) == {n.name for n in cores}, 0.1)
        answers(edges, cores)
        waiting, fresh = core_dies(stage, edges, cores)
        edge_dies(edges, waiting)
        waiting.cancel()
        fresh.cancel()
        wait_until("both callers gone", 20, lambda: not edges[1].request("GET", "/v1/queues/test/wait")["calls"])
        cdrs = wait_until("their CDRs", 20, lambda: (lambda rows: rows if len(rows) >= 2 else None)(cores[0].all("/v1/cdrs?tenant=test")))
        audit = cores[0].check(ended=True)
        print(f"{len(cdrs)} CDRs, {sum(row['checks'] for lane in audit['lanes'] for row in lane['invariants'])} checks of the journal, {audit['violations']} violations")
        expect(len(cdrs) == 2 and audit["violations"] == 0, json.dumps(audit)[:600])


if __name__ == "__main__":
    run(main)
