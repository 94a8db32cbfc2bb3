"""Injected rows stand in their places: in order, each genuine one that stays once, and the truth beside its own row."""

from unittest.mock import Mock

import numpy as np
import pytest

from synth.config.recipe import load_recipe
from synth.contracts.generator import sort_code
from synth.engine.facts import ADDED
from synth.engine.inject import inject
from synth.engine.prepare import prepare
from synth.errors import RunError

CARDS = ("population.cards=50", "generator.transactions=2000", "block_rows=1000")
PEOPLE = ("experiment=tiny", "block_rows=300", "columns=spending")
WORLDS = {
    "replaces": (*CARDS, "scenario=card_chain", "scenario.card_chain.ratio=0.1"),
    "adds": (*CARDS, "scenario=card_chain", "scenario.card_chain.mode=add"),
    "nothing": (*CARDS, "scenario=[]"),
    "claims": (*PEOPLE, "scenario=amount_threshold"),
    "adds and claims": (*PEOPLE, "scenario=[card_chain,amount_threshold]", "scenario.card_chain.mode=add"),
    "replaces and claims": (*PEOPLE, "scenario=[card_chain,amount_threshold]", "scenario.card_chain.mode=replace"),
}


@pytest.mark.parametrize("name", WORLDS)
def test_every_row_is_in_its_place(name: str) -> None:
    make_block = prepare(load_recipe(WORLDS[name])[0]).make_block
    components, plan = make_block.components, make_block.plan
    for block in range(len(plan.rows_b)):
        genuine = make_block._generate(block)
        injected = inject(components, plan, block, genuine)
        events, source_t, truth = injected.events, injected.source_t, injected.truth
        assert len(events.card_t) == len(source_t) == plan.rows_b[block]
        assert (np.diff(sort_code(events.time_us_t, events.card_t, components.world.cards)) > 0).all()
        stays = np.flatnonzero(source_t >= 0)
        assert (np.diff(source_t[stays]) > 0).all()
        assert (events.time_us_t[stays] == genuine.time_us_t[source_t[stays]]).all()
        assert (events.card_t[stays] == genuine.card_t[source_t[stays]]).all()
        for column, values in genuine.own.items():
            unclaimed = np.setdiff1d(stays, truth.row_f)
            assert (events.own[column][unclaimed] == values[source_t[unclaimed]]).all()
            assert events.own[column].dtype == values.dtype
        added = truth.facts.before_minor_f == ADDED
        assert (truth.row_f[added] == np.flatnonzero(source_t == -1)).all()
        claimed = truth.row_f[~added]
        assert (truth.facts.before_minor_f[~added] == genuine.amount_minor_t[source_t[claimed]]).all()
        for column, before in truth.facts.before.items():
            assert (before[added] == 0).all()
            assert (before[~added] == genuine.own[column][source_t[claimed]]).all()
        for scenario in components.injectors:
            fraud = plan.fraud_here(scenario, block)
            mine = truth.row_f[truth.facts.scenario_f == truth.scenarios.index(scenario)]
            order = np.lexsort([fraud.card_f, fraud.time_us_f])
            assert (fraud.time_us_f[order] == events.time_us_t[mine]).all()
            assert (fraud.card_f[order] == events.card_t[mine]).all()


def test_a_generator_that_decides_again_about_other_columns_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    make_block = prepare(load_recipe(WORLDS["claims"])[0]).make_block
    monkeypatch.setattr(make_block.components.generator, "decide_again", Mock(return_value={"mood": np.zeros(1)}))
    told = "decide_again returns mood, not auth_result, decline_reason"
    with pytest.raises(RunError, match=f"the generator SpendingGenerator broke its contract in block 0: {told}"):
        make_block(0)


def test_a_generator_is_not_asked_to_decide_about_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    make_block = prepare(load_recipe([*WORLDS["claims"], "scenario.amount_threshold.above=1000000"])[0]).make_block
    decide_again = Mock()
    monkeypatch.setattr(make_block.components.generator, "decide_again", decide_again)
    for block in range(len(make_block.plan.rows_b)):
        assert not len(make_block(block).truth)
    decide_again.assert_not_called()
