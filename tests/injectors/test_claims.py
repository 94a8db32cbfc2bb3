"""Claims on genuine rows: which rows an attack finds, who owns a row, what was before, and what is refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth.amount import HIGHEST
from synth.arrays import Int64
from synth.config.recipe import load_recipe
from synth.contracts.claimer import Claimer, Claims, Genuine, Targets
from synth.contracts.context import PlanContext
from synth.engine.claims import claim
from synth.engine.planning import make_plan
from synth.engine.prepare import make_components
from synth.errors import ConfigError, RunError
from synth.injectors.attacks import AttackConfig, Attacks
from synth.injectors.stolen_card import StolenCard, StolenCardConfig
from synth.rng import Streams
from synth.timeline import Timeline
from tests.worlds import TOWNS

US = 1_000_000
SMALL = ("population.cards=200", "generator.transactions=6000", "block_rows=1500", "timeline.end=2022-02-01")


class TestWindows:
    @given(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 60), st.integers(1, 30)), min_size=1, max_size=12),
        st.lists(st.tuples(st.integers(0, 90), st.integers(0, 5)), max_size=40),
    )
    def test_finds_every_row_of_every_attack(
        self, attacks: list[tuple[int, int, int]], rows: list[tuple[int, int]]
    ) -> None:
        entity_e, start_e, length_e = (np.array(values, dtype=np.int64) for values in zip(*attacks, strict=True))
        windows = Attacks(len(attacks), entity_e, start_e, start_e + length_e)
        rows.sort()
        second_t, entity_t = (np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1))
        row_r, episode_r = windows.find(entity_t, second_t * US)
        wanted = [
            (row, episode)
            for row, (second, entity) in enumerate(rows)
            for episode, (attacked, start, length) in enumerate(attacks)
            if entity == attacked and start <= second < start + length
        ]
        assert list(zip(row_r.tolist(), episode_r.tolist(), strict=True)) == wanted

    def test_attacks_a_day(self) -> None:
        context = PlanContext(50, Timeline(86_400 * 10, 86_400 * 15 + 1), amount=None, rows=100)  # type: ignore[arg-type]
        config = AttackConfig(share=1, order=0, per_day=3, days=4, early=False)
        late = Attacks.daily(config, context, 50, rng=np.random.default_rng(1))
        early = Attacks.daily(replace(config, early=True), context, 50, rng=np.random.default_rng(1))
        assert sorted(set(late.start_s_e // 86_400)) == [10, 11, 12, 13, 14, 15]
        assert sorted(set(early.start_s_e // 86_400)) == [7, 8, 9, 10, 11, 12, 13, 14, 15]
        assert set(early.end_s_e - early.start_s_e) == {4 * 86_400}
        for day in range(7, 16):
            assert len(set(early.entity_e[early.start_s_e == day * 86_400])) == 3


class Every(Claimer):
    """Claims rows of some numbers, and adds to what they cost."""

    roles = ("taken",)

    def __init__(self, every: int, more: int, order: int = 0) -> None:
        self.every, self.more, self.order = every, more, order

    def plan(self, context: PlanContext, *, streams: Streams) -> Targets:
        return Targets(context.rows)

    def claim(self, targets: Targets, block: int, genuine: Genuine, *, streams: Streams) -> Claims:
        row_r = np.flatnonzero(genuine.number_t % self.every == 0)
        return Claims(row_r, genuine.number_t[row_r], np.zeros_like(row_r), genuine.amount_minor_t[row_r] + self.more)


def claimed_of(*patterns: tuple[str, Claimer]) -> tuple[Any, Any, Int64]:
    recipe, _, _ = load_recipe(SMALL)
    components = replace(make_components(recipe), patterns=dict(patterns))
    plan = make_plan(components, recipe.runner.make())
    events = components.generator.generate(plan.blocks, 1, world=components.world, streams=components.genuine_streams)
    number_t = plan.first_genuine_b[1] + np.arange(len(events.card_t))
    return plan, claim(components, plan, 1, events, number_t), events.amount_minor_t


class TestOwnership:
    def test_who_comes_later_takes_rows_over(self) -> None:
        plan, both, before_t = claimed_of(("a", Every(2, 100, order=5)), ("b", Every(3, 1000, order=1)))
        number_f = plan.first_genuine_b[1] + both.row_f
        assert set(number_f % 6) == {0, 2, 3, 4}
        owner_f = np.array(plan.scenarios)[both.facts.scenario_f]
        assert (owner_f == np.where(number_f % 2 == 0, "a", "b")).all()
        # b comes first, so that a adds to what b has left; the labels tell what it cost before both
        more_f = both.events.amount_minor_t[both.row_f] - both.facts.before_minor_f
        assert (more_f == 100 * (number_f % 2 == 0) + 1000 * (number_f % 3 == 0)).all()
        np.testing.assert_array_equal(both.facts.before_minor_f, before_t[both.row_f])
        untouched = np.delete(np.arange(len(before_t)), both.row_f)
        np.testing.assert_array_equal(both.events.amount_minor_t[untouched], before_t[untouched])

    def test_of_one_order_the_name_decides(self) -> None:
        plan, both, _ = claimed_of(("b", Every(2, 0)), ("a", Every(2, 0)))
        assert set(np.array(plan.scenarios)[both.facts.scenario_f]) == {"b"}

    def test_episodes_of_two_scenarios_have_ids_of_their_own(self) -> None:
        plan, both, _ = claimed_of(("a", Every(2, 0)), ("b", Every(3, 0, order=1)))
        id_f, owner_f = both.facts.episode_id_f, both.facts.scenario_f
        rows = int(plan.blocks.rows_b.sum())
        assert (id_f[owner_f == 0] < rows).all()
        assert (id_f[owner_f == 1] >= rows).all()
        assert len(set(id_f)) == len(id_f)
        numbers = plan.first_genuine_b[1] + both.row_f
        for place, name in enumerate(("a", "b")):
            own_f = plan.own_episodes(name, id_f[owner_f == place])
            np.testing.assert_array_equal(own_f, numbers[owner_f == place])

    @pytest.mark.parametrize(
        ("broken", "told"),
        [
            (lambda rows: Claims(rows, rows, rows * 0 + 1, rows), "role_r out of range"),
            (lambda rows: Claims(rows, rows + 10**9, rows * 0, rows), "episode_r out of range"),
            (lambda rows: Claims(rows * 0, rows, rows * 0, rows), "a row twice"),
            (lambda rows: Claims(rows - 1, rows, rows * 0, rows), "row_r out of range"),
            (lambda rows: Claims(rows, rows, rows * 0, rows - 5), "amount_minor_r out of range"),
            (lambda rows: Claims(rows, rows, rows * 0, rows + HIGHEST * 100 - 2), "amount_minor_r out of range"),
            (lambda rows: Claims(rows, rows[:1], rows * 0, rows), "episode_r that is no int64 array as long as row_r"),
            (lambda rows: Claims(rows, rows, rows * 0, rows * 1.5), "amount_minor_r that is no int64 array"),
            (lambda rows: rows, "ndarray instead of Claims"),
        ],
    )
    def test_broken_claims_are_refused(self, broken: Any, told: str) -> None:
        class Broken(Every):
            def claim(self, targets: Targets, block: int, genuine: Genuine, *, streams: Streams) -> Claims:
                return broken(np.arange(3))

        with pytest.raises(RunError, match=f"scenario 'mine': its injector Broken claims {told}"):
            claimed_of(("mine", Broken(2, 0)))

    def test_the_highest_amount_is_in_range(self) -> None:
        class Dearest(Every):
            def claim(self, targets: Targets, block: int, genuine: Genuine, *, streams: Streams) -> Claims:
                return Claims(*(np.array([value]) for value in (0, 0, 0, HIGHEST * 100 - 1)))

        _, claimed, _ = claimed_of(("mine", Dearest(2, 0)))
        assert claimed.events.amount_minor_t[claimed.row_f].tolist() == [HIGHEST * 100 - 1]


class TestTogether:
    def test_claims_and_added_rows_in_one_run(self) -> None:
        words = ("scenario=[card_chain,stolen_card,amount_threshold]", "scenario.card_chain.ratio=0.01", "columns=full")
        mode = ("scenario.card_chain.mode=add", "scenario.amount_threshold.above=300")
        frame, control = synth.generate(*SMALL, *words, *mode), synth.generate(*SMALL, "columns=full")
        assert len(frame) == len(control) + 60
        assert set(frame.scenario.dropna()) == {"card_chain", "stolen_card", "amount_threshold"}
        kept = frame[frame.scenario != "card_chain"].reset_index(drop=True)
        changed = kept.amount_minor != control.amount_minor
        assert set(kept[changed].scenario) == {"stolen_card"}
        pd.testing.assert_frame_equal(kept[["time", "card_id"]], control[["time", "card_id"]])

    def test_replaced_rows_are_not_claimed(self) -> None:
        words = ("scenario=[card_chain,amount_threshold]", "scenario.card_chain.ratio=0.05", "columns=full")
        frame = synth.generate(*SMALL, *words, "scenario.amount_threshold.above=0")
        assert len(frame) == 6000
        assert dict(frame.scenario.value_counts()) == {"amount_threshold": 5700, "card_chain": 300}

    def test_what_no_fraud_can_be_is_not_claimed(self) -> None:
        words = ("columns=full", "+columns.add.channel=channel", "scenario=amount_threshold")
        frame = synth.generate(*TOWNS, *words, "scenario.amount_threshold.above=0")
        claimed_t, never_t = frame.scenario == "amount_threshold", frame.channel == "recurring"
        assert 0 < never_t.sum() < len(frame)
        assert (claimed_t == ~never_t).all()

    def test_stolen_amounts(self) -> None:
        rng = np.random.default_rng(3)
        config = StolenCardConfig(share=1, order=0, per_day=1, days=1, early=False, factor=5, multiplies="rounded")
        minor_r, attacks_r = rng.integers(1, 10_000, 20_000), np.repeat([1, 2], 10_000)
        rounded = StolenCard(config)._multiply(minor_r, attacks_r, rng)
        np.testing.assert_array_equal(rounded, minor_r * np.where(attacks_r == 1, 5, 25))
        exact = StolenCard(replace(config, multiplies="exact"))._multiply(minor_r, attacks_r, rng)
        assert np.abs(exact - 5 * minor_r).max() <= 3
        assert 0.18 < np.mean(exact % 5 == 0) < 0.22

    def test_terminals_are_asked_for_where_there_are_none(self) -> None:
        with pytest.raises(ConfigError, match="it uses terminals and the column terminal_id, which this world lacks"):
            synth.generate(*SMALL, "scenario=[compromised_terminal]")

    def test_more_cards_than_there_are(self) -> None:
        with pytest.raises(ConfigError, match=r"scenario.stolen_card.per_day: 500 cards a day, but there are 200"):
            synth.generate(*SMALL, "scenario=[stolen_card]", "scenario.stolen_card.per_day=500")
