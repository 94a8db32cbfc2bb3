"""How late events were, as it is told to others."""

import math

import numpy as np

from synth.clock.lag import LagHistogram


def test_counts_are_those_of_the_events() -> None:
    """Lags between and on the edges, below the first one and above the last."""
    lag_us_t = np.concatenate([np.array([0, 1, 100, 1000, 1001, 10**6, 10**9, 5 * 10**9]), np.arange(1, 90_000, 7)])
    lags = LagHistogram()
    for part in np.array_split(lag_us_t, 5):
        lags.add(part)
    counts = lags.counts()
    assert len(counts) == 30
    assert counts[0][0] == 1e-4
    assert counts[-2][0] == 1000
    assert counts[-1] == (math.inf, len(lag_us_t))
    for seconds, count in counts:
        assert count == (lag_us_t / 1e6 <= seconds * (1 + 1e-9)).sum()
    assert math.isclose(lags.sum_s, lag_us_t.sum() / 1e6)


def test_without_events_there_is_nothing_to_tell() -> None:
    lags = LagHistogram()
    lags.add(np.empty(0, dtype=np.int64))
    assert (lags.counts(), lags.sum_s, lags.read()) == ((), 0, None)
