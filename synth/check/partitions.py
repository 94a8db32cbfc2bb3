"""A table in folders of partitions, block by block: what the folders' names say is put back among the columns."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from synth.contracts.output import ColumnEntry
from synth.tables.partition import NULL, TIME_PARTS


def partition_of(file: str) -> dict[str, str]:
    """Key → value, as the folders of a file say; empty for a file in none."""
    steps = (step.partition("=") for step in file.split("/")[:-1])
    return {unquote(key): unquote(value) for key, separator, value in steps if separator}


def stored_columns(file: str, columns: Sequence[ColumnEntry]) -> list[ColumnEntry]:
    """The columns that a file holds itself."""
    told = partition_of(file)
    return [column for column in columns if column["name"] not in told]


def with_partition(file: str, stored: Sequence[pa.ChunkedArray], schema: pa.Schema) -> list[pa.ChunkedArray]:
    """All columns of a table, from those that a file of it holds.

    Raises:
        ValueError: it holds what its folder tells, too, and another value.
    """
    told, found, rows = partition_of(file), iter(stored), len(stored[0])
    constant = {each.name: _constant(told[each.name], each.type, rows) for each in schema if each.name in told}
    if len(stored) < len(schema):
        return [constant[each.name] if each.name in told else next(found) for each in schema]
    for each, values in zip(schema, stored, strict=True):
        if each.name in told and not values.equals(constant[each.name]):
            raise ValueError(f"it holds rows of another {each.name} than {told[each.name]}")
    return list(stored)


def require_times(file: str, batch: pa.RecordBatch, time: str) -> None:
    """Holds rows to the part of the time that the folder of their file is named after.

    Args:
        time: the name of the event time; what is printed without its seconds is not looked at.

    Raises:
        ValueError: some are of another one.
    """
    told = partition_of(file)
    if not batch.num_rows or not time or not pa.types.is_timestamp(batch.schema.field(time).type):
        return
    ends = pc.min_max(batch.column(time))
    for key in TIME_PARTS.keys() & told.keys() - {*batch.schema.names}:
        if {_part(ends[end], key) for end in ("min", "max")} != {told[key]}:
            raise ValueError(f"it holds rows of another {key} than {told[key]}")


def _part(moment: pa.Scalar, key: str) -> str:
    text: str = pc.strftime(moment.cast(pa.timestamp("s")), format=TIME_PARTS[key]).as_py()
    return text


def _constant(text: str, kind: pa.DataType, rows: int) -> pa.ChunkedArray:
    value = pa.scalar(None if text == NULL else text, pa.string()).cast(kind)
    return pa.chunked_array([pa.repeat(value, rows)])


def in_blocks(
    files: Sequence[str], read: Callable[[str], Iterator[pa.RecordBatch]], counted: str, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """The rows in the order in which they were made.

    Args:
        files: those of a block follow each other, and bear its number.
        read: the rows of a file.
        counted: the column that says where in the order a row is; empty where there is none.
        schema: of all columns.
    """
    for _, own in groupby(files, key=lambda file: file.rpartition("/")[2]):
        block = list(own)
        if not {*partition_of(block[0])} & {*schema.names}:
            for file in block:  # parts of the time follow each other
                yield from read(file)
            continue
        rows = pa.Table.from_batches([batch for file in block for batch in read(file)], schema)
        yield from rows.sort_by(counted).combine_chunks().to_batches()


def name_of(source: str, columns: Sequence[Mapping[str, object]]) -> str:
    """What the output calls the first column that shows something; empty where none does."""
    return next((str(column["name"]) for column in columns if column["source"] == source), "")
