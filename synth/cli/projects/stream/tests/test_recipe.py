"""What this project streams is what its recipe says: the same rows, made at once, have fraud in them and verify."""

from pathlib import Path

import pytest

import synth

ROOT = Path(__file__).parents[1]


def test_the_recipe_makes_data_that_verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = synth.run("experiment=my_project", "clock=batch", "noise=none", config_dirs=ROOT / "conf")
    assert result.fraud_rows
    assert synth.verify("out").ok
