"""Where episodes of mode add gave way, a part of a run leaves that beside its blocks, and the others read it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.config.catalog import Catalog
from synth.config.recipe import Recipe, load_recipe
from synth.engine.kept_moves import MOVES, recall_moves
from synth.engine.parts import make_part
from synth.engine.prepare import prepare

RECIPE = ("scenario=card_chain", "scenario.card_chain.mode=add", "scenario.card_chain.ratio=0.05", "sink=parquet")
#: A card in 30 buys something in each second, so that episodes clash.
SIZE = ("population.cards=10", "generator.transactions=28000", "timeline.end=2022-01-02", "block_rows=4000")


@pytest.fixture
def loaded(tmp_path: Path) -> tuple[Recipe, Catalog]:
    recipe, catalog, _ = load_recipe([*RECIPE, *SIZE, f"sink.parquet.uri={tmp_path}/out"])
    return recipe, catalog


def require_same(recipe: Recipe, catalog: Catalog) -> None:
    alone, told = prepare(recipe).plan, prepare(recipe, partial(recall_moves, recipe, catalog)).plan
    assert alone.moves is not None
    assert len(alone.moves.by_scenario["card_chain"][0]), "no episode clashed"
    for name in ("episode_f", "time_us_f", "card_f", "amount_minor_f", "role_f"):
        np.testing.assert_array_equal(
            getattr(alone.fraud["card_chain"], name), getattr(told.fraud["card_chain"], name), name
        )
    np.testing.assert_array_equal(alone.rows_b, told.rows_b)
    np.testing.assert_array_equal(alone.episode_ids["card_chain"], told.episode_ids["card_chain"])


def test_who_comes_later_plans_the_same_without_the_control_world(loaded: tuple[Recipe, Catalog]) -> None:
    recipe, catalog = loaded
    assert recall_moves(recipe, catalog) is None
    make_part(recipe, catalog, part=1, parts=4)
    found = recall_moves(recipe, catalog)
    assert found is not None

    def refuse() -> Any:
        raise AssertionError("asked for nothing")

    require_same(recipe, catalog)
    replaced = load_recipe(["scenario=card_chain", *SIZE])[0]
    assert prepare(replaced, refuse).plan.moves is None, "who replaces has nothing to remember"


@pytest.mark.parametrize("spoil", [lambda text: text[:-9], lambda text: text.replace(b'"id"', b'"ib"'), lambda _: b"1"])
def test_what_is_damaged_is_sought_again_and_replaced(
    loaded: tuple[Recipe, Catalog], spoil: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    recipe, catalog = loaded
    make_part(recipe, catalog, part=0, parts=4)
    [path] = (tmp_path / "out").glob(f".synth-*/{MOVES}")
    good = path.read_bytes()
    path.write_bytes(spoil(good))
    assert recall_moves(recipe, catalog) is None
    make_part(recipe, catalog, part=1, parts=4)
    assert path.read_bytes() == good
    require_same(recipe, catalog)
