"""The example plugins work from outside, as a stranger's would."""

import sys
from pathlib import Path

import numpy as np
import pytest

import synth

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
SMALL = ("generator.transactions=50000", "block_rows=10000", "columns=full", "population.cards=2000")


def test_card_testing_is_one_file_without_yaml() -> None:
    frame = synth.generate(
        "scenario=card_testing",
        "scenario.card_testing.probes=4",
        *SMALL,
        plugin_files=[PLUGINS / "examples/card_testing.py"],
    )
    fraud = frame[frame.fraud_label == 1]
    assert len(frame) == 50_000 + 100 * 5
    assert fraud.groupby("episode_id").role.apply(list).tolist() == [["probe"] * 4 + ["purchase"]] * 100
    assert fraud.groupby("episode_id").card_id.nunique().eq(1).all()
    probes = fraud[fraud.role == "probe"]
    assert probes.amount_minor.between(100, 199).all()
    assert fraud[fraud.role == "purchase"].amount_minor.between(20_000, 89_999).all()


def test_card_testing_leaves_the_control_world_alone() -> None:
    plugin = PLUGINS / "examples/card_testing.py"
    control = synth.generate("seed=5", *SMALL)
    frame = synth.generate("seed=5", "scenario=card_testing", *SMALL, plugin_files=[plugin])
    genuine = frame[frame.fraud_label == 0]
    for column in ("time", "card_id", "amount_minor"):
        np.testing.assert_array_equal(genuine[column].to_numpy(), control[column].to_numpy())


@pytest.mark.parametrize(("preset", "purchases"), [("velocity_fast", 10), ("velocity_slow", 20)])
def test_velocity_comes_with_presets(preset: str, purchases: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PLUGINS / "synth-velocity"))
    plugin = PLUGINS / "synth-velocity/synth_velocity/__init__.py"
    frame = synth.generate(f"scenario={preset}", *SMALL, plugin_files=[plugin])
    fraud = frame[frame.fraud_label == 1]
    episodes = fraud.groupby("episode_id")
    assert episodes.size().tolist() == [purchases] * 10
    assert episodes.card_id.nunique().eq(1).all()
    assert fraud.card_id.nunique() == 10
    assert set(fraud.scenario) == {preset}
    sys.modules.pop("synth_velocity", None)
