"""What every pattern made of episodes gets for nothing: exact totals, both modes, bounds that are checked."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.amount import Bucket, BucketsConfig, make_law
from synth.contracts.context import PlanContext
from synth.contracts.injector import FraudEvents
from synth.injectors.pattern import EpisodeConfig, EpisodeInjector, Length, Seconds
from synth.rng import Streams
from synth.timeline import US_PER_S, Timeline


@dataclass(frozen=True, kw_only=True)
class TapsConfig(EpisodeConfig):
    """Taps of a stolen card."""

    kind: Literal["taps"] = "taps"
    taps: Length = Length(min=2, max=4)


class Taps(EpisodeInjector):
    """The gaps are the pattern's own, the lengths the config's."""

    config: TapsConfig
    roles = ("tap",)
    gap_s = Seconds(min=10, max=20)

    @property
    def length(self) -> Length:
        return self.config.taps

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        taps = self.episodes(context, streams)
        return taps.finish(gap_s=taps.gaps(10, 20), role=taps.role("tap"))


def make_scene(*, rows: int = 1000, cards: int = 300, seconds: int = 86_400) -> PlanContext:
    law = make_law(BucketsConfig(buckets=[Bucket(share=1.0, low=1, high=2)]))
    return PlanContext(cards=cards, timeline=Timeline(0, seconds), amount=law, rows=rows)


def planned(context: PlanContext, **config: Any) -> tuple[Taps, FraudEvents]:
    injector = Taps(TapsConfig(**config))
    assert not [*injector.config.problems(), *injector.problems(context)]
    events = injector.plan(context, streams=Streams(3, "test"))
    return injector, events.take(np.lexsort((events.time_us_f, events.episode_f)))


class TestTotals:
    @pytest.mark.parametrize(("ratio", "rows"), [(0.01, 10), (0.0129, 12), (0.5, 500), (0.29, 290)])
    def test_a_ratio_sets_the_rows(self, ratio: float, rows: int) -> None:
        _, events = planned(make_scene(), ratio=ratio)
        assert len(events.episode_f) == rows

    @pytest.mark.parametrize(("per_1000", "episodes"), [(10, 3), (10.5, 3), (13.4, 4), (1000, 300), (4000.0, 1200)])
    def test_so_many_for_each_thousand_cards(self, per_1000: float, episodes: int) -> None:
        _, events = planned(make_scene(), per_1000_cards=per_1000)
        assert events.episode_f.max() + 1 == episodes

    @pytest.mark.parametrize("episodes", [1, 7, 500])
    def test_a_fixed_number(self, episodes: int) -> None:
        _, events = planned(make_scene(), episodes=episodes)
        lengths = np.bincount(events.episode_f)
        assert len(lengths) == episodes
        assert set(lengths) <= {2, 3, 4}

    @given(st.integers(2, 500))
    def test_every_reachable_ratio_is_exact_and_keeps_its_own_rules(self, rows: int) -> None:
        context = make_scene()
        injector, events = planned(context, ratio=rows / 1000)
        assert len(events.episode_f) == rows
        assert list(injector.check(context, events)) == []

    @pytest.mark.parametrize("mode", ["replace", "add"])
    def test_the_mode_is_the_configs(self, mode: Literal["replace", "add"]) -> None:
        assert Taps(TapsConfig(episodes=1, mode=mode)).replaces == (mode == "replace")


class TestProblems:
    @pytest.mark.parametrize(
        ("config", "path", "told"),
        [
            ({}, "", "no total says how much fraud there is"),
            ({"ratio": 0.1, "episodes": 5}, "episodes", "ratio 0.1 and episodes 5 are 2 totals"),
            (
                {"ratio": 0.1, "per_1000_cards": 1.0, "episodes": 5},
                "episodes",
                "ratio 0.1 and per_1000_cards 1.0 and episodes 5 are 3 totals",
            ),
            ({"episodes": 5, "taps": Length(min=4, max=2)}, "taps", "min 4 is above max 2"),
        ],
    )
    def test_of_the_config_alone(self, config: dict[str, Any], path: str, told: str) -> None:
        assert [(each.path, each.message) for each in TapsConfig(**config).problems()] == [(path, told)]

    @pytest.mark.parametrize(
        ("config", "context", "path", "told", "allowed"),
        [
            ({"per_1000_cards": 3.0}, {}, "per_1000_cards", "of 300 cards makes no episode", "at least 3.33333"),
            (
                {"ratio": 0.001},
                {},
                "ratio",
                "is 1 fraud row, less than one episode of 2",
                "at least 2 rows: ratio 0.002",
            ),
            ({"ratio": 0.005, "taps": Length(min=4, max=4)}, {}, "ratio", "cannot add up", "4 or 8 rows"),
            (
                {"episodes": 1},
                {"seconds": 60},
                "",
                "4 events can last 60 s, longer than the window",
                "shorter than 60 s",
            ),
        ],
    )
    def test_of_the_whole_recipe(
        self, config: dict[str, Any], context: dict[str, int], path: str, told: str, allowed: str
    ) -> None:
        (problem,) = Taps(TapsConfig(**config)).problems(make_scene(**context))
        assert problem.path == path
        assert told in problem.message
        assert allowed in problem.allowed_in_words


class TestCheck:
    @pytest.mark.parametrize(
        ("field", "rows", "value", "told"),
        [
            ("card_f", [1], 299, "is on more than one card"),
            ("time_us_f", [1], 10**6 * US_PER_S, "leaves the window"),
            ("time_us_f", [1], 1, "has a gap out of bounds"),
            ("episode_f", slice(None), 0, "has a length out of bounds"),
            ("episode_f", slice(None), 0, "1 episodes instead of 20"),
        ],
    )
    def test_a_broken_episode_is_named(self, field: str, rows: Any, value: int, told: str) -> None:
        context = make_scene(cards=200)
        injector, events = planned(context, episodes=20)
        getattr(events, field)[rows] = value
        assert any(told in line for line in injector.check(context, events))

    def test_an_empty_output_misses_everything(self) -> None:
        context = make_scene()
        injector, events = planned(context, episodes=20)
        assert list(injector.check(context, events.take(np.arange(0)))) == ["0 episodes instead of 20"]

    def test_two_at_a_time_on_one_card(self) -> None:
        context = make_scene()
        injector, events = planned(context, episodes=2)
        second = events.episode_f == 1
        events.card_f[:] = 5
        events.time_us_f[second] += events.time_us_f[0] - events.time_us_f[second][0]
        assert any("overlaps another one on its card" in line for line in injector.check(context, events))
