"""Partitions: every format, kind of keys and store holds the same content, and replaces whole what was there."""

from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest

import synth
from synth.check.partitions import partition_of
from synth.errors import RunError
from synth.sinks.partitions import split
from synth.tables.batch import Batch
from synth.tables.column import Column
from synth.tables.partition import NULL, TIME_PARTS
from synth.tables.table import Field, Table
from tests.outputs import read_manifest, table_files
from tests.sinks.places import Directory, Place, Prefix

RECIPE = (
    *("experiment=tiny", "scenario=card_chain", "timeline.end=2022-01-04", "generator.transactions=300"),
    *("block_rows=160", "columns=spending"),
)
FORMATS = {
    "parquet": ("parquet",),
    "csv": ("csv", "layout=parts"),
    "csv, plain": ("csv", "layout=parts", "header=false", "compression=gzip"),
    "jsonl": ("jsonl", "layout=parts", "compression=zstd"),
}
#: Parts of the time alone, whose rows stay in order, and with columns, whose rows do not.
KEYS = ("day", "month,channel,scenario")


@pytest.fixture(scope="module")
def digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of the content, written in no partitions."""
    place = tmp_path_factory.mktemp("plain") / "out"
    synth.run(*RECIPE, f"sink.parquet.uri={place}")
    found: str = read_manifest(place)["digest"]
    return found


def place_of(store: str, folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place:
    if store == "directory":
        return Directory(folder / "out")
    server = request.getfixturevalue(store)
    for key, value in server.environ().items():
        monkeypatch.setenv(key, value)
    return Prefix(server, "partitions")


def write(place: Place, form: str, *options: str) -> None:
    sink, *own = FORMATS[form]
    words = [f"sink.{sink}.{option}" for option in (f"uri={place.uri}", *own, *options)]
    synth.run(*RECIPE, f"sink={sink}", *words, overwrite=True)


def files_of(output: synth.Output, table: str = "transactions") -> list[str]:
    return [file["name"] for file in output.table(table)["files"]]


@pytest.mark.parametrize("run_folder", ["auto", "always"])
@pytest.mark.parametrize(("store", "form"), [*product(["directory"], FORMATS), ("moto", "parquet")])
def test_partitions_hold_the_content_of_none_and_replace_each_other(
    store: str, form: str, run_folder: str, digest: str, tmp_path: Path, request, monkeypatch
) -> None:
    place = place_of(store, tmp_path, request, monkeypatch)
    for keys in ("", *KEYS):
        write(place, form, f"partition_by=[{keys}]", f"run_folder={run_folder}")
        output = synth.open(place.uri)
        assert output.manifest["digest"] == digest
        report = synth.verify(place.uri)
        assert report.ok, list(report.failed)
        for file in files_of(output):
            assert list(partition_of(file)) == (keys.split(",") if keys else [])
        named = {file["name"] for table in output.manifest["tables"].values() for file in table["files"]}
        there = {name for name in place.files() if not name.endswith(("README.md", "_manifest.json", "_replaced.json"))}
        assert {name for name in there if not name.startswith("_current/")} == named
        assert not place.staging()


def test_values_stand_in_the_folders_alone_and_datasets_find_them(tmp_path: Path) -> None:
    place = Directory(tmp_path / "out")
    write(place, "parquet", "partition_by=[day,channel]")
    rows = synth.open(place.uri).to_pandas()
    for file in table_files(tmp_path / "out", "transactions"):
        told = partition_of(str(file.relative_to(tmp_path)))
        stored = pa.parquet.read_table(file)
        assert not {"day", "channel"} & {*stored.column_names}
        assert {*pc.strftime(stored["time"], format="%Y-%m-%d").to_pylist()} == {told["day"]}
    data = ds.dataset(tmp_path / "out/transactions", partitioning="hive")
    online = data.to_table(filter=ds.field("channel") == "online")
    assert len(online) == (rows["channel"] == "online").sum() > 0
    assert {*data.schema.names} == {*rows.columns, "day"}


def test_a_file_in_the_folder_of_another_day_is_found(tmp_path: Path) -> None:
    """Whoever wrote it so would have named it so in the manifest, too."""
    place = Directory(tmp_path / "out")
    write(place, "csv", "partition_by=[day]")
    first, *_, last = table_files(tmp_path / "out", "transactions")
    text, other = first.read_bytes(), last.read_bytes()
    first.write_bytes(other)
    last.write_bytes(text)
    with pytest.raises(synth.VerifyError, match="rows of another day than 2022-01-01"):
        synth.open(place.uri).to_pandas()
    assert not synth.verify(place.uri).ok


def test_a_file_of_a_day_that_the_run_does_not_have_is_foreign(tmp_path: Path) -> None:
    write(Directory(tmp_path / "out"), "csv", "partition_by=[day]")
    stray = tmp_path / "out/transactions/day=2031-01-01/part-00000.csv"
    stray.parent.mkdir()
    stray.write_text("a\n")
    [failed] = synth.verify(tmp_path / "out").failed
    assert (failed.name, "day=2031-01-01" in failed.detail) == ("foreign files", True)


def test_a_place_with_parts_in_folders_is_not_vacant(tmp_path: Path) -> None:
    stray = tmp_path / "out/transactions/day=2031-01-01/part-00000.parquet"
    stray.parent.mkdir(parents=True)
    stray.write_text("a\n")
    with pytest.raises(synth.RefusedError, match=r"already holds transactions/day=2031-01-01/part-00000\.parquet"):
        synth.run(*RECIPE, f"sink.parquet.uri={tmp_path / 'out'}")


def column(name: str, kind: str, *, few: bool = False) -> Column:
    return Column(name, kind, "", "observable", name, nullable=True, enumerated=few)


def batch_of(texts: list[str | None]) -> Batch:
    columns = (column("event_id", "int64"), Column("time", "timestamp[us, tz=UTC]", "", "observable", "when"))
    fields = tuple(
        Field(each.name, each, each.formats[0]) for each in (*columns, column("shop: a/b", "string", few=True))
    )
    table, n = Table("transactions", fields), len(texts)
    hours = pa.array([(i * 86_400 - 43_200) * 1_000_000 for i in range(n)], pa.int64())
    arrays = {"event_id": pa.array(range(n), pa.int64()), "time": hours, "shop: a/b": pa.array(texts, pa.string())}
    return Batch.of(table, arrays, {})


def test_names_of_folders_are_read_back_as_the_values_that_they_are() -> None:
    values = ["a/b", "50 %", "x=y", "é:ü", None, "a/b", '"', "..", "+"]
    found = list(split(batch_of(values), ["shop: a/b"]))
    told = [partition_of(f"transactions/{folder}/part-00000.csv") for folder, _ in found]
    assert [each["shop: a/b"] for each in told] == [v or NULL for v in dict.fromkeys(values)]
    assert found[0][1].native["event_id"].to_pylist() == [0, 5]
    assert all(folder.count("/") == 0 for folder, _ in found)


@pytest.mark.parametrize("key", TIME_PARTS)
def test_parts_of_the_time_are_whole_before_1970_too(key: str) -> None:
    batch = batch_of(["a"] * 3)
    wanted = dict.fromkeys(pc.strftime(batch.native["time"].cast("timestamp[s]"), format=TIME_PARTS[key]).to_pylist())
    assert [folder for folder, _ in split(batch, [key])] == [f"{key}={text}" for text in wanted]
    assert sum(part.native.num_rows for _, part in split(batch, [key])) == 3


def test_parts_print_as_the_block_does() -> None:
    batch = batch_of(["a", "b", "a"])
    [(_, part), _] = split(batch, ["shop: a/b"])
    assert part.text.to_pydict() == {name: batch.text[name].take([0, 2]).to_pylist() for name in ("event_id", "time")}


def test_no_folder_is_named_after_an_empty_text() -> None:
    with pytest.raises(RunError, match="no folder can be named"):
        list(split(batch_of(["a", ""]), ["shop: a/b"]))
