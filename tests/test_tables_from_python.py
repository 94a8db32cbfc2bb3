"""The same tables from a plan, from a run and from what it left, in every tool that takes Arrow's streams."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from omegaconf import OmegaConf

import synth
from synth import ArrowTable, ConfigError, RefusedError
from tests.worlds import EVERY_TABLE

SINKS = ("parquet", "csv", "jsonl", "duckdb", "delta")
NAMES = [
    *("transactions", "labels", "episodes", "label_events", "clicks", "click_labels"),
    *("customers", "cards", "devices", "merchants", "terminals"),
]


@cache
def plan() -> synth.RunPlan:
    return synth.plan(*EVERY_TABLE)


@cache
def made(name: str) -> pa.Table:
    """A table of the plan, once."""
    return plan().tables[name].to_arrow()


@pytest.fixture(scope="module", params=SINKS)
def left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, ArrowTable]:
    """The tables of a finished output."""
    place = tmp_path_factory.mktemp("left") / request.param
    synth.run(*EVERY_TABLE, f"sink={request.param}", f"sink.{request.param}.uri={place}")
    return synth.open(place).tables


def test_the_world_has_every_table() -> None:
    assert list(plan().tables) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_was_planned_is_what_was_written(name: str, left: Mapping[str, ArrowTable]) -> None:
    planned, read = plan().tables[name], left[name]
    assert list(left) == NAMES
    assert planned.schema.equals(read.schema)
    assert read.to_arrow().equals(made(name))
    assert planned.rows in (None, read.rows)
    assert planned.doc == read.doc != ""


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_takes_a_table_as_it_is(name: str) -> None:
    wanted = made(name)
    table = ArrowTable(name, wanted.schema, lambda: iter(wanted.to_batches(200)))
    assert pa.table(table).unify_dictionaries().equals(wanted)
    frames: Any = pd.DataFrame
    assert len(frames.from_arrow(table)) == wanted.num_rows
    assert pl.DataFrame(table).height == wanted.num_rows
    rows = table  # by this name DuckDB finds it
    counted = duckdb.execute("SELECT count(*) FROM rows").fetchall()
    assert rows.name == name
    assert counted == [(wanted.num_rows,)]


def test_missing_whole_numbers_stay_whole_and_few_texts_are_categories() -> None:
    labels = plan().tables["labels"].to_pandas()
    assert str(labels.amount_before_minor.dtype) == "Int64"
    assert isinstance(labels.scenario.dtype, pd.CategoricalDtype)
    rows = synth.generate(*EVERY_TABLE, "clicks.shop=null")
    assert list(rows.channel.cat.categories) == list(synth.generate(*EVERY_TABLE, "seed=5").channel.cat.categories)
    assert {name for name in rows if isinstance(rows[name].dtype, pd.CategoricalDtype)} == {
        *("category", "channel", "scenario", "role")
    }
    assert str(rows.episode_id.dtype) == "Int64"
    assert rows.episode_id.isna().any()


def test_a_plan_counts_before_it_makes() -> None:
    counts = plan().counts
    assert counts["transactions"] == plan().tables["transactions"].rows == len(plan().tables["transactions"].to_arrow())
    assert counts["fraud"] == len(plan().tables["labels"].to_arrow())
    assert sum(found["rows"] for found in counts["scenarios"].values()) == counts["fraud"]
    assert plan().schema.field("amount").metadata[b"unit"] == b"major units"


def test_a_plan_runs_as_often_as_one_likes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    some = synth.plan("scenario=card_chain", "generator.transactions=3000", "sink.parquet.uri=out")
    first = some.run()
    with pytest.raises(RefusedError, match=r"out already holds a run .*: overwrite=True replaces it"):
        some.run()
    assert some.run(overwrite=True).digest == first.digest
    blocks = list(some.blocks())
    assert sum(block.num_rows for block in blocks) == first.rows
    assert pa.Table.from_batches(blocks).num_rows == len(first.to_pandas())


GIVEN: list[tuple[Any, ...]] = [
    ("scenario=card_chain", "generator.transactions=3000", "seed=7"),
    (["scenario=card_chain", "generator.transactions=3000"], "seed=7"),
    ({"scenario": "card_chain", "seed": 7}, "generator.transactions=3000"),
    (OmegaConf.create({"scenario": ["card_chain"], "seed": 7}), ["generator.transactions=3000"]),
]


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("call", [synth.generate, synth.plan, synth.preview])
def test_a_recipe_is_what_a_caller_has(call: Any, given: tuple[Any, ...]) -> None:
    wanted, found = call(*GIVEN[0]), call(*given)
    if call is synth.generate:
        pd.testing.assert_frame_equal(wanted, found)
    else:
        assert repr(found) == repr(wanted)
    assert found._repr_html_().startswith("<")


@pytest.mark.parametrize("call", [synth.generate, synth.plan, synth.preview, synth.run])
def test_every_call_tells_mistakes_alike(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    with pytest.raises(ConfigError) as caught:
        call("scenario=card_chain", "seed=x", config_dirs="conf")
    assert str(caught.value).splitlines()[-1] == "  --> argument: seed=x"
    assert caught.value.__cause__ is None
    assert len(caught.traceback) == 2  # this call, and the function that was called
    with pytest.raises(ConfigError, match=r"no directory 'nowhere'.*\n.*argument: config_dirs='nowhere'"):
        call(config_dirs="nowhere")
    with pytest.raises(ConfigError, match="not of a int"):
        call(3)
    assert [path.name for path in tmp_path.iterdir()] == ["conf"]


def test_a_table_that_is_not_there() -> None:
    with pytest.raises(RefusedError, match=r"no table 'lables', only transactions, .*did you mean 'labels'"):
        plan().tables["lables"]


def test_a_result_is_shown_in_a_few_lines(tmp_path: Path) -> None:
    result = synth.run("scenario=card_chain", "generator.transactions=3000", f"sink.parquet.uri={tmp_path}/out")
    lines = repr(result).splitlines()
    assert lines[1].startswith("  rows: 3,000, 7 of them fraudulent, in ")
    assert lines[2:] == [
        f"  parquet: {tmp_path}/out",
        f'  open: pd.read_parquet("{tmp_path}/out/transactions")',
        f"  digest: {result.digest}",
    ]
    assert len(eval(result.openings[0], {"pd": pd})) == 3000
    assert result.tables["labels"].rows == 7


def test_looks_and_reports() -> None:
    look = synth.preview("scenario=card_chain", rows=3)
    assert (len(look.rows), len(look.episodes)) == (3, 1)
    assert "card_chain: 6 events in 374 s" in repr(look)
    assert "fraud rows as a share" in repr(synth.describe("scenario.card_chain.ratio"))
    with pytest.raises(ConfigError, match=r"nothing is named 'card_chian' \(did you mean 'card_chain'\?\)"):
        synth.describe("card_chian")
