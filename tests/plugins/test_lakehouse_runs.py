"""Several runs in the lake tables of one place: each row says of which run it is, and each run is there once."""

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import synth
from synth.check.verify import verify
from synth.config.catalog import load_catalog
from synth.errors import RefusedError, RunError
from tests.outputs import read_manifest

SMALL = ("scenario=card_chain", "generator.transactions=4000", "block_rows=900", "population.cards=300")
APPEND = "sink.KIND.if_exists=append"
TABLES = ("episodes", "labels", "transactions")

both = pytest.mark.parametrize("kind", ["delta", "iceberg"])

#: Runs in a process of its own that dies, as by SIGKILL, before its n-th table is committed.
KILLED = """
import os, sys
import synth, {module}
tables, before, left = {module}.{tables}, {module}.{tables}.add, [int(sys.argv[1])]
def add(self, *args, **options):
    if not left[0]:
        os._exit(9)
    left[0] -= 1
    before(self, *args, **options)
tables.add = add
synth.run(*sys.argv[3:], overwrite=sys.argv[2] == "overwrite")
"""


def words(kind: str, place: Path, *overrides: str) -> tuple[str, ...]:
    return (*SMALL, f"sink={kind}", f"sink.{kind}.uri={place}", *(o.replace("KIND", kind) for o in overrides))


def run(kind: str, place: Path, *overrides: str, overwrite: bool = False) -> synth.RunResult:
    return synth.run(*words(kind, place, *overrides), overwrite=overwrite)


def killed(kind: str, place: Path, after: int, *overrides: str, overwrite: bool = False) -> None:
    names = {"module": f"synth_lakehouse.{kind}", "tables": f"{kind.capitalize()}Tables"}
    mode = "overwrite" if overwrite else "add"
    command = [sys.executable, "-c", KILLED.format(**names), str(after), mode, *words(kind, place, *overrides)]
    assert subprocess.run(command, check=False, timeout=120).returncode == 9


def rows(kind: str, place: Path, table: str) -> pa.Table:
    """The rows of a table's newest state, read by the format's own library."""
    if kind == "delta":
        from deltalake import DeltaTable

        return DeltaTable(str(place / table)).to_pyarrow_table()
    from pyiceberg.catalog import load_catalog as load_tables

    return load_tables("synth", uri=f"sqlite:///{place}/catalog.db").load_table(("synth", table)).scan().to_arrow()


def found(place: Path) -> dict[str, Any]:
    """What is wrong with a place: check → detail; that it holds no run, where no manifest is there yet."""
    try:
        return {check.name: check.detail for check in verify(str(place), catalog=load_catalog()).failed}
    except RefusedError as error:
        return {"place": str(error)}


@both
def test_rows_say_of_which_run_they_are_and_labels_join_by_it(kind: str, tmp_path: Path) -> None:
    made = [
        run(kind, tmp_path, f"seed={seed}", APPEND, "columns=full").manifests[kind]["fingerprint"] for seed in (1, 2)
    ]
    runs = [fingerprint[:16] for fingerprint in made]
    events, labels = (rows(kind, tmp_path, table).to_pandas() for table in ("transactions", "labels"))
    assert events.groupby("synth_run").size().to_dict() == dict.fromkeys(runs, 4000)
    assert set(rows(kind, tmp_path, "episodes").column("synth_run").to_pylist()) == {*runs}
    joined = events.merge(labels, on=["synth_run", "event_id"])
    fraud = events[events.fraud_label == 1]
    assert sorted(zip(joined.synth_run, joined.event_id, strict=True)) == sorted(
        zip(fraud.synth_run, fraud.event_id, strict=True)
    )
    for seed, each in zip((1, 2), runs, strict=True):
        native = synth.generate(*SMALL, f"seed={seed}", "columns=full")
        mine = events[events.synth_run == each].sort_values("event_id")
        assert mine.tid.tolist() == native.tid.tolist()
    assert found(tmp_path) == {}


