"""Quantiles in little memory are those of the numbers; codes are those of the values."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.check.stats.histogram import LEVELS, Histogram, level_name
from synth.check.stats.rows import Codes, added

NUMBERS = st.lists(st.integers(0, 10**11), min_size=1, max_size=60)


@given(NUMBERS, st.integers(1, 5))
def test_quantiles_are_within_half_a_bin(numbers: list[int], pieces: int) -> None:
    histogram, values = Histogram(), np.array(numbers)
    for piece in np.array_split(values, pieces):
        histogram.add(piece, np.zeros(len(piece), dtype=np.int64))
    law = histogram.describe(0)
    assert law is not None
    exact = np.quantile(values, LEVELS, method="inverted_cdf")
    for level, value in zip(LEVELS, exact, strict=True):
        assert law[level_name(level)] == pytest.approx(value, rel=0 if value < 2047 else 1 / 2048, abs=0)
    assert (law["min"], law["max"], law["count"]) == (values.min(), values.max(), len(values))
    assert law["mean"] == pytest.approx(values.mean())
    assert law["sd"] == pytest.approx(values.std(), rel=1e-5, abs=1e-4 * values.max() ** 0.5)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10**6)), max_size=50), st.integers(1, 4))
def test_groups_do_not_meet(rows: list[tuple[int, int]], pieces: int) -> None:
    together, apart = Histogram(), [Histogram() for _ in range(5)]
    for piece in np.array_split(np.array(rows, dtype=np.int64).reshape(-1, 2), pieces):
        together.add(piece[:, 1], piece[:, 0])
        for group, alone in enumerate(apart):
            here = piece[piece[:, 0] == group, 1]
            alone.add(here, np.zeros(len(here), dtype=np.int64))
    assert [together.describe(group) for group in range(5)] == [alone.describe(0) for alone in apart]


def test_a_bin_is_narrow_wherever_it_lies() -> None:
    for value in (2046, 2047, 10**5 + 1, 2**40 - 1, 2**40):
        histogram = Histogram()
        histogram.add(np.array([0, value, 2**50]), np.zeros(3, dtype=np.int64))
        law = histogram.describe(0)
        assert law is not None
        assert law["p50"] == pytest.approx(value, rel=1 / 2048)


@given(st.lists(st.lists(st.sampled_from(["a", "b", "cc", "", None]), max_size=8), max_size=6))
def test_codes_number_values_as_they_come(batches: list[list[str | None]]) -> None:
    codes = Codes()
    found = [code for batch in batches for code in codes.of(pa.array(batch, pa.string())).tolist()]
    every = [value for batch in batches for value in batch]
    expected, names = pd.factorize(pd.Series(every, dtype=object))
    assert found == expected.tolist()
    assert codes.names == [str(name) for name in names]


def test_counts_grow_with_the_codes() -> None:
    count = added(np.array([1, 2, 3]), np.array([0, 0, 5]))
    assert count.tolist() == [3, 2, 3, 0, 0, 1]
    assert added(count, np.array([], dtype=np.int64)).tolist() == count.tolist()
