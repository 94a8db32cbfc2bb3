"""The sinks for lake tables keep every promise of a sink; other readers than the writer read what they wrote."""

import shlex
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

import synth
from synth.check.reader import open_output
from synth.check.verify import verify
from synth.config.catalog import load_catalog
from synth.config.recipe import load_recipe
from synth.engine.open_sinks import make_sinks
from synth.engine.prepare import prepare
from synth.errors import RefusedError, RunError
from tests.cli import commands
from tests.cli.commands import Answer, command, contents, finish, run_process, start, tree, wait_until
from tests.generators import shops
from tests.generators.test_own_columns import RECIPE
from tests.servers import S3Server

SMALL = ("scenario=card_chain", "generator.transactions=4000", "block_rows=900", "population.cards=300")

both = pytest.mark.parametrize("kind", ["delta", "iceberg"])


def words(kind: str, place: Path | str, *overrides: str) -> tuple[str, ...]:
    return (*SMALL, f"sink={kind}", f"sink.{kind}.uri={place}", *(o.replace("KIND", kind) for o in overrides))


def run(kind: str, place: Path | str, *overrides: str, overwrite: bool = False) -> synth.RunResult:
    return synth.run(*words(kind, place, *overrides), overwrite=overwrite)


def cli(name: str, *arguments: str, cwd: Path) -> Answer:
    return commands.synth(name, *arguments, cwd=cwd)


def files(kind: str, place: Path | str, table: str, **options: Any) -> list[str]:
    """The data files of the newest state of a table, as the table's own log tells them."""
    if kind == "delta":
        from deltalake import DeltaTable

        return DeltaTable(f"{place}/{table}", **options).file_uris()
    from pyiceberg.catalog import load_catalog as load_tables

    catalog = load_tables("synth", uri=options.pop("uri", f"sqlite:///{place}/catalog.db"), warehouse="", **options)
    found = catalog.load_table(("synth", table)).scan().plan_files()
    return [task.file.file_path.removeprefix("file://") for task in found]


def read(kind: str, place: Path, table: str) -> pa.Table:
    """The rows of the newest state, by DuckDB."""
    query = "SELECT * FROM read_parquet($1, filename = true) ORDER BY filename"
    with closing(duckdb.connect()) as connection:
        rows = connection.sql(query, params=[files(kind, place, table)])
        assert rows is not None
        return rows.to_arrow_table()


# the rows


@both
@pytest.mark.parametrize("columns", ["notebook", "full"])
def test_the_digest_is_that_of_any_run(columns: str, kind: str, tmp_path: Path) -> None:
    recipe = (f"columns={columns}", "population=tiny", "population.profile=faker")
    result = run(kind, tmp_path / "out", *recipe)
    other = synth.run(*SMALL, *recipe, "sink=parquet", f"sink.parquet.uri={tmp_path / 'native'}")
    assert result.digest == other.digest
    assert_frame_equal(result.to_pandas(), other.to_pandas())
    report = verify(str(tmp_path / "out"), catalog=load_catalog())
    assert not report.failed
    assert columns == "notebook" or all(check.ok for check in report.checks)


@both
def test_another_reader_finds_every_row_by_the_log(kind: str, tmp_path: Path) -> None:
    result = run(kind, tmp_path, "columns=full")
    native = synth.generate(*SMALL, "columns=full")
    for table, entry in result.manifests[kind]["tables"].items():
        assert len(read(kind, tmp_path, table)) == entry["rows"]
    found = pq.ParquetDataset(sorted(files(kind, tmp_path, "transactions"))).read()
    assert_frame_equal(found.to_pandas().astype(native.dtypes.to_dict()), native)


@both
def test_the_writers_library_reads_the_rows_and_the_docs(kind: str, tmp_path: Path) -> None:
    run(kind, tmp_path)
    if kind == "delta":
        from deltalake import DeltaTable

        table = DeltaTable(str(tmp_path / "transactions"))
        docs = {field.name: field.metadata["doc"] for field in table.schema().fields}
        rows = table.count()
    else:
        from pyiceberg.catalog import load_catalog as load_tables

        found = load_tables("synth", uri=f"sqlite:///{tmp_path}/catalog.db").load_table("synth.transactions")
        docs = {field.name: field.doc for field in found.schema().fields}
        rows = len(found.scan().to_arrow())
    assert rows == 4000
    assert docs["amount"] == "amount in major units"


