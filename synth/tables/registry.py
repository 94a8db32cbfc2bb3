"""Every table that synth writes, declared once: its columns, its key, its order, and what it is searched by.

Whoever has to know a table by its name asks here: DDL, reserved names, documentation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from synth.tables.column import NO_FACTS, Column, TableFacts
from synth.tables.declared import (
    CLICK_COLUMNS,
    CLICK_LABEL_COLUMNS,
    EPISODE_COLUMNS,
    EVENT_COLUMNS,
    LABEL_COLUMNS,
    LABEL_EVENT_COLUMNS,
    NOISE_COLUMNS,
)
from synth.tables.people import ENTITY_COLUMNS, HOLDER_COLUMNS


@dataclass(frozen=True)
class DeclaredTable:
    """A table that synth writes.

    Attributes:
        columns: source → column, as many as there can be: views, populations and recipes leave some out.
    """

    name: str
    columns: Mapping[str, Column]
    facts: TableFacts


_EVENTS = TableFacts(
    doc="one row a payment, in order of time",
    key=("event_id",),
    counted=True,
    order=("event_id",),
    ascending=("time",),
    searched=(("tid",), ("time",), ("card_number", "time"), ("card_id", "time")),
    grows=True,
)

_LABELS = TableFacts(
    doc="one row a fraudulent payment: its scenario, its episode, its role in that, and what it cost before",
    key=("event_id",),
    order=("event_id",),
    searched=(("tid",), ("episode_id",)),
    as_viewed=("tid",),
)

_CLICKS = TableFacts(
    doc="one row an event of a visit to a web shop",
    key=("click_id",),
    order=("click_id",),
    searched=(("event_id",), ("session_id",), ("customer_id", "time"), ("merchant_id", "time")),
    grows=True,
)

_CARDS = TableFacts(doc="one row a card", searched=(("card_number",), ("customer_id",)), as_viewed=("card_number",))

_ENTITIES = {
    "customers": TableFacts(doc="one row a customer"),
    "merchants": TableFacts(doc="one row a shop"),
    "cards": _CARDS,
    "devices": TableFacts(doc="one row a device of a customer", searched=(("customer_id",),)),
    "terminals": TableFacts(doc="one row a terminal of a shop", searched=(("merchant_id",),)),
}


def _entities(name: str, columns: Mapping[str, Column]) -> DeclaredTable:
    """A table of entities: its first column is the index that it is sorted by."""
    key = (next(iter(columns)),)
    return DeclaredTable(name, columns, replace(_ENTITIES.get(name, NO_FACTS), key=key, order=key))


TABLES: Mapping[str, DeclaredTable] = {
    table.name: table
    for table in (
        DeclaredTable("transactions", EVENT_COLUMNS, _EVENTS),
        DeclaredTable("labels", LABEL_COLUMNS, _LABELS),
        DeclaredTable(
            "label_events",
            LABEL_EVENT_COLUMNS,
            TableFacts(
                doc="one row a report of fraud, right or wrong, in order of the time when it came",
                key=("event_id",),
                order=("known_at", "event_id"),
                searched=(("tid",), ("known_at",)),
                as_viewed=("tid",),
            ),
        ),
        DeclaredTable(
            "noise",
            NOISE_COLUMNS,
            TableFacts(
                doc="one row an event that the stream lost, doubled, sent late or damaged",
                key=("event_id",),
                order=("event_id",),
                searched=(("tid",),),
                as_viewed=("tid",),
            ),
        ),
        DeclaredTable("clicks", CLICK_COLUMNS, _CLICKS),
        DeclaredTable(
            "click_labels",
            CLICK_LABEL_COLUMNS,
            TableFacts(
                doc="one row a click of a visit that leads to fraud",
                key=("click_id",),
                order=("click_id",),
                searched=(("episode_id",),),
                grows=True,
            ),
        ),
        DeclaredTable(
            "episodes",
            EPISODE_COLUMNS,
            TableFacts(
                doc="one row a fraud episode: its victim, its first and last time, its events and their sum",
                key=("episode_id",),
                order=("episode_id",),
                searched=(("card_number",),),
            ),
        ),
        DeclaredTable(
            "holders",
            HOLDER_COLUMNS,
            TableFacts(
                doc="one row a card: who holds it",
                key=("card_id",),
                order=("card_id",),
                searched=(("card_number",),),
                as_viewed=("card_number",),
            ),
        ),
        *(_entities(name, columns) for name, columns in ENTITY_COLUMNS.items()),
    )
}
"""Table name → what is declared of it; columns of cities, states and a profile are there only where there are any."""
