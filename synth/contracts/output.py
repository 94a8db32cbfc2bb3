"""A committed output, as checks of plugins read it: what its manifest says, and its rows."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from synth.errors import RefusedError
from synth.tables.column import Clock
from synth.tables.named import Tables
from synth.tables.types import arrow_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    import pyarrow as pa

    from synth.tables.arrow_table import ArrowTable


Count = Annotated[int, Field(ge=0, lt=2**63)]


def _known_type(name: str) -> str:
    """A type's name, if there is such a type."""
    arrow_type(name)
    return name


ArrowName = Annotated[str, AfterValidator(_known_type)]


class GivenEntry(TypedDict):
    """What decides a column, as the manifest describes it: as ``Given``, by the sources of columns."""

    by: list[str]
    source: str
    drawn: bool


class ColumnEntry(TypedDict):
    """A column, as the manifest describes it.

    Attributes:
        name: in the output.
        source: the name of the column that it shows.
        type: Arrow type as text, which ``synth.arrow_type`` reads.
        nullable: whether it may be empty.
        format: how texts print it; ``plain`` where there is one way.
        unit, role, doc: as those of ``Column``.
        quoted: whether texts of it may hold what CSV has to escape.
        enumerated: whether it has few different texts.
        categories: these, where they are known beforehand.
        clock: how it followed event times, where a stream shifted them.
        given: what decides it, where something in its row does.
        never_fraud: categories that no fraud has.
    """

    name: str
    source: str
    type: ArrowName
    nullable: bool
    format: str
    unit: NotRequired[str]
    role: NotRequired[str]
    doc: NotRequired[str]
    quoted: NotRequired[bool]
    enumerated: NotRequired[bool]
    categories: NotRequired[list[str]]
    clock: NotRequired[Clock]
    given: NotRequired[GivenEntry]
    never_fraud: NotRequired[list[str]]


class FileEntry(TypedDict):
    """A file, as the manifest describes it."""

    name: str
    bytes: Count
    sha256: str


class TableEntry(TypedDict):
    """A table, as the manifest describes it; the rows of the transactions' blocks follow each other in its files.

    Attributes:
        doc: one line: what a row of it is.
        rows: how many it has.
        digest: hex digest of its content, whatever the format.
        block_rows: rows of each block, in order.
        columns: in order.
        files: name, bytes and sha256 of each, in the order of the rows.
    """

    doc: NotRequired[str]
    rows: Count
    digest: str
    block_rows: list[Count]
    columns: list[ColumnEntry]
    files: list[FileEntry]


class ScenarioCounts(TypedDict):
    """How much was made of a scenario."""

    episodes: Count
    rows: Count


class ManifestCounts(TypedDict):
    """How much was made, and of each scenario its episodes and rows."""

    transactions: Count
    fraud: Count
    scenarios: dict[str, ScenarioCounts]


class Manifest(TypedDict):
    """What a manifest says.

    ``signals`` says of each scenario what may tell a single row of it (``Pattern.declared``); manifests of old do not.
    ``sha256`` is that of all the rest (``digest_of_manifest``); manifests of format 1 have none. Readers pass over keys
    that they do not know: a key more needs no new format.
    """

    format: int
    synth: str
    versions: dict[str, str]
    plugins: dict[str, str]
    fingerprint: str
    recipe: dict[str, Any]
    sink: dict[str, Any]
    stream: NotRequired[dict[str, Any]]
    counts: ManifestCounts
    signals: NotRequired[dict[str, list[str]]]
    digest: str
    tables: dict[str, TableEntry]
    sha256: NotRequired[str]


def digest_of_manifest(content: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of a manifest as JSON with sorted keys and no blanks, its own ``sha256`` left out."""
    rest = {key: value for key, value in content.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Output(ABC):
    """A committed output.

    Attributes:
        uri: where it is.
        manifest: what it says of itself, as in ``_manifest.json``.
    """

    uri: str
    manifest: Manifest

    @property
    def stream(self) -> dict[str, Any]:
        """What the manifest says of how the rows were streamed; empty where they were not."""
        return self.manifest.get("stream", {})

    def table(self, name: str) -> TableEntry:
        """What the manifest says of a table.

        Raises:
            RefusedError: there is no such table.
        """
        tables = self.manifest["tables"]
        if name not in tables:
            raise RefusedError(f"{self.uri} holds no table {name!r}, only {', '.join(tables)}")
        return tables[name]

    def lacks(self, table: str) -> str:
        """Why a table that was made is not here, where the place was given some of them only; empty where it is."""
        return ""

    @abstractmethod
    def schema(self, table: str) -> "pa.Schema":
        """The columns of a table; a time that its text files print without the seconds is text here, too."""

    @abstractmethod
    def batches(self, table: str) -> "Iterator[pa.RecordBatch]":
        """The rows of a table in order, with the manifest's types; memory does not grow with the rows.

        Raises:
            RefusedError: there is no such table, or its files are in a format that cannot be read here.
            VerifyError: a file is missing or truncated, or does not hold the columns that the manifest names.
        """

    def to_pandas(self, table: str = "transactions") -> "pd.DataFrame":
        """A table as a data frame, as ``synth.ArrowTable.to_pandas`` tells.

        Raises:
            RefusedError, VerifyError: as ``batches``.
        """
        return self.tables[table].to_pandas()

    @cached_property
    def tables(self) -> "Mapping[str, ArrowTable]":
        """Every table, read while somebody goes through it.

        Raises:
            RefusedError: of one that is asked for and is not there, or in a format that cannot be read here.
        """
        return Tables(self.manifest["tables"], self._table, f"{self.uri} holds")

    def _table(self, name: str) -> "ArrowTable":
        from synth.tables.arrow_table import ArrowTable

        entry = self.table(name)
        few = {each["name"]: each.get("categories", ()) for each in entry["columns"] if each.get("enumerated")}
        read = partial(self.batches, name)
        return ArrowTable(name, self.schema(name), read, doc=entry.get("doc", ""), rows=entry["rows"], enumerated=few)
