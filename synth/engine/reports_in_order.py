"""Puts the reports of a run into order of time, in memory that does not grow with the run.

A report follows its event by weeks, so that only the end of a run knows their order. They are gathered by stretches of
the window, each of which is sorted alone: where there is one it stays in memory, where there are several they wait in
temporary files.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from synth.arrays import Int64
from synth.engine.plan import Plan
from synth.errors import RunError, shortage
from synth.tables.arrow import values_of
from synth.tables.batch import Batch
from synth.tables.table import Table
from synth.timeline import US_PER_S

#: Blocks of a stretch, and at most so many stretches, each of which is an open file. They decide where the blocks of
#: longer tables of reports end, and so their content digest.
BLOCKS, STRETCHES = 200, 64

_ORDER = [("known_at", "ascending"), ("event_id", "ascending")]


@dataclass(frozen=True)
class ReportsInOrder:
    """The reports of a run, taken in any order and told in that of time, those of one second in order of events.

    Attributes:
        table: of the reports.
        edge_us_s: (s - 1,) int64 where all stretches but the first begin.
    """

    table: Table
    edge_us_s: Int64
    _in_memory: list[pa.RecordBatch] = field(default_factory=list)

    @classmethod
    def of(cls, plan: Plan, table: Table) -> "ReportsInOrder":
        """Those of a run, none of them taken yet."""
        begin_s_b = plan.blocks.edge_s_b[:-1]
        blocks = max(BLOCKS, -(-len(begin_s_b) // STRETCHES))
        return cls(table, begin_s_b[blocks::blocks] * US_PER_S)

    def take(self, reports: Batch) -> None:
        """Takes those of a block.

        Raises:
            RunError: the folder for temporary files does not take them.
        """
        if not len(self.edge_us_s):
            self._in_memory.append(reports.native)
            return
        stretch_r = np.searchsorted(self.edge_us_s, _known_us(reports), "right")
        for stretch in np.unique(stretch_r):
            self._files[stretch].write(reports.native.filter(pa.array(stretch_r == stretch)))

    @cached_property
    def _files(self) -> "list[_File]":
        return [_File(self.table.schema) for _ in range(len(self.edge_us_s) + 1)]

    def stretches(self) -> Iterator[Batch]:
        """All that were taken, a stretch at a time, at least one; may be called once."""
        waiting = (file.read() for file in self._files) if len(self.edge_us_s) else iter([self._in_memory])
        for batches in waiting:
            found = pa.Table.from_batches(batches, self.table.schema).sort_by(_ORDER)
            columns = zip(found.column_names, found.columns, strict=True)
            yield Batch.of(self.table, {name: column.combine_chunks() for name, column in columns}, {})


def _known_us(reports: Batch) -> Int64:
    return values_of(reports.native.column("known_at")).view("<i8")


class _File:
    """Rows in a temporary file that is gone with this object, whatever becomes of the process."""

    def __init__(self, schema: pa.Schema) -> None:
        with _naming_folder():
            self._file = tempfile.TemporaryFile(prefix="synth-")  # noqa: SIM115 (open until it is read)
            self._writer = pa.ipc.new_stream(self._file, schema)

    def write(self, rows: pa.RecordBatch) -> None:
        """Adds rows."""
        with _naming_folder():
            self._writer.write_batch(rows)

    def read(self) -> list[pa.RecordBatch]:
        """All rows; then the file is gone."""
        with _naming_folder(), self._file:
            self._writer.close()
            self._file.seek(0)
            return list(pa.ipc.open_stream(self._file))


@contextmanager
def _naming_folder() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder, why = tempfile.gettempdir(), shortage(error) or error.strerror or error
        raise RunError(f"reports of fraud cannot wait in {folder}: {why}; set TMPDIR to a folder with room") from error
