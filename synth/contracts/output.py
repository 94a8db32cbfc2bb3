"""A committed output, as checks of plugins read it: what its manifest says, and its rows."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from synth.errors import RefusedError
from synth.tables.declared import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    import pyarrow as pa


class ColumnEntry(TypedDict):
    """A column, as the manifest describes it: ``clock`` is how it followed event times, where a stream shifted them."""

    name: str
    source: str
    type: str
    nullable: bool
    format: str
    quoted: NotRequired[bool]
    clock: NotRequired[Clock]


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
class Output(ABC):
    """A committed output.

    Attributes:
        uri: where it is.
        manifest: what it says of itself, as in ``manifest.json``.
    """

    uri: str
    manifest: Manifest

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
        """A table as a data frame; card numbers are text, times are UTC.

        Raises:
            RefusedError, VerifyError: as ``batches``.
        """
        import pyarrow as pa

        frame: pd.DataFrame = pa.Table.from_batches(self.batches(table), self.schema(table)).to_pandas()
        return frame
