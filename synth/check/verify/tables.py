"""Checks of files and tables: what is there, and whether it reads back to the content that the manifest names."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.check.reader import StoredOutput
from synth.check.verify.rows import Check
from synth.check.verify.truth import Columns
from synth.contracts.output import Output
from synth.errors import RefusedError, VerifyError
from synth.sinks.places import CARDS, LOGS, run_folder
from synth.wording import counted

if TYPE_CHECKING:
    import io

#: What the names of files begin with that readers of folders pass over.
_HIDDEN = ("_", ".")


def check_files(output: StoredOutput) -> Check:
    """Size and SHA-256 of every file."""
    named = (file for table in output.manifest["tables"].values() for file in table["files"])
    entries = {tuple(file.values()): file for file in named}.values()  # tables may share a file
    for file in entries:
        try:
            with output.store.open_reader(file["name"]) as stream:
                sha256 = hashlib.file_digest(cast("io.BufferedReader", stream), "sha256").hexdigest()
                size = stream.tell()
        except RefusedError as error:
            return Check("files", False, f"{file['name']} is missing or closed: {error}")
        if size != file["bytes"]:
            return Check("files", False, f"{file['name']} has {size:,} bytes, not {file['bytes']:,}")
        if sha256 != file["sha256"]:
            return Check("files", False, f"{file['name']} has sha256 {sha256}, not {file['sha256']}")
    total = sum(file["bytes"] for file in entries)
    return Check("files", True, f"size and sha256 of {counted(len(entries), 'file')}, {total:,} bytes in all")


def check_foreign(output: StoredOutput) -> Check:
    """No other file that a reader would take for a part of a table."""
    tables = output.manifest["tables"]
    named = [(file["name"], name) for name, table in tables.items() for file in table["files"]]
    base = run_folder(name for name, _ in named)  # outside of it nobody looks for the tables
    files = [(name.removeprefix(base), table) for name, table in named]
    known = {*(name for name, _ in files), *filter(None, (*CARDS, *CARDS.values()))}
    names = {name.removeprefix(base) for name in output.store.list_files() if name.startswith(base)}
    logged = {name.partition("/")[0] for name in names if name.split("/")[1:2] and name.split("/")[1] in LOGS}
    starts = tuple(start for table in tables for start in (f"{table}/", f"{table}."))
    alone = _folders_of_one_table(files)
    for name in sorted({*names} - known):
        folder, _, base = name.rpartition("/")
        taken = folder in alone and not base.startswith(_HIDDEN)
        if name.partition("/")[0] not in logged and (taken or name.startswith(starts)):
            return Check("foreign files", False, f"{name} is not a file of this run")
    return Check("foreign files", True, "none that a reader would take for one of the tables'")


def _folders_of_one_table(files: Sequence[tuple[str, str]]) -> set[str]:
    """The folders that a reader takes as a whole for one table.

    Args:
        files: (name, table); tables may share a file.
    """
    tables: dict[str, set[str]] = {}
    for name, table in files:
        tables.setdefault(name.rpartition("/")[0], set()).add(table)
    return {folder for folder, names in tables.items() if len(names) == 1}


def sources_of(output: Output, table: str) -> dict[str, str]:
    """Event column → the name of the first column that shows it whole."""
    schema = output.schema(table)
    whole = [c for c in output.table(table)["columns"] if str(schema.field(c["name"]).type) == c["type"]]
    return {c["source"]: c["name"] for c in reversed(whole)}


@dataclass
class Found:
    """What was read of a table.

    Attributes:
        rows: how many were found.
        digest: of what was found.
        problem: why it cannot be read; empty when it can.
        kept: all of it, where somebody wants that.
        lost_rows: rows that were made and are known to be missing.
        hidden: why it cannot be compared with what was made; empty when it can.
    """

    output: Output
    table: str
    rows: int = 0
    digest: str = ""
    problem: str = ""
    kept: list[pa.Table] | None = None
    lost_rows: int = 0
    hidden: str = ""

    @classmethod
    def of(
        cls,
        output: Output,
        table: str,
        see: Callable[[int, pa.Table], None],
        batches: Iterator[pa.RecordBatch] | None = None,
        sizes: Sequence[int] | None = None,
    ) -> "Found":
        """Reads a table block by block.

        Args:
            see: is shown each block, and the position of its first row.
            batches, sizes: the rows and those of each block; None for what is there and what the manifest says.
        """
        found = cls(output, table, hidden=output.lacks(table))
        if found.hidden:
            return found
        entry, schema = output.table(table), output.schema(table)
        lines = "".join(f"{column['name']}:{column['type']}\n" for column in entry["columns"])
        state = hashlib.sha256(lines.encode())
        try:
            rows = output.batches(table) if batches is None else batches
            for block in blocks_of(rows, entry["block_rows"] if sizes is None else sizes, schema):
                state.update(_digest_block(block))
                see(found.rows, block)
                found.rows += block.num_rows
        except (VerifyError, RefusedError) as error:
            found.problem = str(error)
        found.digest = state.hexdigest()
        return found

    @classmethod
    def keeping(cls, output: Output, table: str) -> "Found":
        """Reads a table and keeps it."""
        kept: list[pa.Table] = []
        found = cls.of(output, table, lambda _, block: kept.append(block))
        found.kept = kept
        return found

    @property
    def columns(self) -> Columns | None:
        """Event column → values of a table that was kept."""
        if self.problem or self.hidden or self.kept is None:
            return None
        whole = pa.concat_tables([self.output.schema(self.table).empty_table(), *self.kept]).combine_chunks()
        names = sources_of(self.output, self.table)
        return {source: one_piece(whole.column(name)) for source, name in names.items()}

    def lost(self) -> str:
        """Why the digest cannot be computed; empty when it can."""
        if self.problem:
            return f"{self.table} cannot be read"
        if self.hidden:
            return self.hidden
        if self.lost_rows:
            return f"{counted(self.lost_rows, 'row')} of {self.table} never came, as the answer key says"
        schema = self.output.schema(self.table)
        for column in self.output.table(self.table)["columns"]:
            if str(schema.field(column["name"]).type) != column["type"]:
                return f"{column['name']} is printed as {column['format']}, without the whole time"
        return ""

    def checks(self) -> Iterator[Check]:
        """Rows and digest."""
        entry, rows, digest = self.output.table(self.table), f"rows of {self.table}", f"digest of {self.table}"
        if self.problem:
            yield Check(rows, False, self.problem)
        elif self.hidden:
            yield Check(rows, None, self.hidden)
        elif not self.rows + self.lost_rows == entry["rows"] == sum(entry["block_rows"]):
            message = f"{self.rows:,} rows, not {entry['rows']:,}, in blocks of {sum(entry['block_rows']):,}"
            yield Check(rows, False, message + self._lost_told())
        else:
            yield Check(rows, True, f"{self.rows:,} rows{self._lost_told()}")
        if lost := self.lost():
            yield Check(digest, None, lost)
        else:
            same = self.digest == entry["digest"]
            yield Check(digest, same, self.digest if same else f"it is {self.digest}, not {entry['digest']}")

    def _lost_told(self) -> str:
        return f"; {self.lost_rows:,} more were made and never came" if self.lost_rows else ""


def blocks_of(batches: Iterator[pa.RecordBatch], sizes: Iterable[int], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows cut into blocks of the given sizes; what is left over comes as it is, and no rows are no block."""
    batches = (batch for batch in batches if batch.num_rows)
    pending: list[pa.RecordBatch] = []
    for size in sizes:
        while sum(batch.num_rows for batch in pending) < size and (batch := next(batches, None)) is not None:
            pending.append(batch)
        table = pa.Table.from_batches(pending, schema)
        yield table.slice(0, size)
        pending = table.slice(size).to_batches()
    for batch in (*pending, *batches):
        yield pa.Table.from_batches([batch], schema)


