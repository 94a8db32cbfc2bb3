"""A worker that holds the fraud of one block alone makes the block that one with the whole plan makes."""

import pickle

import pytest

from synth.config.recipe import load_recipe
from synth.engine.prepare import Prepared, prepare
from tests.worlds import EVERY_TABLE

CHAINS = ("scenario=card_chain", "population.cards=60", "generator.transactions=6000", "block_rows=500")
NOISY = ("reporting=noisy", "scenario.card_chain.ratio=0.05")
RECIPES = {
    "replace": (*CHAINS, *NOISY),
    "add": (*CHAINS, *NOISY, "scenario.card_chain.mode=add"),
    "claims, clicks and reports": (*EVERY_TABLE, "scenario.card_chain.ratio=0.05"),
    "control": ("scenario=[]", *CHAINS[1:]),
}


@pytest.fixture(scope="module", params=RECIPES)
def prepared(request: pytest.FixtureRequest) -> Prepared:
    return prepare(load_recipe(list(RECIPES[request.param]))[0])


def test_every_block_is_the_same(prepared: Prepared) -> None:
    whole = prepared.make_block
    shared = pickle.loads(pickle.dumps(whole.shared))
    assert shared.plan.planned_rows() == 0
    for block in range(len(prepared.plan.rows_b)):
        part = pickle.loads(pickle.dumps(prepared.plan.slice(block)))
        alone, wanted = shared.holding(part)(block), whole(block)
        assert alone.digests == wanted.digests
        assert (alone.deferred.reports is None) == (wanted.deferred.reports is None)
        if wanted.deferred.reports is not None:
            assert alone.deferred.reports.native.equals(wanted.deferred.reports.native)


def test_a_slice_has_the_episodes_of_its_block_alone(prepared: Prepared) -> None:
    plan = prepared.plan
    for block in range(len(plan.rows_b)):
        part = plan.slice(block)
        for name, events in part.fraud.items():
            here = plan.fraud_here(name, block)
            assert set(events.episode_f) == set(here.episode_f)
            assert len(events.episode_f) < len(plan.fraud[name].episode_f)
            assert len(part.episode_ids[name]) == len(plan.episode_ids[name]), "of the whole run"
