"""Small worlds for tests: the built-in recipe, composed once, with some of its plain values exchanged."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa

from synth.config.catalog import Catalog
from synth.config.compose import Composed
from synth.config.recipe import Recipe, build_recipe, load_recipe
from synth.engine.prepare import Prepared, prepare
from synth.tables.digest import digest_run, digest_table

START = datetime(2022, 3, 1, tzinfo=UTC)

#: A small recipe with clicks and reports that reach into the next block, so that no table but `holders` is left out.
EVERY_TABLE = (
    *("experiment=tiny", "timeline.end=2022-01-15", "block_rows=300", "columns=spending", "reporting=noisy"),
    *("clicks=shop", "scenario=[account_takeover,card_chain]", "scenario.account_takeover.ratio=0.08"),
)


#: Two thousand people of eight cities, and the shops in which they buy by habit.
TOWNS = (
    "population=retail_us",
    "population.cards=2500",
    "population.customers.number=2000",
    "population.merchants.number=900",
    "population.merchants.terminals=1500",
    "population.cities.number=8",
    "generator=spending",
)


@cache
def _composed(columns: str, amount: str) -> tuple[Catalog, Composed]:
    _, catalog, composed = load_recipe(["scenario=card_chain", f"columns={columns}", f"amount={amount}"])
    return catalog, composed


def chain(**changes: Any) -> dict[str, Any]:
    """The built-in card chain with some values exchanged; a mapping is merged."""
    config = copy.deepcopy(_composed("full", "buckets")[1].config["scenario"]["card_chain"])
    return {**config, **{k: {**config[k], **v} if isinstance(v, dict) else v for k, v in changes.items()}}


def make_recipe(
    *,
    scenarios: Mapping[str, Mapping[str, Any]] | None = None,
    cards: int = 50,
    transactions: int = 1000,
    block_rows: int = 200,
    seconds: int = 86_400,
    seed: int = 1,
    amount: str = "buckets",
    columns: str = "full",
) -> Recipe:
    """A validated recipe. Without ``scenarios`` it is the control world."""
    catalog, composed = _composed(columns, amount)
    config = copy.deepcopy(composed.config) | {"seed": seed, "block_rows": block_rows}
    config["population"]["cards"] = cards
    config["generator"]["transactions"] = transactions
    config["timeline"] = {"start": START.isoformat(), "end": (START + timedelta(seconds=seconds)).isoformat()}
    config["scenario"] = dict(scenarios or {})
    return build_recipe(replace(composed, config=config), catalog)


def frame_of(recipe: Recipe) -> pd.DataFrame:
    """The transactions of a recipe, made block by block."""
    return tables_of(prepare(recipe))["transactions"]


def tables_of(prepared: Prepared) -> dict[str, pd.DataFrame]:
    """Every table that blocks add to."""
    blocks = [prepared.make_block(i).batches for i in range(len(prepared.plan.rows_b))]
    return {name: pa.Table.from_batches([block[name].native for block in blocks]).to_pandas() for name in blocks[0]}


def digest_of(prepared: Prepared, order: Iterable[int] | None = None) -> str:
    """The content digest of a run whose blocks are made in the given order."""
    make_block = prepared.make_block
    made = {i: make_block(i) for i in (range(len(make_block.plan.rows_b)) if order is None else order)}
    digests = {
        table.name: digest_table(table.schema, [made[i].digests[table.name] for i in sorted(made)])
        for table in make_block.tables
    }
    return digest_run(digests)
