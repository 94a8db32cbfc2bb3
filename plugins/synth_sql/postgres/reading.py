"""Runs read back, for ``synth verify``: a table's bytes as binary COPY sends them, its values as CSV for Arrow."""

import io
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

from synth import RefusedError, arrow_type, sql_name
from synth_sql.postgres.address import Address
from synth_sql.postgres.schema_state import SchemaState
from synth_sql.postgres.tables import ROW, RUN

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Buffer

    from synth import ColumnEntry

SUFFIX = ".pgcopy"
_PIECE = 1 << 20


class PostgresSource:
    """The runs in a schema."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def read_manifest(self) -> bytes | None:
        """The manifest of the last run, or of the one that the uri names."""
        _, manifest = self._run()
        return manifest.encode() if manifest else None

    def list_files(self) -> dict[str, int]:
        """Nothing: a schema has tables, and no file that a reader could take for one."""
        return {}

    def open_reader(self, name: str) -> BinaryIO:
        """A table as the stream that COPY writes."""
        table, (run, manifest) = name.removesuffix(SUFFIX), self._run()
        entries = json.loads(manifest)["tables"][table]["columns"]
        with self._address.explaining(RefusedError, "read"), self._address.connect() as connection:
            standing = SchemaState(connection, self._address)
            standing.enter()
            own = {column for column, _, _ in standing.columns(table)} & {ROW, RUN}
        order = ROW if ROW in own else next(entry["name"] for entry in entries if entry["source"] == "event_id")
        where = f" WHERE {RUN} = {run}" if RUN in own else ""
        rows = f"FROM {sql_name(table)}{where} ORDER BY {sql_name(order)}"
        names = ", ".join(sql_name(entry["name"]) for entry in entries)
        return cast("BinaryIO", TableStream(self._address, names, rows, "binary"))

    def _run(self) -> tuple[int, str]:
        """The number and the manifest; an empty one where there is no run."""
        with self._address.explaining(RefusedError, "read"), self._address.connect() as connection:
            standing = SchemaState(connection, self._address)
            standing.enter()
            runs = standing.runs()
        run = self._address.run or max(runs, default=0)
        return run, runs.get(run, "")


class TableStream(io.RawIOBase):
    """What COPY sends of a query, as a file.

    Args:
        columns: what is selected.
        rows: which rows, and in which order, from FROM on.
    """

    def __init__(self, address: Address, columns: str, rows: str, form: Literal["binary", "csv"]) -> None:
        self._address, self._rows = address, rows
        self._position, self._rest = 0, memoryview(b"")
        self._pieces = self._copy(f"COPY (SELECT {columns} {rows}) TO STDOUT (FORMAT {form})")

    def values(self, columns: "Sequence[ColumnEntry]") -> "TableStream":
        """The same rows as CSV; times without a zone, in UTC."""
        shown = (
            f"{sql_name(c['name'])} AT TIME ZONE 'UTC'" if c["type"].endswith("tz=UTC]") else sql_name(c["name"])
            for c in columns
        )
        return TableStream(self._address, ", ".join(shown), self._rows, "csv")

    def _copy(self, statement: str) -> Iterator[memoryview]:
        """The messages, one a row, in pieces of many."""
        with self._address.explaining(RefusedError, "read"), self._address.connect() as connection:
            SchemaState(connection, self._address).enter()
            with connection.patiently(), connection.cursor() as cursor, cursor.copy(statement) as copy:
                piece = bytearray()
                for message in copy:
                    piece += message
                    if len(piece) >= _PIECE:
                        yield memoryview(piece)
                        piece = bytearray()
                if piece:
                    yield memoryview(piece)

    def readable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Bytes read so far."""
        return self._position

    def readinto(self, buffer: "Buffer") -> int:
        """The next bytes."""
        if not self._rest:
            self._rest = next(self._pieces, memoryview(b""))
        target = memoryview(buffer).cast("B")
        size = min(len(target), len(self._rest))
        target[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        self._position += size
        return size


def read_table(stream: BinaryIO, columns: "Sequence[ColumnEntry]") -> "Iterator[pa.RecordBatch]":
    """The rows in their order, with the manifest's types."""
    import pyarrow as pa
    import pyarrow.csv

    assert isinstance(stream, TableStream)
    parsed = pyarrow.csv.open_csv(
        pa.PythonFile(stream.values(columns), mode="r"),
        pyarrow.csv.ReadOptions(column_names=[column["name"] for column in columns], block_size=_PIECE),
        pyarrow.csv.ParseOptions(newlines_in_values=any(column.get("quoted") for column in columns)),
        pyarrow.csv.ConvertOptions(
            column_types={
                column["name"]: pa.timestamp("us")
                if column["type"].startswith("timestamp")
                else arrow_type(column["type"])
                for column in columns
            },
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )
    for batch in parsed:
        arrays = [
            values.cast(arrow_type(column["type"])) for values, column in zip(batch.columns, columns, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)
