"""Parquet files: every declared column is written as its type asks, and comes back as it was."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.sinks.parquet import ParquetFormat, level_problems
from synth.tables.batch import Batch
from synth.tables.column import NO_FACTS, Column
from synth.tables.declared import EVENT_COLUMNS
from synth.tables.registry import TABLES
from synth.tables.table import Table, plain_table

ROWS = 2_000
TABLES_OF_COLUMNS = {name: tuple(table.columns.values()) for name, table in TABLES.items()} | {
    "transactions": tuple(EVENT_COLUMNS.values())
}


class Memory:
    """The bytes of a file that nobody stages."""

    def __init__(self) -> None:
        self.content = io.BytesIO()

    def write(self, data: Any) -> None:
        self.content.write(data)


def some_values(column: Column, kind: pa.DataType) -> list[Any]:
    """Values that ascend, repeat or are all different, with gaps where there may be some."""
    seconds = [datetime(2022, 1, 1, tzinfo=UTC) + timedelta(seconds=7 * i) for i in range(ROWS)]
    values: list[Any]
    if pa.types.is_timestamp(kind):
        values = list(seconds)
    elif pa.types.is_date(kind):
        values = [each.date() for each in seconds]
    elif pa.types.is_string(kind):
        values = [f"{i * 7919 % ROWS:032x}" if column.scattered else f"text {i % 9}" for i in range(ROWS)]
    else:
        values = [i * 31 % 100 - 3 for i in range(ROWS)]
    return [None if column.nullable and i % 5 == 0 else value for i, value in enumerate(values)]


def written_as(column: Column) -> str:
    """What stands in a column chunk, levels aside."""
    if column.scattered:
        return "DELTA_LENGTH_BYTE_ARRAY"
    return "RLE_DICTIONARY" if column.arrow in {"string", "double"} else "DELTA_BINARY_PACKED"


def some_rows(table: Table) -> Batch:
    kinds = zip(table.fields, table.schema.types, strict=True)
    return Batch.of(table, {field.name: pa.array(some_values(field.column, kind), kind) for field, kind in kinds}, {})


def written(table: Table, file_format: ParquetFormat) -> pq.FileMetaData:
    """What the footer says of a file of some rows."""
    target = Memory()
    file = file_format.open_file(table, target)
    file.append(file_format.encode(some_rows(table)))
    file.close()
    return pq.read_metadata(pa.BufferReader(target.content.getvalue()))


def test_there_are_columns_of_each_kind() -> None:
    assert len({written_as(column) for columns in TABLES_OF_COLUMNS.values() for column in columns}) == 3


@pytest.mark.parametrize("name", TABLES_OF_COLUMNS)
def test_every_column_is_written_as_its_type_asks_and_comes_back(name: str) -> None:
    table = plain_table(name, TABLES_OF_COLUMNS[name], NO_FACTS)
    batch = some_rows(table)
    file_format, target = ParquetFormat("zstd", ROWS), Memory()
    file = file_format.open_file(table, target)
    file.append(file_format.encode(batch))
    file.close()
    read = pq.read_table(pa.BufferReader(target.content.getvalue()))
    assert read.equals(pa.Table.from_batches([batch.native]), check_metadata=True)
    group = pq.read_metadata(pa.BufferReader(target.content.getvalue())).row_group(0)
    for i, field in enumerate(table.fields):
        chunk = group.column(i)
        assert written_as(field.column) in chunk.encodings, field.name
        assert chunk.is_stats_set is not field.column.scattered, field.name
        assert chunk.has_offset_index, field.name
        assert chunk.has_column_index is not field.column.scattered, field.name


@pytest.mark.parametrize("name", TABLES)
def test_row_groups_say_by_which_columns_they_are_sorted(name: str) -> None:
    table = plain_table(name, TABLES_OF_COLUMNS[name], TABLES[name].facts)
    group = written(table, ParquetFormat("zstd", ROWS)).row_group(0)
    told = [table.schema.names[each.column_index] for each in group.sorting_columns]
    assert told == [*TABLES[name].facts.ascending, *TABLES[name].facts.order]
    assert not any(each.descending for each in group.sorting_columns)


@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_a_higher_level_makes_smaller_files(compression: str) -> None:
    table = plain_table("transactions", TABLES_OF_COLUMNS["transactions"], NO_FACTS)
    low, high = (
        sum(group.column(i).total_compressed_size for i in range(group.num_columns))
        for group in (written(table, ParquetFormat(compression, ROWS, level)).row_group(0) for level in (1, 9))
    )
    assert high < low


@pytest.mark.parametrize(
    ("compression", "level", "fits"),
    [
        ("zstd", None, True),
        ("zstd", 22, True),
        ("zstd", 23, False),
        ("gzip", 0, False),
        ("gzip", 9, True),
        ("none", 1, False),
    ],
)
def test_a_level_that_a_compression_does_not_have_is_refused(compression: str, level: int | None, fits: bool) -> None:
    assert [problem.path for problem in level_problems(compression, level)] == ([] if fits else ["compression_level"])
