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
        "scenario.card_testing.ratio=0.01",
        "scenario.card_testing.probes={min: 4, max: 4}",
        *SMALL,
        plugin_files=[PLUGINS / "examples/card_testing.py"],
    )
    fraud = frame[frame.fraud_label == 1].sort_values(["episode_id", "time"])
    assert len(frame) == 50_000
    assert fraud.groupby("episode_id").role.apply(list).tolist() == [["probe"] * 4 + ["purchase"]] * 100
    assert fraud.groupby("episode_id").card_id.nunique().eq(1).all()
    assert fraud[fraud.role == "probe"].amount_minor.between(100, 199).all()
    assert fraud[fraud.role == "purchase"].amount_minor.between(20_000, 89_999).all()


def test_card_testing_leaves_the_control_world_alone() -> None:
    plugin = PLUGINS / "examples/card_testing.py"
    control = synth.generate("seed=5", *SMALL)
    mode = "scenario.card_testing.mode=add"
    frame = synth.generate("seed=5", "scenario=card_testing", mode, *SMALL, plugin_files=[plugin])
    assert len(frame) == 50_050
    genuine = frame[frame.fraud_label == 0]
    for column in ("time", "card_id", "amount_minor"):
        np.testing.assert_array_equal(genuine[column].to_numpy(), control[column].to_numpy())


def test_gift_cards_are_bought_at_their_face_value_and_fee() -> None:
    """Two to six purchases a victim, five to thirty minutes apart, the smallest first; five victims in 1,000 cards."""
    frame = synth.generate("scenario=gift_card_drain", *SMALL, plugin_files=[PLUGINS / "examples/gift_card_drain.py"])
    fraud = frame[frame.fraud_label == 1].sort_values(["episode_id", "time"])
    episodes = fraud.groupby("episode_id")
    assert len(frame) == 50_000
    assert len(episodes) == 10
    assert fraud.card_id.nunique() == 10
    assert episodes.size().between(2, 6).all()
    gaps_s = episodes.time.diff().dropna().dt.total_seconds()
    assert gaps_s.between(300, 1800).all()
    assert set(fraud.amount_minor) <= {2895, 5495, 10595, 20695, 50795}
    assert (episodes.amount_minor.first() == episodes.amount_minor.min()).all()
    assert episodes.role.first().eq("probe").all()
    assert set(fraud[fraud.groupby("episode_id").cumcount() > 0].role) == {"drain"}


@pytest.mark.parametrize(
    ("preset", "least", "most", "mean_gap_s"), [("velocity_fast", 6, 14, 45), ("velocity_slow", 15, 25, 28_800)]
)
def test_velocity_comes_with_presets(
    preset: str, least: int, most: int, mean_gap_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(PLUGINS / "synth-velocity"))
    plugin = PLUGINS / "synth-velocity/synth_velocity/__init__.py"
    frame = synth.generate(f"scenario={preset}", *SMALL, plugin_files=[plugin])
    fraud = frame[frame.fraud_label == 1].sort_values(["episode_id", "time"])
    episodes = fraud.groupby("episode_id")
    assert episodes.size().between(least, most).all()
    assert episodes.card_id.nunique().eq(1).all()
    assert len(episodes) == fraud.card_id.nunique() == 10
    assert set(fraud.scenario) == {preset}
    gaps_s = episodes.time.diff().dropna().dt.total_seconds()
    # an exponential law's standard deviation is its mean: six of them for the mean of all gaps
    assert abs(gaps_s.mean() - mean_gap_s) < 6 * mean_gap_s / len(gaps_s) ** 0.5
    sys.modules.pop("synth_velocity", None)
