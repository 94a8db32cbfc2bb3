"""What an author gets from the vocabulary: any amount law, any victims, times of their own; order-free composition."""

from pathlib import Path

import numpy as np
import pytest

import synth

PLUGIN = '''
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

import synth
from synth.amount import LognormalConfig


@dataclass(frozen=True, kw_only=True)
class NightConfig(synth.EpisodeConfig):
    """Purchases at night, on cards with an even number."""

    kind: Literal["night"] = "night"
    ratio: synth.Ratio = 0.02
    price: Annotated[synth.AmountConfig, Field(description="what one costs")] = LognormalConfig(
        median=20.0, sigma=0.5, low=10.0, high=40.0
    )


class Night(synth.EpisodeInjector):
    roles = ("first", "more")
    length = synth.Length(min=2, max=3)
    expected_signal = ("amount", "time", "hour", "card")

    def plan(self, context, *, streams):
        nights = self.episodes(context, streams)
        even = np.arange(0, context.cards, 2)
        day, second = streams.draw("days"), streams.draw("seconds")
        days = context.timeline.seconds // 86_400
        return nights.finish(
            gap_s=nights.exponential_gaps(60, least_s=5),
            amount_minor=nights.amounts(synth.make_law(self.config.price)),
            role=nights.role("more", first="first"),
            card=nights.victims(eligible=even),
            start_s=day.integers(days, size=len(nights)) * 86_400 + second.integers(3600, 7200, size=len(nights)),
        )


@synth.hookimpl
def synth_injectors():
    return [synth.Spec(NightConfig, Night)]
'''
SMALL = ("generator.transactions=20000", "block_rows=3000", "columns=full", "population.cards=100")
EXAMPLES = Path(__file__).resolve().parents[2] / "plugins/examples"


@pytest.fixture
def night(tmp_path: Path) -> Path:
    (tmp_path / "night.py").write_text(PLUGIN)
    return tmp_path / "night.py"


def test_a_pattern_draws_what_it_likes(night: Path) -> None:
    frame = synth.generate("scenario=night", *SMALL, plugin_files=[night])
    fraud = frame[frame.fraud_label == 1].sort_values(["episode_id", "time"])
    assert len(frame) == 20_000
    assert len(fraud) == 400
    assert fraud.amount.between(10, 40, inclusive="left").all()
    assert (fraud.card_id % 2 == 0).all()
    starts = fraud.groupby("episode_id").time.first()
    assert set(starts.dt.hour) == {1}
    gaps = fraud.groupby("episode_id").time.diff().dropna().dt.total_seconds()
    assert gaps.min() >= 5
    assert fraud.groupby("episode_id").role.first().eq("first").all()


def test_its_law_can_be_set_like_any_value(night: Path) -> None:
    frame = synth.generate("scenario=night", "scenario.night.price.high=15", *SMALL, plugin_files=[night])
    assert frame[frame.fraud_label == 1].amount.max() < 15
    with pytest.raises(synth.ConfigError, match=r"scenario.night.price.sigma is 11") as refused:
        synth.generate("scenario=night", "scenario.night.price.sigma=11", *SMALL, plugin_files=[night])
    assert "at most 10" in str(refused.value)


@pytest.mark.parametrize("mode", ["add", "replace"])
def test_scenarios_compose_in_any_order_with_exact_counts(mode: str, night: Path, tmp_path: Path) -> None:
    """Five scenarios on few cards: their episodes meet each other and genuine rows."""
    plugins = [night, EXAMPLES / "card_testing.py", EXAMPLES / "gift_card_drain.py"]
    names = ["night", "card_testing", "gift_card_drain", "card_chain"]
    sizes = ["gift_card_drain.per_1000_cards=500", "card_testing.ratio=0.03", "card_chain.ratio=0.04", "two.ratio=0.05"]
    modes = [f"scenario.{name}.mode={mode}" for name in [*names, "two"]]
    digests = set()
    for i, order in enumerate([names, names[::-1], names[2:] + names[:2]]):
        result = synth.run(
            f"scenario=[{','.join(order)}]",
            "+scenario@scenario.two=card_chain",
            *(f"scenario.{size}" for size in sizes),
            *modes,
            *SMALL,
            "timeline.end=2022-01-11",
            f"sink.parquet.uri={tmp_path / str(i)}",
            plugin_files=plugins,
        )
        digests.add(result.digest)
        counts = next(iter(result.manifests.values()))["counts"]["scenarios"]
        assert {name: counts[name]["rows"] for name in ("night", "card_testing", "card_chain", "two")} == {
            "night": 400,
            "card_testing": 600,
            "card_chain": 800,
            "two": 1000,
        }
        assert counts["gift_card_drain"]["episodes"] == 50
        assert result.rows == 20_000 + (result.fraud_rows if mode == "add" else 0)
        frame = result.to_pandas()
        pairs = np.stack([frame.card_id, frame.time.astype("int64")])
        assert np.unique(pairs, axis=1).shape[1] == len(frame)
    assert len(digests) == 1