@both
def test_the_same_recipe_again_is_one_append(kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run(kind, tmp_path, APPEND)
    run(kind, tmp_path, "seed=2", APPEND)
    before = {table: rows(kind, tmp_path, table) for table in TABLES}
    with caplog.at_level(logging.WARNING):
        again = run(kind, tmp_path, APPEND)
    assert f"{tmp_path} holds this very run already: nothing is added" in caplog.text
    assert {table: rows(kind, tmp_path, table) for table in TABLES} == before
    assert found(tmp_path) == {}
    assert again.digest == read_manifest(tmp_path)["digest"]


@both
def test_a_run_that_was_replaced_is_added_again(kind: str, tmp_path: Path) -> None:
    run(kind, tmp_path, APPEND)
    run(kind, tmp_path, "seed=2", APPEND, overwrite=True)
    run(kind, tmp_path, APPEND)
    assert len(rows(kind, tmp_path, "transactions")) == 8000
    assert found(tmp_path) == {}


@both
@pytest.mark.parametrize("after", [1, 2])
def test_an_append_that_was_killed_between_tables_is_told_and_finished(kind: str, after: int, tmp_path: Path) -> None:
    run(kind, tmp_path, APPEND)
    killed(kind, tmp_path, after, "seed=2", APPEND)
    [told] = found(tmp_path).values()
    assert "was published half-way; run it again" in told or "holds no synth run" in told
    run(kind, tmp_path, "seed=2", APPEND)
    assert len(rows(kind, tmp_path, "transactions")) == 8000
    assert len({*rows(kind, tmp_path, "labels").column("synth_run").to_pylist()}) == 2
    labels = rows(kind, tmp_path, "labels").to_pandas()
    assert not labels.duplicated(["synth_run", "event_id"]).any()
    assert found(tmp_path) == {}


@both
@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("layout", ["sink.KIND.if_exists=fail", APPEND])
def test_an_overwrite_that_was_killed_leaves_what_verify_names(
    kind: str, after: int, layout: str, tmp_path: Path
) -> None:
    run(kind, tmp_path, layout)
    killed(kind, tmp_path, after, "seed=2", layout, overwrite=True)
    told = found(tmp_path)
    assert list(told) in (["lakehouse: tables"] if after else [], ["place"]), told
    run(kind, tmp_path, "seed=2", layout, overwrite=True)
    assert len(rows(kind, tmp_path, "transactions")) == 4000
    assert found(tmp_path) == {}


@both
def test_a_first_run_that_was_killed_is_no_run_and_is_finished(kind: str, tmp_path: Path) -> None:
    killed(kind, tmp_path, 2, APPEND)
    with pytest.raises(RefusedError, match="holds no synth run"):
        verify(str(tmp_path), catalog=load_catalog())
    run(kind, tmp_path, APPEND)
    assert len(rows(kind, tmp_path, "transactions")) == 4000
    assert found(tmp_path) == {}


@both
def test_tables_with_runs_and_without_do_not_mix(kind: str, tmp_path: Path) -> None:
    run(kind, tmp_path / "alone")
    with pytest.raises(RefusedError, match="was written without if_exists=append, and takes no second run"):
        run(kind, tmp_path / "alone", "seed=2", APPEND)
    run(kind, tmp_path / "shared", APPEND)
    with pytest.raises(RefusedError, match="so that its rows say of which run they are: say it here, too"):
        run(kind, tmp_path / "shared", "seed=2", overwrite=True)
    assert (found(tmp_path / "alone"), found(tmp_path / "shared")) == ({}, {})


@both
def test_a_run_that_is_there_in_other_bytes_is_not_written_over(kind: str, tmp_path: Path) -> None:
    run(kind, tmp_path, APPEND)
    before = {table: rows(kind, tmp_path, table) for table in TABLES}
    with pytest.raises(RunError, match=r"holds this run already, in .* of other bytes"):
        run(kind, tmp_path, APPEND, "sink.KIND.compression=gzip")
    assert {table: rows(kind, tmp_path, table) for table in TABLES} == before
    assert found(tmp_path) == {}


@both
def test_a_column_named_as_the_run_is_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="lake tables keep the name 'synth_run'"):
        run(kind, tmp_path, APPEND, "+columns.add={synth_run: amount}")


def test_verify_opens_an_iceberg_table_through_its_catalog(tmp_path: Path) -> None:
    from pyiceberg.catalog import load_catalog as load_tables

    run("iceberg", tmp_path)
    load_tables("synth", uri=f"sqlite:///{tmp_path}/catalog.db").drop_table("synth.labels")
    assert found(tmp_path) == {"lakehouse: tables": "there is no table 'labels'"}
    (tmp_path / "catalog.db").unlink()
    assert "there is no table" in found(tmp_path)["lakehouse: tables"]


def test_verify_finds_a_delta_table_that_went_back(tmp_path: Path) -> None:
    from deltalake import DeltaTable

    run("delta", tmp_path)
    run("delta", tmp_path, "seed=2", overwrite=True)
    DeltaTable(str(tmp_path / "labels")).restore(0)
    assert "table 'labels' holds no file of the manifest" in found(tmp_path)["lakehouse: tables"]
