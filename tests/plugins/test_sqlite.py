"""The packaged sink for SQLite keeps every promise of a sink, seen from outside: real runs, read with plain SQL."""

import importlib
import os
import shlex
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pandas.testing import assert_frame_equal

import synth
from synth.check.reader import open_output
from synth.check.verify import verify
from synth.config.catalog import load_catalog
from synth.config.recipe import load_recipe
from synth.contracts.sink import Sink
from synth.engine.open_sinks import make_sinks
from synth.engine.prepare import Prepared, prepare
from synth.errors import RefusedError
from synth.tables.column import EPOCH_UNITS_US
from synth.tables.registry import TABLES
from synth.tables.table import declared_table
from tests.cli import commands
from tests.cli.commands import Answer, command, contents, finish, run_process, start, tree, wait_for_bytes
from tests.generators import shops
from tests.generators.test_own_columns import RECIPE
from tests.servers import S3Server
from tests.worlds import EVERY_TABLE

PACKAGE = Path(__file__).resolve().parents[2] / "plugins/synth-sqlite"
PLUGIN = PACKAGE / "synth_sqlite/__init__.py"
PATHS = {"PYTHONPATH": os.pathsep.join([str(commands.ROOT), str(PACKAGE)])}
SMALL = ("scenario=card_chain", "generator.transactions=4000", "block_rows=900", "population.cards=300")
INTO_OUT = ("sink=sqlite", "sink.sqlite.uri=out")
FILE = "out/synth.sqlite"


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(PACKAGE))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "synth_sqlite"]:
        del sys.modules[name]


def run(place: Path, *overrides: str, overwrite: bool = False) -> synth.RunResult:
    words = (*SMALL, "sink=sqlite", f"sink.sqlite.uri={place}", *overrides)
    return synth.run(*words, plugin_files=[PLUGIN], overwrite=overwrite)


def cli(name: str, *words: str, cwd: Path) -> Answer:
    return commands.synth(name, "--plugin", str(PLUGIN), *words, cwd=cwd, env=PATHS)


def select(place: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(place / "synth.sqlite")) as database:
        return database.execute(query).fetchall()


def staged_sink(place: Path, *overrides: str) -> tuple[Prepared, Sink]:
    """A sink as a run makes it, to be driven by hand."""
    words = [*SMALL, "sink=sqlite", f"sink.sqlite.uri={place}", *overrides]
    recipe, _, _ = load_recipe(words, plugin_files=[PLUGIN])
    prepared = prepare(recipe)
    return prepared, make_sinks(prepared, place, overwrite=False)["sqlite"]


# the rows


@pytest.mark.parametrize("columns", ["notebook", "full"])
def test_the_rows_are_those_that_were_made(columns: str, tmp_path: Path) -> None:
    result = run(tmp_path / "out", f"columns={columns}")
    output = open_output(str(tmp_path / "out"), load_catalog([PLUGIN]))
    assert_frame_equal(output.to_pandas(), synth.generate(*SMALL, f"columns={columns}"))
    tables = output.manifest["tables"]
    counts = {name: select(tmp_path / "out", f"SELECT count(*) FROM {name}")[0][0] for name in tables}
    assert counts == {name: table["rows"] for name, table in tables.items()}
    assert (counts["transactions"], counts["labels"]) == (4000, result.fraud_rows)


@pytest.mark.parametrize("indices", ["true", "false"])
def test_the_truth_joins(indices: str, tmp_path: Path) -> None:
    run(tmp_path, f"sink.sqlite.indices={indices}")
    [[rows, wrong]] = select(
        tmp_path,
        "SELECT count(*), sum(t.rowid != l.event_id + 1 OR t.fraud_label != 1 OR t.cc_num != e.card_number"
        " OR t.datetime NOT BETWEEN e.first_time AND e.last_time)"
        " FROM transactions t JOIN labels l USING (tid) JOIN episodes e USING (episode_id)",
    )
    assert (rows, wrong) == (select(tmp_path, "SELECT sum(fraud_label) FROM transactions")[0][0], 0)
    assert rows > 0


