"""CSV lines: only texts that need quotes have some, and Python's own reader gets every text back."""

import csv
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.check.parsers import read_csv
from synth.errors import RunError
from synth.sinks.csv import CsvLines
from synth.tables.batch import Batch
from synth.tables.column import Column
from synth.tables.table import Field, Table

NUMBER = Column("n", "int64", "", "key", "a number")
PLAIN = Column("id", "string", "", "key", "a text without signs")
FREE = Column("name", "string", "", "observable", "a free text", free_text=True, nullable=True)
TABLE = Table("people", tuple(Field(column.name, column, "plain") for column in (NUMBER, PLAIN, FREE)))
TEXTS = st.lists(st.none() | st.text(st.sampled_from('ab ,"\n\r\\é')), min_size=1, max_size=50)


def lines(texts: list[str | None]) -> bytes:
    columns = {"n": pa.array(range(len(texts)), pa.int64()), "id": pa.array(["x"] * len(texts))}
    batch = Batch.of(TABLE, columns | {"name": pa.array(texts, pa.string())}, {})
    return memoryview(CsvLines(header=True).lines(batch)).tobytes()


def test_only_texts_that_need_them_have_quotes() -> None:
    made = lines(["plain", "a, b", 'say "so"', "two\nlines", "", None])
    assert made == b'0,x,plain\n1,x,"a, b"\n2,x,"say ""so"""\n3,x,"two\nlines"\n4,x,""\n5,x,\n'


@given(TEXTS)
def test_every_text_comes_back(texts: list[str | None]) -> None:
    made = lines(texts)
    read = list(csv.reader(io.StringIO(made.decode(), newline="")))
    assert read == [[str(i), "x", text or ""] for i, text in enumerate(texts)]
    columns = [
        {
            "name": c.name,
            "source": c.name,
            "type": c.arrow,
            "nullable": c.nullable,
            "format": "plain",
            "quoted": c.quoted,
        }
        for c in (NUMBER, PLAIN, FREE)
    ]
    pieces = read_csv(io.BytesIO(made), None, columns, header=False)  # type: ignore[arg-type]
    assert [text for piece in pieces for text in piece[2].to_pylist()] == texts


def test_a_text_with_control_characters_is_refused() -> None:
    with pytest.raises(RunError, match="control characters"):
        lines(["a\x02b"])
