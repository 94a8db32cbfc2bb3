"""The plan holds injectors to their contract and settles clashes."""

import pickle
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from synth.amount import HIGHEST
from synth.config.recipe import load_recipe
from synth.contracts.context import PlanContext
from synth.contracts.injector import FraudEvents, Injector
from synth.engine.clashes import Spans
from synth.engine.components import Components
from synth.engine.facts import ADDED
from synth.engine.planning import make_plan
from synth.engine.prepare import make_components
from synth.errors import RefusedError, RunError
from synth.rng import Streams
from synth.runners.local import LocalConfig, LocalRunner

US = 1_000_000
START_S = 1_640_995_200
SMALL = ("population.cards=50", "generator.transactions=5000", "block_rows=1000")


class Fixed(Injector):
    """Plans exactly the given events."""

    roles = ("first", "next")

    def __init__(self, events: FraudEvents, *, replaces: bool = True) -> None:
        self.events, self.replaces = events, replaces

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        return self.events


class Crowded(Fixed):
    """The same, of episodes on several cards."""

    spans_cards = True


def events(episode: list[int], second: list[int], card: list[int]) -> FraudEvents:
    time_us = (np.array(second, dtype=np.int64) + START_S) * US
    roles = np.minimum(np.arange(len(episode)), 1)
    episodes, cards = np.array(episode, dtype=np.int64), np.array(card, dtype=np.int64)
    return FraudEvents(episodes, time_us, cards, np.full(len(episode), 100), roles)


def plan_of(planned: dict[str, Injector], *overrides: str):
    recipe, _, _ = load_recipe([*SMALL, *overrides])
    components = replace(make_components(recipe), patterns=planned)
    return components, make_plan(components, recipe.runner.make())


GOOD = events([0, 0, 1], [10, 40, 500], [3, 3, 4])


def broken(**changes: list[int]) -> FraudEvents:
    arrays: dict[str, Any] = {name: np.array(values, dtype=np.int64) for name, values in changes.items()}
    return replace(GOOD, **arrays)


@pytest.mark.parametrize(
    ("planned", "rule"),
    [
        (broken(episode_f=[0, 0, 2]), "not numbered from 0 without gaps"),
        (broken(episode_f=[-1, -1, 0]), "a negative number"),
        (events([0, 0, 1], [10, 10, 500], [3, 3, 4]), "two events of an episode in one second"),
        (events([0, 0, 1], [10, 40, -5], [3, 3, 4]), "outside the window"),
        (events([0, 0, 1], [10, 40, 40_000_000], [3, 3, 4]), "outside the window"),
        (events([0, 0, 1], [10, 40, 500], [3, 4, 4]), "an episode on two cards"),
        (events([0, 0, 1], [10, 40, 500], [3, 3, 50]), "a card that does not exist"),
        (broken(role_f=[0, 1, 2]), "a role that it does not declare"),
        (broken(amount_minor_f=[1, 2, -3]), "an amount out of range"),
        (broken(amount_minor_f=[1, 2, HIGHEST * 100]), "an amount out of range"),
        (replace(GOOD, time_us_f=GOOD.time_us_f + 1), "no whole second"),
    ],
)
def test_a_plan_that_breaks_the_contract_is_refused(planned: FraudEvents, rule: str) -> None:
    with pytest.raises(RunError, match=rule) as refused:
        plan_of({"mine": Fixed(planned)})
    assert "scenario 'mine': its injector Fixed" in str(refused.value)


def test_a_good_plan_is_kept_as_it_is() -> None:
    _, plan = plan_of({"mine": Fixed(GOOD)})
    np.testing.assert_array_equal(plan.fraud["mine"].time_us_f, GOOD.time_us_f)
    assert plan.episodes.events_e.tolist() == [2, 1]


def test_episodes_and_rows_are_known_of_what_adds_rows_and_not_of_what_claims_them() -> None:
    recipe, _, _ = load_recipe([*SMALL, "scenario=[card_chain,stolen_card]", "scenario.card_chain.ratio=0.01"])
    plan = make_plan(make_components(recipe), recipe.runner.make())
    chains = plan.fraud["card_chain"].episode_f
    assert plan.scenario_counts() == {
        "card_chain": {"episodes": len(set(chains)), "rows": len(chains)},
        "stolen_card": None,
    }
    assert plan.planned_rows() == len(chains)