def test_times_are_what_the_date_functions_take(tmp_path: Path) -> None:
    run(tmp_path)
    [[rows, same]] = select(tmp_path, "SELECT count(*), sum(datetime(datetime) IS datetime) FROM transactions")
    assert rows == same == 4000


@pytest.mark.parametrize("time_format", ["iso", *EPOCH_UNITS_US, "%d/%m/%Y", "%Y-%m-%d %H:%M:%S"])
def test_a_time_is_stored_whole_whatever_the_view_prints(time_format: str, tmp_path: Path) -> None:
    columns = f'columns.fields=[{{name: a.t-b, source: time, format: "{time_format}"}},{{name: c, source: card_id}}]'
    run(tmp_path, columns)
    output = open_output(str(tmp_path), load_catalog([PLUGIN]))
    assert_frame_equal(output.to_pandas(), synth.generate(*SMALL, columns))
    [[kind]] = select(tmp_path, 'SELECT DISTINCT typeof("a.t-b") FROM transactions')
    assert kind == ("integer" if time_format.startswith("epoch") else "text")


def test_holders_come_along(tmp_path: Path) -> None:
    recipe = ("columns=full", "population.profile=faker", "population.locale=de_DE")
    run(tmp_path / "out", *recipe)
    synth.run(*SMALL, *recipe, "sink=parquet", f"sink.parquet.uri={tmp_path / 'native'}")
    catalog = load_catalog([PLUGIN])
    for table in ("labels", "episodes", "holders"):
        expected = open_output(str(tmp_path / "native")).to_pandas(table)
        assert_frame_equal(open_output(str(tmp_path / "out"), catalog).to_pandas(table), expected)
    report = verify(str(tmp_path / "out"), catalog=catalog)
    assert not report.failed
    assert all(check.ok for check in report.checks)


def test_entities_come_along_and_join_by_indexed_keys(tmp_path: Path) -> None:
    recipe = ("columns=full", "population=tiny", "population.profile=faker")
    run(tmp_path / "out", *recipe)
    synth.run(*SMALL, *recipe, "sink=parquet", f"sink.parquet.uri={tmp_path / 'native'}")
    catalog = load_catalog([PLUGIN])
    for table in ("customers", "cards", "devices", "merchants", "terminals"):
        expected = open_output(str(tmp_path / "native")).to_pandas(table)
        assert_frame_equal(open_output(str(tmp_path / "out"), catalog).to_pandas(table), expected)
    join = "SELECT count(*) FROM transactions JOIN cards USING (card_id) JOIN customers USING (customer_id)"
    assert select(tmp_path / "out", join) == [(4000,)]
    plan = select(tmp_path / "out", "EXPLAIN QUERY PLAN SELECT * FROM cards WHERE customer_id = 7")
    assert "cards_customer_id" in str(plan)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_that_synth_declares_has_its_key_and_indices(name: str, tmp_path: Path) -> None:
    made = importlib.import_module("synth_sqlite.database").SqliteDatabase
    database, table = made(tmp_path / "synth.sqlite", indices=True), declared_table(name)
    database.create(table)
    database.complete(table)
    database.close()
    found = select(tmp_path, f"SELECT name FROM pragma_table_info('{name}') WHERE pk > 0 ORDER BY pk")
    assert [column for (column,) in found] == list(TABLES[name].facts.key)
    made = select(tmp_path, f"SELECT name FROM pragma_index_list('{name}') WHERE origin = 'c'")
    columns = "SELECT group_concat(name, ' ') FROM pragma_index_info(?)"
    with closing(sqlite3.connect(tmp_path / "synth.sqlite")) as connection:
        indexed = {connection.execute(columns, index).fetchone()[0] for index in made}
    assert indexed == {
        " ".join(shown)
        for each in TABLES[name].facts.searched
        if (shown := [c for c in each if c in table.schema.names])
    }


