"""A block holds the generator and the plan to their word."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from synth.config.recipe import load_recipe
from synth.contracts.events import Events
from synth.contracts.generator import BlockPlan, World
from synth.engine.block import BlockMaker
from synth.engine.prepare import prepare
from synth.errors import RunError
from synth.generators.uniform import UniformConfig, UniformGenerator
from synth.rng import Streams

TINY = ("population.cards=50", "generator.transactions=2000", "block_rows=1000", "scenario=card_chain")


def maker() -> BlockMaker:
    return prepare(load_recipe(TINY)[0]).make_block


class Backwards(UniformGenerator):
    """The last event first."""

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        events = super().generate(plan, block, world=world, streams=streams)
        return events.take(np.arange(len(events.card_t))[::-1])


class Twice(UniformGenerator):
    """An event that comes twice."""

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        events = super().generate(plan, block, world=world, streams=streams)
        return events.take(np.maximum(np.arange(len(events.card_t)) - 1, 0))


@pytest.mark.parametrize("broken", [Backwards, Twice])
def test_genuine_events_come_in_order_and_once(broken: type[UniformGenerator]) -> None:
    make_block = maker()
    components: Any = replace(make_block.components, generator=broken(UniformConfig(transactions=2000)))
    with pytest.raises(RunError, match="broke its contract in block 1: events out of order, or two on one card"):
        replace(make_block, components=components)(1)


def test_a_block_has_the_rows_that_were_planned() -> None:
    make_block = maker()
    wrong = replace(make_block.plan, rows_b=make_block.plan.rows_b + 1)
    with pytest.raises(RunError, match=r"block 0 has \d+ rows, planned \d+"):
        replace(make_block, plan=wrong)(0)


def test_a_block_keeps_its_truth() -> None:
    block = maker()(1)
    labels = block.batches["labels"].native
    first = int(block.batches["transactions"].native.num_rows)
    assert len(block.truth) == labels.num_rows > 0
    rows = np.asarray(labels.column("event_id")) - maker().plan.first_event_b[1]
    np.testing.assert_array_equal(block.truth.row_f, rows)
    assert (np.diff(block.truth.row_f) > 0).all()
    assert block.truth.row_f.max() < first
    np.testing.assert_array_equal(block.truth.facts.episode_id_f, np.asarray(labels.column("episode_id")))
