"""When episodes happen: by the victim's rhythm or another one, apart on a card, and inside the window."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from synth.arrays import Int64
from synth.config.recipe import load_recipe
from synth.contracts.context import PlanContext
from synth.contracts.injector import FraudEvents
from synth.engine.prepare import make_components
from synth.errors import RefusedError
from synth.injectors.episodes import Episodes
from synth.injectors.times import Hours
from synth.rng import Streams
from synth.timeline import US_PER_S
from tests.chi_square import chi_square, far

DAY_S = 86_400
WORLD = (
    *("population=retail_us", "population.cards=600", "population.customers.number=500", "generator=spending"),
    *("timeline.start=2023-02-01", "timeline.end=2023-04-01"),
)


@pytest.fixture(scope="module")
def world() -> PlanContext:
    return make_components(load_recipe(list(WORLD))[0]).context


def episodes(world: PlanContext, lengths: Int64, bounds: tuple[int, int] | None = None) -> Episodes:
    return Episodes(world, Streams(7, "test"), ("buy",), lengths, bounds)


def finish(laid: Episodes, gap_s: Int64, **given: Any) -> FraudEvents:
    return laid.finish(gap_s=gap_s, role=laid.role("buy"), **given)


def hours_of(events: FraudEvents) -> Int64:
    return events.time_us_f // US_PER_S // 3600 % 24


def expected_hours(world: PlanContext, cards: Int64) -> dict[int, float]:
    """Events at each hour, were they as those of the victims' segments."""
    habits = world.known_habits
    hour_n = habits.rhythm.edge_seconds_n[:-1] // 3600 % 24
    share_sh = np.stack([np.bincount(hour_n, mass_n / mass_n.sum(), 24) for mass_n in habits.rhythm.mass_sn])
    return dict(enumerate(share_sh[habits.law_c[cards]].sum(axis=0).tolist()))


