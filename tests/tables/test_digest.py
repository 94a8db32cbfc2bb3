"""The content digest, against its own description written out in plain Python."""

import hashlib
import struct
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.tables.digest import digest_batch, digest_run, digest_table

TYPES = {"int64": "<q", "int8": "<b", "double": "<d", "timestamp": "<q", "date32": "<i", "string": "", "decimal": ""}
ARROW = {
    "int64": pa.int64(),
    "int8": pa.int8(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date32": pa.date32(),
    "string": pa.string(),
    "decimal": pa.decimal128(18, 2),
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int64": st.integers(-(2**63), 2**63 - 1),
    "int8": st.integers(-128, 127),
    "double": st.floats(allow_nan=False),
    "timestamp": st.integers(-(2**63), 2**63 - 1),
    "date32": st.integers(-(2**31), 2**31 - 1),
    "string": st.text(max_size=6),
    "decimal": st.integers(-(10**18) + 1, 10**18 - 1).map(lambda minor: Decimal(minor).scaleb(-2)),
}

Column = tuple[str, bool, list[Any]]


@st.composite
def tables(draw: st.DrawFn) -> list[Column]:
    rows = draw(st.integers(0, 12))
    columns = []
    for _ in range(draw(st.integers(1, 4))):
        kind, nullable = draw(st.sampled_from(sorted(TYPES))), draw(st.booleans())
        value = st.none() | VALUES[kind] if nullable else VALUES[kind]
        columns.append((kind, nullable, draw(st.lists(value, min_size=rows, max_size=rows))))
    return columns


def as_batch(columns: list[Column]) -> pa.RecordBatch:
    fields = [pa.field(f"c{i}", ARROW[kind], nullable=nullable) for i, (kind, nullable, _) in enumerate(columns)]
    arrays = [pa.array(values, field.type) for field, (_, _, values) in zip(fields, columns, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def described(columns: list[Column]) -> bytes:
    """The docstring of synth.tables.digest, value by value."""
    state = b""
    for kind, nullable, values in columns:
        if nullable:
            state += bytes(value is not None for value in values)
        if kind == "string":
            texts = [(value or "").encode() for value in values]
            state += b"".join(struct.pack("<i", len(text)) for text in texts) + b"".join(texts)
        elif kind == "decimal":
            minor = [int((value or Decimal(0)).scaleb(2)) for value in values]
            state += b"".join(value.to_bytes(16, "little", signed=True) for value in minor)
        else:
            state += b"".join(struct.pack(TYPES[kind], 0 if value is None else value) for value in values)
    return hashlib.sha256(state).digest()


@given(tables())
def test_a_block_is_digested_as_described(columns: list[Column]) -> None:
    assert digest_batch(as_batch(columns)) == described(columns)


@given(tables(), st.integers(0, 12), st.integers(0, 12))
def test_a_slice_is_digested_like_a_table_of_its_own(columns: list[Column], start: int, length: int) -> None:
    part = [(kind, nullable, values[start : start + length]) for kind, nullable, values in columns]
    assert digest_batch(as_batch(columns).slice(start, length)) == described(part)


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_what_lies_under_a_null_does_not_count(kind: str) -> None:
    value = {"string": "x", "double": 1.5, "decimal": Decimal(7)}.get(kind, 7)
    hidden = pa.array([value, value], ARROW[kind])
    masked = pa.Array.from_buffers(hidden.type, 2, [pa.py_buffer(b"\x01"), *hidden.buffers()[1:]])
    batch = pa.RecordBatch.from_arrays([masked], schema=pa.schema([pa.field("c0", ARROW[kind])]))
    assert batch.column(0).to_pylist()[1] is None
    assert digest_batch(batch) == described([(kind, True, [value, None])])


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_no_rows(kind: str) -> None:
    for nullable in (True, False):
        assert digest_batch(as_batch([(kind, nullable, [])])) == hashlib.sha256(b"").digest()


def test_a_table_and_a_run_are_digested_as_described() -> None:
    schema = pa.schema([("id", pa.int64()), ("when", pa.timestamp("us", tz="UTC"))])
    table = hashlib.sha256(b"id:int64\nwhen:timestamp[us, tz=UTC]\n" + b"A" * 32 + b"B" * 32).hexdigest()
    assert digest_table(schema, [b"A" * 32, b"B" * 32]) == table
    run = hashlib.sha256(b"labels 22\ntransactions 11\n").hexdigest()
    assert digest_run({"transactions": "11", "labels": "22"}) == run
    assert digest_run({"labels": "22", "transactions": "11"}) == run


def test_the_order_of_blocks_counts() -> None:
    schema = pa.schema([("id", pa.int64())])
    assert digest_table(schema, [b"A", b"B"]) != digest_table(schema, [b"B", b"A"])
