"""What holds of every payment, whoever makes it, asked of finished rows.

Legend: ``_t`` a payment.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from synth.arrays import Mask
from synth.generators.spending.circumstances import Authorisation

if TYPE_CHECKING:
    import pyarrow as pa

Columns = Mapping[str, "pa.Array"]


def broken_rules(
    rows: Columns, tables: Mapping[str, Columns], authorisation: Authorisation | None, online: str, recurring: str
) -> Iterator[str]:
    """Yields the rules that some rows break, as far as columns and tables tell.

    Args:
        rows: event column → values.
        tables: table → column → values.
        online, recurring: what ``channel`` says of payments on the web, and of standing orders.
    """
    if {"channel", "merchant_id"} <= {*rows} and "online" in tables.get("merchants", {}):
        at_web_t = _numbers(tables["merchants"]["online"])[_numbers(rows["merchant_id"])] == 1
        channel_t = np.asarray(rows["channel"].to_numpy(zero_copy_only=False), dtype=object)
        free_t = channel_t != recurring
        yield from _first(
            free_t & (at_web_t != (channel_t == online)), "is online at a merchant who is not, or the other way round"
        )
    if {"auth_result", "decline_reason"} <= {*rows}:
        declined_t = np.asarray(rows["auth_result"].to_numpy(zero_copy_only=False) == "declined")
        reason_t = ~np.asarray(rows["decline_reason"].is_null().to_numpy(zero_copy_only=False), dtype=bool)
        yield from _first(declined_t != reason_t, "is declined without a reason, or has one and is not")
    if authorisation is None or authorisation.beyond_limit is None:
        return
    if {"decline_reason", "card_id", "amount_minor"} <= {*rows} and "limit_minor" in tables.get("cards", {}):
        limit_t = _numbers(tables["cards"]["limit_minor"])[_numbers(rows["card_id"])]
        beyond_t = _numbers(rows["amount_minor"]) > authorisation.beyond_limit * limit_t
        told_t = np.asarray(rows["decline_reason"].fill_null("").to_numpy(zero_copy_only=False) == "limit_exceeded")
        yield from _first(
            beyond_t != told_t, "is above its card's limit and passes, or below it and is declined for that"
        )


def _numbers(values: "pa.Array") -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.int64)


def _first(wrong_t: Mask, what: str) -> Iterator[str]:
    """Yields the first wrong row."""
    if wrong_t.any():
        yield f"the one at {int(np.argmax(wrong_t)):,} of them {what}"
