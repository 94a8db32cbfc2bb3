"""The sink for DuckDB keeps every promise of a sink, seen from outside: real runs, read with plain SQL."""

import importlib
import shlex
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pandas.testing import assert_frame_equal

import synth
from synth.check.reader import open_output
from synth.check.verify import verify
from synth.config.catalog import load_catalog
from synth.errors import RefusedError
from synth.tables.registry import TABLES
from synth.tables.table import declared_table
from tests.cli import commands
from tests.cli.commands import Answer, command, contents, finish, run_process, start, tree, wait_for_bytes
from tests.generators import shops
from tests.generators.test_own_columns import RECIPE
from tests.servers import S3Server
from tests.worlds import EVERY_TABLE

SMALL = ("scenario=card_chain", "generator.transactions=4000", "block_rows=900", "population.cards=300")
INTO_OUT = ("sink=duckdb", "sink.duckdb.uri=out")
FILE = "out/synth.duckdb"


def run(place: Path, *overrides: str, overwrite: bool = False) -> synth.RunResult:
    words = (*SMALL, "sink=duckdb", f"sink.duckdb.uri={place}", *overrides)
    return synth.run(*words, overwrite=overwrite)


def cli(name: str, *words: str, cwd: Path) -> Answer:
    return commands.synth(name, *words, cwd=cwd)


def select(place: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(duckdb.connect(str(place / "synth.duckdb"), read_only=True)) as database:
        return database.execute(query).fetchall()


@pytest.mark.parametrize("columns", ["notebook", "full"])
def test_the_digest_is_that_of_any_run(columns: str, tmp_path: Path) -> None:
    recipe = (f"columns={columns}", "population=tiny", "population.profile=faker")
    result = run(tmp_path / "out", *recipe)
    other = synth.run(*SMALL, *recipe, "sink=parquet", f"sink.parquet.uri={tmp_path / 'native'}")
    assert result.digest == other.digest
    assert_frame_equal(result.to_pandas(), other.to_pandas())
    report = verify(str(tmp_path / "out"), catalog=load_catalog())
    assert not report.failed
    assert columns == "notebook" or all(check.ok for check in report.checks)


@pytest.mark.parametrize("keys", ["true", "false"])
def test_columns_are_typed_keyed_and_explained(keys: str, tmp_path: Path) -> None:
    run(tmp_path, "columns=full", f"sink.duckdb.keys={keys}")
    query = (
        "SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns() WHERE table_name = 'transactions'"
    )
    columns = {name: rest for name, *rest in select(tmp_path, query)}
    assert columns["time"][:2] == ["TIMESTAMP WITH TIME ZONE", False]
    assert columns["amount_minor"] == ["BIGINT", False, "observable, minor units (cents): amount in whole minor units"]
    assert columns["scenario"][:2] == ["VARCHAR", True]
    found = select(tmp_path, "SELECT table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'")
    assert {name for (name,) in found} == ({"transactions", "labels", "episodes"} if keys == "true" else set())


@pytest.mark.parametrize("name", TABLES)
def test_every_table_that_synth_declares_has_its_key(name: str, tmp_path: Path) -> None:
    made = importlib.import_module("synth_sql.duckdb.database").DuckDatabase
    database, table = made(tmp_path / "synth.duckdb", keys=True), declared_table(name)
    database.create(table)
    database.complete(table)
    database.close()
    query = "SELECT constraint_column_names FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
    assert select(tmp_path, query) == [(list(TABLES[name].facts.key),)]


def test_clicks_and_reports_keep_their_keys(tmp_path: Path) -> None:
    synth.run(*EVERY_TABLE, "sink=duckdb", f"sink.duckdb.uri={tmp_path}")
    found = select(tmp_path, "SELECT table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'")
    manifest = open_output(str(tmp_path)).manifest
    assert {"clicks", "click_labels", "label_events"} <= {name for (name,) in found} == {*manifest["tables"]}


def test_the_truth_joins(tmp_path: Path) -> None:
    run(tmp_path)
    [[rows, wrong]] = select(
        tmp_path,
        "SELECT count(*), count(*) FILTER (WHERE t.fraud_label != 1 OR t.cc_num != e.card_number"
        " OR t.datetime NOT BETWEEN e.first_time AND e.last_time OR t.rowid != l.event_id)"
        " FROM transactions t JOIN labels l USING (tid) JOIN episodes e USING (episode_id)",
    )
    assert (rows, wrong) == (select(tmp_path, "SELECT sum(fraud_label) FROM transactions")[0][0], 0)
    assert rows > 0


def test_a_generators_own_columns_and_tables_come_along(tmp_path: Path) -> None:
    plugins = [Path(shops.__file__)]
    places = {kind: str(tmp_path / kind) for kind in ("duckdb", "parquet")}
    sinks = ["sink=[duckdb,parquet]", *(f"sink.{kind}.uri={place}" for kind, place in places.items())]
    synth.run(*RECIPE, *sinks, plugin_files=plugins)
    catalog = load_catalog(plugins)
    found, native = (open_output(places[kind], catalog) for kind in ("duckdb", "parquet"))
    for table in native.manifest["tables"]:
        assert_frame_equal(found.to_pandas(table), native.to_pandas(table))
    assert not verify(places["duckdb"], catalog=catalog).failed


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE transactions SET amount = 1 WHERE rowid = 7", "digest of transactions"),
        ("DELETE FROM transactions WHERE rowid = 7", "rows of transactions"),
        ("ALTER TABLE episodes RENAME COLUMN events TO n", "rows of episodes"),
        ("DROP TABLE labels", "rows of labels"),
    ],
)
def test_verify_finds_a_change(damage: str, told: str, tmp_path: Path) -> None:
    run(tmp_path, "sink.duckdb.keys=false")
    with closing(duckdb.connect(str(tmp_path / "synth.duckdb"))) as database:
        database.execute(damage)
    checks = verify(str(tmp_path), catalog=load_catalog()).failed
    assert {"files", told} <= {check.name for check in checks}
    assert "\n" not in "".join(check.detail for check in checks)


