"""What a column and a table can declare of themselves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

#: What scenarios and roles are called: words that stand unquoted in tables, paths and messages.
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

Role = Literal["key", "observable", "truth", "observation"]
Clock = Literal["shifts_us", "shifts_s", "stays", "lost"]

#: Of the columns that follow a shift of event times: microseconds of one of their units.
SHIFT_UNIT_US: Mapping[str, int] = {"shifts_us": 1, "shifts_s": 1_000_000}


@dataclass(frozen=True)
class Given:
    """What decides a column: other columns of its row, by what an entity has, or by chance.

    Attributes:
        by: the columns that decide.
        source: ``table.column``: what the entity has that the first of these names; empty where that is in no table.
        drawn: whether chance has a part in it, too.
        sought: whether a pattern may set it: the generator then seeks what it follows from.
    """

    by: tuple[str, ...]
    source: str = ""
    drawn: bool = False
    sought: bool = False

    def __str__(self) -> str:
        return f"{self.source}[{self.by[0]}]" if self.source else f"decided by {', '.join(self.by)}"

    def as_json(self) -> dict[str, Any]:
        """As a manifest shows it: what a reader can check."""
        return {"by": list(self.by), "source": self.source, "drawn": self.drawn}


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: what views name as ``source``.
        arrow: Arrow type as text, e.g. ``timestamp[us, tz=UTC]``.
        unit: unit of the values; empty for none.
        role: key (identifies), observable (a detector may use it), truth (it must not), observation (what was learnt
            later, right or wrong: to train with, not to see).
        doc: one line.
        nullable: whether genuine events have none.
        free_text: whether its texts may hold commas, quotes or line breaks.
        categories: the texts that a generator's whole numbers stand for; for its own columns of type string.
        formats: how it can be shown; the first is the default. ``strftime`` stands for any pattern with a %. A time has
            ``TIME_FORMATS``. Text sinks print so; those of ``FORMAT_TYPES`` change what typed sinks hold, too.
        clock: how it follows event times that a stream shifts (``clock=rebased``): by the shift in microseconds or in
            seconds, not at all, or, as an hour of the day, in no such way, so that a shifted stream cannot show it.
            Unless told, a time shifts and all else stays.
        references: tables in which its values are keys; of these the first one that a run has.
        constant: what it says in every row; None for a column of values.
        enumerated: whether it has few different texts, which data frames take for categories; one with ``categories``
            has.
        scattered: whether its texts are as good as random, as those of a hash are: all different, and in no order.
        given: what decides it; None where nothing in its row does.
        never_fraud: categories that no fraud has: no pattern makes or claims such a row.
    """

    name: str
    arrow: str
    unit: str
    role: Role
    doc: str
    nullable: bool = False
    formats: tuple[str, ...] = ("plain",)
    free_text: bool = False
    categories: tuple[str, ...] = ()
    clock: Clock | None = None
    references: tuple[str, ...] = ()
    constant: str | int | float | None = None
    enumerated: bool = False
    scattered: bool = False
    given: Given | None = None
    never_fraud: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.categories:
            object.__setattr__(self, "enumerated", True)
        if self.is_time:
            object.__setattr__(self, "formats", TIME_FORMATS)

    @property
    def is_time(self) -> bool:
        """Whether it holds moments; days are none."""
        return self.arrow.startswith("timestamp")

    @property
    def follows(self) -> Clock:
        """How it follows a shift of event times."""
        return self.clock or ("shifts_us" if self.is_time else "stays")

    @property
    def decided_again(self) -> bool:
        """Whether it is decided again for a genuine row whose amount a pattern changes."""
        return self.given is not None and self.given.drawn and "amount_minor" in self.given.by

    @property
    def before(self) -> "Column":
        """The column of the labels that keeps what it said before a row was claimed."""
        doc = f"{self.name} of a genuine row before it was claimed; empty for an added row"
        return Column(
            f"{self.name}_before", self.arrow, self.unit, "truth", doc, nullable=True, categories=self.categories
        )

    def shown_as(self, text_format: str, *, naive: bool = False) -> "Column":
        """The column with the type that it has in this format; a naive time is in UTC and does not say so."""
        arrow = NAIVE_TIME if naive else FORMAT_TYPES.get(text_format, self.arrow)
        return self if arrow == self.arrow else replace(self, arrow=arrow)

    @cached_property
    def quoted(self) -> bool:
        """Whether a text of it may hold what CSV and JSON have to escape."""
        return self.free_text or any(_ESCAPED.search(text) for text in self.categories)


#: What manifests name as the source of a column that says the same in every row.
CONSTANT = "="


def constant_column(value: str | int | float) -> Column:
    """A column that says the same in every row."""
    arrow = "string" if isinstance(value, str) else "double" if isinstance(value, float) else "int64"
    categories = (value,) if isinstance(value, str) else ()
    doc = "the same in every row"
    return Column(CONSTANT, arrow, "", "observable", doc, categories=categories, constant=value)


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """What is true of a table beside its columns, which bear the names here that they are declared with.

    Attributes:
        doc: one line: what a row of it is.
        key: the columns that together tell its rows apart; empty where none do.
        counted: whether the key is the row's position in the table, from 0.
        order: what its rows are sorted by; empty where that is nothing that it shows.
        ascending: the columns that ascend in that order, too.
        searched: what it is searched by: a column, or several together.
        as_viewed: the columns that bear the name that the view gives them in the transactions, where no other column
            of the table has it.
        grows: whether its rows grow with the transactions, so that each block writes a part of it of its own.
    """

    doc: str = ""
    key: tuple[str, ...] = ()
    counted: bool = False
    order: tuple[str, ...] = ()
    ascending: tuple[str, ...] = ()
    searched: tuple[tuple[str, ...], ...] = ()
    as_viewed: tuple[str, ...] = ()
    grows: bool = False

    @property
    def named(self) -> set[str]:
        """The columns that it speaks of."""
        return {*self.key, *self.order, *self.ascending, *(name for together in self.searched for name in together)}


NO_FACTS = TableFacts()

_ESCAPED = re.compile(r'[,"\\\n\r\t]')

#: Formats of a time as a whole number since 1970-01-01 UTC: microseconds of one of its units.
#: Formats of times as whole numbers since 1970 → the microseconds of their unit.
EPOCH_UNITS_US: Mapping[str, int] = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}

TIME_FORMATS = ("iso", "strftime", *EPOCH_UNITS_US)
AMOUNT_FORMATS = ("float", "fixed2", "decimal")
UUID_FORMATS = ("uuid", "uuid4")
ID_FORMATS = ("plain", *UUID_FORMATS)

#: Format → the Arrow type of what is shown in it; in all others a column keeps its own. 18 digits fit into 64 bits.
FORMAT_TYPES: Mapping[str, str] = {"decimal": "decimal128(18, 2)"}

#: A time in UTC that does not say so.
NAIVE_TIME = "timestamp[us]"


def metadata(column: Column) -> dict[str, str]:
    """What travels with the column in files that can hold it."""
    return {"unit": column.unit, "role": column.role, "doc": column.doc}


def as_json(column: Column) -> dict[str, Any]:
    """The column as ``synth describe --json`` and the manifest show it."""
    shown = {"name": column.name, "type": column.arrow, "nullable": column.nullable, **metadata(column)}
    shown |= {name: True for name in ("quoted", "enumerated") if getattr(column, name)}
    shown |= {"categories": list(column.categories)} if column.categories else {}
    shown |= {"given": column.given.as_json()} if column.given else {}
    return shown | ({"never_fraud": list(column.never_fraud)} if column.never_fraud else {})