def test_clicks_and_reports_keep_their_order_and_keys(tmp_path: Path) -> None:
    catalog = load_catalog([PLUGIN])
    synth.run(*EVERY_TABLE, "sink=sqlite", f"sink.sqlite.uri={tmp_path / 'out'}", plugin_files=[PLUGIN])
    manifest = open_output(str(tmp_path / "out"), catalog).manifest
    assert {"clicks", "click_labels", "label_events"} <= {*manifest["tables"]}
    for name in manifest["tables"]:
        keyed = select(tmp_path / "out", f"SELECT count(*) FROM pragma_table_info('{name}') WHERE pk > 0")
        assert keyed == [(1,)], name
    report = verify(str(tmp_path / "out"), catalog=catalog)
    assert not report.failed


def test_a_generators_own_columns_and_tables_come_along(tmp_path: Path) -> None:
    plugins = [PLUGIN, Path(shops.__file__)]
    places = {kind: str(tmp_path / kind) for kind in ("sqlite", "parquet")}
    sinks = ["sink=[sqlite,parquet]", *(f"sink.{kind}.uri={place}" for kind, place in places.items())]
    synth.run(*RECIPE, *sinks, plugin_files=plugins)
    catalog = load_catalog(plugins)
    found, native = (open_output(places[kind], catalog) for kind in ("sqlite", "parquet"))
    assert "shops" in native.manifest["tables"]
    for table in native.manifest["tables"]:
        assert_frame_equal(found.to_pandas(table), native.to_pandas(table))
    assert not verify(places["sqlite"], catalog=catalog).failed
    nulls = "SELECT count(*) - count(shop), count(*) - count(score), min(typeof(settled)) FROM transactions"
    [[shop, score, settled]] = select(tmp_path / "sqlite", nulls)
    assert (shop > 0, score > 0, settled) == (True, True, "text")


def test_verify_reads_the_database_with_the_plugin_and_says_so_without(tmp_path: Path) -> None:
    assert cli("run", *SMALL, *INTO_OUT, cwd=tmp_path).code == 0
    answer = cli("verify", "out", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert "size and sha256 of 1 file" in answer.out
    alone = commands.synth("verify", "out", cwd=tmp_path)
    assert alone.code == 1
    assert "neither CSV, JSON lines nor Parquet: load the plugin of sink kind 'sqlite'" in alone.one_line()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE transactions SET amount = 1 WHERE rowid = 7", "digest of transactions"),
        ("DELETE FROM transactions WHERE rowid = 7", "rows of transactions"),
        ("UPDATE labels SET episode_id = 'x'", "rows of labels"),
        ("ALTER TABLE episodes RENAME COLUMN events TO n", "rows of episodes"),
        ("DROP TABLE labels", "rows of labels"),
    ],
)
def test_verify_finds_a_change(damage: str, told: str, tmp_path: Path) -> None:
    run(tmp_path)
    with closing(sqlite3.connect(tmp_path / "synth.sqlite")) as database, database:
        database.execute(damage)
    failed = [check.name for check in verify(str(tmp_path), catalog=load_catalog([PLUGIN])).failed]
    assert {"files", told} <= set(failed)


def test_verify_finds_a_file_that_is_cut(tmp_path: Path) -> None:
    run(tmp_path)
    file = tmp_path / "synth.sqlite"
    file.write_bytes(file.read_bytes()[:50_000])
    checks = verify(str(tmp_path), catalog=load_catalog([PLUGIN])).failed
    assert {"files", "rows of transactions"} <= {check.name for check in checks}
    assert "\n" not in "".join(check.detail for check in checks)


# the promises


