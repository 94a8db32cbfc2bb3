"""Make the golden digests with the oldest and the newest libraries that are allowed, on every Python there is.

python -m tests.floors
"""

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


def main() -> int:
    """Try them all; 1 where one does not make the digests, or where the oldest Python is missing."""
    pythons = {minor: find_python(minor) for minor in range(OLDEST, max(CLAIMED) + 5)}
    failed = pythons[OLDEST] is None
    for minor, python in pythons.items():
        if python is None and minor in CLAIMED:
            print(f"floors: no Python 3.{minor} on this machine: NOT TRIED", flush=True)
        for resolution in RESOLUTIONS:
            if python is not None:
                with tempfile.TemporaryDirectory(prefix="synth-floors-") as name:
                    ok = make_goldens(python, resolution, Path(name) / "venv")
                verdict = "makes the golden digests" if ok else "FAILED"
                print(f"floors: Python 3.{minor}, {resolution}: {verdict} ({python})", flush=True)
                failed = failed or not ok
    if not any(python for minor, python in pythons.items() if minor > OLDEST):
        print(f"floors: no Python newer than 3.{OLDEST} on this machine: none was tried", flush=True)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
