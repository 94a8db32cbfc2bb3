"""synth's tables in the SQL that databases share: types, names, and what a column means."""

from collections.abc import Iterable

from synth import Field

_TYPES = {
    "int8": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "double": "double precision",
    "string": "text",
    "date32[day]": "date",
    "timestamp[us, tz=UTC]": "timestamp with time zone",
    "timestamp[us]": "timestamp",
}


def sql_type(field: Field) -> str:
    """The type of a column."""
    arrow = field.column.arrow
    if field.format == "uuid":
        return "uuid"
    return arrow.replace("decimal128", "numeric") if arrow.startswith("decimal") else _TYPES[arrow]


def together(names: Iterable[str]) -> str:
    """Columns as SQL lists them."""
    return ", ".join(map(quoted, names))


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it is; views have names with dots and dashes."""
    return '"' + name.replace('"', '""') + '"'


def about(field: Field) -> str:
    return ", ".join(filter(None, (field.column.role, field.column.unit))) + f": {field.column.doc}"
