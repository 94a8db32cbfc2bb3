"""The sink for PostgreSQL keeps every promise of a sink: real runs into a real server, read with plain SQL."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import ClassVar

import psycopg
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
from synth.tables.registry import TABLES
from synth.testing import SinkContract
from tests.cli import commands
from tests.cli.commands import Answer, Process, finish, start
from tests.conftest import require
from tests.generators import shops
from tests.generators.test_own_columns import RECIPE
from tests.plugins.postgres_server import PASSWORD, PostgresServer, missing_postgres, run_postgres
from tests.tables.shown_forms import every_form, override
from tests.worlds import EVERY_TABLE

SMALL = ("scenario=card_chain", "generator.transactions=4000", "block_rows=900", "population.cards=300")
STAGED = "synth_staging_transactions"
RUN_TABLES = {"transactions", "labels", "episodes", "synth_runs"}


def words(uri: str, *overrides: str) -> tuple[str, ...]:
    base, _, schema = uri.partition("?schema=")
    return (*SMALL, "sink=postgres", f"sink.postgres.uri={base}", f"sink.postgres.schema={schema}", *overrides)


def run(uri: str, *overrides: str, overwrite: bool = False) -> synth.RunResult:
    return synth.run(*words(uri, *overrides), overwrite=overwrite)


def cli(name: str, *arguments: str, cwd: Path, env: dict[str, str] | None = None) -> Answer:
    return commands.synth(name, *arguments, cwd=cwd, env=env)


def staged_sink(uri: str) -> tuple[Prepared, Sink]:
    """A sink as a run makes it, to be driven by hand."""
    recipe, _, _ = load_recipe(list(words(uri)))
    prepared = prepare(recipe)
    return prepared, make_sinks(prepared, Path("nowhere"), overwrite=False)["postgres"]


def require_good(uri: str, *, unchecked: bool = True) -> None:
    report = verify(uri, catalog=load_catalog())
    assert [check for check in report.checks if check.ok is False] == []
    assert unchecked or all(check.ok for check in report.checks)


class TestPostgresContract(SinkContract):
    """The kit, with a schema for each place."""

    kind = "postgres"
    server: ClassVar[PostgresServer]

    @pytest.fixture(autouse=True)
    def _serve(self, postgres: PostgresServer) -> None:
        type(self).server = postgres

    def make_uri(self, folder: Path) -> str:
        return self.server.uri(self.server.fresh_schema())

    def traces(self, folder: Path, uri: str) -> dict[str, bytes]:
        return self.server.content(uri.rpartition("=")[2])

    def visible(self, uri: str) -> set[str]:
        return {name for name in self.server.tables(uri.rpartition("=")[2]) if not name.startswith("synth_staging_")}


# the rows


@pytest.mark.parametrize("columns", ["notebook", "full"])
def test_the_digest_is_that_of_any_other_run(
    columns: str, postgres: PostgresServer, schema: str, tmp_path: Path
) -> None:
    uri = postgres.uri(schema)
    result = run(uri, f"columns={columns}")
    other = synth.run(*SMALL, f"columns={columns}", "sink=parquet", f"sink.parquet.uri={tmp_path}")
    assert result.digest == other.digest
    require_good(uri, unchecked=columns == "notebook")
    assert_frame_equal(result.to_pandas(), other.to_pandas())
    assert postgres.tables(schema) == RUN_TABLES


def test_the_truth_joins(postgres: PostgresServer, schema: str) -> None:
    run(postgres.uri(schema))
    [[rows, wrong]] = postgres.ask(
        "SELECT count(*), count(*) FILTER (WHERE t.fraud_label != 1 OR t.cc_num != e.card_number OR t.tid != l.tid"
        " OR t.datetime NOT BETWEEN e.first_time AND e.last_time)"
        f" FROM {schema}.transactions t JOIN {schema}.labels l ON t.synth_row = l.event_id"
        f" JOIN {schema}.episodes e USING (episode_id)"
    )
    assert (rows, wrong) == (postgres.ask(f"SELECT sum(fraud_label) FROM {schema}.transactions")[0][0], 0)
    assert rows > 0


def test_columns_are_typed_and_explained(postgres: PostgresServer, schema: str) -> None:
    run(postgres.uri(schema), "columns=full")
    query = (
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum)"
        " FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum"
    )
    columns = {name: rest for name, *rest in postgres.ask(query, f"{schema}.transactions")}
    assert {name: tuple(kind) for name, (*kind, _) in columns.items()} == {
        "event_id": ("bigint", True),
        "tid": ("text", True),
        "time": ("timestamp with time zone", True),
        "card_id": ("bigint", True),
        "card_number": ("text", True),
        "amount_minor": ("bigint", True),
        "amount": ("double precision", True),
        "fraud_label": ("smallint", True),
        "scenario": ("text", False),
        "episode_id": ("bigint", False),
        "role": ("text", False),
    }
    assert columns["amount_minor"][-1] == "observable, minor units (cents): amount in whole minor units"


def keys(server: PostgresServer, schema: str) -> dict[str, str]:
    query = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = %s::regnamespace"
    return dict(server.ask(f"{query} AND contype IN ('p', 'f') ORDER BY 1", schema))


def test_keys_hold_between_the_tables(postgres: PostgresServer, schema: str) -> None:
    run(postgres.uri(schema), "columns=full", "population=tiny", "population.profile=faker")
    found = keys(postgres, schema)
    assert found["transactions_pkey"] == "PRIMARY KEY (event_id)"
    assert found["labels_event_id_fkey"] == f"FOREIGN KEY (event_id) REFERENCES {schema}.transactions(event_id)"
    assert found["transactions_card_id_fkey"] == f"FOREIGN KEY (card_id) REFERENCES {schema}.cards(card_id)"
    assert found["cards_customer_id_fkey"] == f"FOREIGN KEY (customer_id) REFERENCES {schema}.customers(customer_id)"
    assert {"episodes_pkey", "customers_pkey", "terminals_merchant_id_fkey"} <= set(found)
    require_good(postgres.uri(schema), unchecked=False)


def test_clicks_and_reports_keep_their_keys_and_references(postgres: PostgresServer, schema: str) -> None:
    uri = postgres.uri(schema)
    synth.run(*EVERY_TABLE, *words(uri)[-3:])
    found = keys(postgres, schema)
    written = open_output(uri, load_catalog()).manifest["tables"]
    assert {"clicks", "click_labels", "label_events"} <= {*written} == {*TABLES} - {"holders", "noise"}
    for name in written:
        declared = TABLES[name]
        assert found[f"{name}_pkey"] == f"PRIMARY KEY ({', '.join(declared.facts.key)})"
        for source, column in declared.columns.items():
            targets = [table for table in column.references if table in written and table != name]
            if targets and source in {column["source"] for column in written[name]["columns"]}:
                told = f"FOREIGN KEY ({source}) REFERENCES {schema}.{targets[0]}("
                assert found[f"{name}_{source}_fkey"].startswith(told)
    assert {"transactions_customer_id_fkey", "transactions_terminal_id_fkey", "clicks_event_id_fkey"} <= {*found}
    assert "clicks_device_id_fkey" not in found
    require_good(uri)


def test_without_keys_there_are_none(postgres: PostgresServer, schema: str) -> None:
    run(postgres.uri(schema), "sink.postgres.keys=false")
    assert set(keys(postgres, schema)) == {"synth_runs_pkey"}
    require_good(postgres.uri(schema))


def test_a_generators_own_columns_and_tables_come_along(postgres: PostgresServer, schema: str, tmp_path: Path) -> None:
    plugins, uri = [Path(shops.__file__)], postgres.uri(schema)
    sinks = ("sink=[postgres,parquet]", *words(uri)[-2:], f"sink.parquet.uri={tmp_path}")
    synth.run(*RECIPE, *sinks, plugin_files=plugins)
    catalog = load_catalog(plugins)
    found, native = open_output(uri, catalog), open_output(str(tmp_path))
    for table in native.manifest["tables"]:
        assert_frame_equal(found.to_pandas(table), native.to_pandas(table))
    assert not verify(uri, catalog=catalog).failed
    [[rows, shop, score]] = postgres.ask(f"SELECT count(*), count(shop), count(score) FROM {schema}.transactions")
    assert 0 < shop < rows
    assert 0 < score < rows


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE transactions SET amount = 1 WHERE synth_row = 7", "digest of transactions"),
        ("DELETE FROM transactions WHERE synth_row = 7", "rows of transactions"),
        ("UPDATE labels SET role = NULL", "digest of labels"),
        ("ALTER TABLE episodes RENAME COLUMN events TO n", "rows of episodes"),
        ("DROP TABLE labels", "rows of labels"),
    ],
)
def test_verify_finds_a_change(damage: str, told: str, postgres: PostgresServer, schema: str) -> None:
    run(postgres.uri(schema), "sink.postgres.keys=false")
    postgres.ask(f"SET search_path = {schema}; {damage}")
    checks = verify(postgres.uri(schema), catalog=load_catalog()).failed
    assert {"files", told} <= {check.name for check in checks}
    assert "\n" not in "".join(check.detail for check in checks)


# runs in one place


def test_a_second_run_is_refused_replaces_or_adds(postgres: PostgresServer, schema: str) -> None:
    uri = postgres.uri(schema)
    first = run(uri)
    before = postgres.content(schema)
    with pytest.raises(RefusedError, match=r"already holds a run.*overwrite=True replaces it, if_exists=append adds"):
        run(uri, "seed=2")
    with pytest.raises(RefusedError, match="takes no second run"):
        run(uri, "seed=2", "sink.postgres.if_exists=append")
    assert postgres.content(schema) == before
    again = run(uri, "seed=2", overwrite=True)
    assert open_output(uri, load_catalog()).manifest["digest"] == again.digest != first.digest
    third = run(uri, "seed=3", "columns=full", "sink.postgres.if_exists=replace")
    assert open_output(uri, load_catalog()).manifest["digest"] == third.digest
    require_good(uri, unchecked=False)


def test_runs_stand_side_by_side_and_each_reads_back(postgres: PostgresServer, schema: str) -> None:
    uri, append = postgres.uri(schema), "sink.postgres.if_exists=append"
    results = [run(uri, append, f"seed={seed}") for seed in (1, 2)]
    places = [result.places["postgres"] for result in results]
    assert places == [f"{uri}&run=1", f"{uri}&run=2"]
    for place, result in zip(places, results, strict=True):
        require_good(place)
        assert open_output(place, load_catalog()).manifest["digest"] == result.digest
    assert open_output(uri, load_catalog()).manifest["digest"] == results[1].digest
    counted = postgres.ask(f"SELECT synth_run, count(*) FROM {schema}.transactions GROUP BY 1 ORDER BY 1")
    assert counted == [(1, 4000), (2, 4000)]
    with pytest.raises(RefusedError, match="table 'transactions' has another shape: it has tid text not null where"):
        run(uri, append, "columns=full")
    run(uri, overwrite=True)
    assert postgres.tables(schema) == RUN_TABLES


def test_a_table_of_somebody_else_stays(postgres: PostgresServer, schema: str) -> None:
    postgres.ask(f"CREATE TABLE {schema}.episodes (mine text)")
    before = postgres.content(schema)
    for overwrite in (False, True):
        with pytest.raises(RefusedError, match="there is a table 'episodes', and no run of synth made it"):
            run(postgres.uri(schema), overwrite=overwrite)
    assert postgres.content(schema) == before


def test_a_view_on_a_table_is_told_before_the_run(postgres: PostgresServer, schema: str) -> None:
    run(postgres.uri(schema))
    postgres.ask(f"CREATE VIEW {schema}.seen AS SELECT amount FROM {schema}.transactions")
    with pytest.raises(RefusedError, match=r"cannot replace the run in .*: cannot drop .*view seen depends on"):
        run(postgres.uri(schema), overwrite=True)


# what can go wrong


def test_a_block_comes_once(postgres: PostgresServer, schema: str) -> None:
    prepared, sink = staged_sink(postgres.uri(schema))
    sink.check()
    sink.open(prepared.extra)
    receipt = sink.write(0, prepared.make_block(0).batches)
    for _ in range(2):
        sink.collect(receipt)
    rows = len(prepared.make_block(0).batches["transactions"].native)
    assert postgres.ask(f"SELECT count(*) FROM {schema}.{STAGED}") == [(rows,)]
    [[block, checkpoint]] = postgres.ask(f"SELECT * FROM {schema}.synth_staging_blocks")
    assert (block, checkpoint >= rows) == (0, True)
    late = {"episodes": prepared.make_block(0).batches["episodes"]}
    sink.collect(sink.write(len(prepared.plan.rows_b), late))
    with pytest.raises(RefusedError, match="another run is writing to"):
        run(postgres.uri(schema))
    sink.abort()
    assert postgres.tables(schema) == set()


@pytest.mark.parametrize(
    ("user", "database", "password", "told"),
    [
        ("postgres", "nope", "", 'FATAL: database "nope" does not exist'),
        ("nobody", "postgres", "", 'FATAL: role "nobody" does not exist'),
        ("locked", "postgres", "", "no password supplied; set PGPASSWORD, or a line in ~/.pgpass"),
        ("locked", "postgres", commands.CANARY, "password authentication failed for user"),
        ("locked", "postgres", PASSWORD, "no permission in schema"),
    ],
)
def test_who_may_not_is_told_so_in_one_line(
    user: str, database: str, password: str, told: str, postgres: PostgresServer, schema: str, tmp_path: Path
) -> None:
    uri = f"postgresql://{user}@127.0.0.1:{postgres.port}/{database}?schema={schema}"
    answer = cli("run", *words(uri), cwd=tmp_path, env={"PGPASSWORD": password} if password else {})
    assert (answer.code, answer.out) == (3, "")
    assert told in answer.one_line()
    assert commands.CANARY not in answer.err
    assert postgres.tables(schema) == set()


def test_a_password_from_the_environment_stays_there(postgres: PostgresServer, schema: str, tmp_path: Path) -> None:
    postgres.ask(f"GRANT USAGE, CREATE ON SCHEMA {schema} TO locked")
    uri = postgres.uri(schema, "locked")
    answer = cli("run", "--debug", *words(uri), cwd=tmp_path, env={"PGPASSWORD": PASSWORD})
    assert answer.code == 0
    [[manifest]] = postgres.ask(f"SELECT manifest FROM {schema}.synth_runs")
    assert PASSWORD not in answer.out + answer.err + manifest


def test_a_schema_that_is_missing(postgres: PostgresServer) -> None:
    with pytest.raises(RefusedError, match="there is no schema 'nowhere'; create it with CREATE SCHEMA"):
        run(postgres.uri("nowhere"))


def test_a_server_that_is_down(tmp_path: Path) -> None:
    answer = cli("run", *words("postgresql://me@127.0.0.1:1/x?schema=public"), cwd=tmp_path)
    assert (answer.code, answer.out) == (3, "")
    assert "Connection refused" in answer.one_line()


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("postgresql://me:hunter2canary@host/x", "a uri of PostgreSQL holds no password: set PGPASSWORD"),
        ("'postgresql://me@host/x?password=hunter2canary'", "a uri of PostgreSQL holds no password: set PGPASSWORD"),
        ("mysql://host/x", "this is no uri of PostgreSQL: give postgresql://user@host:port/database"),
        (
            "'postgresql://host/x?colour=red'",
            "libpq does not understand the uri: invalid URI query parameter",
        ),
    ],
)
def test_a_wrong_uri_is_a_mistake_of_the_recipe(uri: str, told: str, tmp_path: Path) -> None:
    quoted = uri.replace("'", '"')
    answer = cli("validate", *SMALL, "sink=postgres", f"sink.postgres.uri={quoted}", cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert commands.CANARY not in answer.err
    if "hunter2" in uri:
        answer = cli("verify", uri.strip("'"), cwd=tmp_path)
        assert (answer.code, told in answer.err, commands.CANARY in answer.err) == (3, True, False)


@pytest.mark.parametrize("name", ["synth_row", "ctid", "a" * 64])
def test_names_that_cannot_be_columns_are_refused(name: str, postgres: PostgresServer, schema: str) -> None:
    with pytest.raises(RefusedError, match="PostgreSQL cannot hold a column"):
        run(postgres.uri(schema), f"columns.fields=[{{name: {name}, source: amount}}]")


def start_long(uri: str, *overrides: str, cwd: Path) -> AbstractContextManager[Process]:
    """A run of many blocks."""
    long = ("generator.transactions=20000000", "block_rows=20000", *overrides)
    return start("run", *words(uri, *long), cwd=cwd)


def wait_for_blocks(server: PostgresServer, schema: str, process: Process) -> None:
    """Returns when some blocks are staged."""
    for _ in range(600):
        try:
            if server.ask(f"SELECT count(*) FROM {schema}.synth_staging_blocks")[0][0] > 3:
                return
        except psycopg.errors.UndefinedTable:
            pass
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("no block came")


def test_ctrl_c_leaves_the_old_run_and_nothing_else(postgres: PostgresServer, schema: str, tmp_path: Path) -> None:
    uri = postgres.uri(schema)
    run(uri)
    before = postgres.content(schema)
    with start_long(uri, "sink.postgres.if_exists=replace", cwd=tmp_path) as process:
        wait_for_blocks(postgres, schema, process)
        process.send_signal(signal.SIGINT)
        answer = finish(process)
    assert (answer.code, answer.err.splitlines()[-1]) == (130, "error: interrupted: nothing was written")
    assert postgres.content(schema) == before


def test_the_next_run_clears_away_what_a_killed_one_left(postgres: PostgresServer, schema: str, tmp_path: Path) -> None:
    uri = postgres.uri(schema)
    with start_long(uri, cwd=tmp_path) as process:
        wait_for_blocks(postgres, schema, process)
        process.kill()
        finish(process)
    assert STAGED in postgres.tables(schema)
    with pytest.raises(RefusedError, match="holds no synth run"):
        open_output(uri, load_catalog())
    run(uri)
    assert postgres.tables(schema) == RUN_TABLES
    require_good(uri)


def test_a_connection_that_is_cut_in_the_middle(postgres: PostgresServer, schema: str, tmp_path: Path) -> None:
    with start_long(postgres.uri(schema), cwd=tmp_path) as process:
        wait_for_blocks(postgres, schema, process)
        postgres.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid != pg_backend_pid() AND datname = 'postgres'"
        )
        answer = finish(process)
    assert answer.code == 1
    assert answer.err.splitlines()[-1].startswith("error: cannot write to postgresql://")
    assert postgres.tables(schema) == set()


def test_a_server_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    require(missing_postgres())
    with run_postgres() as server:
        with start_long(server.uri(), cwd=tmp_path) as process:
            wait_for_blocks(server, "public", process)
            server.stop()
            answer = finish(process)
        assert answer.code == 1
        lines = answer.err.splitlines()
        assert lines[-1].startswith("error: cannot write to postgresql://")
        assert [line for line in lines if line.startswith("something is left")]
        server.start()
        assert STAGED in server.tables("public")
        run(server.uri())
        assert server.tables("public") == RUN_TABLES


@contextmanager
def small_disk(directory: Path, mib: int) -> Iterator[Path]:
    """A file system of its own in memory."""
    directory.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(directory)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting a small disk needs root, and a container that lets it: CAP_SYS_ADMIN")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def test_a_disk_that_is_full(postgres: PostgresServer, schema: str, tmp_path: Path) -> None:
    uri = postgres.uri(schema, "cramped")
    with small_disk(postgres.directory / "small", 8) as disk:
        (disk / "space").mkdir()
        shutil.chown(disk / "space", "postgres")
        postgres.ask(f"CREATE TABLESPACE small LOCATION '{disk / 'space'}'")
        postgres.ask("CREATE ROLE cramped LOGIN")
        postgres.ask("ALTER ROLE cramped SET default_tablespace = small")
        postgres.ask(f"GRANT USAGE, CREATE ON SCHEMA {schema} TO cramped")
        postgres.ask("GRANT CREATE ON TABLESPACE small TO cramped")
        answer = cli("run", *words(uri, "generator.transactions=300000", "block_rows=20000"), cwd=tmp_path)
        assert (answer.code, answer.out) == (1, "")
        line = answer.one_line()
        assert line.startswith("error: cannot write to postgresql://")
        assert "No space left on device; make room on the server's disk" in line
        assert postgres.tables(schema) == set()
        postgres.ask("DROP OWNED BY cramped")
        postgres.ask("DROP TABLESPACE small")


def test_the_forecast_is_what_is_sent(postgres: PostgresServer, schema: str) -> None:
    prepared, _ = staged_sink(postgres.uri(schema))
    _, sink = staged_sink(postgres.uri(schema))
    told = sum(sink.measure(prepared.make_block(i).batches) for i in range(len(prepared.plan.rows_b)))
    result = run(postgres.uri(schema))
    tables = result.manifests["postgres"]["tables"].values()
    assert told == sum(file["bytes"] - 21 for table in tables for file in table["files"])


# forms of columns


@pytest.mark.parametrize("first", [("tid_uuid", "time_iso_naive", "amount_decimal"), ()], ids=["new first", "in order"])
def test_every_form_of_a_column_is_held_and_read_back(
    first: tuple[str, ...], postgres: PostgresServer, schema: str, tmp_path: Path
) -> None:
    uri, view = postgres.uri(schema), override(every_form(first))
    run(uri, view)
    require_good(uri, unchecked=False)
    native = synth.run(*SMALL, view, "sink=parquet", f"sink.parquet.uri={tmp_path}")
    assert_frame_equal(open_output(uri, load_catalog()).to_pandas(), native.to_pandas())
    query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s"
    kinds = dict(postgres.ask(query, schema))
    assert kinds["tid_uuid"] == "uuid"
    assert kinds["time_iso_naive"] == "timestamp without time zone"
    assert kinds["amount_decimal"] == "numeric"
