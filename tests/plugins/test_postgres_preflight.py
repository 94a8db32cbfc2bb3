"""What ``synth plan`` and ``synth doctor`` tell of a schema before a run, with a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.postgres_server import PostgresServer
from tests.plugins.test_postgres import cli, own_server, words

pytestmark = pytest.mark.xdist_group("postgres-preflight")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with own_server() as server:
        for query in (
            "CREATE SCHEMA place",
            "CREATE ROLE locked LOGIN PASSWORD 'hunter2canary'",
            "CREATE ROLE guest LOGIN",
        ):
            server.ask(query)
        yield server


def look(uri: str, *overrides: str, cwd: Path, **env: str) -> list[tuple[str, str, str]]:
    """(what, state, message) of each preflight result of the plan."""
    answer = cli("plan", *words(uri, *overrides), "--json", cwd=cwd, env=env)
    assert (answer.code, answer.err) == (0, "")
    assert "hunter2" not in answer.out
    found = answer.envelope["data"]["sinks"]["postgres"]["findings"]
    return [(each["what"], each["state"], each["message"]) for each in found]


def test_all_is_well_until_a_run_is_there(server: PostgresServer, tmp_path: Path) -> None:
    uri = server.uri("place")
    [first, access, *rest] = look(uri, cwd=tmp_path)
    version = server.ask("SHOW server_version")[0][0]
    assert first == ("server", "ok", f"127.0.0.1 answers: PostgreSQL {version}")
    assert access == ("access", "ok", "as postgres, in database postgres")
    assert [each[:2] for each in rest] == [("schema", "ok"), ("tables", "ok")]
    assert server.tables("place") == set()
    assert cli("run", *words(uri), cwd=tmp_path).code == 0
    what, state, told = look(uri, cwd=tmp_path)[-1]
    assert (what, state) == ("tables", "failure")
    assert "already holds a run (synth_runs): --overwrite replaces it" in told
    what, state, told = look(uri, "sink.postgres.if_exists=append", cwd=tmp_path)[-1]
    assert (what, state, "takes no second run" in told) == ("tables", "failure", True)
    answer = cli("doctor", *words(uri), cwd=tmp_path)
    assert answer.code == 3
    assert answer.one_line().endswith("are failures: sink postgres, tables")


@pytest.mark.parametrize(
    ("schema", "user", "what", "told"),
    [
        ("absent", "postgres", "schema", "there is no schema 'absent'; create it with CREATE SCHEMA"),
        ("place", "guest", "schema", "no permission in schema 'place'; ask for GRANT"),
        ("place", "locked", "server", "set PGPASSWORD, or a line in ~/.pgpass"),
    ],
)
def test_a_server_that_does_not_let_it(
    schema: str, user: str, what: str, told: str, server: PostgresServer, tmp_path: Path
) -> None:
    last = look(server.uri(schema, user), cwd=tmp_path, PGPASSWORD="nohunter2canary")[-1]
    assert last[:2] == (what, "failure")
    assert told in last[2]


def test_no_server_answers(tmp_path: Path) -> None:
    [(what, state, told)] = look("postgresql://me@127.0.0.1:1/none?schema=place", cwd=tmp_path)
    assert (what, state) == ("server", "failure")
    assert "cannot reach postgresql://me@127.0.0.1:1/none?schema=place" in told
