"""Parquet: a file a block for the transactions, a file for each side table; units and docs in the schema."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from pydantic import Field

from synth.contracts.sink import SinkJob
from synth.errors import Problem
from synth.sinks.arrangement import arrangement_of, arrangement_problems
from synth.sinks.csv import Describe, Folder, Uri
from synth.sinks.files import FileSink
from synth.sinks.s3_options import S3, S3Options
from synth.sinks.targets import TableFile, Target, TargetStream
from synth.tables.column import Column
from synth.tables.partition import PartitionKeys
from synth.tables.split import SplitStarts
from synth.tables.table import Table
from synth.timeline import Timeline

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from synth.tables.batch import Batch


@dataclass(frozen=True, kw_only=True)
class ParquetConfig:
    """A Parquet data set that pandas, Polars, DuckDB and Spark read as one table."""

    kind: Literal["parquet"] = "parquet"
    uri: Uri
    compression: Annotated[Literal["zstd", "snappy", "gzip", "none"], Field(description="compression of the columns")]
    compression_level: Annotated[int | None, Field(description="how hard it tries; null: its authors' choice")] = None
    row_group_rows: Annotated[int, Field(ge=1, le=100_000_000, description="most rows of a row group")]
    run_folder: Folder
    s3: S3 = field(default_factory=S3Options)
    partition_by: PartitionKeys = field(default_factory=list)
    split: SplitStarts = field(default_factory=dict)
    describe: Describe = False

    def problems(self) -> Iterator[Problem]:
        """Refuses levels that the compression does not have."""
        yield from level_problems(self.compression, self.compression_level)

    def problems_with(self, view: Mapping[str, Column], window: Timeline) -> Iterator[Problem]:
        """Yields the partitions and parts that the view and the window do not have."""
        yield from arrangement_problems(self, view, window)


def level_problems(compression: str, level: int | None) -> Iterator[Problem]:
    """Yields the problem of a level that a compression does not have."""
    if level is None:
        return
    import pyarrow as pa

    try:
        lowest = pa.Codec.minimum_compression_level(compression)
        highest = pa.Codec.maximum_compression_level(compression)
    except ValueError:
        message = f"compression {compression} has no levels"
        yield Problem(path="compression_level", message=message, allowed=("null", "compression: zstd or gzip"))
        return
    if not lowest <= level <= highest:
        message = f"compression {compression} has no level {level}"
        yield Problem(path="compression_level", message=message, allowed=(f"{lowest} to {highest}",))


class ParquetSink(FileSink):
    """Parquet files."""

    def __init__(self, config: ParquetConfig, job: SinkJob) -> None:
        form = ParquetFormat(config.compression, config.row_group_rows, config.compression_level)
        super().__init__(form, "parts", job, **arrangement_of(config))


#: Bytes at which a dictionary is given up: it then holds 65,536 numbers of 8 bytes, and an index into more of them
#: needs more than 16 bits, nearly what the values themselves do when they are compressed.
_DICTIONARY_BYTES = 524_288


class Encoding(TypedDict):
    """How the columns of a table become bytes, in the words of ``pyarrow.parquet.ParquetWriter``."""

    use_dictionary: list[str]
    column_encoding: dict[str, str]
    write_statistics: list[str]
    dictionary_pagesize_limit: int
    sorting_columns: "list[pq.SortingColumn] | None"


def encoding_of(table: Table) -> Encoding:
    """What each column is written as, by its type: that is what readers have to understand.

    Whole numbers and times become the differences of neighbours, packed into as few bits as they need: ids count up,
    times ascend. Texts and broken numbers repeat, and become a dictionary; scattered texts do not, and stand one behind
    the other, their lengths apart. A least and a greatest of those would tell no reader which rows to leave out. Each
    row group says by which columns it is sorted.
    """
    import pyarrow.parquet as pq
    import pyarrow.types as types

    column_encoding = {}
    for shown, kind in zip(table.fields, table.schema.types, strict=True):
        if types.is_integer(kind) or types.is_temporal(kind):
            column_encoding[shown.name] = "DELTA_BINARY_PACKED"
        elif types.is_string(kind) and shown.column.scattered:
            column_encoding[shown.name] = "DELTA_LENGTH_BYTE_ARRAY"
    return {
        "use_dictionary": [name for name in table.schema.names if name not in column_encoding],
        "column_encoding": column_encoding,
        "write_statistics": [each.name for each in table.fields if not each.column.scattered],
        "dictionary_pagesize_limit": _DICTIONARY_BYTES,
        "sorting_columns": [pq.SortingColumn(table.schema.names.index(name)) for name in table.ascending] or None,
    }


@dataclass(frozen=True)
class ParquetFormat:
    """Column chunks, written by Arrow.

    Attributes:
        compression: as Arrow names it: ``zstd``, ``snappy``, ``gzip`` or ``none``.
        row_group_rows: most rows of a row group.
        level: of the compression; None for its usual one.
        suffix: of the files.
    """

    compression: str
    row_group_rows: int
    level: int | None = None
    suffix: str = ".parquet"

    def encode(self, batch: "Batch") -> "pa.RecordBatch":
        """The native columns."""
        return batch.native

    def open_file(self, table: Table, target: Target) -> TableFile:
        """Begins a file that grows by row groups."""
        return RowGroups(table, target, self)


class RowGroups:
    """One Parquet file, with an index of its pages: Spark then reads those alone in which a row can be."""

    def __init__(self, table: Table, target: Target, file_format: ParquetFormat) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._rows = file_format.row_group_rows
        self._schema = table.schema
        self._waiting: list[pa.RecordBatch] = []
        self._stream = TargetStream(target)
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._stream, mode="w"),
            table.schema,
            compression=file_format.compression,
            compression_level=file_format.level,
            write_page_index=True,
            **encoding_of(table),
        )

    def append(self, payload: "pa.RecordBatch") -> None:
        """Adds the rows of a block; blocks with few rows share a row group."""
        self._waiting.append(payload)
        if sum(batch.num_rows for batch in self._waiting) >= self._rows:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        rows = pa.Table.from_batches(self._waiting, schema=self._schema)
        if rows.num_rows:
            self._writer.write_table(rows, row_group_size=self._rows)
        self._waiting.clear()

    def close(self) -> None:
        """Writes the last rows and the footer."""
        self._flush()
        self._writer.close()

    def abort(self) -> None:
        """Writes the footer nowhere."""
        self._stream.drop()
        self._writer.close()
