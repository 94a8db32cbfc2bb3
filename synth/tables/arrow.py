"""NumPy arrays as Arrow columns, zero-copy; ``pa.array`` would import pandas first, a third of a second a run."""

import numpy as np
import pyarrow as pa

from synth.arrays import Bytes, Int32, Int64, Mask, Numbers

_TYPES = {
    np.dtype(np.int64): pa.int64(),
    np.dtype(np.int32): pa.int32(),
    np.dtype(np.int8): pa.int8(),
    np.dtype(np.float64): pa.float64(),
}


def to_arrow(values: Numbers, valid: Mask | None = None) -> pa.Array:
    """An Arrow column over the array's own memory.

    Args:
        values: (n,) of a type above.
        valid: (n,) bool, false where the column is null; None: nowhere.
    """
    bitmap = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    buffers = [bitmap, pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(_TYPES[values.dtype], len(values), buffers)


def decimals_to_arrow(minor: Int64, kind: pa.DataType) -> pa.Array:
    """Whole minor units as decimals, which hold them as 128-bit numbers.

    Args:
        minor: (n,) int64, of at most as many digits as the type has.
        kind: a decimal128 with as many digits behind the point as the minor unit has.
    """
    words = np.empty((len(minor), 2), dtype="<i8")
    words[:, 0] = minor
    words[:, 1] = minor >> 63
    return pa.Array.from_buffers(kind, len(minor), [None, pa.py_buffer(words)])


def names_to_arrow(names: tuple[str, ...]) -> pa.StringArray:
    """A few texts as an Arrow column."""
    encoded = [name.encode() for name in names]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(names), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded)))


def values_of(column: pa.Array) -> Bytes:
    """The bytes of a fixed-width column's values, little-endian, what lies under nulls included."""
    width = column.type.bit_width // 8
    data = column.buffers()[1]
    if data is None:
        return np.empty(0, dtype=np.uint8)
    return np.frombuffer(data, dtype=np.uint8)[column.offset * width : (column.offset + len(column)) * width]


def validity_of(column: pa.Array) -> Mask:
    """(n,) bool: where the column is not null."""
    return np.unpackbits(
        np.frombuffer(column.is_valid().buffers()[1], dtype=np.uint8), count=len(column), bitorder="little"
    ).view(np.bool_)


def texts_of(column: pa.StringArray) -> tuple[Int32, memoryview]:
    """(n,) byte lengths of a column of texts, 0 for a null, and the texts one after the other."""
    if not len(column):
        return np.empty(0, dtype=np.int32), memoryview(b"")
    _, offset_buffer, data = column.buffers()
    offsets = np.frombuffer(offset_buffer, dtype="<i4")[column.offset : column.offset + len(column) + 1]
    return np.diff(offsets), memoryview(data or b"")[int(offsets[0]) : int(offsets[-1])]
