"""Rows as COPY's binary format; https://www.postgresql.org/docs/current/sql-copy.html."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from synth import Batch

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""What every stream begins with: a signature, no flags, no extension."""

TRAILER = b"\xff\xff"

#: Rows encoded at a time: what comes out stays in the caches, and the encoder's buffer does not grow by copying.
_ROWS = 16_384


def encode_rows(batch: "Batch") -> list[bytes]:
    """The rows as the middle of a stream, in pieces."""
    from pgpq import ArrowToPostgresBinaryEncoder

    rows = _as_sent(batch)
    encoder = ArrowToPostgresBinaryEncoder(rows.schema)
    encoder.write_header()  # has to come first; the table has one header, whatever the number of its blocks
    pieces = [encoder.write_batch(rows.slice(first, _ROWS)) for first in range(0, rows.num_rows, _ROWS)]
    # Less than a mebibyte is kept back until the end, which the trailer follows.
    return [*pieces, encoder.finish().removesuffix(TRAILER)]


def _as_sent(batch: "Batch") -> "pa.RecordBatch":
    """The rows with UUIDs as the 16 bytes that they are on the wire, where a value goes without its type."""
    import pyarrow as pa

    columns = [
        _bytes_of(column) if field.is_uuid else column
        for field, column in zip(batch.table.fields, batch.native.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.native.schema.names)


def _bytes_of(uuids: "pa.StringArray") -> "pa.Array":
    """(n,) 16 bytes of each text; a column of ids has no nulls."""
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pc.binary_join(pa.ListArray.from_arrays([0, len(uuids)], pc.replace_substring(uuids, "-", "")), "")
    packed = bytes.fromhex(digits[0].as_py())
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(uuids), [None, pa.py_buffer(packed)])
