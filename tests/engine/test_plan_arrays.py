"""What every worker holds: arrays that can be mapped from a file as they are, as narrow as they may be."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.config.recipe import load_recipe
from synth.contracts.shipment import Shipment
from synth.engine.elsewhere import look_up
from synth.engine.prepare import Prepared, prepare
from synth.generators.spending.plan import SpendingPlan
from tests.worlds import EVERY_TABLE, TOWNS

RECIPES = {
    "cards": ("scenario=card_chain", "population.cards=60", "generator.transactions=6000", "block_rows=2000"),
    "clicks and reports": EVERY_TABLE,
    "people": (*TOWNS, "generator=spending", "scenario=card_chain", "timeline.end=2022-01-20", "block_rows=20000"),
}
#: Nobody shares less.
A_PAGE = 4096


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


def test_a_process_maps_them_and_works_none_out_for_itself(prepared: Prepared, tmp_path: Path) -> None:
    look_up(prepared.plan, prepared.make_block.clicks)
    Shipment(prepared.make_block).save(tmp_path / "saved")
    make_block = Shipment.load(tmp_path / "saved").work
    for block in (0, 1):
        make_block(block)
    found = {path: array for path, array in arrays_of(make_block) if array.nbytes > A_PAGE}
    assert found or prepared.recipe.population.cards < 100
    assert [path for path, array in found.items() if array.flags.owndata or array.flags.writeable] == []


def test_what_a_process_does_not_map_does_not_grow_with_the_people(tmp_path: Path) -> None:
    sizes = []
    for number in (1_000, 4_000):
        people = (f"population.customers.number={number}", f"population.cards={number * 6 // 5}")
        loaded = prepare(load_recipe([*RECIPES["people"], *people])[0])
        Shipment(loaded.make_block).save(tmp_path / f"{number}")
        content = (tmp_path / f"{number}").read_bytes()
        sizes.append(json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["pickle"])
    assert sizes[1] < sizes[0] + 2_000


def test_a_standing_order_is_27_bytes_and_they_are_in_order() -> None:
    recipe, _, _ = load_recipe(list(RECIPES["people"]))
    plan = prepare(recipe).plan.blocks
    assert isinstance(plan, SpendingPlan)
    orders = plan.orders
    assert sum(array.itemsize for _, array in arrays_of(orders)) == 1 + 4 + 4 + 4 + 2 + 4 + 8
    columns = [array.astype(np.int64) for _, array in arrays_of(orders)]
    table = np.stack(columns)
    assert (np.lexsort(table[::-1]) == np.arange(len(orders))).all(), "not in order"
