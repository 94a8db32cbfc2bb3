"""The content digest: what a table holds, whatever format, store, worker or engine it went through.

A block's digest is the SHA-256 over its columns in order: for a nullable column n validity bytes (0 or 1); then the n values
little-endian in the column's own width (a null as zero), or for texts n little-endian int32 byte lengths (a null as zero)
followed by the UTF-8 bytes. A table's digest is the SHA-256 over one line ``name:type`` a column and the digests of its blocks.
A run's digest is the SHA-256 over one line ``table digest`` a table, sorted by name.
"""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa


def digest_batch(batch: pa.RecordBatch) -> bytes:
    """32 bytes that stand for the rows of one block."""
    state = hashlib.sha256()
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if field.nullable:
            state.update(column.is_valid().cast(pa.uint8()).to_numpy(zero_copy_only=False))
        if pa.types.is_string(field.type):
            filled = column.fill_null("") if column.null_count else column
            offsets = np.frombuffer(filled.buffers()[1], dtype="<i4")[filled.offset : filled.offset + len(filled) + 1]
            state.update(np.diff(offsets))
            if len(filled) and filled.buffers()[2] is not None:
                state.update(memoryview(filled.buffers()[2])[int(offsets[0]) : int(offsets[-1])])
        else:
            values = column.view(pa.int64()) if pa.types.is_timestamp(field.type) else column
            state.update(np.ascontiguousarray((values.fill_null(0) if values.null_count else values).to_numpy()))
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
