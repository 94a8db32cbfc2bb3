"""A database that is lost on the way: readers see the old run, and the words say what was lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("psycopg", reason="no psycopg: pip install --group dev")

from synth_sql.postgres import patience

from tests.cli import commands
from tests.conftest import require
from tests.faults.commands import FULL
from tests.faults.proxy import cut_after
from tests.plugins.postgres_server import PostgresServer, missing_postgres, run_postgres

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.xdist_group("cut")]

SMALL = ("scenario=card_chain", "generator.transactions=4000", "block_rows=900", "population.cards=300")


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    require(missing_postgres())
    with run_postgres() as server:
        yield server


@pytest.mark.parametrize("silent", [False, True], ids=["cut", "silent"])
@pytest.mark.parametrize("most", [10, 8_000, 40_000, 150_000, 250_000] if FULL else [10, 150_000])
def test_a_connection_that_breaks_leaves_the_old_run(
    most: int, silent: bool, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = f"broken_{most}_{silent}".lower()
    postgres.ask(f"CREATE SCHEMA {schema}")
    words = (*SMALL, "sink=postgres")
    direct = f"sink.postgres.uri='{postgres.uri(schema)}'"
    assert commands.synth("run", *words, direct, cwd=tmp_path).code == 0
    before = postgres.content(schema)
    with cut_after(postgres.port, most, silent=silent) as port, monkeypatch.context() as patch:
        patch.setattr(patience, "SILENT_S", 2.0)
        through = f"sink.postgres.uri='{postgres.uri(schema).replace(str(postgres.port), str(port))}'"
        env = {"PGCONNECT_TIMEOUT": "2"}
        answer = commands.synth("run", *words, "seed=2", "--overwrite", through, cwd=tmp_path, env=env)
    check_words(answer, 3 if most == 10 else 1)
    kept = {name: rows for name, rows in postgres.content(schema).items() if not name.startswith("synth_staging_")}
    assert kept == before
    assert commands.synth("run", *words, "seed=2", "--overwrite", direct, cwd=tmp_path).code == 0
    assert not [name for name in postgres.tables(schema) if name.startswith("synth_staging_")]


def check_words(answer: commands.Answer, code: int) -> None:
    assert answer.code == code, answer.err
    assert "Traceback" not in answer.err
    assert "internal error" not in answer.err
    assert "cannot" in answer.err.splitlines()[-1]


def test_a_server_that_is_started_again_has_the_old_run(postgres: PostgresServer, tmp_path: Path) -> None:
    postgres.ask("CREATE SCHEMA restarted")
    recipe = ("scenario=card_chain", "population.cards=300", "generator.transactions=400000", "block_rows=20000")
    words = (*recipe, "sink=postgres", f"sink.postgres.uri='{postgres.uri('restarted')}'")
    assert commands.synth("run", *words, "generator.transactions=4000", cwd=tmp_path).code == 0
    before = postgres.content("restarted")
    with commands.start("run", *words, "--overwrite", cwd=tmp_path) as process:
        begun = "SELECT 1 FROM pg_tables WHERE schemaname = 'restarted' AND tablename LIKE 'synth_staging_%'"
        commands.wait_until(lambda: bool(postgres.ask(begun)), process)
        postgres.stop()
        answer = commands.finish(process)
    check_words(answer, 1)
    postgres.start()
    kept = {name: rows for name, rows in postgres.content("restarted").items() if not name.startswith("synth_staging_")}
    assert kept == before
    assert commands.synth("run", *words, "seed=2", "generator.transactions=4000", "--overwrite", cwd=tmp_path).code == 0
    assert not [name for name in postgres.tables("restarted") if name.startswith("synth_staging_")]
