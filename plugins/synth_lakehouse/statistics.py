"""What bounds the values of a file, as Delta's log keeps it: readers of a table open no file that cannot have a row."""

import datetime
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_LESS_THAN_A_MS = datetime.timedelta(microseconds=999)


def stats_of(footer: "pq.FileMetaData") -> dict[str, Any]:
    """The statistics of an ``add`` action, from those of a file's row groups.

    A column has no bounds where a row group has none, or where JSON has no exact word for them.

    Args:
        footer: of a file whose columns are not nested.
    """
    bounds: dict[str, dict[str, Any]] = {"minValues": {}, "maxValues": {}, "nullCount": {}}
    groups = [footer.row_group(group) for group in range(footer.num_row_groups)]
    for i, name in enumerate(footer.schema.names):
        found = [group.column(i).statistics for group in groups]
        if not found or any(each is None for each in found):  # not ``in``: Arrow's own comparison with None crashes
            continue
        bounds["nullCount"][name] = sum(each.null_count for each in found)
        filled = [each for each in found if each.num_values]
        if not filled or not all(each.has_min_max for each in filled):
            continue
        low, high = _word(min(each.min for each in filled)), _word(max(each.max for each in filled), up=True)
        if low is not None and high is not None:
            bounds["minValues"][name], bounds["maxValues"][name] = low, high
    return {"numRecords": footer.num_rows, **bounds}


def _word(value: Any, *, up: bool = False) -> Any:
    """A bound in JSON; of a time in whole milliseconds, as the format has it; None where it has no exact word."""
    if isinstance(value, datetime.datetime):
        whole = (value + _LESS_THAN_A_MS if up else value).isoformat(timespec="milliseconds")
        return whole.replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value if isinstance(value, int | str) or (isinstance(value, float) and math.isfinite(value)) else None
