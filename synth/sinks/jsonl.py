"""JSON lines: one object a row."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from synth.arrays import Bytes
from synth.contracts.sink import SinkJob
from synth.errors import Problem
from synth.sinks.arrangement import arrangement_of, arrangement_problems
from synth.sinks.csv import Compression, Describe, Folder, LineLayout, TextFormat, Uri, unfolded
from synth.sinks.files import FileSink
from synth.sinks.s3_options import S3, S3Options
from synth.tables.column import Column
from synth.tables.partition import PartitionKeys
from synth.tables.split import SplitStarts
from synth.tables.table import Field as TableField
from synth.tables.table import Table
from synth.timeline import Timeline

if TYPE_CHECKING:
    import pyarrow as pa

    from synth.tables.batch import Batch
    from synth.tables.texts import Texts


@dataclass(frozen=True, kw_only=True)
class JsonlConfig:
    """JSON lines; numbers as numbers, times as the view prints them, nulls as null."""

    kind: Literal["jsonl"] = "jsonl"
    uri: Uri
    layout: LineLayout
    compression: Annotated[Compression, Field(description="compression of each file")]
    run_folder: Folder
    s3: S3 = field(default_factory=S3Options)
    partition_by: PartitionKeys = field(default_factory=list)
    split: SplitStarts = field(default_factory=dict)
    describe: Describe = False

    def problems(self) -> Iterator[Problem]:
        """Refuses folders for one file."""
        yield from unfolded(self.layout, self.partition_by)

    def problems_with(self, view: Mapping[str, Column], window: Timeline) -> Iterator[Problem]:
        """Yields the partitions and parts that the view and the window do not have."""
        yield from arrangement_problems(self, view, window)


class JsonlSink(FileSink):
    """JSON lines files."""

    def __init__(self, config: JsonlConfig, job: SinkJob) -> None:
        form = TextFormat(".jsonl", config.compression, JsonLines())
        super().__init__(form, config.layout, job, **arrangement_of(config))


#: Rows laid out at a time: the byte matrix then stays in the processor's cache.
_ROWS = 16_384


class JsonLines:
    """Rows as JSON objects, laid out as a byte matrix whose padding is then squeezed out."""

    def first_line(self, table: Table) -> bytes:
        """None."""
        return b""

    def lines(self, batch: "Batch") -> Bytes:
        """All rows of a block, as (bytes,) uint8: a buffer that a worker in another process can send."""
        pieces: list[bytes | Texts] = []
        for i, (shown, text) in enumerate(zip(batch.table.fields, batch.text.columns, strict=True)):
            pieces += [f"{',' if i else '{'}{json.dumps(shown.name)}:".encode(), *_value(shown, text)]
        pieces.append(b"}\n")
        widths = [len(piece) if isinstance(piece, bytes) else piece.chars.shape[1] for piece in pieces]
        ends = list(accumulate(widths))
        squeezed = []
        for first in range(0, batch.text.num_rows, _ROWS):
            rows = slice(first, min(first + _ROWS, batch.text.num_rows))
            laid = np.empty((rows.stop - first, ends[-1]), dtype=np.uint8)
            for piece, end, width in zip(pieces, ends, widths, strict=True):
                filling = np.frombuffer(piece, dtype=np.uint8) if isinstance(piece, bytes) else piece.chars[rows]
                laid[:, end - width : end] = filling
            squeezed.append(laid[laid != 0])
        return np.concatenate(squeezed) if squeezed else np.empty(0, dtype=np.uint8)


def _value(field: TableField, text: "pa.StringArray") -> "list[bytes | Texts]":
    """The pieces of a JSON value; a text never holds a zero byte, so that zeros can stand for padding."""
    import pyarrow.compute as pc

    from synth.tables.arrow import validity_of
    from synth.tables.texts import Texts

    if field.column.quoted:
        for raw, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
            text = pc.replace_substring(text, raw, escaped)
    value = Texts.from_arrow(text)
    mark = b'"' if _is_text(field) else b""
    quote: bytes | Texts = mark
    if text.null_count:
        valid = validity_of(text)
        quote = Texts(np.where(valid[:, None], np.frombuffer(mark, dtype=np.uint8), 0).astype(np.uint8))
        value = value.replaced(~valid, b"null")
    return [quote, value, quote]


def _is_text(field: TableField) -> bool:
    if field.column.is_time:
        return not field.format.startswith("epoch")
    return field.column.arrow == "string" or field.column.arrow.startswith("date")
