"""Every column that an event can show, declared once: schema, metadata, docs and validation derive from here."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

#: What scenarios and roles are called: words that stand unquoted in tables, paths and messages.
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

Role = Literal["key", "observable", "truth"]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: what views name as ``source``.
        arrow: Arrow type as text, e.g. ``timestamp[us, tz=UTC]``.
        unit: unit of the values; empty for none.
        role: key (identifies), observable (a detector may use it), truth (it must not).
        doc: one line.
        nullable: whether genuine events have none.
        free_text: whether its texts may hold commas, quotes or line breaks.
        categories: the texts that a generator's whole numbers stand for; for its own columns of type string.
        formats: how text sinks can print it; the first is the default. ``strftime`` stands for any pattern with a %.
            A time has ``TIME_FORMATS``.
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

    def __post_init__(self) -> None:
        if self.arrow.startswith("timestamp"):
            object.__setattr__(self, "formats", TIME_FORMATS)

    @cached_property
    def quoted(self) -> bool:
        """Whether a text of it may hold what CSV and JSON have to escape."""
        return self.free_text or any(_ESCAPED.search(text) for text in self.categories)


_ESCAPED = re.compile(r'[,"\\\n\r\t]')

TIME_FORMATS = ("iso", "strftime", "epoch_s", "epoch_us")
AMOUNT_FORMATS = ("float", "fixed2")

EVENT_COLUMNS = {
    column.name: column
    for column in (
        Column("event_id", "int64", "", "key", "position of the event in the run, from 0"),
        Column("tid", "string", "", "key", "md5, in hex, of time, card number and amount as the notebook prints them"),
        Column("time", "timestamp[us, tz=UTC]", "UTC", "observable", "when it happened"),
        Column("card_id", "int64", "", "key", "index of the card in the population, from 0"),
        Column("card_number", "string", "", "key", "card number, Luhn-valid"),
        Column("amount_minor", "int64", "minor units (cents)", "observable", "amount in whole minor units"),
        Column("amount", "double", "major units", "observable", "amount in major units", formats=AMOUNT_FORMATS),
        Column("fraud_label", "int8", "", "truth", "1 for fraud, 0 for genuine"),
        Column("scenario", "string", "", "truth", "scenario of a fraud event", nullable=True),
        Column(
            "episode_id",
            "int64",
            "",
            "truth",
            "episode of a fraud event, from 0 in order of first event",
            nullable=True,
        ),
        Column("role", "string", "", "truth", "what a fraud event is within its episode", nullable=True),
    )
}

LABEL_COLUMNS = ("event_id", "tid", "scenario", "episode_id", "role")
"""The labels table: one row a fraud event; ``tid`` only where the view shows it."""

EPISODE_COLUMNS = {
    column.name: column
    for column in (
        Column("episode_id", "int64", "", "key", "episode, from 0 in order of first event"),
        Column("scenario", "string", "", "truth", "name of the scenario in the recipe"),
        Column("card_number", "string", "", "key", "the victim's card number"),
        Column("first_time", "timestamp[us, tz=UTC]", "UTC", "truth", "time of the first event"),
        Column("last_time", "timestamp[us, tz=UTC]", "UTC", "truth", "time of the last event"),
        Column("events", "int64", "", "truth", "number of events"),
        Column("amount_minor", "int64", "minor units (cents)", "truth", "sum of the amounts"),
    )
}

HOLDER_COLUMNS = {
    column.name: column
    for column in (
        Column("card_id", "int64", "", "key", "the holder's card: its index in the population"),
        Column("card_number", "string", "", "key", "the holder's card number"),
        Column("holder_id", "int64", "", "key", "index of the holder, from 0"),
        Column("name", "string", "", "observable", "full name", free_text=True),
        Column("email", "string", "", "observable", "e-mail address, unique"),
        Column("phone", "string", "", "observable", "telephone number", free_text=True),
        Column("address", "string", "", "observable", "postal address", free_text=True),
        Column("birth_date", "date32[day]", "", "observable", "day of birth"),
    )
}


def metadata(column: Column) -> dict[str, str]:
    """What travels with the column in files that can hold it."""
    return {"unit": column.unit, "role": column.role, "doc": column.doc}


def as_json(column: Column) -> dict[str, Any]:
    """The column as ``synth describe --json`` and the manifest show it."""
    shown = {"name": column.name, "type": column.arrow, "nullable": column.nullable, **metadata(column)}
    return shown | ({"quoted": True} if column.quoted else {})
