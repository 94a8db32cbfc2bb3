"""synth's tables in the SQL that databases share: types, names, and what a column means."""

from collections.abc import Iterable

from synth.tables.table import Field

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
    """The type of a column.

    >>> column = synth.Column("amount", "decimal128(18, 2)", "", "observable", "what it cost")
    >>> synth.sql_type(synth.Field("amount", column, "decimal"))
    'numeric(18, 2)'

    Args:
        field: of any declared type.

    Returns:
        As PostgreSQL and DuckDB call it.
    """
    arrow = field.column.arrow
    if field.is_uuid:
        return "uuid"
    return arrow.replace("decimal128", "numeric") if arrow.startswith("decimal") else _TYPES[arrow]


def sql_names(names: Iterable[str]) -> str:
    """Columns as SQL lists them.

    >>> synth.sql_names(["time", "merchants.name"])
    '"time", "merchants.name"'

    Args:
        names: in order.

    Returns:
        The list, without brackets.
    """
    return ", ".join(map(sql_name, names))


def sql_name(name: str) -> str:
    """A name as SQL takes it, whatever it is; views have names with dots and dashes.

    >>> synth.sql_name("merchants.name")
    '"merchants.name"'

    Args:
        name: of a table or column.

    Returns:
        The name in quotes.
    """
    return '"' + name.replace('"', '""') + '"'


def sql_comment(field: Field) -> str:
    """What a column says, with its role and unit, for ``COMMENT ON COLUMN``.

    >>> column = synth.Column("amount", "double", "major units", "observable", "what it cost")
    >>> synth.sql_comment(synth.Field("amount", column, "float"))
    'observable, major units: what it cost'

    Args:
        field: the column.

    Returns:
        The text, not quoted.
    """
    return ", ".join(filter(None, (field.column.role, field.column.unit))) + f": {field.column.doc}"