def test_a_second_run_is_refused_and_overwriting_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    run(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(RefusedError, match="already holds a run"):
        run(tmp_path)
    assert contents(tmp_path) == before
    (tmp_path / "synth.duckdb.wal").write_bytes(b"of a program that died")
    run(tmp_path, "seed=2", overwrite=True)
    assert set(contents(tmp_path)) == {"synth.duckdb", "README.md", "_manifest.json"}
    assert not verify(str(tmp_path), catalog=load_catalog()).failed


@pytest.mark.parametrize("kib", [1_000, 2_500])
def test_a_disk_that_takes_no_more(kib: int, tmp_path: Path) -> None:
    assert cli("run", *SMALL, *INTO_OUT, cwd=tmp_path).code == 0
    before = contents(tmp_path)
    words = ["generator.transactions=200000", "block_rows=30000", *INTO_OUT, "--overwrite"]
    line = f"ulimit -f {kib}; exec {shlex.join(command('run', *words))}"
    answer = run_process(["bash", "-c", line], cwd=tmp_path)
    assert (answer.code, answer.out) == (1, "")
    assert answer.one_line().startswith("error: cannot write synth.duckdb to out: ")
    assert contents(tmp_path) == before
    assert set(tree(tmp_path)) == {"out", *before}


def test_ctrl_c_leaves_the_old_run_and_nothing_else(tmp_path: Path) -> None:
    assert cli("run", *SMALL, *INTO_OUT, cwd=tmp_path).code == 0
    before = contents(tmp_path)
    words = ["generator.transactions=6000000", "block_rows=200000", *INTO_OUT, "--overwrite"]
    with start("run", *words, cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "synth.duckdb", 5_000_000, process)
        process.send_signal(signal.SIGINT)
        answer = finish(process)
    assert (answer.code, answer.err.splitlines()[-1]) == (130, "error: interrupted: nothing was written")
    assert contents(tmp_path) == before
    assert set(tree(tmp_path)) == {"out", *before}


def test_the_next_run_clears_away_what_a_killed_one_left(tmp_path: Path) -> None:
    words = ["generator.transactions=6000000", "block_rows=200000", *INTO_OUT]
    with start("run", *words, cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "synth.duckdb", 5_000_000, process)
        process.kill()
        finish(process)
    assert contents(tmp_path)
    assert not (tmp_path / FILE).exists()
    assert cli("run", *SMALL, *INTO_OUT, cwd=tmp_path).code == 0
    assert set(tree(tmp_path)) == {"out", FILE, "out/README.md", "out/_manifest.json"}


def test_in_a_bucket(moto: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key, value in moto.environ().items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    client = moto.client()
    client.create_bucket(Bucket="duckdb")
    synth.run(*SMALL, "sink=duckdb", "sink.duckdb.uri=s3://duckdb/run")
    assert not verify("s3://duckdb/run", catalog=load_catalog()).failed
    keys = [item["Key"] for item in client.list_objects_v2(Bucket="duckdb")["Contents"]]
    assert keys == ["run/README.md", "run/_manifest.json", "run/synth.duckdb"]
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("Amount", "amount"), "'Amount' and 'amount' are one name to DuckDB: rename a column"),
        (("a", "RowId"), "DuckDB keeps the name 'RowId' for itself: rename the column"),
    ],
)
def test_names_that_sql_cannot_tell_apart_are_refused(names: tuple[str, str], told: str, tmp_path: Path) -> None:
    fields = ",".join(f"{{name: {name}, source: amount}}" for name in names)
    with pytest.raises(RefusedError, match=told):
        run(tmp_path / "out", f"columns.fields=[{fields}]")
    assert tree(tmp_path) == {}
