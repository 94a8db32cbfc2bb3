"""synth's tables in the SQL that databases share: types, keys, and what a column means."""

from synth import Field, Table

TYPES = {
    "int8": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "double": "double precision",
    "string": "text",
    "date32[day]": "date",
    "timestamp[us, tz=UTC]": "timestamp with time zone",
}

#: Event or entity column → the tables that it is the key of; the first one of them that a run has is referred to.
HOMES = {
    "event_id": ("transactions",),
    "episode_id": ("episodes",),
    "customer_id": ("customers",),
    "card_id": ("cards", "holders"),
    "device_id": ("devices",),
    "merchant_id": ("merchants",),
    "terminal_id": ("terminals",),
}


def key_of(table: Table) -> str | None:
    """The column that tells a table's rows apart; None where the view shows none, or the table is a plugin's."""
    sources = ["event_id"] if table.name == "labels" else [source for source, t in HOMES.items() if table.name in t]
    return next((field.name for field in table.fields if field.column.name in sources), None)


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it is; views have names with dots and dashes."""
    return '"' + name.replace('"', '""') + '"'


def about(field: Field) -> str:
    return ", ".join(filter(None, (field.column.role, field.column.unit))) + f": {field.column.doc}"
