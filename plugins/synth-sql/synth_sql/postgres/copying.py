"""Rows as COPY's binary format, laid out column by column; https://www.postgresql.org/docs/current/sql-copy.html.

A row is the number of its fields as int16, then for each field its size as int32 and its bytes, all big-endian; a null
has size -1 and no bytes. Numbers that stand side by side become one matrix of bytes, one row each; Arrow joins those
matrices with the texts between them, row by row, in native code.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from synth import validity_of, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

Bytes = npt.NDArray[np.uint8]

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""What every stream begins with: a signature, no flags, no extension."""

TRAILER = b"\xff\xff"

#: Rows laid out at a time: what is joined stays far below the 2 GiB of an Arrow array, and mostly in the caches.
_ROWS = 131_072

#: PostgreSQL counts times from 2000-01-01.
_EPOCH_DAYS = 10_957
_EPOCH_US = _EPOCH_DAYS * 86_400_000_000


def encode_rows(rows: "pa.RecordBatch") -> "list[pa.Buffer]":
    """The rows as the middle of a stream, in pieces."""
    return [_encode(rows.slice(first, _ROWS)) for first in range(0, rows.num_rows, _ROWS)]


def _encode(rows: "pa.RecordBatch") -> "pa.Buffer":
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = [*_parts(rows), _binary(np.empty((rows.num_rows, 0), dtype=np.uint8))]  # the last one is the separator
    joined = pc.binary_join_element_wise(*parts, null_handling="replace", null_replacement="")
    assert isinstance(joined, pa.BinaryArray)
    _, offsets, data = joined.buffers()
    return data.slice(0, int(np.frombuffer(offsets, dtype=np.int32)[len(joined)]))


def _parts(rows: "pa.RecordBatch") -> "Iterator[pa.Array]":
    """Arrays whose bytes, row by row one after the other, are the rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    beside: list[Bytes] = [_repeated(rows.num_columns, ">i2", rows.num_rows)]
    for column in rows.columns:
        valid = validity_of(column) if column.null_count else None
        if pa.types.is_string(column.type):
            size = values_of(pc.binary_length(column)).view("<i4").astype(">i4")
            beside.append(_matrix(size if valid is None else np.where(valid, size, -1).astype(">i4")))
            yield _binary(np.hstack(beside))
            yield column.view(pa.binary())
            beside = []
            continue
        values = _big_endian(column)
        field = np.hstack([_repeated(values.itemsize, ">i4", len(column)), _matrix(values)])
        if valid is None:
            beside.append(field)
            continue
        if beside:
            yield _binary(np.hstack(beside))
            beside = []
        null = _binary(_repeated(-1, ">i4", len(column)))
        yield pc.if_else(column.is_valid(), _binary(field), null)
    if beside:
        yield _binary(np.hstack(beside))


def _big_endian(column: "pa.Array") -> npt.NDArray[Any]:
    """The values as PostgreSQL sends them; it has no integer of one byte."""
    import pyarrow as pa

    if pa.types.is_date(column.type):
        return (values_of(column).view("<i4") - _EPOCH_DAYS).astype(">i4")
    if pa.types.is_timestamp(column.type):
        return (values_of(column).view("<i8") - _EPOCH_US).astype(">i8")
    kinds = {"int8": ("i1", ">i2"), "int32": ("<i4", ">i4"), "int64": ("<i8", ">i8"), "double": ("<f8", ">f8")}
    little, big = kinds[str(column.type)]
    return values_of(column).view(little).astype(big)


def _repeated(value: int, kind: str, rows: int) -> Bytes:
    return np.broadcast_to(np.array([value], dtype=kind).view(np.uint8), (rows, np.dtype(kind).itemsize))


def _matrix(values: npt.NDArray[Any]) -> Bytes:
    return values.view(np.uint8).reshape(len(values), values.itemsize)


def _binary(matrix: Bytes) -> "pa.Array":
    """An array of one binary value a row of the matrix."""
    import pyarrow as pa

    rows, width = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    return pa.Array.from_buffers(pa.binary(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(matrix.tobytes())])
