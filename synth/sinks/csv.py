"""CSV, written by Arrow."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from synth.contracts.sink import SinkJob
from synth.errors import Problem, RunError
from synth.sinks.arrangement import arrangement_of, arrangement_problems
from synth.sinks.files import FileSink
from synth.sinks.places import RunFolder
from synth.sinks.s3_options import S3, S3Options
from synth.sinks.targets import TableFile, Target, TargetStream
from synth.tables.column import Column
from synth.tables.partition import PartitionKeys
from synth.tables.split import SplitStarts
from synth.tables.table import Table
from synth.timeline import Timeline

if TYPE_CHECKING:
    import pyarrow as pa

    from synth.tables.batch import Batch

Compression = Literal["none", "gzip", "zstd"]
#: The field ``uri`` of a sink that writes to a directory or to S3.
Uri = Annotated[str | None, Field(description="a directory or s3://bucket/prefix; null: the run directory")]
#: The field ``run_folder`` of a sink that writes files.
Folder = Annotated[
    RunFolder, Field(description="a folder a run below the uri; auto: in a bucket, where it replaces another run")
]
#: The field ``describe`` of a sink that writes files.
Describe = Annotated[
    bool, Field(description="Croissant, Frictionless and SQL that loads the tables, beside the data card")
]
#: The field ``layout`` of a sink that writes lines.
LineLayout = Annotated[Literal["file", "parts"], Field(description="one file, or one a block")]
SUFFIX = {"none": "", "gzip": ".gz", "zstd": ".zst"}


@dataclass(frozen=True, kw_only=True)
class CsvConfig:
    """Comma-separated values; line ends are \\n, nulls are empty, only texts that need it are quoted."""

    kind: Literal["csv"] = "csv"
    uri: Uri
    layout: LineLayout
    header: Annotated[bool, Field(description="whether a file begins with the column names")]
    compression: Annotated[Compression, Field(description="compression of each file")]
    run_folder: Folder
    s3: S3 = field(default_factory=S3Options)
    partition_by: PartitionKeys = field(default_factory=list)
    split: SplitStarts = field(default_factory=dict)
    describe: Describe = False

    def problems(self) -> Iterator[Problem]:
        """Refuses folders for one file, and descriptions by names of files that hold none."""
        yield from unfolded(self.layout, self.partition_by)
        if self.describe and not self.header:
            message = "Croissant tells columns by the names in the files' first lines"
            yield Problem(path="describe", message=message, allowed=("header: true",))

    def problems_with(self, view: Mapping[str, Column], window: Timeline) -> Iterator[Problem]:
        """Yields the partitions and parts that the view and the window do not have."""
        yield from arrangement_problems(self, view, window)


def unfolded(layout: str, partition_by: Sequence[str]) -> Iterator[Problem]:
    """Yields the problem of partitions where all rows go into one file."""
    if partition_by and layout == "file":
        yield Problem(path="partition_by", message="one file has no partitions", allowed=("layout: parts",))


class CsvSink(FileSink):
    """CSV files."""

    def __init__(self, config: CsvConfig, job: SinkJob) -> None:
        form = TextFormat(".csv", config.compression, CsvLines(config.header))
        super().__init__(form, config.layout, job, **arrangement_of(config))


@dataclass(frozen=True)
class CsvLines:
    """Rows as CSV lines."""

    header: bool

    def first_line(self, table: Table) -> bytes:
        """The column names."""
        return (",".join(each.name for each in table.fields) + "\n").encode() if self.header else b""

    def lines(self, batch: "Batch") -> "pa.Buffer":
        """All rows of a block."""
        import pyarrow as pa
        import pyarrow.csv

        from synth.tables.arrow import texts_of

        text = _quote(batch) if batch.table.quoted else batch.text
        options = pyarrow.csv.WriteOptions(include_header=False, batch_size=16_384, quoting_style="none")
        # The size is known: every text, and a comma or a line end behind it.
        size = text.num_rows * text.num_columns + sum(len(texts_of(column)[1]) for column in text.columns)
        buffer = pa.allocate_buffer(size)
        pyarrow.csv.write_csv(text, pa.FixedSizeBufferWriter(buffer), options)
        if batch.table.quoted:
            _put_signs(memoryview(buffer).cast("B"))
        return buffer


#: Arrow quotes all texts of a table or none, and none that holds one of these signs; so others stand in for them.
_SIGNS, _STAND_INS = ',"\n\r', "\x01\x02\x03\x04"
_AT_ONCE = 1 << 20
_TO_SIGNS = bytes.maketrans(_STAND_INS.encode(), _SIGNS.encode())


def _put_signs(line: memoryview) -> None:
    """Exchanges the stand-ins, in place."""
    for start in range(0, len(line), _AT_ONCE):
        piece = line[start : start + _AT_ONCE]
        piece[:] = piece.tobytes().translate(_TO_SIGNS)


def _quote(batch: "Batch") -> "pa.RecordBatch":
    """The texts of a block, in quotes where they need them, with stand-ins for commas, quotes and line ends."""
    import pyarrow as pa

    columns = [
        _quote_column(column) if shown.column.quoted else column
        for shown, column in zip(batch.table.fields, batch.text.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.text.schema.names)


def _quote_column(column: "pa.StringArray") -> "pa.StringArray":
    """Quotes each different text once; an empty one, too, for without quotes it reads as a null."""
    import pyarrow.compute as pc

    coded = column.dictionary_encode()
    texts = coded.dictionary
    if pc.any(pc.match_substring_regex(texts, f"[{_STAND_INS}]")).as_py():
        raise RunError("CSV cannot hold texts with the control characters 1 to 4")
    needed = pc.match_substring_regex(texts, f"^$|[{_SIGNS}]")
    texts = pc.if_else(needed, pc.binary_join_element_wise('"', pc.replace_substring(texts, '"', '""'), '"', ""), texts)
    for sign, stand_in in zip(_SIGNS, _STAND_INS, strict=True):
        texts = pc.replace_substring(texts, sign, stand_in)
    return texts.take(coded.indices)


@dataclass(frozen=True)
class TextFormat:
    """A format of lines, compressed or not.

    A gzip file that holds all blocks has one member a block, compressed by the workers; every gzip reader joins them.
    zstd readers often stop after the first frame, so that the driver compresses such a file as one.
    """

    kind: str
    compression: Compression
    rows: Any

    @property
    def suffix(self) -> str:
        """.csv, .csv.gz, ..."""
        return self.kind + SUFFIX[self.compression]

    def encode(self, batch: "Batch") -> Any:
        """The block's lines."""
        lines = self.rows.lines(batch)
        return gzip.compress(lines, mtime=0) if self.compression == "gzip" else lines

    def open_file(self, table: Table, target: Target) -> TableFile:
        """Begins with the first line, where there is one."""
        file = self.continue_file(table, target)
        first = self.rows.first_line(table)
        if first:
            file.append(gzip.compress(first, mtime=0) if self.compression == "gzip" else first)
        return file

    @property
    def continues(self) -> bool:
        """All but one zstd frame."""
        return self.compression != "zstd"

    def continue_file(self, table: Table, target: Target) -> "LineFile":
        """Lines behind those that are there."""
        return LineFile(target, self.compression)


class LineFile:
    """Encoded lines, one after the other."""

    def __init__(self, target: Target, compression: Compression) -> None:
        self._stream = TargetStream(target)
        self._frame = None
        if compression == "zstd":
            import pyarrow as pa

            self._frame = pa.CompressedOutputStream(pa.PythonFile(self._stream, mode="w"), "zstd")

    def append(self, payload: Any) -> None:
        """Adds lines."""
        (self._frame or self._stream).write(payload)

    def close(self) -> None:
        """Ends the zstd frame."""
        if self._frame:
            self._frame.close()

    def abort(self) -> None:
        """Ends it nowhere."""
        self._stream.drop()
        self.close()
