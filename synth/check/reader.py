"""An output read back: the manifest says what is there, ``parsers`` reads it; no code of the writers is used.

Files of another format are read by the plugin whose sink wrote them (``synth.contracts.sink.Readable``).
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from synth.check.parsers import ColumnEntry, read_csv, read_jsonl, read_parquet, schema_of, typed_batch
from synth.config.catalog import Catalog, load_catalog
from synth.contracts.store import require_names
from synth.errors import RefusedError, SynthError, VerifyError
from synth.sinks.stores import MANIFEST, Source, open_store
from synth.timeline import US_PER_S

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
"""The newest form of manifest that is understood here."""

_PRINTED = ("csv", "jsonl")
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


class FileEntry(TypedDict):
    """A file, as the manifest describes it."""

    name: str
    bytes: int
    sha256: str


class TableEntry(TypedDict):
    """A table, as the manifest describes it; the rows of the transactions' blocks follow each other in its files."""

    rows: int
    digest: str
    block_rows: list[Annotated[int, Field(ge=0)]]
    columns: list[ColumnEntry]
    files: list[FileEntry]


class Manifest(TypedDict):
    """What a reader needs of a manifest; the manifest itself holds more."""

    format: int
    fingerprint: str
    recipe: dict[str, Any]
    sink: dict[str, Any]
    counts: dict[str, Any]
    digest: str
    tables: dict[str, TableEntry]


@dataclass(frozen=True)
class Output:
    """A committed output.

    Attributes:
        uri: where it is.
        manifest: what it says of itself, as in ``manifest.json``.
        store: the place, open for reading.
        catalog: where the sink is looked up if its format is a plugin's; None for the installed plugins.
    """

    uri: str
    manifest: Manifest
    store: Source
    catalog: Catalog | None = None

    @property
    def stream(self) -> dict[str, Any]:
        """What the manifest says of how the rows were streamed; empty where they were not."""
        told: Any = self.manifest.get("stream")
        return told if isinstance(told, dict) else {}

    def table(self, name: str) -> TableEntry:
        """What the manifest says of a table.

        Raises:
            RefusedError: there is no such table.
        """
        tables = self.manifest["tables"]
        if name not in tables:
            raise RefusedError(f"{self.uri} holds no table {name!r}, only {', '.join(tables)}")
        return tables[name]

    def schema(self, table: str) -> pa.Schema:
        """The columns of a table; a time that its text files print without the seconds is text here, too."""
        entry = self.table(table)
        return schema_of(entry["columns"], printed=any(_format_of(f["name"])[0] in _PRINTED for f in entry["files"]))

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """The rows of a table in order, with the manifest's types; memory does not grow with the rows.

        Raises:
            RefusedError: there is no such table, or its files are in a format that cannot be read here.
            VerifyError: a file is missing or truncated, or does not hold the columns that the manifest names.
        """
        schema = self.schema(table)
        for file in self.table(table)["files"]:
            with self._naming(file["name"]):
                for columns in self._read(table, file["name"]):
                    yield typed_batch(columns, schema)

    def to_pandas(self, table: str = "transactions") -> "pd.DataFrame":
        """A table as a data frame; card numbers are text, times are UTC.

        Raises:
            RefusedError, VerifyError: as ``batches``.
        """
        frame: pd.DataFrame = pa.Table.from_batches(self.batches(table), self.schema(table)).to_pandas()
        return frame

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
        columns = self.table(table)["columns"]
        try:
            stream = self.store.open_reader(file)
        except RefusedError as error:
            raise VerifyError(f"{file} is missing or closed: {error}") from error
        with stream:
            if kind == "parquet" and not compression:
                yield from read_parquet(stream, columns)
            elif kind == "csv":
                yield from read_csv(stream, compression, columns, header=bool(self.manifest["sink"].get("header")))
            elif kind == "jsonl":
                yield from read_jsonl(stream, compression, columns)
            else:
                for batch in self._plugin_reader(file)(stream, table, columns):
                    yield pa.Table.from_batches([batch]).columns

    def _plugin_reader(self, file: str) -> "Callable[..., Iterator[pa.RecordBatch]]":
        """The ``read`` of the sink that wrote the file."""
        kind = str(self.manifest["sink"].get("kind"))
        spec = (self.catalog or load_catalog()).find("sink", kind)
        read: Callable[..., Iterator[pa.RecordBatch]] | None = getattr(spec.factory, "read", None) if spec else None
        if read is None:
            why = f"sink kind {kind!r} reads nothing back" if spec else f"load the plugin of sink kind {kind!r}"
            raise RefusedError(f"{file} in {self.uri} is neither CSV, JSON lines nor Parquet: {why}")
        return read


def _format_of(file: str) -> tuple[str, str | None]:
    """What a file's name says of it: its format, and its compression if the whole file is compressed."""
    stem, dot, last = file.rpartition(".")
    compression = _COMPRESSIONS.get(dot + last)
    return (stem.rpartition(".")[2] if compression else last), compression


def _open_source(uri: str, catalog: Catalog | None) -> Source:
    """The place at a uri: a store, or what the sink of a plugin makes of the uri's scheme."""
    scheme, separator, _ = uri.partition("://")
    if not separator or scheme.lower() == "s3":
        return open_store(uri)
    for claims in (catalog or load_catalog()).kinds["sink"].values():
        for _, spec in claims:
            if scheme.lower() in getattr(spec.factory, "schemes", ()):
                source: Source = spec.factory.open_source(uri)  # type: ignore[attr-defined]
                return source
    return open_store(uri)


@dataclass(frozen=True)
class AsMade(Output):
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
        if pa.types.is_timestamp(values.type):
            return pc.subtract(values.view(pa.int64()), self.shift_us).view(values.type)
        return pc.subtract(values, self.shift_us // US_PER_S) if column["source"] == "unix_time" else values


def as_made(output: Output) -> Output:
    """An output with the event times that the recipe makes, whenever a stream has sent it."""
    shift_us = output.stream.get("shift_us")
    if not isinstance(shift_us, int):
        return output
    return AsMade(output.uri, output.manifest, output.store, output.catalog, shift_us)


def open_output(uri: str, catalog: Catalog | None = None) -> Output:
    """The output at a directory, at ``s3://bucket/prefix``, or where a plugin's sink says that it reads.

    Args:
        catalog: the plugins, for a format or a place that only one of them reads; None for the installed ones.

    Raises:
        RefusedError: the place holds no run, cannot be read, or holds one of a newer form.
    """
    store = _open_source(uri, catalog)
    text = store.read_manifest()
    if text is None:
        raise RefusedError(f"{uri} holds no synth run: {MANIFEST} is missing")
    try:
        manifest = json.loads(text)
    except ValueError as error:
        raise RefusedError(f"{uri} holds no synth run: {MANIFEST} is not JSON: {error}") from error
    form = manifest.get("format") if isinstance(manifest, dict) else None
    if isinstance(form, int) and form > FORMAT:
        raise RefusedError(f"{MANIFEST} of {uri} has format {form}, newer than {FORMAT}: upgrade synth to read it")
    try:
        TypeAdapter(Manifest).validate_python(manifest, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "its content"
        raise RefusedError(f"{MANIFEST} of {uri} is not one of synth: {place}: {first['msg']}") from error
    require_names([file["name"] for table in manifest["tables"].values() for file in table["files"]], uri)
    return Output(uri, manifest, store, catalog)
