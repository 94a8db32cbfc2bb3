"""Reports come out in order of time, however many blocks they are gathered from, and go into every output so."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import synth
from synth.config.recipe import load_recipe
from synth.engine import reports_in_order
from synth.engine.end_of_run import EndOfRun
from synth.engine.prepare import Prepared, prepare
from synth.engine.reports_in_order import ReportsInOrder
from synth.errors import RunError
from synth.tables.batch import Batch

RECIPE = (
    "generator.transactions=6000",
    "population.cards=200",
    "block_rows=500",
    "scenario=card_chain",
    "scenario.card_chain.ratio=0.2",
    "reporting=noisy",
)
COLUMNS = ["event_id", "known_at"]


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare(load_recipe(list(RECIPE))[0])


@pytest.fixture(scope="module")
def reports(prepared: Prepared) -> list[Batch]:
    made = [prepared.make_block(index).deferred.reports for index in range(len(prepared.plan.rows_b))]
    return [batch for batch in made if batch is not None]


def in_stretches(monkeypatch: pytest.MonkeyPatch, blocks: int) -> None:
    monkeypatch.setattr(reports_in_order, "BLOCKS", blocks)


def sorted_rows(batches: list[pa.RecordBatch]) -> list[tuple[int, int]]:
    """Event and time of each row, by time and then by event, sorted by NumPy."""
    event, known = (
        np.concatenate([batch.column(name).cast("int64").to_numpy() for batch in batches]) for name in COLUMNS
    )
    order = np.lexsort((event, known))
    return list(zip(event[order].tolist(), known[order].tolist(), strict=True))


def rows(batch: pa.RecordBatch) -> list[tuple[int, int]]:
    return list(zip(*(batch.column(name).cast("int64").to_pylist() for name in COLUMNS), strict=True))


@pytest.mark.parametrize("blocks", [1, 5, 12, 200])
def test_stretches_follow_each_other_in_time_whatever_was_taken_first(
    prepared: Prepared, reports: list[Batch], blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_stretches(monkeypatch, blocks)
    found = ReportsInOrder.of(prepared.plan, reports[0].table)
    for batch in reversed(reports):
        found.take(batch)
    stretches = [batch.native for batch in found.stretches()]
    assert len(stretches) == -(-len(prepared.plan.rows_b) // blocks)
    told = [row for batch in stretches for row in rows(batch)]
    assert told == sorted_rows([batch.native for batch in reports])
    assert len(told) > 500


def test_a_run_has_no_more_files_open_than_it_may(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    in_stretches(monkeypatch, 1)
    monkeypatch.setattr(reports_in_order, "STRETCHES", 3)
    table = prepared.make_block.label_events
    assert table is not None
    assert len(ReportsInOrder.of(prepared.plan, table).edge_us_s) == 2


def test_the_end_of_a_run_has_them_in_order(prepared: Prepared, reports: list[Batch]) -> None:
    end = EndOfRun(prepared.make_block)
    deferred = prepared.make_block(0).deferred
    for batch in reports:
        end.take(replace(deferred, reports=batch))
    [block] = end.blocks()
    assert rows(block.batches["label_events"].native) == sorted_rows([batch.native for batch in reports])


@pytest.mark.parametrize("sink", ["parquet", "csv", "jsonl", "duckdb", "jsonl_stream"])
def test_every_output_has_them_in_order(sink: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [*RECIPE, "scenario=[amount_threshold,card_chain]", f"sink={sink}"]  # the first one claims
    outputs = []
    for blocks in (200, 3):
        in_stretches(monkeypatch, blocks)
        uri = tmp_path / f"{blocks}" / "out.duckdb" if sink == "duckdb" else tmp_path / f"{blocks}"
        synth.run(*words, f"sink.{sink}.uri={uri}")
        assert synth.verify(uri).ok
        outputs.append(synth.open(uri).tables["label_events"].to_pandas())
    assert outputs[0].equals(outputs[1])
    assert outputs[0]["known_at"].is_monotonic_increasing


def test_a_folder_that_takes_nothing_is_named(
    prepared: Prepared, reports: list[Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_stretches(monkeypatch, 3)
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    found = ReportsInOrder.of(prepared.plan, reports[0].table)
    with pytest.raises(RunError, match=r"cannot wait in /nowhere: No such file or directory; set TMPDIR"):
        found.take(reports[0])