@pytest.mark.parametrize(
    ("planned", "episodes", "cards", "last_s"),
    [
        (([0, 0, 1], [10, 40, 500], [3, 3, 4]), [1, 0], [4, 3], [500, 40]),
        (([0, 0, 0, 1], [10, 40, 90, 500], [3, 4, 3, 3]), [0, 0, 1], [3, 4, 3], [90, 40, 500]),
        (([0, 0], [10, 40], [1, 1]), [0], [1], [40]),
        (([0, 1], [10, 500], [4, 1]), [0, 1], [4, 1], [10, 500]),
        (([0, 1], [10, 500], [4, 0]), [0, 1], [4, 0], [10, 500]),
    ],
)
def test_when_an_episode_last_hits_a_card(
    planned: tuple[list[int], ...], episodes: list[int], cards: list[int], last_s: list[int]
) -> None:
    _, plan = plan_of({"mine": Crowded(events(*planned))})
    found = plan.last_on_card("mine", np.array(episodes), np.array(cards))
    assert (found // US - START_S).tolist() == last_s


def test_no_amount_says_that_a_row_was_not_there_before() -> None:
    assert ADDED < 0  # which no amount is


def test_a_scenario_may_have_no_episode() -> None:
    _, plan = plan_of({"mine": Fixed(events([], [], []), replaces=False), "other": Fixed(GOOD)})
    assert plan.scenario_counts() == {"mine": {"episodes": 0, "rows": 0}, "other": {"episodes": 2, "rows": 3}}


def test_a_later_scenario_gives_way_and_keeps_its_shape() -> None:
    _, plan = plan_of({"a": Fixed(GOOD), "b": Fixed(GOOD)})
    np.testing.assert_array_equal(plan.fraud["a"].time_us_f, GOOD.time_us_f)
    moved = plan.fraud["b"]
    own = [moved.time_us_f[moved.episode_f == e] for e in (0, 1)]
    assert np.diff(own[0]).tolist() == [30 * US]
    both = Spans.of(GOOD).joined(Spans.of(moved))
    for card in (3, 4):
        first, last = both.first_second_s[both.card_s == card], both.last_second_s[both.card_s == card]
        assert max(first) > min(last)


def test_no_room_is_refused() -> None:
    window = ["timeline.end='2022-01-01T00:00:02'", "generator.transactions=10"]
    one = events([0, 0], [0, 1], [0, 0])
    with pytest.raises(RefusedError, match="find no free time on their cards"):
        plan_of({"a": Fixed(one), "b": Fixed(one)}, *window)


class Refusing(Fixed):
    """Cannot plan anything."""

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        raise RefusedError("no card is old enough", hint="more cards")


def test_a_refusal_of_a_pattern_is_told_with_its_config_path() -> None:
    with pytest.raises(RefusedError) as refused:
        plan_of({"mine": Refusing(GOOD)})
    (problem,) = refused.value.problems
    assert (problem.path, problem.hint, problem.where) == ("scenario.mine", "more cards", "")
    assert str(refused.value) == "error: scenario.mine: no card is old enough (more cards)"
    copy = pickle.loads(pickle.dumps(refused.value))
    assert (str(copy), copy.problems, copy.exit_code) == (str(refused.value), refused.value.problems, 3)


def test_a_refusal_that_blames_no_key_is_a_plain_message() -> None:
    refused = RefusedError("out already holds a run", hint="--overwrite")
    refused.set_origin(lambda _: "somewhere")
    assert (str(refused), refused.problems) == ("out already holds a run (--overwrite)", ())


def test_added_fraud_never_meets_a_genuine_event() -> None:
    dense = ["timeline.end='2022-01-01T00:20:00'", "generator.transactions=20000"]
    crowd = events(list(range(40)), [30 * n for n in range(40)], list(range(40)))
    crowd = replace(crowd, role_f=np.zeros(40, dtype=np.int64))
    components, plan = plan_of({"mine": Fixed(crowd, replaces=False)}, *dense)
    assert (plan.fraud["mine"].time_us_f != np.sort(crowd.time_us_f)).any()
    genuine = set()
    for block in range(len(plan.rows_b)):
        keys = components.generator.draw_keys(
            plan.blocks, block, world=components.world, streams=components.genuine_streams
        )
        genuine |= set(zip(keys.time_us_t.tolist(), keys.card_t.tolist(), strict=True))
    settled = set(zip(plan.fraud["mine"].time_us_f.tolist(), plan.fraud["mine"].card_f.tolist(), strict=True))
    assert len(settled) == 40
    assert not settled & genuine


def test_the_lowest_and_the_highest_amount_are_in_range() -> None:
    _, plan = plan_of({"mine": Fixed(broken(amount_minor_f=[0, 2, HIGHEST * 100 - 1]))})
    assert sorted(plan.fraud["mine"].amount_minor_f) == [0, 2, HIGHEST * 100 - 1]


def test_the_first_and_the_last_second_are_in_the_window() -> None:
    end_s = 13_046_400  # of the default window, 151 days
    _, plan = plan_of({"mine": Fixed(events([0, 0, 1], [0, 40, end_s - 1], [0, 0, 49]))})
    assert plan.episodes.events_e.tolist() == [2, 1]
    with pytest.raises(RunError, match="outside the window"):
        plan_of({"mine": Fixed(events([0, 0, 1], [0, 40, end_s], [0, 0, 49]))})


@pytest.mark.parametrize("replaces", [True, False])
def test_an_event_that_meets_a_genuine_one_stays_where_that_gives_way(replaces: bool) -> None:
    components, plan = plan_of({})
    keys = components.generator.draw_keys(plan.blocks, 0, world=components.world, streams=components.genuine_streams)
    one = np.zeros(1, dtype=np.int64)
    meeting = FraudEvents(one, keys.time_us_t[:1], keys.card_t[:1], one + 100, one)
    _, plan = plan_of({"mine": Fixed(meeting, replaces=replaces)})
    assert (plan.fraud["mine"].time_us_f == meeting.time_us_f).all() == replaces


class Backwards:
    """Makes the blocks from the last to the first, and notes how many each time."""

    workers = 1

    def __init__(self) -> None:
        self.asked: list[int] = []

    def map(self, work: Callable[[int], Any], blocks: int) -> Iterator[Any]:
        self.asked.append(blocks)
        yield from reversed([work(index) for index in reversed(range(blocks))])


class TestClashesWithTheControlWorld:
    WORLD = ("population.cards=20", "generator.transactions=50000", "block_rows=5000", "timeline.end=2022-01-02")

    def _planned(self, *, replaces: bool = False) -> tuple[dict[str, Injector], Components]:
        """Some hundreds of episodes at times that are often taken: a second in 35 is, on each card."""
        recipe, _, _ = load_recipe(list(self.WORLD))
        start = np.random.default_rng(1).permutation(np.arange(0, 80_000, 40))[:1500]
        episode = np.arange(len(start)).repeat(2)
        crowd = events(
            episode.tolist(), (start.repeat(2) + np.tile([0, 7], len(start))).tolist(), (episode % 20).tolist()
        )
        planned: dict[str, Injector] = {
            "crowd": Fixed(replace(crowd, role_f=np.tile([0, 1], len(start))), replaces=replaces)
        }
        return planned, replace(make_components(recipe), patterns=planned)

    def test_nobody_meets_a_genuine_event_and_each_question_is_asked_once(self) -> None:
        planned, components = self._planned()
        runner = Backwards()
        plan = make_plan(components, runner)
        moved_f = plan.fraud["crowd"]
        genuine = set()
        for block in range(len(plan.rows_b)):
            keys = components.generator.generate(
                plan.blocks, block, world=components.world, streams=components.genuine_streams
            )
            genuine |= set(zip(keys.time_us_t.tolist(), keys.card_t.tolist(), strict=True))
        assert not genuine & set(zip(moved_f.time_us_f.tolist(), moved_f.card_f.tolist(), strict=True))
        first = planned["crowd"].plan(components.context, streams=components.streams_of("crowd"))
        assert genuine & set(zip(first.time_us_f.tolist(), first.card_f.tolist(), strict=True)), "none clashed at all"
        # all blocks once, then for the few that have to move twice and again
        assert runner.asked[0] == len(plan.rows_b)
        assert len(runner.asked) <= 3

    def test_any_runner_plans_the_same(self) -> None:
        _, components = self._planned()
        plans = [make_plan(components, runner).fraud["crowd"] for runner in (Backwards(), local(1), local(3))]
        for other in plans[1:]:
            np.testing.assert_array_equal(plans[0].time_us_f, other.time_us_f)
            np.testing.assert_array_equal(plans[0].episode_f, other.episode_f)

    def test_who_replaces_asks_for_no_keys(self) -> None:
        _, components = self._planned(replaces=True)
        runner = Backwards()
        make_plan(components, runner)
        assert runner.asked == []


def local(workers: int) -> LocalRunner:
    return LocalRunner(LocalConfig(workers=workers))
