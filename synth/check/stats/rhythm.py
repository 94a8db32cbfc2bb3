"""Counts rows by day, month, weekday and hour, in UTC.

Legend: ``_n`` an hour of the window, ``_d`` a day of it, ``_w`` a weekday from Monday, ``_h`` an hour of the day.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.arrays import Float, Int64
from synth.check.stats.rows import CountedRows, Section, figure, share
from synth.errors import VerifyError
from synth.timeline import US_PER_S, Timeline

HOUR_S = 3600


class RowRhythm(Section):
    """Rows over time."""

    name, needs = "time", ("time",)

    def __init__(self, timeline: Timeline, rows: float | None, expected_n: Float | None) -> None:
        """What the recipe asks for: all ``rows``, and those of the control world in each hour; None if not known."""
        self.timeline, self.rows, self.expected_n = timeline, rows, expected_n
        self.first = timeline.start_s // HOUR_S
        hours = -(-timeline.end_s // HOUR_S) - self.first
        self.genuine_n: Int64 = np.zeros(hours, dtype=np.int64)
        self.fraud_n: Int64 = np.zeros(hours, dtype=np.int64)

    def see(self, rows: CountedRows) -> None:
        """Counts rows by hour."""
        hour_t = rows.time_us // (HOUR_S * US_PER_S) - self.first
        if rows.count and (hour_t.min() < 0 or hour_t.max() >= len(self.genuine_n)):
            raise VerifyError(f"a row after row {rows.first:,} lies outside of the window")
        fraud_n = np.bincount(hour_t[rows.fraud], minlength=len(self.fraud_n))
        self.fraud_n += fraud_n
        self.genuine_n += np.bincount(hour_t, minlength=len(self.fraud_n)) - fraud_n

    def result(self) -> dict[str, Any]:
        """Rates and shares."""
        hour_n = np.arange(self.first, self.first + len(self.genuine_n))
        day_n = hour_n // 24 - hour_n[0] // 24
        day_d = hour_n[0] // 24 + np.arange(day_n[-1] + 1)
        date_d = day_d.astype("datetime64[D]")
        rows_d, fraud_d = _sums(day_n, self.genuine_n + self.fraud_n), _sums(day_n, self.fraud_n)
        expected_d = None if self.expected_n is None else _sums(day_n, self.expected_n)
        days = [
            {"day": str(date), "rows": int(rows), "fraud_rows": int(fraud), "recipe": expected}
            for date, rows, fraud, expected in zip(
                date_d, rows_d, fraud_d, _listed(expected_d, len(date_d)), strict=True
            )
        ]
        weekday_n = (hour_n // 24 + 3) % 7
        return {
            "rows_per_day": self._rates(rows_d, day_d, expected_d),
            "days": days,
            "weeks": _weeks(date_d, rows_d, fraud_d),
            "months": self._months(date_d[day_n]),
            "weekdays": self._shares(weekday_n, 7),
            "hours": self._shares(hour_n % 24, 24),
            "hours_by_weekday": self._matrix(weekday_n * 24 + hour_n % 24),
        }

    def _rates(self, rows_d: Int64, day_d: Int64, expected_d: Float | None) -> dict[str, Any]:
        """Rows a day; least and most are of the days that lie whole inside the window."""
        days = self.timeline.seconds / 86_400
        whole_d = (day_d * 86_400 >= self.timeline.start_s) & ((day_d + 1) * 86_400 <= self.timeline.end_s)
        rates = {"mean": figure(float(rows_d.sum() / days), self.rows / days if self.rows else None)}
        for name, of in (("min", np.min), ("max", np.max)):
            most = None if expected_d is None or not whole_d.any() else float(of(expected_d[whole_d]))
            rates[name] = figure(int(of(rows_d[whole_d])) if whole_d.any() else None, most)
        return rates

    def _shares(self, key_n: Int64, keys: int) -> list[dict[str, float | None]]:
        """Share of the genuine rows at each key."""
        found_k, total = _sums(key_n, self.genuine_n, keys), int(self.genuine_n.sum())
        expected = self.expected_n
        wanted_k = None if expected is None else _sums(key_n, expected, keys) / expected.sum()
        return [figure(share(f, total), e) for f, e in zip(found_k, _listed(wanted_k, keys), strict=True)]

    def _matrix(self, key_n: Int64) -> dict[str, list[list[float | None]] | None]:
        """(7, 24) shares of the genuine rows."""
        cells = self._shares(key_n, 7 * 24)
        found, recipe = ([cell[name] for cell in cells] for name in ("found", "recipe"))
        folded = [[values[i : i + 24] for i in range(0, 7 * 24, 24)] for values in (found, recipe)]
        return {"found": folded[0], "recipe": folded[1] if self.expected_n is not None else None}

    def _months(self, date_n: npt.NDArray[np.datetime64]) -> list[dict[str, Any]]:
        """Share of the genuine rows in each month of the window, and what fraud there is."""
        names, month_n = np.unique(date_n.astype("datetime64[M]"), return_inverse=True)
        rows_m, fraud_m = _sums(month_n, self.genuine_n + self.fraud_n), _sums(month_n, self.fraud_n)
        return [
            {"month": str(name), "rows": int(rows), "fraud_rows": int(fraud), "share": shares}
            for name, rows, fraud, shares in zip(names, rows_m, fraud_m, self._shares(month_n, len(names)), strict=True)
        ]


def _weeks(date_d: npt.NDArray[np.datetime64], rows_d: Int64, fraud_d: Int64) -> list[dict[str, Any]]:
    """Weeks from Monday; the first and the last may be cut by the window."""
    monday_d = date_d - ((date_d.astype(np.int64) + 3) % 7).astype("timedelta64[D]")
    names, week_d = np.unique(monday_d, return_inverse=True)
    return [
        {"from": str(name), "rows": int(rows), "fraud_rows": int(fraud), "fraud_share": share(fraud, rows)}
        for name, rows, fraud in zip(names, _sums(week_d, rows_d), _sums(week_d, fraud_d), strict=True)
    ]


def _sums(key_n: Int64, value_n: Any, keys: int = 0) -> Any:
    """(k,) sums of the values at each key, of the values' own type."""
    sums_k = np.bincount(key_n, weights=value_n, minlength=keys)
    return sums_k if np.issubdtype(value_n.dtype, np.floating) else np.rint(sums_k).astype(np.int64)


def _listed(value_k: Float | None, keys: int) -> list[Any]:
    """Values of an array, or as many times nothing."""
    return [None] * keys if value_k is None else value_k.tolist()


def moment(second: int) -> str:
    """A time as ISO 8601, in UTC."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
