"""Every column that an event can show, declared once: schema, metadata, docs and validation derive from here."""

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
        searched: what it is searched by: a column, or several together.
        as_viewed: the columns that bear the name that the view gives them in the transactions.
    """

    doc: str = ""
    key: tuple[str, ...] = ()
    counted: bool = False
    order: tuple[str, ...] = ()
    searched: tuple[tuple[str, ...], ...] = ()
    as_viewed: tuple[str, ...] = ()

    @property
    def named(self) -> set[str]:
        """The columns that it speaks of."""
        return {*self.key, *self.order, *(name for together in self.searched for name in together)}


NO_FACTS = TableFacts()

_ESCAPED = re.compile(r'[,"\\\n\r\t]')

#: Formats of a time as a whole number since 1970-01-01 UTC: microseconds of one of its units.
#: Formats of times as whole numbers since 1970 → the microseconds of their unit.
EPOCH_UNITS_US: Mapping[str, int] = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}

TIME_FORMATS = ("iso", "strftime", *EPOCH_UNITS_US)
AMOUNT_FORMATS = ("float", "fixed2", "decimal")
ID_FORMATS = ("plain", "uuid")

#: Format → the Arrow type of what is shown in it; in all others a column keeps its own. 18 digits fit into 64 bits.
FORMAT_TYPES: Mapping[str, str] = {"decimal": "decimal128(18, 2)"}

#: A time in UTC that does not say so.
NAIVE_TIME = "timestamp[us]"

EVENT_COLUMNS = {
    column.name: column
    for column in (
        Column(
            "event_id",
            "int64",
            "",
            "key",
            "position of the event in the run, from 0",
            references=("transactions",),
        ),
        Column(
            "tid",
            "string",
            "",
            "key",
            "md5, in hex, of time, card number and amount as the notebook prints them",
            formats=ID_FORMATS,
        ),
        Column("time", "timestamp[us, tz=UTC]", "UTC", "observable", "when it happened"),
        Column(
            "card_id",
            "int64",
            "",
            "key",
            "index of the card in the population, from 0",
            references=("cards", "holders"),
        ),
        Column("card_number", "string", "", "key", "card number, Luhn-valid"),
        Column("amount_minor", "int64", "minor units (cents)", "observable", "amount in whole minor units"),
        Column("amount", "double", "major units", "observable", "amount in major units", formats=AMOUNT_FORMATS),
        Column("fraud_label", "int8", "", "truth", "1 for fraud, 0 for genuine"),
        Column("scenario", "string", "", "truth", "scenario of a fraud event", nullable=True, enumerated=True),
        Column(
            "episode_id",
            "int64",
            "",
            "truth",
            "episode of a fraud event: added ones from 0 in order of first event, then those of claimed rows",
            nullable=True,
            references=("episodes",),
        ),
        Column(
            "role", "string", "", "truth", "what a fraud event is within its episode", nullable=True, enumerated=True
        ),
        Column("scenario_number", "int8", "", "truth", "0 for genuine; or the scenario, counted by name from 1"),
        Column("unix_time", "int64", "s", "observable", "seconds since 1970-01-01 UTC", clock="shifts_s"),
        Column("time_s", "int64", "s", "observable", "seconds since the start of the window"),
        Column("time_days", "int64", "days", "observable", "full days since the start of the window"),
        Column("observed_label", "int8", "", "observation", "1 where fraud was reported by the end of the window"),
    )
}

LABEL_COLUMNS = {name: EVENT_COLUMNS[name] for name in ("event_id", "tid", "scenario", "episode_id", "role")} | {
    column.name: column
    for column in (
        Column(
            "amount_before_minor",
            "int64",
            "minor units (cents)",
            "truth",
            "amount of a genuine row before it was claimed; empty for an added row",
            nullable=True,
        ),
        Column(
            "reported_at",
            "timestamp[us, tz=UTC]",
            "UTC",
            "observation",
            "when it is reported, maybe after the window; empty if never",
            nullable=True,
        ),
    )
}
"""The labels table: one row a fraud event; ``tid`` only where the view shows it."""

LABEL_EVENT_COLUMNS = {name: EVENT_COLUMNS[name] for name in ("event_id", "tid")} | {
    "known_at": Column("known_at", "timestamp[us, tz=UTC]", "UTC", "observation", "from then on it counts as fraud")
}
"""The label_events table: one row a report, in order of time; ``tid`` only where the view shows it."""

CLICK_COLUMNS = {
    column.name: column
    for column in (
        Column("click_id", "int64", "", "key", "names the click; ascending, with gaps"),
        Column("time", "timestamp[us, tz=UTC]", "UTC", "observable", "when it happened"),
        Column("customer_id", "int64", "", "key", "who clicked: index of the customer", references=("customers",)),
        Column("session_id", "int64", "", "key", "the visit; the number says nothing else"),
        Column("event_type", "string", "", "observable", "what happened", enumerated=True),
        Column("merchant_id", "int64", "", "key", "whose shop: index of the merchant", references=("merchants",)),
        Column("device_id", "int64", "", "key", "what with; one that is in no table is new to the customer"),
        Column(
            "event_id",
            "int64",
            "",
            "key",
            "the transaction of a purchase; empty for others",
            nullable=True,
            references=("transactions",),
        ),
    )
}
"""The clicks table: one row an event of a visit to a web shop, sorted by time."""

CLICK_LABEL_COLUMNS = {
    "click_id": replace(CLICK_COLUMNS["click_id"], references=("clicks",)),
    "scenario": Column(
        "scenario", "string", "", "truth", "scenario of the transaction that the visit leads to", enumerated=True
    ),
    "episode_id": Column("episode_id", "int64", "", "truth", "its episode", references=("episodes",)),
    "role": Column(
        "role",
        "string",
        "",
        "truth",
        "a purchase's: its transaction's; else login, profile_change, browse",
        enumerated=True,
    ),
}
"""The click_labels table: one row a click of a visit that leads to fraud."""

NOISE_KINDS = ("disorder", "late", "duplicate", "drop")

NOISE_COLUMNS = {
    "event_id": EVENT_COLUMNS["event_id"],
    "tid": Column("tid", "string", "", "key", "the transaction's id"),
    "kind": Column(
        "kind", "string", "", "truth", "what it met: disorder, late, duplicate or drop", categories=NOISE_KINDS
    ),
    "delay_us": Column("delay_us", "int64", "us of event time", "truth", "how much later it, or its copy, was sent"),
}
"""The noise table: one row a transaction that met something; ``tid`` only where the view shows it."""

EPISODE_COLUMNS = {
    column.name: column
    for column in (
        Column("episode_id", "int64", "", "key", "episode: added ones from 0 in order of first event, then others"),
        Column("scenario", "string", "", "truth", "name of the scenario in the recipe", enumerated=True),
        Column("card_number", "string", "", "key", "the victim's card number; empty for several cards", nullable=True),
        Column("first_time", "timestamp[us, tz=UTC]", "UTC", "truth", "time of the first event"),
        Column("last_time", "timestamp[us, tz=UTC]", "UTC", "truth", "time of the last event"),
        Column("events", "int64", "", "truth", "number of events"),
        Column("amount_minor", "int64", "minor units (cents)", "truth", "sum of the amounts"),
    )
}


def metadata(column: Column) -> dict[str, str]:
    """What travels with the column in files that can hold it."""
    return {"unit": column.unit, "role": column.role, "doc": column.doc}


def as_json(column: Column) -> dict[str, Any]:
    """The column as ``synth describe --json`` and the manifest show it."""
    shown = {"name": column.name, "type": column.arrow, "nullable": column.nullable, **metadata(column)}
    shown |= {name: True for name in ("quoted", "enumerated") if getattr(column, name)}
    return shown | ({"categories": list(column.categories)} if column.categories else {})
