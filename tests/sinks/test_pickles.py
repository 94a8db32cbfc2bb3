"""Pickles of a day each, read as the Fraud Detection Handbook reads its own, and by a reader that runs nothing."""

import io
import json
import os
import pickle
import pickletools
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import synth
from synth.sinks.pickles import read_pickle
from tests.cli.commands import synth as cli

BOOK = ("experiment=handbook_fixed", "columns=handbook_book", "population.customers.number=60", "block_rows=5000")


def read_from_files(folder: Path, begin: str, end: str) -> pd.DataFrame:
    """The function of that name in the Handbook's ``shared_functions.py``, but for what pandas has deprecated."""
    files = [each for each in folder.iterdir() if begin + ".pkl" <= each.name <= end + ".pkl"]
    frames = [pd.read_pickle(each) for each in files]
    whole = pd.concat(frames).sort_values("TRANSACTION_ID").reset_index(drop=True)
    return whole.replace([-1], 0)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book") / "data"
    answer = cli("run", *BOOK, "sink=[pickles]", f"sink.pickles.uri={folder}", "--quiet", cwd=folder.parent)
    assert (answer.code, answer.err) == (0, "")
    return folder


def test_the_book_reads_its_days(book: Path) -> None:
    days = [f"{day:%Y-%m-%d}.pkl" for day in pd.date_range("2018-04-01", "2018-09-30")]
    assert sorted(p.name for p in book.iterdir()) == [*days, "_truth"]
    rows = read_from_files(book, "2018-04-01", "2018-09-30")
    expected = synth.generate(*BOOK)
    assert list(rows.columns) == [
        *("TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT"),
        *("TX_TIME_SECONDS", "TX_TIME_DAYS", "TX_FRAUD", "TX_FRAUD_SCENARIO"),
    ]
    assert rows.dtypes.map(str).to_dict() == dict.fromkeys(rows, "int64") | {
        "TX_DATETIME": "datetime64[ns]",
        "TX_AMOUNT": "float64",
    }
    for name in rows:
        assert (rows[name].to_numpy() == expected[name].to_numpy()).all(), name
    one = pd.read_pickle(book / "2018-05-07.pkl")
    assert set(one.TX_DATETIME.dt.date) == {date(2018, 5, 7)}
    assert set(one.TX_TIME_DAYS) == {36}
    week = read_from_files(book, "2018-07-25", "2018-07-31")
    assert set(week.TX_DATETIME.dt.day) == set(range(25, 32))


def test_they_are_verified_and_the_same_again(book: Path, tmp_path: Path) -> None:
    answer = cli("verify", str(book), cwd=tmp_path)
    assert answer.code == 0, answer.out
    words = (*BOOK, "sink=[pickles]", f"sink.pickles.uri={tmp_path / 'again'}", "runner.workers=1")
    assert cli("run", *words, cwd=tmp_path).code == 0
    names = [name.name for name in book.glob("*.pkl")]
    assert {name: (tmp_path / "again" / name).read_bytes() for name in names} == {
        name: (book / name).read_bytes() for name in names
    }
    assert cli("run", *words, cwd=tmp_path).code == 3
    shorter = ("timeline.end=2018-05-01", "generator.transactions=3000", "--overwrite")
    assert cli("run", *words, *shorter, cwd=tmp_path).code == 0
    assert max(p.name for p in (tmp_path / "again").glob("*.pkl")) == "2018-04-30.pkl"


def test_every_view_can_be_pickled(tmp_path: Path) -> None:
    words = ("experiment=tiny", "columns=full", "sink=[pickles]", "sink.pickles.uri=out")
    assert cli("run", *words, cwd=tmp_path).code == 0
    answer = cli("verify", "out", cwd=tmp_path)
    assert answer.code == 0, answer.out


def test_a_view_without_the_time_is_refused(tmp_path: Path) -> None:
    answer = cli("validate", "sink=[pickles]", "columns.drop=[datetime]", cwd=tmp_path)
    assert answer.code == 2
    assert "the view does not show the event time" in answer.err


class Evil:
    def __reduce__(self) -> Any:
        return os.mkdir, ("evil",)


def test_the_reader_of_verify_runs_nothing(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    columns = json.loads((book / "_truth" / "_manifest.json").read_text())["tables"]["transactions"]["columns"]
    with pytest.raises(pickle.UnpicklingError, match="mkdir, which no data frame is made of"):
        list(read_pickle(io.BytesIO(pickle.dumps(Evil())), "transactions", columns))
    assert not (tmp_path / "evil").exists()
    [batch] = read_pickle(io.BytesIO((book / "2018-04-01.pkl").read_bytes()), "transactions", columns)
    assert batch.num_rows


def test_no_function_that_could_do_harm_is_in_a_pickle(book: Path) -> None:
    opcodes = {op.name for op, _, _ in pickletools.genops((book / "2018-04-01.pkl").read_bytes())}
    assert "STACK_GLOBAL" in opcodes
    strings = {arg for _, arg, _ in pickletools.genops((book / "_truth" / "merchants.pkl").read_bytes())}
    assert strings.isdisjoint({"getattr", "eval", "exec", "system"})


@pytest.mark.parametrize("rows", [1, 40])
def test_days_and_tables_without_rows_are_verified(rows: int, tmp_path: Path) -> None:
    words = ("sink=[pickles]", f"sink.pickles.uri={tmp_path / 'data'}", f"generator.transactions={rows}")
    assert cli("run", *words, "population.cards=50", "--quiet", cwd=tmp_path).code == 0
    frames = [pd.read_pickle(path) for path in (tmp_path / "data").glob("*.pkl")]
    assert sum(map(len, frames)) == rows
    assert any(frame.empty for frame in frames)
    answer = cli("verify", str(tmp_path / "data"), cwd=tmp_path)
    assert answer.code == 0, answer.err
