"""Files of each format as typed columns, parsed by Arrow: the readers' side, which shares no code with the sinks."""

import io
from collections.abc import Container, Iterator, Sequence
from functools import cache
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from synth.contracts.output import ColumnEntry
from synth.tables.column import EPOCH_UNITS_US
from synth.tables.types import arrow_type

#: Bytes of text parsed at a time; a piece of it goes to each thread.
_CHUNK = 16 << 20
_PIECE = 2 << 20
_PARQUET_ROWS = 262_144


def schema_of(columns: Sequence[ColumnEntry], *, printed: bool) -> pa.Schema:
    """Names, types and nullability of a table's columns.

    Args:
        printed: whether the files hold text, in which a time that ``loses_time`` stays the text that it is.
    """
    return pa.schema(
        [
            pa.field(
                column["name"],
                pa.string() if printed and loses_time(column) else arrow_type(column["type"]),
                nullable=column["nullable"],
            )
            for column in columns
        ]
    )


def loses_time(column: ColumnEntry) -> bool:
    """Whether what is printed of a column of times cannot be read back to the second, e.g. ``%Y-%m-%d`` or ``%y``."""
    return column["type"].startswith("timestamp") and "%" in column["format"] and _loses_time(*_kind(column))


def _kind(column: ColumnEntry) -> tuple[str, pa.TimestampType]:
    """How times of a column are printed, and what they are."""
    return column["format"], arrow_type(column["type"])


@cache
def _loses_time(pattern: str, kind: pa.TimestampType) -> bool:
    seconds = [-1_234_567_890, 951_827_696, 1_640_995_199, 1_656_633_600, 3_800_000_001]
    probes = pa.array(seconds, pa.timestamp("s", tz=kind.tz))
    try:
        return not _parse_time(pc.strftime(probes, format=pattern), pattern, kind).equals(probes.cast(kind))
    except pa.ArrowException:
        return True


def typed_batch(columns: Sequence[pa.ChunkedArray], schema: pa.Schema) -> pa.RecordBatch:
    """One batch of columns that have the schema's types."""
    arrays = [column.combine_chunks() for column in columns]
    for array, field in zip(arrays, schema, strict=True):
        if array.null_count and not field.nullable:
            raise ValueError(f"column {field.name!r} has {array.null_count} empty values")
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def read_parquet(
    stream: BinaryIO, columns: Sequence[ColumnEntry], told: Container[str] = ()
) -> Iterator[list[pa.ChunkedArray]]:
    """The columns of a Parquet file, some rows at a time.

    Args:
        told: those that the folder of the file tells: it holds all of them, too, or none.
    """
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.PythonFile(stream, mode="r"))
    stored = [column for column in columns if column["name"] not in told]
    if not any(file.schema_arrow.equals(schema_of(each, printed=False)) for each in (stored, columns)):
        found = ", ".join(f"{field.name} {field.type}" for field in file.schema_arrow)
        raise ValueError(f"its columns are {found}, not those of the manifest")
    for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
        yield pa.Table.from_batches([batch]).columns


def read_csv(
    stream: BinaryIO, compression: str | None, columns: Sequence[ColumnEntry], *, header: bool
) -> Iterator[list[pa.ChunkedArray]]:
    """The columns of a CSV file, some rows at a time."""
    import pyarrow.csv

    names = [column["name"] for column in columns]
    quoted = any(column.get("quoted") for column in columns)
    read = pyarrow.csv.ReadOptions(column_names=names, block_size=_PIECE)
    parse = pyarrow.csv.ParseOptions(
        quote_char='"' if quoted else False, newlines_in_values=quoted, ignore_empty_lines=False
    )
    convert = pyarrow.csv.ConvertOptions(
        column_types={column["name"]: _printed_type(column) for column in columns},
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=[""],
    )
    for chunk in _chunks(stream, compression, first_line=",".join(names).encode() if header else b"", quoted=quoted):
        table = pyarrow.csv.read_csv(pa.BufferReader(chunk), read, parse, convert)
        yield [_parse(table.column(i), column) for i, column in enumerate(columns)]


def read_jsonl(
    stream: BinaryIO, compression: str | None, columns: Sequence[ColumnEntry]
) -> Iterator[list[pa.ChunkedArray]]:
    """The columns of a file of JSON lines, some rows at a time."""
    import pyarrow.json

    read = pyarrow.json.ReadOptions(block_size=_PIECE)
    schema = pa.schema([(column["name"], _printed_type(column)) for column in columns])
    parse = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    for chunk in _chunks(stream, compression, first_line=b"", quoted=False):
        table = pyarrow.json.read_json(pa.BufferReader(chunk), read, parse)
        yield [_parse(table.column(column["name"]), column) for column in columns]


def _chunks(stream: BinaryIO, compression: str | None, *, first_line: bytes, quoted: bool) -> Iterator[bytes]:
    """A text file in pieces of whole lines, without its first line, which must be the given one.

    A line end inside quotes ends no line: before the end of one there is an even number of quotes.
    """
    source = io.BufferedReader(pa.CompressedInputStream(stream, compression)) if compression else stream
    if first_line and source.readline() != first_line + b"\n":
        raise ValueError("it does not begin with the names of the manifest's columns")
    rest = b""
    while data := source.read(_CHUNK):
        data = rest + data
        end = data.rfind(b"\n") + 1
        while quoted and end and data.count(b'"', 0, end) % 2:
            end = data.rfind(b"\n", 0, end - 1) + 1
        if end:
            yield data[:end]
        rest = data[end:]
    if rest:
        raise ValueError("it does not end with a line end: it is truncated")


def _printed_type(column: ColumnEntry) -> pa.DataType:
    """As what a parser is to take a printed column; times and days stay text until ``_parse``."""
    if column["type"].startswith("timestamp"):
        return pa.int64() if column["format"] in EPOCH_UNITS_US else pa.string()
    return pa.string() if column["type"].startswith("date") else arrow_type(column["type"])


def _parse(values: pa.ChunkedArray, column: ColumnEntry) -> pa.ChunkedArray:
    """A printed column with its own type."""
    if loses_time(column):
        return values
    if column["type"].startswith("timestamp"):
        return _parse_time(values, *_kind(column))
    return values.cast(arrow_type(column["type"]))


def _parse_time(values: pa.ChunkedArray, text_format: str, kind: pa.TimestampType) -> pa.ChunkedArray:
    if text_format in EPOCH_UNITS_US:
        values = pc.multiply_checked(values, EPOCH_UNITS_US[text_format])
    elif text_format not in ("iso", "%Y-%m-%d %H:%M:%S"):
        values = pc.strptime(values, format=text_format, unit="s")
    elif text_format.startswith("%"):
        values = values.cast(pa.timestamp("us"))
    return values.cast(kind)
