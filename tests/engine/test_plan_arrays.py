"""What every worker holds: arrays that can be mapped from a file as they are, as narrow as they may be."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from synth.config.recipe import load_recipe
from synth.engine.prepare import Prepared, prepare
from synth.generators.spending.plan import SpendingPlan
from tests.worlds import EVERY_TABLE, TOWNS

RECIPES = {
    "cards": ("scenario=card_chain", "population.cards=60", "generator.transactions=6000", "block_rows=2000"),
    "clicks and reports": EVERY_TABLE,
    "people": (*TOWNS, "generator=spending", "scenario=card_chain", "timeline.end=2022-01-20", "block_rows=20000"),
}


@pytest.fixture(scope="module", params=RECIPES)
def prepared(request: pytest.FixtureRequest) -> Prepared:
    return prepare(load_recipe(list(RECIPES[request.param]))[0])


def arrays_of(thing: Any, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, np.ndarray]]:
    """Every array below an object of synth, with the way to it."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        yield path, thing
    elif isinstance(thing, Mapping):
        for name, below in thing.items():
            yield from arrays_of(below, f"{path}[{name}]", seen)
    elif isinstance(thing, list | tuple):
        for i, below in enumerate(thing):
            yield from arrays_of(below, f"{path}[{i}]", seen)
    elif type(thing).__module__.startswith("synth.") and hasattr(thing, "__dict__"):
        for name, below in vars(thing).items():
            yield from arrays_of(below, f"{path}.{name}", seen)


def test_every_array_is_contiguous(prepared: Prepared) -> None:
    found = dict(arrays_of(prepared.make_block))
    assert len(found) > 10
    assert [path for path, array in found.items() if not array.flags.c_contiguous] == []


def test_blocks_are_made_of_arrays_that_nobody_may_write_to(prepared: Prepared) -> None:
    wanted = prepared.make_block(0).digests
    for _, array in arrays_of(prepared.make_block):
        array.flags.writeable = False
    assert prepared.make_block(0).digests == wanted


def test_a_standing_order_is_27_bytes_and_they_are_in_order() -> None:
    recipe, _, _ = load_recipe(list(RECIPES["people"]))
    plan = prepare(recipe).plan.blocks
    assert isinstance(plan, SpendingPlan)
    orders = plan.orders
    assert sum(array.itemsize for _, array in arrays_of(orders)) == 1 + 4 + 4 + 4 + 2 + 4 + 8
    columns = [array.astype(np.int64) for _, array in arrays_of(orders)]
    table = np.stack(columns)
    assert (np.lexsort(table[::-1]) == np.arange(len(orders))).all(), "not in order"
