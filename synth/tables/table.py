"""Tables of the output: their names and columns, known before the first row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from synth.tables.column import NO_FACTS, SHIFT_UNIT_US, UUID_FORMATS, Column, TableFacts, metadata
from synth.tables.registry import TABLES
from synth.tables.types import arrow_type

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Field:
    """A column of a table: what it shows and how it prints.

    Attributes:
        name: in the output.
        column: what it shows.
        format: how texts print it, one of ``column.formats``, or a pattern with a %.
    """

    name: str
    column: Column
    format: str

    @property
    def is_uuid(self) -> bool:
        """Whether its texts are UUIDs, for places that have a type for these."""
        return self.format in UUID_FORMATS


@dataclass(frozen=True)
class Table:
    """A table of the output: its name and columns, known before the first row.

    Attributes:
        name: what it is called.
        fields: its columns, in order.
        facts: what is true of it beside its columns; ``key``, ``order``, ``searches`` and ``references`` tell it by the
            names of the fields.
    """

    name: str
    fields: tuple[Field, ...]
    facts: TableFacts = NO_FACTS

    @property
    def key(self) -> tuple[str, ...]:
        """The fields that together tell its rows apart; empty where it does not show them all."""
        return self._shown(self.facts.key)

    @property
    def counted(self) -> bool:
        """Whether its key is the row's position, from 0."""
        return self.facts.counted and bool(self.key)

    @property
    def order(self) -> tuple[str, ...]:
        """The fields that its rows are sorted by; empty where it does not show them all."""
        return self._shown(self.facts.order)

    @property
    def ascending(self) -> tuple[str, ...]:
        """The fields by which a reader of the files finds its rows sorted."""
        names = self.shown
        return (*(names[source] for source in self.facts.ascending if source in names), *self.order)

    @property
    def searches(self) -> tuple[tuple[str, ...], ...]:
        """The fields that it is searched by, alone or together; those that it does not show are left out."""
        names = self.shown
        wanted = (tuple(names[source] for source in together if source in names) for together in self.facts.searched)
        return tuple(dict.fromkeys(filter(None, wanted)))

    @property
    def references(self) -> dict[str, tuple[str, ...]]:
        """Field → the other tables in which its values are keys; of these the first one that a run has."""
        found = {f.name: tuple(name for name in f.column.references if name != self.name) for f in self.fields}
        return {name: tables for name, tables in found.items() if tables}

    @property
    def shifts(self) -> bool:
        """Whether any of its columns follows a shift of event times."""
        return any(field.column.follows in SHIFT_UNIT_US for field in self.fields)

    def _shown(self, sources: tuple[str, ...]) -> tuple[str, ...]:
        names = self.shown
        return tuple(names[source] for source in sources) if names.keys() >= {*sources} else ()

    @cached_property
    def shown(self) -> Mapping[str, str]:
        """Source → the field that shows it; of several the first one."""
        return {field.column.name: field.name for field in reversed(self.fields)}

    @cached_property
    def schema(self) -> "pa.Schema":
        """The Arrow schema, with unit, role and doc in the fields' metadata."""
        import pyarrow as pa

        return pa.schema(
            [
                pa.field(f.name, arrow_type(f.column.arrow), nullable=f.column.nullable, metadata=metadata(f.column))
                for f in self.fields
            ]
        )

    @property
    def quoted(self) -> bool:
        """Whether a text may hold what CSV and JSON have to escape; numbers, times and ids never do."""
        return any(f.column.quoted for f in self.fields)


def label_table(events: Table) -> Table:
    """The labels table that goes with a view: the view's own name for the transaction id, where it shows one.

    What a view shows and a claim decides again, the labels tell as it was before.
    """
    table = _naming_rows("labels", events)
    before = {
        f.column.name: _plain(f.column.before, f.column.before.name) for f in events.fields if f.column.decided_again
    }
    return replace(table, fields=(*table.fields, *before.values()))


def label_event_table(events: Table) -> Table:
    """The table of reports that goes with a view."""
    return _naming_rows("label_events", events)


def noise_table(events: Table) -> Table:
    """The answer key of a noisy stream, for a view or for its labels table."""
    return _naming_rows("noise", events)


def _naming_rows(name: str, events: Table) -> Table:
    """A table whose rows name transactions, as the view does, by its own name for their id, where it shows one."""
    tid = next((f for f in events.fields if f.column.name == "tid"), None)
    columns = [column for source, column in TABLES[name].columns.items() if source != "tid" or tid]
    table = declared_table(name, columns, {"tid": tid.name if tid else ""})
    fields = (replace(f, format=tid.format) if tid and f.column.name == "tid" else f for f in table.fields)
    return replace(table, fields=tuple(fields))


def click_tables() -> tuple[Table, Table]:
    """The clicks and what is true of them."""
    return declared_table("clicks"), declared_table("click_labels")


def episode_table() -> Table:
    """The episodes table."""
    return declared_table("episodes")


def holder_table(events: Table) -> Table:
    """The holders table; the card number is named as the view names it, where it shows one."""
    return declared_table("holders", shown=shown_names(events))


def shown_names(events: Table) -> dict[str, str]:
    """What side tables call the card number: what the view calls it, where it shows one."""
    shown = [f.name for f in events.fields if f.column.name == "card_number"]
    return {"card_number": shown[0]} if shown else {}


def declared_table(name: str, columns: Sequence[Column] = (), shown: Mapping[str, str] | None = None) -> Table:
    """A table as it is declared.

    Args:
        columns: those that it has; none for all.
        shown: column → its name, where that is another.
    """
    declared = TABLES[name]
    return plain_table(name, columns or tuple(declared.columns.values()), declared.facts, shown)


def plain_table(
    name: str, columns: Sequence[Column], facts: TableFacts, shown: Mapping[str, str] | None = None
) -> Table:
    """A table whose columns print as they print unasked.

    Args:
        shown: column → its name, where that is another; one that another column bears is not taken.
    """
    own = {column.name for column in columns}
    names = {source: wanted for source, wanted in (shown or {}).items() if wanted not in own}
    fields = tuple(_plain(column, names.get(column.name, column.name)) for column in columns)
    return Table(name, fields, facts)


def _plain(column: Column, name: str) -> Field:
    return Field(name, column, column.formats[0])