def apart(events: FraudEvents) -> bool:
    """Whether no two episodes of a card meet."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for episode in np.unique(events.episode_f):
        here = events.episode_f == episode
        times = events.time_us_f[here]
        spans.setdefault(int(events.card_f[here][0]), []).append((int(times.min()), int(times.max())))
    return all(
        first[1] < second[0]
        for some in spans.values()
        for first, second in zip(sorted(some), sorted(some)[1:], strict=False)
    )


class TestHours:
    def test_short_episodes_keep_the_hours_of_their_victims(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(6000, 1))
        events = finish(laid, laid.gaps(1, 9))
        expected = expected_hours(world, events.card_f)
        assert chi_square(Counter(hours_of(events).tolist()), expected) < far(24)
        assert expected[3] < 0.3 * 6000 / 24

    def test_weekdays_and_months_are_kept_too(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(6000, 1))
        day = finish(laid, laid.gaps(1, 9)).time_us_f // US_PER_S // DAY_S
        habits = world.known_habits
        day_n = habits.rhythm.edge_seconds_n[:-1] // DAY_S
        mass_d = np.bincount(day_n - day_n[0], habits.rhythm.mass_sn.sum(axis=0))
        # segments have their own weekdays, and victims go by exposure, as the rows do
        expected = dict(zip((np.unique(day_n)).tolist(), (6000 * mass_d / mass_d.sum()).tolist(), strict=True))
        assert chi_square(Counter(day.tolist()), expected) < far(len(expected))

    def test_uniform_is_uniform(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(4800, 1))
        events = finish(laid, laid.gaps(1, 9), rhythm="uniform")
        assert chi_square(Counter(hours_of(events).tolist()), dict.fromkeys(range(24), 200)) < far(24)

    def test_the_night_ends_at_six(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(1200, 1))
        hours = hours_of(finish(laid, laid.gaps(1, 9), rhythm="night"))
        assert chi_square(Counter(hours.tolist()), dict.fromkeys(range(6), 200)) < far(6)

    def test_any_day_of_24_weights(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(900, 1))
        law = [0.0] * 24
        law[18], law[21] = 2.0, 1.0
        hours = hours_of(finish(laid, laid.gaps(1, 9), rhythm=law))
        assert chi_square(Counter(hours.tolist()), {18: 600, 21: 300}) < far(2)

    @pytest.mark.parametrize("wrong", [[1.0] * 23, [0.0] * 24, [-1.0] + [1.0] * 23])
    def test_other_weights_are_no_rhythm(self, world: PlanContext, wrong: Hours) -> None:
        laid = episodes(world, np.full(3, 1))
        with pytest.raises(ValueError, match="24 weights from midnight UTC"):
            finish(laid, laid.gaps(1, 9), rhythm=wrong)

    def test_a_window_without_a_night_has_none(self, world: PlanContext) -> None:
        noon = world.timeline.start_s + 12 * 3600
        day = replace(world, timeline=replace(world.timeline, start_s=noon, end_s=noon + 3600))
        laid = episodes(day, np.full(3, 1))
        with pytest.raises(RefusedError, match="the window has none of the hours of its rhythm"):
            finish(laid, laid.gaps(1, 9), rhythm="night")

    def test_where_nobody_has_habits_times_are_uniform(self, world: PlanContext) -> None:
        laid = episodes(replace(world, habits=None), np.full(4800, 1))
        uniform = finish(laid, laid.gaps(1, 9), rhythm="uniform")
        assert (finish(laid, laid.gaps(1, 9)).time_us_f == uniform.time_us_f).all()
        assert (finish(laid, laid.gaps(1, 9)).card_f == uniform.card_f).all()


class TestLongEpisodes:
    def test_each_of_its_events_keeps_the_hours(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(1200, 4), (DAY_S, 3 * DAY_S))
        gaps = laid.gaps(DAY_S, 3 * DAY_S)
        events = finish(laid, gaps, card=np.arange(1200) % 600)
        for step in range(4):
            here = events.take(laid.step_f == step)
            assert chi_square(Counter(hours_of(here).tolist()), expected_hours(world, here.card_f)) < far(24), step
        seconds = np.diff(events.time_us_f)[~laid.first_f[1:]] // US_PER_S
        assert (seconds >= DAY_S).all()
        assert (seconds <= 3 * DAY_S).all()
        # they still spread over all of what is allowed
        assert abs(seconds.mean() - gaps[~laid.first_f].mean()) < 0.1 * DAY_S

    def test_minutes_follow_on(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(200, 4))
        gaps = laid.gaps(60, 3 * 3600)
        events = finish(laid, gaps)
        within = ~laid.first_f[1:]
        assert (np.diff(events.time_us_f)[within] == gaps[1:][within] * US_PER_S).all()

    def test_starts_that_are_given_stay(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(200, 3))
        starts = np.arange(200) * 1000
        events = finish(laid, laid.gaps(DAY_S, DAY_S), start_s=starts)
        assert (events.time_us_f[laid.first_f] // US_PER_S == world.timeline.start_s + starts).all()

    @pytest.mark.parametrize(("cards", "low", "high"), [(3, 60, 600), (12, DAY_S, 2 * DAY_S), (1, 3600, 9 * 3600)])
    def test_crowds_stay_apart_and_inside(self, world: PlanContext, cards: int, low: int, high: int) -> None:
        laid = episodes(world, np.full(36, 4), (low, high))
        events = finish(laid, laid.gaps(low, high), card=np.arange(36) % cards)
        assert apart(events)
        second_f = events.time_us_f // US_PER_S
        assert second_f.min() >= world.timeline.start_s
        assert second_f.max() < world.timeline.end_s
        seconds = np.diff(second_f)[~laid.first_f[1:]]
        assert ((seconds >= low) & (seconds <= high)).all()

    def test_what_does_not_fit_is_refused(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(1, 40))
        with pytest.raises(RefusedError, match="an episode takes 6,739,201 s, and the window has 5,097,600 s left"):
            finish(laid, laid.gaps(2 * DAY_S, 2 * DAY_S))


class TestStarts:
    def test_none_is_too_early(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(500, 2))
        card, gaps = laid.victims(), laid.gaps(60, 600)
        after = np.arange(500) * 9_000
        starts = laid.starts(card=card, gap_s=gaps, after_s=after)
        assert (starts >= after).all()
        events = finish(laid, gaps, card=card, start_s=starts)
        assert apart(events)
        assert (events.time_us_f < world.timeline.end_s * US_PER_S).all()

    def test_too_late_is_refused(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(1, 2))
        after = np.array([world.timeline.seconds - 10])
        with pytest.raises(RefusedError, match="the window has 10 s left for it"):
            laid.starts(card=np.array([0]), gap_s=laid.gaps(60, 60), after_s=after)