def test_the_same_bytes_for_any_number_of_workers_and_order_of_blocks(tmp_path: Path) -> None:
    for workers in (1, 2):
        run(tmp_path / str(workers), f"runner.workers={workers}")
    prepared, sink = staged_sink(tmp_path / "by hand")
    sink.check()
    sink.open(prepared.extra)
    blocks = range(len(prepared.plan.rows_b))
    receipts = {}
    for i in [*reversed(blocks), *blocks]:
        receipts[i] = sink.write(i, prepared.make_block(i).batches)
    for i in blocks:
        sink.collect(receipts[i])
    sink.finish()
    sink.commit(b"{}")
    one, two, other = ((tmp_path / name / "synth.sqlite").read_bytes() for name in ("1", "2", "by hand"))
    assert len(blocks) > 3
    assert one == two == other


@pytest.mark.parametrize("stage", ["check", "open", "collect", "finish"])
def test_nothing_is_visible_before_the_commit_and_nothing_is_left_after_an_abort(stage: str, tmp_path: Path) -> None:
    prepared, sink = staged_sink(tmp_path / "a/b")
    steps = {
        "check": sink.check,
        "open": lambda: sink.open(prepared.extra),
        "collect": lambda: sink.collect(sink.write(0, prepared.make_block(0).batches)),
        "finish": sink.finish,
    }
    for name, step in steps.items():
        step()
        assert not [path for path in tree(tmp_path) if path.startswith("a/b/") and not path.startswith("a/b/.synth-")]
        if name == stage:
            break
    sink.abort()
    sink.abort()
    assert tree(tmp_path) == {}


def test_a_second_run_is_refused_and_overwriting_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    synth.run(*SMALL, "sink=csv", f"sink.csv.uri={tmp_path}")
    before = contents(tmp_path)
    with pytest.raises(RefusedError, match="already holds a run"):
        run(tmp_path)
    assert contents(tmp_path) == before
    run(tmp_path, overwrite=True)
    assert set(contents(tmp_path)) == {"synth.sqlite", "README.md", "_manifest.json"}
    (tmp_path / "synth.sqlite-journal").write_bytes(b"of a program that died")
    (tmp_path / "notes.txt").write_text("mine")
    run(tmp_path, "seed=2", overwrite=True)
    assert set(contents(tmp_path)) == {"synth.sqlite", "README.md", "_manifest.json", "notes.txt"}
    assert select(tmp_path, "PRAGMA integrity_check") == [("ok",)]
    synth.run(*SMALL, "sink=csv", f"sink.csv.uri={tmp_path}", overwrite=True)
    assert set(contents(tmp_path)) == {*before, "notes.txt"}


@pytest.mark.parametrize(("kib", "part"), [(1_000, "the rows"), (6_000, "the indices")])
def test_a_disk_that_takes_no_more(kib: int, part: str, tmp_path: Path) -> None:
    assert cli("run", *SMALL, *INTO_OUT, cwd=tmp_path).code == 0
    before = contents(tmp_path)
    words = ["generator.transactions=50000", "block_rows=10000", *INTO_OUT, "--overwrite"]
    line = f"ulimit -f {kib}; exec {shlex.join(command('run', '--plugin', str(PLUGIN), *words))}"
    answer = run_process(["bash", "-c", line], cwd=tmp_path, env=PATHS)
    assert (answer.code, answer.out) == (1, "")
    assert answer.one_line().startswith("error: cannot write synth.sqlite to out: ")
    assert contents(tmp_path) == before
    assert set(tree(tmp_path)) == {"out", *before}


@pytest.mark.parametrize(
    ("rows", "at_least"), [(3_000_000, 5_000_000), (600_000, 60_000_000)], ids=["the rows", "the indices"]
)
def test_ctrl_c_leaves_the_old_run_and_nothing_else(rows: int, at_least: int, tmp_path: Path) -> None:
    assert cli("run", *SMALL, *INTO_OUT, cwd=tmp_path).code == 0
    before = contents(tmp_path)
    words = [f"generator.transactions={rows}", "block_rows=50000", *INTO_OUT, "--overwrite"]
    with start("run", "--plugin", str(PLUGIN), *words, cwd=tmp_path, env=PATHS) as process:
        wait_for_bytes(tmp_path, "synth.sqlite", at_least, process)
        process.send_signal(signal.SIGINT)
        answer = finish(process)
    assert answer.code == 130
    assert answer.one_line() == "error: interrupted: nothing was written"
    assert contents(tmp_path) == before
    assert set(tree(tmp_path)) == {"out", *before}


