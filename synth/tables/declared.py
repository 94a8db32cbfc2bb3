"""Every column that an event can show, declared once: schema, metadata, docs and validation derive from here."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

#: What scenarios and roles are called: words that stand unquoted in tables, paths and messages.
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

Role = Literal["key", "observable", "truth", "observation"]


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
            "episode of a fraud event: added ones from 0 in order of first event, then those of claimed rows",
            nullable=True,
        ),
        Column("role", "string", "", "truth", "what a fraud event is within its episode", nullable=True),
        Column("scenario_number", "int8", "", "truth", "0 for genuine; or the scenario, counted by name from 1"),
        Column("unix_time", "int64", "s", "observable", "seconds since 1970-01-01 UTC"),
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
        Column("customer_id", "int64", "", "key", "who clicked: index of the customer"),
        Column("session_id", "int64", "", "key", "the visit; the number says nothing else"),
        Column("event_type", "string", "", "observable", "what happened"),
        Column("merchant_id", "int64", "", "key", "whose shop: index of the merchant"),
        Column("device_id", "int64", "", "key", "what with; one that is in no table is new to the customer"),
        Column("event_id", "int64", "", "key", "the transaction of a purchase; empty for others", nullable=True),
    )
}
"""The clicks table: one row an event of a visit to a web shop, sorted by time."""

CLICK_LABEL_COLUMNS = {
    "click_id": CLICK_COLUMNS["click_id"],
    "scenario": Column("scenario", "string", "", "truth", "scenario of the transaction that the visit leads to"),
    "episode_id": Column("episode_id", "int64", "", "truth", "its episode"),
    "role": Column(
        "role", "string", "", "truth", "a purchase's: its transaction's; else login, profile_change, browse"
    ),
}
"""The click_labels table: one row a click of a visit that leads to fraud."""

EPISODE_COLUMNS = {
    column.name: column
    for column in (
        Column("episode_id", "int64", "", "key", "episode: added ones from 0 in order of first event, then others"),
        Column("scenario", "string", "", "truth", "name of the scenario in the recipe"),
        Column("card_number", "string", "", "key", "the victim's card number; empty for several cards", nullable=True),
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
        Column("first_name", "string", "", "observable", "first name, a part of the full one", free_text=True),
        Column("last_name", "string", "", "observable", "last name, a part of the full one", free_text=True),
        Column("gender", "string", "", "observable", "F or M, in keeping with the name"),
        Column("email", "string", "", "observable", "e-mail address, unique"),
        Column("phone", "string", "", "observable", "telephone number", free_text=True),
        Column("address", "string", "", "observable", "postal address", free_text=True),
        Column("birth_date", "date32[day]", "", "observable", "day of birth"),
        Column("job", "string", "", "observable", "occupation", free_text=True),
    )
}
"""The holders table: what a profile says of who holds a card, where there are no customers."""

PROFILE_COLUMNS = {name: column for name, column in HOLDER_COLUMNS.items() if not name.startswith(("card", "holder"))}
"""What a profile says of a person."""

CITY_PROFILE_COLUMNS = {
    column.name: column
    for column in (
        Column("street", "string", "", "observable", "street and number of the address", free_text=True),
        Column("zip", "string", "", "observable", "postal code of the address", free_text=True),
    )
}
"""What a profile says beside it of a person who lives in a city."""

STATE_PROFILE_COLUMNS = {
    column.name: column
    for column in (
        Column("state", "string", "", "observable", "state of the city, as USPS code"),
        Column("inhabitants", "int64", "", "observable", "real inhabitants of the city, whatever its share"),
    )
}
"""What a profile says beside that of a person who lives in a city of the USA."""

_PLACE = (
    Column("city", "string", "", "observable", "the city that it belongs to"),
    Column("country", "string", "", "observable", "its country, as ISO 3166 code"),
    Column("latitude", "double", "degrees", "observable", "where it lies"),
    Column("longitude", "double", "degrees", "observable", "where it lies"),
    Column("x_km", "double", "km", "observable", "east in the plane of the population; distances in a city are true"),
    Column("y_km", "double", "km", "observable", "north in the plane of the population"),
)

ENTITY_COLUMNS = {
    table: {column.name: column for column in columns}
    for table, columns in {
        "customers": (
            Column("customer_id", "int64", "", "key", "index of the customer, from 0"),
            Column("segment", "string", "", "observable", "how the customer spends"),
            Column("age", "int8", "years", "observable", "full years at the start of the window"),
            Column("age_band", "string", "", "observable", "band of the age"),
            Column("income_band", "string", "", "observable", "band of the income"),
            Column("income_minor", "int64", "minor units (cents)", "observable", "income of a year"),
            *_PLACE,
            *PROFILE_COLUMNS.values(),
            *CITY_PROFILE_COLUMNS.values(),
            *STATE_PROFILE_COLUMNS.values(),
        ),
        "cards": (
            Column("card_id", "int64", "", "key", "index of the card in the population, from 0"),
            Column("card_number", "string", "", "key", "card number, Luhn-valid"),
            Column("customer_id", "int64", "", "key", "who holds it"),
            Column("network", "string", "", "observable", "card network"),
            Column("funding", "string", "", "observable", "credit or debit", categories=("debit", "credit")),
            Column("limit_minor", "int64", "minor units (cents)", "observable", "credit line; of debit: of a month"),
            Column("opened", "date32[day]", "", "observable", "day of opening, before the window"),
        ),
        "devices": (
            Column("device_id", "int64", "", "key", "index of the device, from 0"),
            Column("customer_id", "int64", "", "key", "who uses it"),
            Column("kind", "string", "", "observable", "kind of device"),
        ),
        "merchants": (
            Column("merchant_id", "int64", "", "key", "index of the merchant, from 0"),
            Column("name", "string", "", "observable", "name, unique", free_text=True),
            Column("category", "string", "", "observable", "what it sells"),
            Column("mcc", "string", "", "observable", "merchant category code (ISO 18245)"),
            Column("online", "int8", "", "observable", "1 where it sells on the web only"),
            Column("price_level", "double", "", "observable", "factor on the prices of its category, median 1"),
            Column("opens_hour", "int8", "hour of the day", "observable", "from then on it sells"),
            Column("closes_hour", "int8", "hour of the day", "observable", "until then it sells"),
            Column("size", "double", "", "observable", "popularity, 1 for the average merchant"),
            *_PLACE,
        ),
        "terminals": (
            Column("terminal_id", "int64", "", "key", "index of the terminal, from 0"),
            Column("merchant_id", "int64", "", "key", "whose it is"),
            *_PLACE,
        ),
    }.items()
}
"""The tables of entities, their key first; columns of cities, states and a profile only where there are any."""

LOOKUP_KEYS = {"cards": "card_id", "customers": "card_id", "merchants": "merchant_id", "terminals": "terminal_id"}
"""Tables in which an event has a row, by the column that leads there: from the card one comes to its customer, too, and
to the others where the generator has that column."""


def metadata(column: Column) -> dict[str, str]:
    """What travels with the column in files that can hold it."""
    return {"unit": column.unit, "role": column.role, "doc": column.doc}


def as_json(column: Column) -> dict[str, Any]:
    """The column as ``synth describe --json`` and the manifest show it."""
    shown = {"name": column.name, "type": column.arrow, "nullable": column.nullable, **metadata(column)}
    return shown | ({"quoted": True} if column.quoted else {})
