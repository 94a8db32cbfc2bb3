"""A wall clock that jumps: no byte of a run depends on it."""

import itertools
import time
from pathlib import Path

import pytest

import synth
from tests.cli.commands import contents

SMALL = ("scenario=card_chain", "generator.transactions=3000", "block_rows=900", "population.cards=300")


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("step_s", [-86_400 * 365, 86_400 * 365 * 40])
def test_no_byte_depends_on_the_wall_clock(
    kind: str, step_s: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (*SMALL, "reporting=week", f"sink={kind}")
    synth.run(*words, f"sink.{kind}.uri={tmp_path / 'usual'}")
    looks = itertools.count()

    def jumping_s() -> float:
        return 1.0e9 + (step_s if next(looks) % 2 else 0)

    monkeypatch.setattr(time, "time", jumping_s)
    monkeypatch.setattr(time, "time_ns", lambda: int(jumping_s() * 1e9))
    synth.run(*words, f"sink.{kind}.uri={tmp_path / 'jumping'}")
    assert contents(tmp_path / "jumping") == contents(tmp_path / "usual")
