"""The part that typed formats share: a type for each column, and rows as Python's own values."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from synth import Field, RefusedError, Table

if TYPE_CHECKING:
    import pyarrow as pa

    from synth import Batch

Kind = Literal["int", "long", "double", "string", "uuid", "boolean", "date", "time", "naive time", "decimal"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KINDS: dict[str, Kind] = {"double": "double", "float": "double", "bool": "boolean", "string": "string"}


def kind_of(field: Field) -> Kind:
    """The type of a column."""
    arrow = field.column.arrow
    if field.column.is_time:
        return "time" if "tz=" in arrow else "naive time"
    if arrow.startswith("decimal"):
        return "decimal"
    if field.is_uuid:
        return "uuid"
    if arrow.startswith("date"):
        return "date"
    if "int" in arrow:
        return "long" if arrow in ("int64", "uint64", "uint32") else "int"
    return _KINDS[arrow]


def require_names(table: Table, name: str) -> None:
    """Refuses names of columns that the format does not take."""
    wrong = [field.name for field in table.fields if not _NAME.fullmatch(field.name)]
    if wrong:
        raise RefusedError(f"{name} has no column named {wrong[0]!r}: rename it to letters, digits and _")


def plain_rows(batch: "Batch", *, decimals_as_texts: bool = False) -> Iterator[tuple[Any, ...]]:
    """The rows, of values as ``plain_values`` makes them."""
    columns = (plain_values(column, decimals_as_texts=decimals_as_texts) for column in batch.native.columns)
    return zip(*columns, strict=True)


def plain_values(column: "pa.Array", *, decimals_as_texts: bool = False) -> list[Any]:
    """Times as microseconds and days counted from 1970, decimals as ``Decimal`` or texts, others as they are."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    elif pa.types.is_date(column.type):
        column = column.cast(pa.int32())
    elif pa.types.is_decimal(column.type) and decimals_as_texts:
        column = column.cast(pa.string())
    return column.to_pylist()