def one_piece(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)


def _digest_block(block: pa.Table) -> bytes:
    """The definition in ``synth.tables.digest``, in code of its own."""
    state = hashlib.sha256()
    for part, values in zip(block.schema, map(one_piece, block.columns), strict=True):
        if part.nullable:
            state.update(values.is_valid().cast(pa.uint8()).to_numpy().data)
        if pa.types.is_string(part.type):
            texts = values.fill_null("")
            state.update(pc.binary_length(texts).to_numpy().astype("<i4").data)
            state.update(_bytes_of(texts))
        elif pa.types.is_decimal(part.type):
            whole = values.fill_null(pa.scalar(Decimal(0), part.type))
            digits = np.frombuffer(whole.buffers()[1], dtype="<i8")
            state.update(digits[2 * whole.offset : 2 * (whole.offset + len(whole))].data)
        else:
            numbers = values if pa.types.is_floating(part.type) else values.view(f"int{part.type.bit_width}")
            plain = numbers.fill_null(0).to_numpy()
            state.update(plain.astype(plain.dtype.newbyteorder("<")).data)
    return state.digest()


def _bytes_of(texts: pa.StringArray) -> memoryview:
    """All texts, one after the other."""
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None:
        return memoryview(b"")
    ends = np.frombuffer(offsets, dtype="<i4")[texts.offset : texts.offset + len(texts) + 1]
    return memoryview(data)[ends[0] : ends[-1]]
