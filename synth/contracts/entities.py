"""The contract of tables that come once a run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synth.tables.column import NO_FACTS, PLAIN_NAME, Column, TableFacts
from synth.tables.registry import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

    from synth.arrays import Values


@dataclass(frozen=True)
class Entities:
    """A table that comes once a run, e.g. the merchants that events name.

    Attributes:
        name: the table's name, a plain word.
        columns: what it shows, in order.
        values: column name → (n,) numbers, or n texts.
        facts: its key, its order, what it is searched by; nothing unless told.
    """

    name: str
    columns: tuple[Column, ...]
    values: "Mapping[str, Values | Sequence[str] | pa.Array]"
    facts: TableFacts = NO_FACTS


def broken_entities(tables: Sequence[Entities]) -> Iterator[str]:
    """Yields what is wrong with the tables that a generator made."""
    names = [table.name.casefold() for table in tables]  # most databases, and some disks, take a and A for one
    for table in tables:
        plain = table.name.casefold()
        if plain in TABLES or names.count(plain) > 1 or not PLAIN_NAME.fullmatch(plain) or plain.startswith("_"):
            yield f"a table {table.name!r}: the name is taken, or no plain word"
        lengths = {name: len(values) for name, values in table.values.items()}
        if set(lengths) != {column.name for column in table.columns} or len(set(lengths.values())) > 1:
            yield f"table {table.name!r} with columns of {lengths} values"
        elif unknown := sorted(table.facts.named - {*lengths}):
            yield f"table {table.name!r} with facts of {', '.join(unknown)}, which it has no column of"
