"""What ``synth plan`` and ``synth doctor`` tell of a schema before a run, with a real server."""

from pathlib import Path

import pytest

from tests.plugins.postgres_server import PASSWORD, PostgresServer
from tests.plugins.test_postgres import cli, words


def look(uri: str, *overrides: str, cwd: Path, **env: str) -> list[tuple[str, str, str]]:
    """(what, state, message) of each preflight result of the plan."""
    answer = cli("plan", *words(uri, *overrides), "--json", cwd=cwd, env=env)
    assert (answer.code, answer.err) == (0, "")
    assert PASSWORD not in answer.out
    found = answer.envelope["data"]["sinks"]["postgres"]["findings"]
    return [(each["what"], each["state"], each["message"]) for each in found]


def test_all_is_well_until_a_run_is_there(postgres: PostgresServer, schema: str, tmp_path: Path) -> None:
    uri = postgres.uri(schema)
    [first, access, *rest] = look(uri, cwd=tmp_path)
    version = postgres.ask("SHOW server_version")[0][0]
    assert first == ("server", "ok", f"127.0.0.1 answers: PostgreSQL {version}")
    assert access == ("access", "ok", "as postgres, in database postgres")
    assert [each[:2] for each in rest] == [("schema", "ok"), ("tables", "ok")]
    assert postgres.tables(schema) == set()
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
    ("name", "user", "what", "told"),
    [
        ("absent", "postgres", "schema", "there is no schema 'absent'; create it with CREATE SCHEMA"),
        ("", "guest", "schema", "no permission in schema '{schema}'; ask for GRANT"),
        ("", "locked", "server", "set PGPASSWORD, or a line in ~/.pgpass"),
    ],
)
def test_a_server_that_does_not_let_it(
    name: str, user: str, what: str, told: str, postgres: PostgresServer, schema: str, tmp_path: Path
) -> None:
    last = look(postgres.uri(name or schema, user), cwd=tmp_path, PGPASSWORD=f"no{PASSWORD}")[-1]
    assert last[:2] == (what, "failure")
    assert told.format(schema=schema) in last[2]


def test_no_server_answers(tmp_path: Path) -> None:
    [(what, state, told)] = look("postgresql://me@127.0.0.1:1/none?schema=place", cwd=tmp_path)
    assert (what, state) == ("server", "failure")
    assert "cannot reach postgresql://me@127.0.0.1:1/none?schema=place" in told
