"""Partitions of lake tables, in each format's own way: the same content, and readers that open no other file."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal
from synth_lakehouse.statistics import stats_of

import synth
from synth.errors import RefusedError, RunError
from tests.cli import commands
from tests.servers import S3Server
from tests.sinks.places import Prefix
from tests.sinks.test_partitions import RECIPE

both = pytest.mark.parametrize("kind", ["delta", "iceberg"])
APPEND = "sink.KIND.if_exists=append"
#: Parts of the time alone, and with columns: one has no value in most rows, one is a number.
KEYS = ("day", "month,channel,scenario", "fraud_label,hour")
DAY = datetime(2022, 1, 2, tzinfo=UTC)


def run(kind: str, place: Path | str, keys: str, *words: str, overwrite: bool = False) -> synth.RunResult:
    sink = (f"sink={kind}", f"sink.{kind}.uri={place}", f"sink.{kind}.partition_by=[{keys}]")
    return synth.run(*RECIPE, *sink, *(word.replace("KIND", kind) for word in words), overwrite=overwrite)


def delta(place: Path | str, **options: Any) -> Any:
    from deltalake import DeltaTable

    return DeltaTable(f"{place}/transactions", **options)


def iceberg(place: Path | str, **options: str) -> Any:
    from pyiceberg.catalog import load_catalog

    return load_catalog("synth", **{"uri": f"sqlite:///{place}/catalog.db", **options}).load_table("synth.transactions")


def by_polars(kind: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> pl.LazyFrame:
    monkeypatch.setenv("POLARS_ICEBERG_PLANNER", "pyiceberg")
    return pl.scan_delta(f"{place}/transactions") if kind == "delta" else pl.scan_iceberg(iceberg(place))


def named(place: Path | str) -> list[str]:
    return [file["name"] for file in synth.open(place).table("transactions")["files"]]


def spare(place: Path, *told: str) -> None:
    """Removes every file of the transactions but those in the folders of some partitions."""
    for name in named(place):
        if not any(f"/{each}/" in name for each in told):
            (place / name).unlink()


@both
@pytest.mark.parametrize("keys", KEYS)
def test_partitions_hold_the_content_of_none(kind: str, keys: str, tmp_path: Path) -> None:
    native = synth.generate(*RECIPE)
    for words in (("seed=2",), ()):
        run(kind, tmp_path, keys, *words, overwrite=True)
        report = synth.verify(tmp_path)
        assert report.ok, list(report.failed)
    assert_frame_equal(synth.open(tmp_path).to_pandas(), native)
    assert all(list(synth.partition_of(name)) == keys.split(",") for name in named(tmp_path))


@both
@pytest.mark.parametrize("keys", ["", KEYS[1]])
def test_other_readers_find_all_rows_of_all_runs(kind: str, keys: str, tmp_path: Path, monkeypatch) -> None:
    runs = [run(kind, tmp_path, keys, f"seed={seed}", APPEND).manifests[kind]["fingerprint"][:16] for seed in (1, 2)]
    assert synth.verify(tmp_path).ok
    rows = by_polars(kind, tmp_path, monkeypatch).collect()
    for seed, name in zip((1, 2), runs, strict=True):
        native = pl.DataFrame(synth.open(tmp_path).schema("transactions").empty_table())
        native = pl.from_pandas(synth.generate(*RECIPE, f"seed={seed}"), schema_overrides=native.schema)
        mine = rows.filter(pl.col("synth_run") == name).sort("event_id").select(native.columns)
        assert mine.rows() == native.rows()
    if kind == "delta" and "month" in keys:
        assert rows["month"].to_list() == rows["time"].dt.strftime("%Y-%m").to_list()


def test_readers_of_delta_open_the_files_of_a_partition_alone(tmp_path: Path, monkeypatch) -> None:
    rows = run("delta", tmp_path, "day,channel").to_pandas()
    online = ((rows["time"].dt.strftime("%Y-%m-%d") == "2022-01-02") & (rows["channel"] == "online")).sum()
    table = delta(tmp_path)
    spare(tmp_path, "day=2022-01-02/channel=online")
    wanted = (ds.field("day") == "2022-01-02") & (ds.field("channel") == "online")
    assert len(table.to_pyarrow_dataset().to_table(filter=wanted)) == online
    chosen = by_polars("delta", tmp_path, monkeypatch).filter(day="2022-01-02", channel="online")
    assert len(chosen.collect()) == online > 0


def test_readers_of_delta_leave_files_out_by_their_bounds(tmp_path: Path) -> None:
    """The bounds of the time say so without a partition, too: blocks follow each other in time."""
    rows = run("delta", tmp_path, "").to_pandas()
    last = rows["time"].max()
    *others, kept = named(tmp_path)
    for name in others:
        (tmp_path / name).unlink()
    found = delta(tmp_path).to_pyarrow_dataset().to_table(filter=ds.field("time") >= pa.scalar(last))
    assert len(found) == (rows["time"] >= last).sum() > 0
    assert others
    assert kept


def test_readers_of_iceberg_open_the_files_of_a_day_alone(tmp_path: Path, monkeypatch) -> None:
    rows = run("iceberg", tmp_path, "day,channel").to_pandas()
    online = ((rows["time"].dt.strftime("%Y-%m-%d") == "2022-01-02") & (rows["channel"] == "online")).sum()
    spare(tmp_path, "day=2022-01-02/channel=online")
    wanted = "time >= '2022-01-02T00:00:00+00:00' AND time < '2022-01-03T00:00:00+00:00' AND channel = 'online'"
    scan = iceberg(tmp_path).scan(row_filter=wanted)
    left = {str(tmp_path / name) for name in named(tmp_path) if (tmp_path / name).exists()}
    assert {task.file.file_path.removeprefix("file://") for task in scan.plan_files()} == left
    assert len(scan.to_arrow()) == online > 0
    day = (pl.col("time") >= DAY) & (pl.col("time") < DAY.replace(day=3))
    chosen = by_polars("iceberg", tmp_path, monkeypatch).filter(day, channel="online")
    assert len(chosen.collect()) == online


def test_the_files_of_iceberg_hold_all_columns_and_are_held_to_their_folders(tmp_path: Path) -> None:
    run("iceberg", tmp_path, "channel")
    columns = synth.open(tmp_path).schema("transactions").names
    first, second, *_ = (tmp_path / name for name in named(tmp_path))
    assert pq.read_schema(first).names == columns
    assert set(pq.read_table(first, columns=["channel"])["channel"].to_pylist()) == {
        synth.partition_of(str(first))["channel"]
    }
    second.write_bytes(first.read_bytes())
    with pytest.raises(synth.VerifyError, match="it holds rows of another channel than"):
        synth.open(tmp_path).to_pandas()


@both
def test_a_table_keeps_its_partitions(kind: str, tmp_path: Path) -> None:
    run(kind, tmp_path, "day")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    told = r"table 'transactions' has partition_by: \[day\], which no run changes: say it here, too"
    with pytest.raises(RefusedError, match=told):
        run(kind, tmp_path, "day,channel", overwrite=True)
    with pytest.raises(RefusedError, match=told):
        run(kind, tmp_path, "", overwrite=True)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@both
@pytest.mark.parametrize("mode", ["sink.KIND.if_exists=fail", APPEND])
def test_a_commit_that_fails_is_taken_back(kind: str, mode: str, tmp_path: Path, monkeypatch) -> None:
    run(kind, tmp_path, "day,channel", mode)
    rows = synth.open(tmp_path).to_pandas()
    before = {*tmp_path.rglob("*.parquet")}
    replace = {"overwrite": mode != APPEND}
    with monkeypatch.context() as failing:
        failing.setattr("synth.sinks.journal.Journal.exchange", fail)
        with pytest.raises(RunError, match="no more"):
            run(kind, tmp_path, "day,channel", mode, "seed=2", **replace)
    assert_frame_equal(synth.open(tmp_path).to_pandas(), rows)
    assert synth.verify(tmp_path).ok
    assert {*tmp_path.rglob("*.parquet")} == before
    run(kind, tmp_path, "day,channel", mode, "seed=2", **replace)
    assert synth.verify(tmp_path).ok


def fail(*_: object) -> None:
    raise OSError("no more")


@both
def test_in_a_bucket(kind: str, moto: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = Prefix(moto, f"lake-parts-{kind}")
    for key, value in place.environ().items():
        monkeypatch.setenv(key, value)
    catalog = [f"sink.iceberg.catalog=sqlite:///{tmp_path}/catalog.db"] if kind == "iceberg" else []
    stray = f"{place.prefix}/transactions/data/day=2022-01-01/part-00001-00000.parquet"
    place.client.create_multipart_upload(Bucket=place.bucket, Key=stray)  # as a run leaves it that was killed
    for _ in range(2):
        run(kind, place.uri, "day", *catalog, overwrite=True)
        assert synth.verify(place.uri).ok
        assert not place.staging()
    wanted = set(named(place.uri))
    if kind == "delta":
        options = {"AWS_ENDPOINT_URL": moto.endpoint, "AWS_ALLOW_HTTP": "true"}
        found = delta(place.uri, storage_options=options).file_uris()
    else:
        address = {"uri": f"sqlite:///{tmp_path}/catalog.db", "s3.endpoint": moto.endpoint}
        scan = iceberg(place.uri, **address).scan("time < '2022-01-02T00:00:00+00:00'")
        found = [task.file.file_path for task in scan.plan_files()]
        wanted = {name for name in wanted if "day=2022-01-01" in name}
    assert {name.removeprefix(f"{place.uri}/") for name in found} == wanted
    assert found


@pytest.mark.parametrize("keys", ["dayy", "card_id", "day,day", "amount,nothing"])
def test_wrong_keys_are_told_as_those_of_other_sinks(keys: str, tmp_path: Path) -> None:
    told = set()
    for kind in ("parquet", "delta", "iceberg"):
        words = (*RECIPE, f"sink={kind}", f"sink.{kind}.uri=out", f"sink.{kind}.partition_by=[{keys}]")
        answer = commands.synth("validate", *words, cwd=tmp_path)
        assert answer.code == 2
        told.add(answer.err.replace(f"sink.{kind}", "sink.KIND").replace(f"sink={kind}", "sink=KIND"))
    assert len(told) == 1
    assert "sink.KIND.partition_by" in told.pop()


def test_iceberg_takes_one_part_of_the_time(tmp_path: Path) -> None:
    words = (*RECIPE, "sink=iceberg", "sink.iceberg.uri=out", "sink.iceberg.partition_by=[year,channel,hour]")
    answer = commands.synth("validate", *words, cwd=tmp_path)
    assert answer.code == 2
    assert "Iceberg knows one part of the time for each table" in answer.err
    assert "allowed: year, hour" in answer.err


def test_the_log_of_delta_keeps_what_bounds_the_columns(tmp_path: Path) -> None:
    rows = run("delta", tmp_path, "", "sink.delta.row_group_rows=20").to_pandas()
    lines = (tmp_path / "transactions/_delta_log/00000000000000000000.json").read_text().splitlines()
    logged = [json.loads(add["stats"]) for line in lines if (add := json.loads(line).get("add"))]
    assert sum(each["numRecords"] for each in logged) == len(rows)
    first = rows[: logged[0]["numRecords"]]
    for end, bound in (("min", "minValues"), ("max", "maxValues")):
        assert logged[0][bound]["amount"] == getattr(first["amount"], end)()
        assert logged[0][bound]["time"] == getattr(first["time"], end)().isoformat(timespec="milliseconds")[:-6] + "Z"
        assert logged[0][bound]["channel"] == getattr(first["channel"].astype(str), end)()
    assert logged[0]["nullCount"]["scenario"] == first["scenario"].isna().sum() > 0


def test_bounds_that_have_no_exact_word_are_left_out(tmp_path: Path) -> None:
    at = [pa.scalar(us, pa.timestamp("us")) for us in (1_500, 2_001)]
    columns = {"time": at, "ratio": [1.0, float("inf")], "nothing": pa.nulls(2, pa.string()), "odd": [b"\xff", b"\x00"]}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", row_group_size=1)
    found = stats_of(pq.read_metadata(tmp_path / "a.parquet"))
    assert found["minValues"] == {"time": "1970-01-01T00:00:00.001"}
    assert found["maxValues"] == {"time": "1970-01-01T00:00:00.003"}  # a bound, though not the least one
    assert found["nullCount"] == {"time": 0, "ratio": 0, "nothing": 2, "odd": 0}


@pytest.mark.parametrize(
    ("kind", "keys", "name", "told"),
    [
        ("iceberg", "day", "time_day", "Iceberg calls a partition 'time_day', as a column of the view is called"),
        ("delta", "day,Day", "Day", "'day' and 'Day' are one name to Delta, which does not tell upper from lower case"),
        ("delta", "Time", "Time", "'Time' and 'time' are one name to Delta, which does not tell upper from lower case"),
        ("delta", "'a:b'", "'a:b'", "'a:b' names folders, which readers take as they are"),
    ],
)
def test_a_name_with_which_a_format_cannot_do(kind: str, keys: str, name: str, told: str, tmp_path: Path) -> None:
    sink = (f"sink={kind}", f"sink.{kind}.uri=place", f"sink.{kind}.partition_by=[{keys}]")
    words = ("experiment=tiny", "columns=spending", f"+columns.rename.channel={name}", *sink)
    answer = commands.synth("validate", *words, cwd=tmp_path)
    assert answer.code == 2
    assert answer.err.count("error: ") == 1
    assert f"error: sink.{kind}.partition_by: {told}" in answer.err
