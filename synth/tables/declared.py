"""Every column that an event can show, declared once: schema, metadata, docs and validation derive from here."""

from dataclasses import replace

from synth.tables.column import AMOUNT_FORMATS, ID_FORMATS, Column

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
            scattered=True,
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
    "tid": Column("tid", "string", "", "key", "the transaction's id", scattered=True),
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
