"""The tables of entities of real runs, read back by DuckDB: keys that join, and what the population says."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

import synth
from synth.check.verify import verify
from synth.config.catalog import load_catalog
from synth.config.recipe import load_recipe
from synth.engine.prepare import prepare
from synth.engine.run import RunResult
from synth.population.cards import draw_cards
from synth.population.draw import draw_population
from synth.rng import Streams
from synth.sinks import files
from tests.outputs import table_file

TINY = ("population=tiny", "generator.transactions=3000", "timeline.end=2022-01-20", "block_rows=700")
READERS = {"csv": "read_csv('{}', header=true)", "jsonl": "read_json('{}', format='newline_delimited')"}
#: Every key of a table, and where it leads.
REFERENCES = [
    ("transactions", "cards", "card_id"),
    ("transactions", "cards", "card_number"),
    ("episodes", "cards", "card_number"),
    ("cards", "customers", "customer_id"),
    ("devices", "customers", "customer_id"),
    ("terminals", "merchants", "merchant_id"),
]
KEYS = {
    "customers": "customer_id",
    "cards": "card_id",
    "devices": "device_id",
    "merchants": "merchant_id",
    "terminals": "terminal_id",
}


def run(directory: Path, *overrides: str, sink: str = "parquet") -> RunResult:
    return synth.run(*TINY, *overrides, f"sink={sink}", f"sink.{sink}.uri={directory / sink}")


def query(directory: Path, sql: str, sink: str = "parquet") -> list[tuple[Any, ...]]:
    """The answer over the files of a run; ``{table}`` stands for a table."""
    tables = {}
    for name in ("transactions", "labels", "episodes", *KEYS):
        path = directory / sink / name
        if sink == "parquet":
            tables[name] = f"'{path}/*.parquet'"
        else:
            tables[name] = READERS[sink].format(table_file(directory / sink, name))
    return duckdb.connect().execute(sql.format(**tables)).fetchall()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("people")
    fraud = ("scenario=card_chain", "scenario.card_chain.ratio=0.02")
    results = [
        run(directory, "columns=full", "population.profile=faker", *fraud, sink=sink)
        for sink in ("parquet", "csv", "jsonl")
    ]
    assert len({result.digest for result in results}) == 1
    return directory


@pytest.mark.parametrize("sink", ["parquet", "csv", "jsonl"])
@pytest.mark.parametrize(("table", "target", "key"), REFERENCES)
def test_every_key_leads_to_one_row(made: Path, sink: str, table: str, target: str, key: str) -> None:
    join = f"select count(*), count(t.{key}) from {{{table}}} s left join {{{target}}} t using ({key})"
    rows, found = query(made, join, sink)[0]
    assert rows == found == query(made, f"select count(*) from {{{table}}}", sink)[0][0] > 0


@pytest.mark.parametrize("sink", ["parquet", "csv", "jsonl"])
@pytest.mark.parametrize("table", KEYS)
def test_keys_are_positions(made: Path, sink: str, table: str) -> None:
    keys = [row[0] for row in query(made, f"select {KEYS[table]} from {{{table}}}", sink)]
    assert keys == list(range(len(keys)))
    expected = {"customers": 100, "cards": 130, "merchants": 20, "terminals": 40}
    assert len(keys) == expected.get(table, len(keys))


def test_the_chain_from_a_customer_to_a_transaction(made: Path) -> None:
    chain = """select count(*), count(distinct u.customer_id), min(epoch(t.time) - epoch(c.opened))
        from {transactions} t join {cards} c using (card_id, card_number) join {customers} u using (customer_id)"""
    rows, customers, age_s = query(made, chain)[0]
    assert rows == 3_000
    assert 90 < customers <= 100
    assert age_s > 0


def test_names_and_bands_stand_for_what_they_say(made: Path) -> None:
    ages = query(made, "select age_band, min(age), max(age) from {customers} group by 1 order by 1")
    assert [(band, low >= 40, high <= 39) for band, low, high in ages] == [
        ("older", True, False),
        ("younger", False, True),
    ]
    kinds = "select category, count(*), min(mcc), max(mcc), avg(online) from {merchants} group by 1 order by 1"
    assert query(made, kinds) == [
        ("grocery", 10, "5411", "5411", 0.0),
        ("restaurant", 6, "5812", "5814", 0.0),
        ("web_shop", 4, "5964", "5964", 1.0),
    ]
    assert query(made, "select funding, count(*) from {cards} group by 1 order by 1") == [("credit", 52), ("debit", 78)]
    assert query(made, "select count(distinct city) from {customers}") == [(3,)]
    assert query(made, "select distinct country from {terminals}") == [("US",)]


def test_a_profile_tells_of_the_customer_and_not_of_another_one(made: Path) -> None:
    assert not list(made.glob("*/holders*"))
    rows = query(made, "select age, birth_date, street, city, state, zip, address, email from {customers}")
    assert len({row[7] for row in rows}) == 100
    for age, born, street, city, state, code, address, _ in rows:
        assert 2022 - born.year - ((born.month, born.day) > (1, 1)) == age
        assert address == f"{street}, {city}, {state} {code}"


def test_cards_go_by_the_views_own_card_number(tmp_path: Path) -> None:
    run(tmp_path)
    join = "select count(*) from {transactions} join {cards} using (cc_num) join {customers} using (customer_id)"
    assert query(tmp_path, join) == [(3_000,)]


def test_what_is_read_back_is_right(made: Path) -> None:
    for sink in ("parquet", "csv", "jsonl"):
        assert verify(str(made / sink), catalog=load_catalog()).failed == ()


@pytest.mark.parametrize(
    ("overrides", "tables"),
    [
        ((), {*KEYS}),
        (("population.tables=[]",), set()),
        (("population.tables=[cards,merchants]",), {"cards", "merchants"}),
        (("population.merchants=null",), {"customers", "cards", "devices"}),
        (("population.customers=null",), {"merchants", "terminals"}),
        (("population.customers=null", "population.profile=faker"), {"holders", "merchants", "terminals"}),
        (("population=visa", "population.cards=50"), set()),
    ],
)
def test_which_tables_are_written(overrides: tuple[str, ...], tables: set[str], tmp_path: Path) -> None:
    manifest = run(tmp_path, *overrides).manifests["parquet"]
    assert {*manifest["tables"]} - {"transactions", "labels", "episodes"} == tables
    assert ("faker" in manifest["versions"]) == ("population=visa" not in overrides)


def test_people_do_not_depend_on_blocks_or_transactions_and_change_nothing_else(tmp_path: Path) -> None:
    def digests(*overrides: str) -> dict[str, str]:
        name = str(len(list(tmp_path.iterdir())))
        tables = run(tmp_path / name, *overrides).manifests["parquet"]["tables"]
        return {table: entry["digest"] for table, entry in tables.items()}

    first, blocks, seed = digests(), digests("block_rows=90", "generator.transactions=500"), digests("seed=5")
    alone = digests("population.customers=null", "population.merchants=null")
    for table in KEYS:
        assert first[table] == blocks[table]
        assert first[table] != seed[table]
    assert alone["transactions"] == first["transactions"] != blocks["transactions"]


def test_a_generators_table_may_not_take_a_name_of_the_populations(tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent / "generators" / "shops.py").read_text()
    plugin = tmp_path / "shops.py"
    plugin.write_text(text.replace('Entities("shops"', 'Entities("merchants"'))
    overrides = ["generator.kind=shops", "generator.transactions=1000", "timeline.end=2022-01-20"]
    with pytest.raises(synth.RunError, match="made a table 'merchants': the name is taken"):
        synth.generate(*overrides, "population=tiny", plugin_files=[plugin])
    with pytest.raises(synth.RunError, match="made a table 'merchants': the name is taken"):
        synth.generate(*overrides, "population.cards=50", plugin_files=[plugin])


def test_generators_and_injectors_see_who_is_there() -> None:
    recipe, _, _ = load_recipe(list(TINY))
    components = prepare(recipe).make_block.components
    people = components.world.population
    assert people is not None
    assert components.context.population is people
    assert components.context.census is components.world.census == people.census
    streams = Streams(recipe.run.seed, "population")
    numbers = draw_cards(recipe.population.networks, recipe.population.cards_by_network(), rng=streams.draw("cards"))
    again = draw_population(recipe.population, numbers, recipe.timeline.start_s, streams=streams)
    assert again is not None
    assert np.array_equal(again.customers.x_u, people.customers.x_u)
    plain, _, _ = load_recipe(["population.cards=50", "generator.transactions=100"])
    assert prepare(plain).make_block.components.world.population is None


@pytest.mark.parametrize("sink", ["parquet", "csv", "jsonl"])
def test_a_large_table_is_written_piece_by_piece(sink: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(tmp_path / "whole", "population.profile=faker", sink=sink)
    monkeypatch.setattr(files, "_EXTRA_ROWS", 7)
    pieces = run(tmp_path / "pieces", "population.profile=faker", sink=sink)
    assert pieces.digest == whole.digest
    assert verify(str(tmp_path / "pieces" / sink), catalog=load_catalog()).failed == ()
    if sink != "parquet":
        texts = [table_file(tmp_path / place / sink, "customers").read_bytes() for place in ("whole", "pieces")]
        assert texts[0] == texts[1]
