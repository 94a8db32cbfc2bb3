"""Whether counts are what a law makes of them."""

import math
from collections import Counter
from typing import Any


def chi_square(counts: Counter[Any], expected: dict[Any, float]) -> float:
    """Pearson's statistic: with d degrees of freedom its mean is d, its variance 2 d."""
    assert set(counts) <= set(expected)
    return sum((counts[key] - wanted) ** 2 / wanted for key, wanted in expected.items())


def far(categories: int) -> float:
    """Six standard deviations above the mean of Pearson's statistic; fewer than 2 seeds in 10,000 exceed it."""
    freedom = categories - 1
    return freedom + 6 * math.sqrt(2 * freedom)
