"""An output read back: the manifest says what is there, ``parsers`` reads it; no code of the writers is used.

Files of another format are read by the plugin whose sink wrote them (``synth.SinkSpec``).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from synth.check.absent import why_no_run
from synth.check.manifest import parse_manifest
from synth.check.parsers import read_csv, read_jsonl, read_parquet, schema_of, typed_batch
from synth.check.partitions import in_blocks, name_of, partition_of, require_times, stored_columns, with_partition
from synth.config.catalog import Catalog, load_catalog
from synth.contracts.hookspecs import SinkSpec
from synth.contracts.output import ColumnEntry, Output
from synth.contracts.store import Source, TableSource
from synth.errors import RefusedError, SynthError, VerifyError
from synth.sinks.stores import open_store
from synth.tables.column import SHIFT_UNIT_US
from synth.tables.views import column_of

_PRINTED = ("csv", "jsonl")
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


@dataclass(frozen=True)
class StoredOutput(Output):
    """An output whose files lie in a store.

    Attributes:
        store: the place, open for reading.
        catalog: where the sink is looked up if its format is a plugin's; None for the installed plugins.
    """

    store: Source | TableSource
    catalog: Catalog | None = None

    def schema(self, table: str) -> pa.Schema:
        """The columns of a table; a time that its text files print without the seconds is text here, too."""
        printed = any(_format_of(name)[0] in _PRINTED for name in self._names(table))
        return schema_of(self.table(table)["columns"], printed=printed)

    def lacks(self, table: str) -> str:
        """Why a table that was made is not here, where the place holds it by design only in part; empty otherwise."""
        return self.store.lacks(table) if isinstance(self.store, TableSource) else ""

    def _names(self, table: str) -> list[str]:
        """What the store calls the files of a table, in the order of its rows."""
        entry = self.table(table)
        return (
            [self.store.name_of(table)]
            if isinstance(self.store, TableSource)
            else [file["name"] for file in entry["files"]]
        )

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """The rows of a table in order, file by file."""
        if why := self.lacks(table):
            raise RefusedError(f"{table} of {self.uri} cannot be read: {why}")
        columns, files = self.table(table)["columns"], self._names(table)
        if any(map(partition_of, files)):
            counted = name_of("event_id", columns)
            yield from in_blocks(files, lambda file: self._rows(table, file), counted, self.schema(table))
            return
        for file in files:
            yield from self._rows(table, file)

    def _rows(self, table: str, file: str) -> Iterator[pa.RecordBatch]:
        """The rows of a file, those of its partition's columns among them."""
        schema, columns = self.schema(table), self.table(table)["columns"]
        with self._naming(file):
            for stored in self._read(table, file):
                batch = typed_batch(with_partition(file, stored, schema), schema)
                require_times(file, batch, name_of("time", columns))
                yield batch

    @contextmanager
    def _naming(self, file: str) -> Iterator[None]:
        """Turns what a parser says of a file into one line with the file's name."""
        try:
            yield
        except SynthError:
            raise
        except Exception as error:  # a plugin may read
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise VerifyError(f"{file} in {self.uri} cannot be read: {reason}") from error

    def _read(self, table: str, file: str) -> Iterator[list[pa.ChunkedArray]]:
        """The columns of a file, piece by piece."""
        kind, compression = _format_of(file)
        every = self.table(table)["columns"]
        columns = stored_columns(file, every)
        try:
            stream = self.store.open_reader(file)
        except RefusedError as error:
            raise VerifyError(f"{file} is missing or closed: {error}") from error
        with stream:
            if kind == "parquet" and not compression:
                yield from read_parquet(stream, every, partition_of(file))
            elif kind == "csv":
                yield from read_csv(stream, compression, columns, header=bool(self.manifest["sink"].get("header")))
            elif kind == "jsonl":
                yield from read_jsonl(stream, compression, columns)
            else:
                for batch in self._plugin_reader(file)(stream, table, columns):
                    yield pa.Table.from_batches([batch]).columns

    def _plugin_reader(self, file: str) -> "Callable[..., Iterator[pa.RecordBatch]]":
        """The ``reads`` of the sink that wrote the file."""
        kind = str(self.manifest["sink"].get("kind"))
        spec = (self.catalog or load_catalog()).find("sink", kind)
        read = spec.reads if isinstance(spec, SinkSpec) else None
        if read is None:
            why = f"sink kind {kind!r} reads nothing back" if spec else f"load the plugin of sink kind {kind!r}"
            raise RefusedError(f"{file} in {self.uri} is neither CSV, JSON lines nor Parquet: {why}")
        return read


def _format_of(file: str) -> tuple[str, str | None]:
    """What a file's name says of it: its format, and its compression if the whole file is compressed."""
    stem, dot, last = file.rpartition(".")
    compression = _COMPRESSIONS.get(dot + last)
    return (stem.rpartition(".")[2] if compression else last), compression


def _open_source(uri: str, catalog: Catalog | None) -> Source | TableSource:
    """The place at a uri: a store, or what the sink of a plugin makes of the uri's scheme."""
    scheme, separator, _ = uri.partition("://")
    if not separator or scheme.lower() == "s3":
        return open_store(uri)
    for claims in (catalog or load_catalog()).kinds["sink"].values():
        for _, spec in claims:
            if isinstance(spec, SinkSpec) and spec.opens and scheme.lower() in spec.schemes:
                return spec.opens(uri)
    return open_store(uri)


@dataclass(frozen=True)
class OriginalTimes(StoredOutput):
    """What a stream with ``clock=rebased`` left, with the event times that were made.

    Attributes:
        shift_us: what the stream added to every event time.
    """

    shift_us: int = 0

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """As those of the output, but for the times."""
        columns = self.table(table)["columns"]
        for batch in super().batches(table):
            arrays = [self._back(values, column) for values, column in zip(batch.columns, columns, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=batch.schema)

    def _back(self, values: pa.Array, column: ColumnEntry) -> pa.Array:
        unit_us = SHIFT_UNIT_US.get(_follows(column))
        if unit_us is None or pa.types.is_string(values.type):  # a time that was printed without its seconds
            return values
        return pc.subtract(values.view(pa.int64()), self.shift_us // unit_us).view(values.type)


def _follows(column: ColumnEntry) -> str:
    """How a column followed the shift: manifests of old do not say it, and had built-in columns alone that did."""
    known = column_of(column["source"])
    usual = "shifts_us" if column["type"].startswith("timestamp") else known.follows if known else "stays"
    return column.get("clock", usual)


def with_original_times(output: StoredOutput) -> StoredOutput:
    """An output with the event times that the recipe makes, whenever a stream has sent it."""
    shift_us = output.stream.get("shift_us")
    if not isinstance(shift_us, int):
        return output
    return OriginalTimes(output.uri, output.manifest, output.store, output.catalog, shift_us)


def open_output(uri: str, catalog: Catalog | None = None) -> StoredOutput:
    """The output at a directory, at ``s3://bucket/prefix``, or where a plugin's sink says that it reads.

    Args:
        catalog: the plugins, for a format or a place that only one of them reads; None for the installed ones.

    Raises:
        RefusedError: the place holds no run, cannot be read, or holds one of a newer form.
    """
    store = _open_source(uri, catalog)
    text = store.read_manifest()
    if text is None:
        raise RefusedError(why_no_run(uri, store))
    return StoredOutput(uri, parse_manifest(text, uri), store, catalog)
