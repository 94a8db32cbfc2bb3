"""A connection to a database that is cut on the way: readers see the old run, and the words say what was lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("psycopg", reason="no psycopg: pip install --group dev")

from tests.cli import commands
from tests.conftest import require
from tests.faults.proxy import cut_after
from tests.plugins.postgres_server import PostgresServer, missing_postgres, run_postgres

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.xdist_group("cut")]

SMALL = ("scenario=card_chain", "generator.transactions=4000", "block_rows=900", "population.cards=300")


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    require(missing_postgres())
    with run_postgres() as server:
        yield server


@pytest.mark.parametrize("most", [10, 8_000, 40_000, 150_000, 250_000])
def test_a_connection_that_is_cut_leaves_the_old_run(most: int, postgres: PostgresServer, tmp_path: Path) -> None:
    schema = f"cut_{most}"
    postgres.ask(f"CREATE SCHEMA {schema}")
    words = (*SMALL, "sink=postgres")
    direct = f"sink.postgres.uri='{postgres.uri(schema)}'"
    assert commands.synth("run", *words, direct, cwd=tmp_path).code == 0
    before = postgres.content(schema)
    with cut_after(postgres.port, most) as port:
        through = f"sink.postgres.uri='{postgres.uri(schema).replace(str(postgres.port), str(port))}'"
        answer = commands.synth("run", *words, "seed=2", "--overwrite", through, cwd=tmp_path)
    assert answer.code == (3 if most == 10 else 1), answer.err
    assert "Traceback" not in answer.err
    assert "internal error" not in answer.err
    assert "cannot" in answer.err.splitlines()[-1]
    kept = {name: rows for name, rows in postgres.content(schema).items() if not name.startswith("synth_staging_")}
    assert kept == before
    assert commands.synth("run", *words, "seed=2", "--overwrite", direct, cwd=tmp_path).code == 0
    assert not [name for name in postgres.tables(schema) if name.startswith("synth_staging_")]