def test_the_next_run_clears_away_what_a_killed_one_left(tmp_path: Path) -> None:
    words = ["generator.transactions=3000000", *INTO_OUT]
    with start("run", "--plugin", str(PLUGIN), *words, cwd=tmp_path, env=PATHS) as process:
        wait_for_bytes(tmp_path, "synth.sqlite", 5_000_000, process)
        process.kill()
        finish(process)
    assert contents(tmp_path)
    assert not (tmp_path / FILE).exists()
    assert cli("run", *SMALL, *INTO_OUT, cwd=tmp_path).code == 0
    assert set(tree(tmp_path)) == {"out", FILE, "out/README.md", "out/_manifest.json"}


def test_two_runs_into_one_place_do_not_meet(tmp_path: Path) -> None:
    prepared, sink = staged_sink(tmp_path / "out")
    sink.check()
    sink.open(prepared.extra)
    with pytest.raises(RefusedError, match="another run is writing to"):
        run(tmp_path / "out")
    sink.abort()
    assert tree(tmp_path) == {}


def test_in_a_bucket(moto: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key, value in moto.environ().items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    client = moto.client()
    client.create_bucket(Bucket="sqlite")
    synth.run(*SMALL, "sink=sqlite", "sink.sqlite.uri=s3://sqlite/run", plugin_files=[PLUGIN])
    assert not verify("s3://sqlite/run", catalog=load_catalog([PLUGIN])).failed
    keys = [item["Key"] for item in client.list_objects_v2(Bucket="sqlite")["Contents"]]
    assert keys == ["run/README.md", "run/_manifest.json", "run/synth.sqlite"]
    assert tree(tmp_path) == {}


# before a byte is written


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("ftp://host/x", "sink.sqlite.uri: 'ftp://' is not a place that files can go to"),
        ("s3://me:hunter2canary@bucket/x", "sink.sqlite.uri: an s3 uri holds no credentials"),
    ],
)
def test_a_wrong_uri_is_a_mistake_of_the_recipe(uri: str, told: str, tmp_path: Path) -> None:
    answer = cli("validate", *SMALL, "sink=sqlite", f"sink.sqlite.uri={uri}", cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert commands.CANARY not in answer.err


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("Amount", "amount"), "'Amount' and 'amount' are one name to SQLite: rename a column"),
        (("a", "RowId"), "SQLite keeps the name 'RowId' for itself: rename the column"),
    ],
)
def test_names_that_sql_cannot_tell_apart_are_refused(names: tuple[str, str], told: str, tmp_path: Path) -> None:
    fields = ",".join(f"{{name: {name}, source: amount}}" for name in names)
    with pytest.raises(RefusedError, match=told):
        run(tmp_path / "out", f"columns.fields=[{fields}]")
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("indices", ["true", "false"])
def test_the_forecast_is_fair_and_touches_nothing(indices: str, tmp_path: Path) -> None:
    words = ("generator.transactions=200000", "block_rows=70000", f"sink.sqlite.indices={indices}")
    prepared, sink = staged_sink(tmp_path / "out", *words, "columns=full")
    block = prepared.make_block(0)
    forecast = sink.measure(block.batches) * 200_000 / block.rows()
    assert tree(tmp_path) == {}
    run(tmp_path / "out", *words, "columns=full")
    assert forecast == pytest.approx((tmp_path / "out/synth.sqlite").stat().st_size, rel=0.03)


def test_the_description_tells_what_the_option_does(tmp_path: Path) -> None:
    assert "One SQLite database" in cli("list", "sink", cwd=tmp_path).out
    assert "indices" in cli("describe", "sqlite", cwd=tmp_path).out
