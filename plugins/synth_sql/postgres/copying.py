"""Rows as COPY's binary format; https://www.postgresql.org/docs/current/sql-copy.html."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""What every stream begins with: a signature, no flags, no extension."""

TRAILER = b"\xff\xff"

#: Rows encoded at a time: what comes out stays in the caches, and the encoder's buffer does not grow by copying.
_ROWS = 16_384


def encode_rows(rows: "pa.RecordBatch") -> list[bytes]:
    """The rows as the middle of a stream, in pieces."""
    from pgpq import ArrowToPostgresBinaryEncoder

    encoder = ArrowToPostgresBinaryEncoder(rows.schema)
    encoder.write_header()  # has to come first; the table has one header, whatever the number of its blocks
    pieces = [encoder.write_batch(rows.slice(first, _ROWS)) for first in range(0, rows.num_rows, _ROWS)]
    # Less than a mebibyte is kept back until the end, which the trailer follows.
    return [*pieces, encoder.finish().removesuffix(TRAILER)]
