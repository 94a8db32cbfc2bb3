"""Codes in exact shares: who is of which kind."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from synth.arrays import Int8
from synth.rng import split_exactly


def sorted_names(kinds: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that codes stand for, sorted: the order in YAML does not matter."""
    return tuple(sorted(kinds))


def deal_codes(count: int, shares: Sequence[float], *, rng: "np.random.Generator") -> Int8:
    """(count,) int8 codes in a random order, each as often as its share asks for, by largest remainder."""
    codes = np.repeat(np.arange(len(shares), dtype=np.int8), split_exactly(count, shares))
    rng.shuffle(codes)
    return codes
