"""Rows that are alike in what a scenario declares.

What a scenario declares draws other things with it: fraud at night is in the shops that are open at night. So a
difference is a finding where it is there as it is, and among rows that are alike in what is declared.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from synth.arrays import Int64, Mask
from synth.leaks.columns import Column

#: Numbers are alike by tenths of the genuine rows, and of the fraud rows, and finer at the ends; groups are this many
#: at most.
_TENTHS = np.array([0, 0.01, 0.05, *np.arange(1, 10) / 10, 0.95, 0.99, 0.999])
_MOST_GROUPS = 3000


def alike(
    columns: Mapping[str, Column], row_n: Int64, hour_n: Int64, mine_n: Mask, genuine_n: Mask, signal: Sequence[str]
) -> Int64 | None:
    """(n,) the group of each compared row; None where nothing is declared that the rows show.

    Args:
        hour_n: hour of the week.
        mine_n, genuine_n: rows of the scenario, and genuine ones.
        signal: what is declared.
    """
    parts = []
    for name in signal:
        column = columns.get("amount_minor" if name == "amount" else name)
        if name in ("hour", "weekday"):
            parts.append(hour_n % 24 if name == "hour" else hour_n // 24)
        elif column is not None:
            parts.append(_part(column, row_n, mine_n, genuine_n))
    return _combined(parts) if parts else None


def _part(column: Column, row_n: Int64, mine_n: Mask, genuine_n: Mask) -> Int64:
    value_n = column.values_t[row_n]
    if column.kind == "code":
        return value_n.astype(np.int64) + 1
    finite_n = np.where(np.isfinite(value_n), value_n, -1).astype(np.float64)
    edges = np.unique(np.concatenate([np.quantile(finite_n[rows], _TENTHS) for rows in (mine_n, genuine_n)]))
    tenth_n: Int64 = np.searchsorted(edges, finite_n, side="right").astype(np.int64)
    return tenth_n


def _combined(parts: Sequence[Int64]) -> Int64:
    """A number for each combination, of as many columns, those of few values first, as leave rows to compare."""
    code_n, *others = sorted(parts, key=lambda part_n: len(np.unique(part_n)))
    for part_n in others:
        values, joined_n = np.unique(code_n * (int(part_n.max(initial=0)) + 1) + part_n, return_inverse=True)
        if len(values) > _MOST_GROUPS:
            break
        code_n = joined_n
    return code_n
