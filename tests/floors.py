"""Make the golden digests at both ends of what is allowed: oldest Python and libraries, newest Python and libraries.

python -m tests.floors [--all]

``--all`` takes the oldest and the newest libraries on every Python there is.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OLDEST = int(re.fullmatch(r">=3\.(\d+)", PROJECT["requires-python"])[1])  # type: ignore[index]
CLAIMED = {int(found[1]) for each in PROJECT["classifiers"] if (found := re.fullmatch(r".* :: 3\.(\d+)", each))}
RESOLUTIONS = ("lowest-direct", "highest")
UV = Path(sys.executable).parent / "uv"
OURS = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}}


def candidates(minor: int) -> Iterator[str]:
    """Where a Python may be: on the path, or among those of pyenv, whose commands start one version only."""
    if found := shutil.which(f"python3.{minor}"):
        yield found
    yield from sorted(map(str, Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3.{minor}")))


def find_python(minor: int) -> str | None:
    """A Python of this version that starts and can make environments; None where there is none."""
    code = f"import sys, venv; sys.exit(sys.version_info[:2] != (3, {minor}))"
    for each in candidates(minor):
        if subprocess.run([each, "-c", code], capture_output=True, check=False).returncode == 0:
            return each
    return None


def make_goldens(python: str, resolution: str, directory: Path) -> bool:
    """Whether the golden digests come out of an environment of its own; what went wrong is printed."""
    own = directory / "bin" / "python"
    steps: list[list[str | Path]] = [
        [UV, "venv", "--quiet", "--python", python, directory],
        [UV, "pip", "install", "--quiet", "--python", own, "--resolution", resolution, "-e", ".[all]"],
        [UV, "pip", "install", "--quiet", "--python", own, "--group", "test"],
        [own, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_golden.py"],
    ]
    for step in steps:
        done = subprocess.run(step, cwd=ROOT, env=OURS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout, file=sys.stderr, flush=True)
            return False
    return True


def combinations(pythons: list[int], *, every: bool) -> list[tuple[int, str]]:
    """(Python 3's minor version, resolution): both ends, or every one."""
    if every:
        return [(minor, resolution) for minor in pythons for resolution in RESOLUTIONS]
    return [(min(pythons), RESOLUTIONS[0]), (max(pythons), RESOLUTIONS[-1])]


def main() -> int:
    """Try them; 1 where one does not make the digests, or where the oldest Python is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every Python, each with the oldest and the newest")
    every = parser.parse_args().all
    pythons = {minor: python for minor in range(OLDEST, max(CLAIMED) + 5) if (python := find_python(minor))}
    for minor in sorted(CLAIMED - set(pythons)):
        print(f"floors: no Python 3.{minor} on this machine: NOT TRIED", flush=True)
    if OLDEST not in pythons:
        return 1
    failed = False
    for minor, resolution in combinations([*pythons], every=every):
        with tempfile.TemporaryDirectory(prefix="synth-floors-") as name:
            ok = make_goldens(pythons[minor], resolution, Path(name) / "venv")
        verdict = "makes the golden digests" if ok else "FAILED"
        print(f"floors: Python 3.{minor}, {resolution}: {verdict} ({pythons[minor]})", flush=True)
        failed = failed or not ok
    if max(pythons) == OLDEST:
        print(f"floors: no Python newer than 3.{OLDEST} on this machine: none was tried", flush=True)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
