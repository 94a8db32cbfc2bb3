"""Tables of the output: their names and columns, known before the first row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from synth.tables.declared import (
    CLICK_COLUMNS,
    CLICK_LABEL_COLUMNS,
    EPISODE_COLUMNS,
    HOLDER_COLUMNS,
    LABEL_COLUMNS,
    LABEL_EVENT_COLUMNS,
    Column,
    metadata,
)

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Field:
    """A column of a table: what it shows and how it prints."""

    name: str
    column: Column
    format: str


@dataclass(frozen=True)
class Table:
    """A table of the output: its name and columns, known before the first row."""

    name: str
    fields: tuple[Field, ...]

    @cached_property
    def schema(self) -> "pa.Schema":
        """The Arrow schema, with unit, role and doc in the fields' metadata."""
        import pyarrow as pa

        return pa.schema(
            [
                pa.field(f.name, _arrow_type(f.column.arrow), nullable=f.column.nullable, metadata=metadata(f.column))
                for f in self.fields
            ]
        )

    @property
    def quoted(self) -> bool:
        """Whether a text may hold what CSV and JSON have to escape; numbers, times and ids never do."""
        return any(f.column.quoted for f in self.fields)


def _arrow_type(text: str) -> "pa.DataType":
    import pyarrow as pa

    if text == "timestamp[us, tz=UTC]":
        return pa.timestamp("us", tz="UTC")
    return pa.date32() if text == "date32[day]" else pa.type_for_alias(text)


def label_table(events: Table) -> Table:
    """The labels table that goes with a view: the view's own name for the transaction id, where it shows one."""
    return _naming_rows("labels", LABEL_COLUMNS, events)


def label_event_table(events: Table) -> Table:
    """The table of reports that goes with a view."""
    return _naming_rows("label_events", LABEL_EVENT_COLUMNS, events)


def _naming_rows(name: str, columns: Mapping[str, Column], events: Table) -> Table:
    """A table whose rows name transactions, by the view's own name for their id, where it shows one."""
    tid = next((f.name for f in events.fields if f.column.name == "tid"), None)
    names = {source: tid if source == "tid" else source for source in columns}
    return Table(name, tuple(_plain(columns[source], shown) for source, shown in names.items() if shown))


def click_tables() -> tuple[Table, Table]:
    """The clicks and what is true of them."""
    return entity_table("clicks", tuple(CLICK_COLUMNS.values())), entity_table(
        "click_labels", tuple(CLICK_LABEL_COLUMNS.values())
    )


def episode_table() -> Table:
    """The episodes table."""
    return Table("episodes", tuple(_plain(column, column.name) for column in EPISODE_COLUMNS.values()))


def holder_table(events: Table) -> Table:
    """The holders table; the card number is named as the view names it, where it shows one."""
    return entity_table("holders", tuple(HOLDER_COLUMNS.values()), shown_names(events))


def shown_names(events: Table) -> dict[str, str]:
    """What side tables call the card number: what the view calls it, where it shows one."""
    shown = [f.name for f in events.fields if f.column.name == "card_number"]
    return {"card_number": shown[0]} if shown else {}


def entity_table(name: str, columns: Sequence[Column], shown: Mapping[str, str] | None = None) -> Table:
    """A table that comes once a run.

    Args:
        shown: column → its name, where that is another.
    """
    return Table(name, tuple(_plain(column, (shown or {}).get(column.name, column.name)) for column in columns))


def _plain(column: Column, name: str) -> Field:
    return Field(name, column, column.formats[0])
