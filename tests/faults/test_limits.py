"""What a machine refuses is one clear message: memory, threads, open files."""

import subprocess
import sys
from pathlib import Path

import pytest

RUN = ("run", "--quiet", "scenario=card_chain", "generator.transactions=4000", "population.cards=200", "sink=csv")


def limited(limit: str, place: Path) -> "subprocess.CompletedProcess[str]":
    """A run in a shell with a limit."""
    words = [sys.executable, "-m", "synth", *RUN, f"sink.csv.uri={place}"]
    script = f'ulimit {limit} && exec "$@"'
    return subprocess.run(["bash", "-c", script, "-", *words], capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["-n 8", "-v 400000", "-v 600000"])
def test_a_limit_is_one_message(limit: str, tmp_path: Path) -> None:
    ended = limited(limit, tmp_path / "out")
    assert "Traceback" not in ended.stderr
    assert "internal error" not in ended.stderr
    if ended.returncode:
        assert ended.returncode == 1
        assert (
            "raise the limit" in ended.stderr or "Memory allocation" in ended.stderr
        )  # OpenBLAS ends the process itself
        assert not (tmp_path / "out").exists()
