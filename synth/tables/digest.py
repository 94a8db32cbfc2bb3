"""The content digest: what a table holds, whatever format, store, worker or engine it went through.

A block's digest is the SHA-256 over its columns in order: for a nullable column n validity bytes (0 or 1); then the n
values little-endian in the column's own width (a null as zero), or for texts n little-endian int32 byte lengths (a
null as zero) followed by the UTF-8 bytes. A table's digest is the SHA-256 over one line ``name:type`` a column and the
digests of its blocks. A run's digest is the SHA-256 over one line ``table digest`` a table, sorted by name.
"""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from synth.tables.arrow import texts_of, validity_of, values_of


def digest_batch(batch: pa.RecordBatch) -> bytes:
    """32 bytes that stand for the rows of one block."""
    state = hashlib.sha256()
    for place, field in enumerate(batch.schema):
        column = batch.column(place)
        valid = validity_of(column) if field.nullable else None
        if valid is not None:
            state.update(valid.data)
        if pa.types.is_string(field.type):
            lengths, text = texts_of(column.drop_null() if column.null_count else column)
            if valid is not None:
                spread = np.zeros(len(column), dtype="<i4")
                spread[valid] = lengths
                lengths = spread
            state.update(lengths.data)
            state.update(text)
        else:
            values = values_of(column)
            if valid is not None:
                values = values.reshape(len(column), field.type.bit_width // 8) * valid[:, None]
            state.update(values.data)
    return state.digest()


def digest_table(schema: pa.Schema, blocks: Iterable[bytes]) -> str:
    """Hex digest of a table from those of its blocks, in block order."""
    state = hashlib.sha256("".join(f"{field.name}:{field.type}\n" for field in schema).encode())
    for block in blocks:
        state.update(block)
    return state.hexdigest()


def digest_run(tables: Mapping[str, str]) -> str:
    """Hex digest of a run from those of its tables."""
    return hashlib.sha256("".join(f"{name} {tables[name]}\n" for name in sorted(tables)).encode()).hexdigest()