@both
def test_the_control_world_has_empty_tables_of_truth(kind: str, tmp_path: Path) -> None:
    run(kind, tmp_path, "scenario=[]")
    assert not verify(str(tmp_path), catalog=load_catalog()).failed
    assert len(read("delta", tmp_path, "labels")) == 0 if kind == "delta" else not files(kind, tmp_path, "labels")


@both
def test_a_generators_own_columns_and_tables_come_along(kind: str, tmp_path: Path) -> None:
    plugins = [Path(shops.__file__)]
    places = {each: str(tmp_path / each) for each in (kind, "parquet")}
    sinks = [f"sink=[{kind},parquet]", *(f"sink.{each}.uri={place}" for each, place in places.items())]
    synth.run(*RECIPE, *sinks, plugin_files=plugins)
    catalog = load_catalog(plugins)
    found, native = (open_output(place, catalog) for place in places.values())
    for table in native.manifest["tables"]:
        assert_frame_equal(found.to_pandas(table), native.to_pandas(table))
    assert not verify(places[kind], catalog=catalog).failed


# runs in one place


@both
def test_a_second_run_is_refused_replaces_or_adds(kind: str, tmp_path: Path) -> None:
    first = run(kind, tmp_path, "sink.KIND.if_exists=append")
    before = contents(tmp_path)
    with pytest.raises(RefusedError, match="already holds a table 'episodes': overwrite=True replaces its rows"):
        run(kind, tmp_path, "seed=2")
    assert contents(tmp_path) == before
    catalog = load_catalog()
    added = run(kind, tmp_path, "seed=2", "sink.KIND.if_exists=append")
    assert len(read(kind, tmp_path, "transactions")) == 8000
    assert open_output(str(tmp_path), catalog).manifest["digest"] == added.digest != first.digest
    assert not verify(str(tmp_path), catalog=catalog).failed
    with pytest.raises(RefusedError, match="table 'transactions' has another shape: its columns are tid text, "):
        run(kind, tmp_path, "columns=full", "sink.KIND.if_exists=append")
    run(kind, tmp_path, "seed=3", "sink.KIND.if_exists=append", overwrite=True)
    assert len(read(kind, tmp_path, "transactions")) == 4000
    assert not verify(str(tmp_path), catalog=catalog).failed


def test_a_delta_table_keeps_its_versions(tmp_path: Path) -> None:
    from deltalake import DeltaTable

    run("delta", tmp_path)
    run("delta", tmp_path, "columns=full", overwrite=True)
    versions = [DeltaTable(str(tmp_path / "transactions"), version=version) for version in (0, 1)]
    assert [table.count() for table in versions] == [4000, 4000]
    assert [len(table.schema().fields) for table in versions] == [5, 11]


def test_an_iceberg_table_keeps_its_columns(tmp_path: Path) -> None:
    run("iceberg", tmp_path)
    with pytest.raises(RefusedError, match="has another shape"):
        run("iceberg", tmp_path, "columns=full", overwrite=True)


