#!/usr/bin/env python3
"""The program of the release before this commit, for versions.py: built once from the last tag that lies before HEAD. By itself: prints where it is."""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
NONE = "no tag lies before this commit, so there is no older release; give one: versions.py SEATGRID KAFKA_DIRECTORY --older SEATGRID"


def git(*words):
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)


def tag():
    """The last tag before HEAD; a tag of HEAD itself is this release. None: there is none."""
    found = git("describe", "--tags", "--abbrev=0", "HEAD^")
    return found.stdout.strip() if found.returncode == 0 and found.stdout.strip() else None


def binary():
    """Its path, built when it is not there yet (some minutes); None: there is no such release."""
    name = tag()
    if name is None:
        return None
    commit = git("rev-list", "-n", "1", name).stdout.strip()
    home = ROOT / "build" / "older" / commit
    built = home / "build" / "release" / "seatgrid"
    if built.exists():
        return built
    home.mkdir(parents=True, exist_ok=True)
    print(f"building {name} in {home}", flush=True)
    with tempfile.NamedTemporaryFile(suffix=".tar") as tar:
        subprocess.run(["git", "-C", str(ROOT), "archive", "-o", tar.name, commit], check=True)
        subprocess.run(["tar", "-xf", tar.name, "-C", str(home)], check=True)
    subprocess.run(["cmake", "--preset", "release"], cwd=home, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "build/release", "--target", "seatgrid", "-j", "2"], cwd=home, check=True, stdout=subprocess.DEVNULL)
    return built


if __name__ == "__main__":
    print(binary() or NONE)
    sys.exit(0)
