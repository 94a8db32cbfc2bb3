"""The recipe of this project makes what it says: fraud is in it, and everything verifies."""

from pathlib import Path

import pytest

import synth

ROOT = Path(__file__).parents[1]


def test_the_recipe_makes_data_that_verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = synth.run("experiment=my_project", config_dirs=ROOT / "conf")
    assert result.fraud_rows
    assert [place for place in result.places.values() if not synth.verify(place).ok] == []
