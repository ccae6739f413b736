#!/usr/bin/env python3
"""Schemathesis asks a node everything that its OpenAPI document allows, and what it does not: no 5xx, no answer that the document does
not describe, no other content type; calls talk on throughout. usage: openapi.py SEATGRID VENV"""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hotline import HTTP, LEAVE, TALK, Hotline  # noqa: E402
from isolation import own_network  # noqa: E402
from harness import HOST, Stage, binary_from, expect, run, wait_until  # noqa: E402

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
# A stream never ends, a backup writes where it is told to; DELETE is left out because a guess that hits would remove the tenant.
NOT_ASKED = ("/v1/events", "/v1/backup")
EXAMPLES, TIMEOUT_S = 6, 150


def main():
    tool = pathlib.Path(sys.argv[2]) / "bin" / "st"
    if not tool.exists():
        print(f"skipped: no Schemathesis in {sys.argv[2]} (./dev deps test makes it where PyPI can be reached)")
        raise SystemExit(77)
    tool = tool.resolve()
    own_network()
    binary = binary_from(sys.argv)
    with Stage("openapi") as stage:
        line = Hotline(stage, binary, env={"SEATGRID_MEDIA_SILENCE": "3600s"}).start()
        line.call(TALK, 1, 200).wait(10), line.call(LEAVE, 1, 1200).wait(10)
        wait_until("CDRs to show", 5, lambda: len(line.cdrs()) == 2)
        talker = line.call(TALK, 1, 600_000)
        line.settle(talking=1)
        command = [str(tool), "run", f"http://{HOST}:{HTTP}/openapi.json", "--header", f"Authorization: Bearer {line.node.token()}", "--checks", CHECKS,
                   "--phases", "examples,fuzzing", "--max-examples", str(EXAMPLES), "--generation-deterministic", "--request-timeout", "10",
                   "--suppress-health-check", "all", "--warnings", "off", "--exclude-method", "DELETE", *(word for path in NOT_ASKED for word in ("--exclude-path", path))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, cwd=stage.directory, stdin=subprocess.DEVNULL, check=False)
        expect(done.returncode == 0, f"Schemathesis:\n{done.stdout[-6000:]}{done.stderr[-1000:]}")
        expect(line.states()["talking"] == 1 and talker.process.poll() is None, f"the call that talked: {line.states()}")
        print("\n".join(text for text in done.stdout.splitlines() if "generated" in text or "passed" in text or "tested" in text.lower()))


if __name__ == "__main__":
    run(main)
