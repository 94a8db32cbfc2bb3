"""A histogram of bounded size of how late events were sent."""

import math
from dataclasses import dataclass

import numpy as np

from synth.arrays import Int64

#: Bins a factor of ten, from a microsecond to a million seconds: a quantile is told to within 4 %.
_PER_DECADE, _DECADES = 64, 12

#: Of these bins' upper edges, what is told to others: four a factor of ten, from 0.1 ms to 1000 s.
_TOLD = range(2 * _PER_DECADE, 9 * _PER_DECADE + 1, _PER_DECADE // 4)


@dataclass(frozen=True)
class Lag:
    """Quantiles of the lag in seconds."""

    p50_s: float
    p99_s: float
    max_s: float

    def __str__(self) -> str:
        return f"p50 {_shown(self.p50_s)}, p99 {_shown(self.p99_s)}, max {_shown(self.max_s)}"


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 10 else f"{seconds:,.0f} s"


class LagHistogram:
    """Counts of lags by their size."""

    def __init__(self) -> None:
        self._counts: Int64 = np.zeros(_PER_DECADE * _DECADES + 1, dtype=np.int64)
        self._max_us = self._sum_us = 0

    def add(self, lag_us_t: Int64) -> None:
        """Counts events by how many microseconds after their time they were sent."""
        if len(lag_us_t):
            bins = np.ceil(_PER_DECADE * np.log10(np.maximum(lag_us_t, 1))).astype(np.int64)
            self._counts += np.bincount(np.minimum(bins, len(self._counts) - 1), minlength=len(self._counts))
            self._max_us = max(self._max_us, int(lag_us_t.max()))
            self._sum_us += int(lag_us_t.sum())

    @property
    def sum_s(self) -> float:
        """All lags together, in seconds."""
        return self._sum_us / 1e6

    def counts(self) -> tuple[tuple[float, int], ...]:
        """(seconds, events that were at most so late), the last one for infinity; empty when nothing was counted."""
        reached = np.cumsum(self._counts)
        if not reached[-1]:
            return ()
        message = ((float(f"{10 ** (edge / _PER_DECADE) / 1e6:.6g}"), int(reached[edge])) for edge in _TOLD)
        return (*message, (math.inf, int(reached[-1])))

    def read(self) -> Lag | None:
        """The quantiles, rounded up to a bin's upper edge; None when nothing was counted."""
        reached = np.cumsum(self._counts)
        if not reached[-1]:
            return None
        p50, p99 = (
            min(10 ** (int(np.searchsorted(reached, share * reached[-1])) / _PER_DECADE), self._max_us) / 1e6
            for share in (0.5, 0.99)
        )
        return Lag(p50, p99, self._max_us / 1e6)
