"""The database as somebody sees it who installed the package."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import synth

SMALL = ("scenario=card_chain", "generator.transactions=20000", "population.cards=500")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    synth.run(*SMALL, "sink=sqlite", f"sink.sqlite.uri={tmp_path}")
    with closing(sqlite3.connect(tmp_path / "synth.sqlite")) as connection:
        yield connection


def plan_of(database: sqlite3.Connection, query: str) -> str:
    return "\n".join(row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {query}"))


def test_the_package_announces_itself() -> None:
    assert "sqlite" in entry_points(group="synth").names


def test_every_column_is_typed_and_explained(database: sqlite3.Connection) -> None:
    columns = {row[1]: row[2:4] for row in database.execute("PRAGMA table_info(transactions)")}
    assert columns == {
        "tid": ("TEXT", 1),
        "datetime": ("TEXT", 1),
        "cc_num": ("TEXT", 1),
        "amount": ("REAL", 1),
        "fraud_label": ("INTEGER", 1),
    }
    for name, definition in database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'"):
        [[count]] = database.execute("SELECT count(*) FROM pragma_table_info(?)", [name])
        assert len(re.findall(r" -- \w+.*: .+$", definition, re.MULTILINE)) == count


def test_the_side_tables_have_keys(database: sqlite3.Connection) -> None:
    key = "SELECT name FROM pragma_table_info(?) WHERE pk"
    assert {name: database.execute(key, [name]).fetchall() for name in ("labels", "episodes")} == {
        "labels": [("event_id",)],
        "episodes": [("episode_id",)],
    }


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("tid = 'x'", "transactions_tid"),
        ("datetime < '2022-01-02'", "transactions_datetime"),
        ("cc_num = '4' AND datetime > '2022-01-02'", "transactions_cc_num_datetime"),
    ],
)
def test_searches_use_an_index(condition: str, index: str, database: sqlite3.Connection) -> None:
    assert f"USING INDEX {index}" in plan_of(database, f"SELECT amount FROM transactions WHERE {condition}")


def test_without_indices_there_are_none(tmp_path: Path) -> None:
    synth.run(*SMALL, "sink=sqlite", f"sink.sqlite.uri={tmp_path}", "sink.sqlite.indices=false")
    with closing(sqlite3.connect(tmp_path / "synth.sqlite")) as database:
        assert database.execute("SELECT name FROM sqlite_schema WHERE type = 'index'").fetchall() == []


def test_the_query_of_the_readme_shows_the_chains(database: sqlite3.Connection) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    [query] = re.findall(r"```sql\n(.*?)```", readme, re.DOTALL)
    found = {role: in_10_minutes for _, role, _, in_10_minutes in database.execute(query)}
    assert found["head"] < 1.5 < 3 < found["follower"]


def test_a_run_reads_back_as_a_frame(tmp_path: Path) -> None:
    result = synth.run(*SMALL, "sink=sqlite", f"sink.sqlite.uri={tmp_path}")
    assert result.to_pandas().equals(synth.generate(*SMALL))
