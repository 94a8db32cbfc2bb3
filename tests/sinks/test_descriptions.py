"""What a place says of itself to machines. SQL is executed here; the libraries of the other formats are for ``make
readers``.
"""

import json
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

import synth
from tests.outputs import manifest_file, read_manifest
from tests.plugins.postgres_server import PostgresServer
from tests.sinks.places import Prefix

RECIPE = (
    *("experiment=tiny", "timeline.end=2022-01-15", "block_rows=300", "generator.transactions=700", "clicks=shop"),
    *("columns=spending", "reporting=noisy", "scenario=[account_takeover,card_chain]"),
    *("scenario.account_takeover.ratio=0.08", "+columns.add.city=customers.city", "+columns.add.seen=time"),
)
#: Sink, layout and other options; of each format in one file, in parts, in partitions and compressed what there is.
KINDS = {
    "parquet": ("parquet",),
    "parquet in partitions": ("parquet", "partition_by=[day,channel,scenario]"),
    "csv": ("csv", "layout=file"),
    "csv in parts": ("csv", "layout=parts", "compression=gzip"),
    "csv in partitions": ("csv", "layout=parts", "partition_by=[channel,role,scenario]"),
    "jsonl": ("jsonl", "layout=file", "compression=gzip"),
    "jsonl in partitions": ("jsonl", "layout=parts", "partition_by=[month,scenario]"),
}
NAMES = {"croissant.json", "datapackage.json", "_load_duckdb.sql", "_load_postgres.sql"}


def write(place: str, kind: str, *options: str, overwrite: bool = False) -> None:
    sink, *own = KINDS[kind]
    words = [f"sink.{sink}.{each}" for each in (f"uri='{place}'", "describe=true", *own, *options)]
    synth.run(*RECIPE, f"sink={sink}", *words, overwrite=overwrite)


def descriptions(place: Path) -> dict[str, str]:
    """Name → text, of those that are there; a data package stands above all files of its run."""
    beside = manifest_file(place).parent
    places = {name: beside / name for name in NAMES}
    if beside != place:
        places["datapackage.json"] = place / "_datapackage.json"
    return {name: path.read_text() for name, path in places.items() if path.exists()}


def in_order(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(repr(list(row.values())) for row in rows)


@pytest.mark.parametrize("kind", KINDS)
def test_duckdb_loads_every_value_of_every_table(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "out"
    write(str(place), kind)
    output = synth.open(place)
    monkeypatch.chdir(manifest_file(place).parent)
    with duckdb.connect() as connection:
        connection.execute(descriptions(place)["_load_duckdb.sql"])
        for name, table in output.tables.items():
            wanted = pa.table(table)
            found = connection.sql(f'FROM "{name}"').to_arrow_table()
            assert found.column_names == wanted.column_names
            assert in_order(found.cast(wanted.schema).to_pylist()) == in_order(wanted.to_pylist()), name
        commented = connection.execute("SELECT count(*), count(comment) FROM duckdb_columns() WHERE NOT internal")
        assert len({*commented.fetchall()[0]}) == 1


@pytest.mark.server
@pytest.mark.parametrize("kind", [name for name in KINDS if name.startswith("csv")])
def test_postgresql_loads_every_value_of_every_table(
    kind: str, tmp_path: Path, postgres: PostgresServer, schema: str
) -> None:
    place = tmp_path / "out"
    write(str(place), kind)
    postgres.ask(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    uri = f"postgresql://postgres@127.0.0.1:{postgres.port}/postgres?options=-csearch_path%3D{schema}"
    psql = shutil.which("psql")
    assert psql, "it comes with the server"
    command = [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-f", "_load_postgres.sql", uri]
    done = subprocess.run(command, cwd=manifest_file(place).parent, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    for name, table in synth.open(place).tables.items():
        found = [dict(enumerate(row)) for row in postgres.ask(f'SELECT * FROM "{schema}"."{name}"')]
        wanted = pa.table(table)
        as_arrow = pa.Table.from_pylist([dict(zip(wanted.column_names, row.values(), strict=True)) for row in found])
        assert in_order(as_arrow.cast(wanted.schema).to_pylist() if found else []) == in_order(wanted.to_pylist()), name
    references = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = %s::regnamespace"
    assert postgres.ask(references, schema)[0][0] >= 8


@pytest.mark.parametrize("kind", KINDS)
def test_every_table_and_column_is_told_as_it_is_declared(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "out"
    write(str(place), kind)
    manifest, found = read_manifest(place), descriptions(place)
    package, croissant = json.loads(found["datapackage.json"]), json.loads(found["croissant.json"])
    sets = {each["@id"]: each for each in croissant["recordSet"]}
    resources: dict[str, list[Any]] = {}
    for each in package["resources"]:
        resources.setdefault(each["name"].partition("-")[0], []).append(each)
    assert [*sets] == [*resources] == [*manifest["tables"]]
    for name, entry in manifest["tables"].items():
        keys = manifest["sink"]["partition_by"] if name == "transactions" else ()
        columns = {each["name"]: each for each in entry["columns"] if each["name"] not in keys}
        told = {each["name"]: each for each in resources[name][0]["schema"]["fields"]}
        assert [each["name"] for each in sets[name]["field"]] == [*told] == [*columns]
        for column, field in told.items():
            assert columns[column]["doc"] in field["description"]
            if columns[column]["type"] == "string":
                assert field["type"] == "string"
        paths = [
            path
            for each in resources[name]
            for path in ([each["path"]] if isinstance(each["path"], str) else each["path"])
        ]
        assert [place / path for path in paths] == [place / file["name"] for file in entry["files"]]


def test_descriptions_are_the_same_again_and_go_with_their_run(tmp_path: Path) -> None:
    place = tmp_path / "out"
    write(str(place), "csv in parts")
    first = descriptions(place)
    assert {*first} == NAMES
    write(str(place), "csv in parts", overwrite=True)
    assert descriptions(place) == first
    write(str(place), "csv", overwrite=True)
    assert {*descriptions(place)} == NAMES
    assert not [name for name in NAMES if (place / name).exists()]
    assert synth.verify(place).ok
    write(str(place), "parquet", "describe=false", overwrite=True)
    assert not [*place.rglob("croissant.json"), *place.rglob("*.sql"), *place.rglob("*datapackage.json")]


def test_what_somebody_else_described_is_in_the_way(tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.mkdir()
    (place / "datapackage.json").write_text("mine")
    with pytest.raises(synth.RefusedError, match=r"already holds datapackage\.json"):
        write(str(place), "parquet")
    assert (place / "datapackage.json").read_text() == "mine"


@pytest.mark.parametrize(("run_folder", "kind"), [*product(["auto", "always"], ["csv", "parquet"])])
def test_descriptions_stand_in_a_bucket_and_in_the_folder_of_a_run(
    run_folder: str, kind: str, tmp_path: Path, moto, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in moto.environ().items():
        monkeypatch.setenv(key, value)
    place, plain = Prefix(moto, "described"), tmp_path / "plain"
    for _ in range(2):
        write(place.uri, kind, f"run_folder={run_folder}", overwrite=True)
    write(str(plain), kind)
    found = {name.rpartition("/")[2]: text for name, text in place.plain().items()}
    here = {name: text for name in NAMES if (text := found.get(name) or found.get(f"_{name}"))}
    assert {name: text.decode() for name, text in here.items()} == descriptions(plain)
    assert sum(name.endswith("croissant.json") for name in place.files()) == 1
    assert not place.staging()
