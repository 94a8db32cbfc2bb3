"""Columns of entities in a view: what they show is what the entity's own table says, joined by pandas."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_series_equal

import synth
from synth.check.reader import open_output
from synth.check.records import read_records
from synth.check.verify import verify
from synth.config.catalog import load_catalog
from synth.config.recipe import load_recipe
from synth.engine.prepare import prepare
from synth.errors import RunError
from synth.leaks.columns import columns_of
from synth.leaks.scene import tags_of
from synth.population.config import PopulationConfig
from synth.tables.people import ENTITY_COLUMNS
from tests.outputs import read_manifest

TINY = ("experiment=tiny", "timeline.end=2022-01-08", "block_rows=400", "population.profile=faker")
KEYS = {"customers": "customer_id", "cards": "card_id", "merchants": "merchant_id", "terminals": "terminal_id"}
SOURCES = [f"{table}.{column}" for table in KEYS for column in ENTITY_COLUMNS[table]]


def view(*sources: str) -> str:
    fields = ", ".join(f"{{name: {source.replace('.', '_')}, source: {source}}}" for source in sources)
    return f"columns.fields=[{fields}]"


def frames(uri: Path) -> dict[str, pd.DataFrame]:
    output = open_output(str(uri))
    return {table: output.to_pandas(table) for table in output.manifest["tables"]}


@pytest.mark.parametrize("sink", ["parquet", "csv", "jsonl"])
def test_every_column_is_that_of_the_rows_entity(sink: str, tmp_path: Path) -> None:
    shown = view("fraud_label", *KEYS.values(), *SOURCES)
    synth.run(*TINY, shown, f"sink={sink}", f"sink.{sink}.uri={tmp_path}")
    tables = frames(tmp_path)
    rows = tables["transactions"]
    assert len(rows) > 500
    assert rows.fraud_label.sum() > 3
    for table, key in KEYS.items():
        entities = tables[table].set_index(key, drop=False).loc[rows[key]]
        for column in ENTITY_COLUMNS[table]:
            found = rows[f"{table}_{column}"].reset_index(drop=True)
            wanted = entities[column].reset_index(drop=True)
            assert_series_equal(found, wanted, check_names=False, check_categorical=False)
    assert verify(str(tmp_path), catalog=load_catalog()).ok


def test_a_table_that_is_not_written_is_looked_up_all_the_same(tmp_path: Path) -> None:
    shown = view("card_id", "customers.name", "merchants.name")
    for place, tables in (("with", "null"), ("without", "[]")):
        synth.run(*TINY, shown, f"population.tables={tables}", "sink=csv", f"sink.csv.uri={tmp_path / place}")
    written = [(tmp_path / place / "transactions.csv").read_bytes() for place in ("with", "without")]
    assert written[0] == written[1]
    assert not list((tmp_path / "without").glob("customers*"))
    assert "faker" in read_manifest(tmp_path / "without")["versions"]


def test_cards_and_customers_are_known_with_any_generator() -> None:
    small = ("population=tiny", "generator.transactions=500", "timeline.end=2022-01-08")
    rows = synth.generate(*small, view("card_id", "cards.network", "cards.customer_id", "customers.customer_id"))
    assert (rows.cards_customer_id == rows.customers_customer_id).all()
    assert rows.groupby("card_id").cards_network.nunique().max() == 1
    assert set(rows.cards_network) == {"visa", "amex"}


def test_a_column_keeps_its_metadata() -> None:
    recipe, _, _ = load_recipe([*TINY, view("customers.latitude", "merchants.name")])
    table = prepare(recipe).make_block.events
    latitude, name = table.schema
    assert latitude.metadata == {b"unit": b"degrees", b"role": b"observable", b"doc": b"where it lies"}
    assert (str(latitude.type), str(name.type)) == ("double", "string")
    assert [field.column.quoted for field in table.fields] == [False, True]


@pytest.mark.parametrize(
    "overrides",
    [
        ("population=tiny",),
        ("population=tiny", "population.profile=faker"),
        ("population=tiny", "population.profile=faker", "population.cities.countries=[DE]"),
        ("population=handbook", "population.profile=faker"),
        ("population=tiny", "population.merchants=null"),
        ("population=visa",),
    ],
)
def test_the_columns_that_a_recipe_promises_are_those_of_the_tables(overrides: tuple[str, ...]) -> None:
    recipe, _, _ = load_recipe([*overrides, "generator.transactions=100"])
    promised = PopulationConfig.entity_columns(recipe.population)
    made = {batch.table.name: batch.table for batch in prepare(recipe).extra}
    assert set(made) == set(promised)
    for table, columns in promised.items():
        there = [f.column.name for f in made[table].fields]
        assert there == [name for name, need in columns.items() if not need]


def test_a_merchant_that_there_is_not_is_the_generators_mistake() -> None:
    recipe, _, _ = load_recipe([*TINY, view("merchants.name")])
    made = prepare(recipe).make_block
    few = replace(made.lookups, native={"merchants.name": made.lookups.native["merchants.name"][:3]})
    with pytest.raises(
        RunError, match=r"merchant_id \d+ is none of the 3 merchants that merchants.name is looked up in"
    ):
        replace(made, lookups=few)(0)


def test_lint_looks_at_them_and_excuses_what_the_entity_says(tmp_path: Path) -> None:
    base = ("event_id", "time", "card_id", "amount_minor", "merchant_id", "fraud_label")
    shown = view(*base, "customers.name", "customers.latitude", "merchants.name")
    synth.run(*TINY, shown, "population.tables=[]", "sink=parquet", f"sink.parquet.uri={tmp_path}")
    columns = columns_of(read_records(str(tmp_path), load_catalog()))
    tags = {name: tags_of(column) for name, column in columns.items()}
    assert {"customers.name", "customers.latitude"} <= {name for name in tags if "card" in tags[name]}
    assert "merchant_id" in tags["merchants.name"]
    assert "card" not in tags["merchants.name"]
