"""Rows of a table, natively typed, and on demand as the texts that CSV and JSON print."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64
from synth.tables.column import EPOCH_UNITS_US
from synth.tables.table import Table


@dataclass(frozen=True)
class Batch:
    """Rows of one table, natively typed, and on demand as text.

    Attributes:
        table: what it is a part of.
        native: the rows, in the table's schema.
        printers: field name → makes its text column, where there is a shorter way than printing the native one.
    """

    table: Table
    native: pa.RecordBatch
    printers: Mapping[str, Callable[[], pa.Array]]

    @classmethod
    def of(
        cls, table: Table, columns: Mapping[str, pa.Array], printers: Mapping[str, Callable[[], pa.Array]]
    ) -> "Batch":
        """A batch from one array a field; int64 microseconds become the table's timestamps, int32 days its dates."""
        arrays = [
            columns[arrow.name].view(arrow.type) if pa.types.is_temporal(arrow.type) else columns[arrow.name]
            for arrow in table.schema
        ]
        return cls(table, pa.RecordBatch.from_arrays(arrays, schema=table.schema), printers)

    def pieces(self, rows: int) -> Iterator["Batch"]:
        """The same rows, at most so many at a time, each piece printed without the shorter ways."""
        if self.native.num_rows <= rows:
            yield self
            return
        for start in range(0, self.native.num_rows, rows):
            yield Batch(self.table, self.native.slice(start, rows), {})

    def part(self, first: int, last: int) -> "Batch":
        """The rows [first, last), printed as they would be here, once somebody asks."""

        def printed(column: int) -> pa.Array:
            return self.text.column(column).slice(first, last - first)

        return Batch(self.table, self.native.slice(first, last - first), printers_of(self.table, printed))

    def take(self, rows: Int64) -> "Batch":
        """The rows at the given positions, printed as they would be here, once somebody asks."""
        at = pa.array(rows)
        return Batch(
            self.table, self.native.take(at), printers_of(self.table, lambda column: self.text.column(column).take(at))
        )

    def only(self, table: Table) -> "Batch":
        """The columns of a table that has fewer, printed as they would be here."""
        names = [field.name for field in table.fields]
        arrays = [self.native.column(name) for name in names]
        printers = {name: printer for name, printer in self.printers.items() if name in names}
        return Batch(table, pa.RecordBatch.from_arrays(arrays, schema=table.schema), printers)

    @cached_property
    def text(self) -> pa.RecordBatch:
        """The same rows as strings, as CSV and JSON print them; nulls stay null."""
        columns = [
            self.printers[field.name]() if field.name in self.printers else print_column(column, field.format)
            for field, column in zip(self.table.fields, self.native.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, names=[field.name for field in self.table.fields])


def printers_of(table: Table, printed: Callable[[int], pa.Array]) -> dict[str, Callable[[], pa.Array]]:
    """The printers of a batch from what makes the text of its i-th column."""
    return {field.name: partial(printed, column) for column, field in enumerate(table.fields)}


def print_column(array: pa.Array, text_format: str) -> pa.Array:
    """A native column as strings.

    >>> import pyarrow as pa
    >>> day = pa.array([0, None], pa.timestamp("us", tz="UTC"))
    >>> synth.print_column(day, "iso").to_pylist(), synth.print_column(day, "epoch_s").to_pylist()
    (['1970-01-01T00:00:00Z', None], ['0', None])

    Args:
        array: (n,) of any type that a table has.
        text_format: of a time, one of ``synth.EPOCH_UNITS_US``, ``iso`` or a pattern with a %; nothing for all else.

    Returns:
        (n,) texts; nulls stay null.
    """
    if pa.types.is_timestamp(array.type):
        return _print_time(array, text_format)
    return array.cast(pa.string())


def _print_time(array: pa.Array, text_format: str) -> pa.Array:
    if text_format in EPOCH_UNITS_US:
        return pc.divide(array.cast(pa.int64()), EPOCH_UNITS_US[text_format]).cast(pa.string())
    seconds = array.cast(pa.timestamp("s", tz=array.type.tz))
    iso = "%Y-%m-%dT%H:%M:%S" + ("Z" if array.type.tz else "")
    return pc.strftime(seconds, format=iso if text_format == "iso" else text_format)