@both
def test_a_commit_that_fails_half_way_is_taken_back(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(kind, tmp_path, "sink.KIND.if_exists=append")
    rows, before = read(kind, tmp_path, "labels"), (tmp_path / "_manifest.json").read_bytes()
    overrides = words(kind, tmp_path, "seed=2", "sink.KIND.if_exists=append")
    recipe, _, _ = load_recipe(list(overrides))
    prepared = prepare(recipe)
    sink: Any = make_sinks(prepared, tmp_path, overwrite=False)[kind]
    sink.check()
    sink.open(prepared.extra)
    for block in range(len(prepared.plan.rows_b)):
        sink.collect(sink.write(block, prepared.make_block(block).batches))
    sink.finish()
    monkeypatch.setattr(type(sink._connect()), "add", failing_at("transactions", type(sink._connect()).add))
    with pytest.raises(RunError, match=f"cannot commit to the tables of {tmp_path}: no more"):
        sink.commit(before)
    assert len(read(kind, tmp_path, "labels")) > len(rows)
    sink.abort()
    assert read(kind, tmp_path, "labels").equals(rows)
    monkeypatch.undo()
    added = run(kind, tmp_path, "seed=2", "sink.KIND.if_exists=append")
    assert len(read(kind, tmp_path, "transactions")) == 8000
    assert len(read(kind, tmp_path, "labels")) == len(rows) + added.fraud_rows


def failing_at(name: str, add: Callable[..., None]) -> Callable[..., None]:
    def fail(self: Any, table: Any, *args: Any, **options: Any) -> None:
        if table.name == name:
            raise OSError("no more")
        add(self, table, *args, **options)

    return fail


# what can go wrong


@both
def test_a_disk_that_takes_no_more(kind: str, tmp_path: Path) -> None:
    assert cli("run", *words(kind, "out"), cwd=tmp_path).code == 0
    before = contents(tmp_path)
    more = words(kind, "out", "generator.transactions=200000", "block_rows=50000")
    line = f"ulimit -f 200; exec {shlex.join(command('run', *more, '--overwrite'))}"
    answer = run_process(["bash", "-c", line], cwd=tmp_path)
    assert (answer.code, answer.out) == (1, "")
    assert answer.one_line().startswith("error: cannot write ")
    assert contents(tmp_path) == before


@both
def test_ctrl_c_leaves_the_old_run_and_nothing_else(kind: str, tmp_path: Path) -> None:
    assert cli("run", *words(kind, "out"), cwd=tmp_path).code == 0
    before = contents(tmp_path)
    more = words(kind, "out", "generator.transactions=20000000", "block_rows=50000")
    with start("run", *more, "--overwrite", cwd=tmp_path) as process:
        wait_until(lambda: len(list(tmp_path.rglob("part-0*.parquet*"))) >= 10, process)
        process.send_signal(signal.SIGINT)
        answer = finish(process)
    assert (answer.code, answer.err.splitlines()[-1]) == (130, "error: interrupted: nothing was written")
    assert contents(tmp_path) == before
    assert not [path for path in tree(tmp_path) if ".synth-" in path]


@both
def test_in_a_bucket(kind: str, moto: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key, value in moto.environ().items():
        monkeypatch.setenv(key, value)
    moto.client().create_bucket(Bucket=f"lake-{kind}")
    uri = f"s3://lake-{kind}/run"
    catalog = [f"sink.iceberg.catalog=sqlite:///{tmp_path}/catalog.db"] if kind == "iceberg" else []
    run(kind, uri, "sink.KIND.if_exists=append", *catalog)
    run(kind, uri, "seed=2", "sink.KIND.if_exists=append", *catalog)
    report = verify(uri, catalog=load_catalog())
    assert not report.failed
    assert "lakehouse: tables" in [check.name for check in report.checks if check.ok]
    address = {"AWS_ENDPOINT_URL": moto.endpoint, "AWS_ALLOW_HTTP": "true"}
    options: dict[str, Any] = (
        {"storage_options": address}
        if kind == "delta"
        else {"uri": f"sqlite:///{tmp_path}/catalog.db", "s3.endpoint": moto.endpoint}
    )
    found = files(kind, uri, "transactions", **options)
    assert len(found) == 10
    assert len({name.removeprefix(f"{uri}/transactions/data/").partition("-")[0] for name in found}) == 2


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (("sink.iceberg.uri=s3://bucket/x",), "tables in a bucket need a catalog"),
        (
            ("sink.iceberg.catalog=https://me:hunter2canary@host/x",),
            "a catalog's address holds no password: set PYICEBERG_CATALOG__SYNTH__TOKEN",
        ),
    ],
)
def test_a_wrong_catalog_is_a_mistake_of_the_recipe(overrides: tuple[str, ...], told: str, tmp_path: Path) -> None:
    answer = cli("validate", *SMALL, "sink=iceberg", *overrides, cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert commands.CANARY not in answer.err


def test_a_server_that_is_no_catalog(tmp_path: Path) -> None:
    answer = cli("run", *words("iceberg", "out", "sink.iceberg.catalog=http://127.0.0.1:1"), cwd=tmp_path)
    assert (answer.code, answer.out) == (3, "")
    assert answer.one_line().startswith("error: cannot look into the tables of out: ")
    assert tree(tmp_path) == {}
