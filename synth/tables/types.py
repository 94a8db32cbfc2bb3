"""Arrow types by the names that declared columns and manifests have for them."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_DECIMAL = re.compile(r"decimal128\((\d+), (\d+)\)")


def arrow_type(name: str) -> "pa.DataType":
    """The type of a name such as ``int64``, ``timestamp[us, tz=UTC]`` or ``decimal128(18, 2)``.

    >>> synth.arrow_type("decimal128(18, 2)")
    Decimal128Type(decimal128(18, 2))

    Args:
        name: as ``Column.arrow`` and the entries of a manifest have it.

    Returns:
        The type, a ``pyarrow.DataType``.

    Raises:
        ValueError: there is none of that name.
    """
    import pyarrow as pa

    if name == "timestamp[us, tz=UTC]":
        return pa.timestamp("us", tz="UTC")
    if digits := _DECIMAL.fullmatch(name):
        return pa.decimal128(int(digits[1]), int(digits[2]))
    return pa.date32() if name == "date32[day]" else pa.type_for_alias(name)
