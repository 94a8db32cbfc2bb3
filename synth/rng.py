"""Keyed random streams: every decision of a run draws from its own stream, named after the decision.

A stream depends on (seed, name, indices) alone, so that adding a scenario, a sink or a worker changes nobody else's
draws.
"""

import hashlib
from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from synth.arrays import Int64, UInt64

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Streams:
    """The streams below one name, e.g. ``generator`` or ``scenario/night_chain``.

    Attributes:
        seed: the root of all randomness of the run, a non-negative integer.
        name: the prefix of every stream drawn from here.
    """

    seed: int
    name: str

    def draw(self, purpose: str, *indices: int) -> "np.random.Generator":
        """The generator for one purpose, e.g. ``draw("times", block)``. The same call gives the same stream again.

        The name is hashed into the spawn key of NumPy's SeedSequence, whose mixing keeps streams of neighbouring seeds,
        names and indices independent; PCG64 is the bit generator.
        """
        digest = hashlib.sha256(f"{self.name}/{purpose}".encode()).digest()
        words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=(*words, *indices))))


#: Four rounds make a permutation that looks random both ways where the round function does (Luby and Rackoff, 1988).
_FEISTEL_ROUNDS = 4

#: Numbers permuted at a time: the working arrays then stay in the processor's cache.
_PERMUTED = 16_384


@dataclass(frozen=True)
class Permutation:
    """A keyed permutation of the whole numbers below a bound: distinct numbers of distinct ones, in no order.

    The generalised Feistel network of Black and Rogaway ("Ciphers with Arbitrary Finite Domains", 2002, method 3): a
    number is split into residues modulo a and b, of about its square root each, which are added to each other through a
    round function in turn. What leaves the range, at most one number in a, is permuted again until it does not (cycle
    walking). The round function is the 64-bit finaliser of SplitMix64 (Steele, Lea and Flood, 2014) between two keys of
    the round. Without the keys nothing is known of it that could be undone; no cryptographer has looked at it.

    Attributes:
        below: the bound, 1 to 2^62.
        keys: two 64-bit keys of each round.
    """

    below: int
    keys: tuple[tuple[int, int], ...]

    @classmethod
    def draw(cls, below: int, *, rng: "np.random.Generator") -> "Permutation":
        """A permutation with keys of its own."""
        drawn = rng.integers(1 << 64, size=(_FEISTEL_ROUNDS, 2), dtype=np.uint64)
        return cls(below, tuple((int(first), int(last)) for first, last in drawn))

    def __call__(self, number: Int64) -> Int64:
        """Where numbers in [0, below) go: int64 of the same shape."""
        flat = np.asarray(number).astype(np.uint64).ravel()
        for start in range(0, len(flat), _PERMUTED):
            part = flat[start : start + _PERMUTED]
            part[:] = self._mix(part)
            outside = np.flatnonzero(part >= self.below)
            while len(outside):
                part[outside] = self._mix(part[outside])
                outside = outside[part[outside] >= self.below]
        return flat.astype(np.int64).reshape(np.shape(number))

    def _mix(self, number: UInt64) -> UInt64:
        """One pass through all rounds: a permutation of [0, a b), which holds the range."""
        a = isqrt(self.below - 1) + 1
        moduli = np.uint64(a), np.uint64(-(-self.below // a))
        right, left = np.divmod(number, moduli[0])
        for place, (first, last) in enumerate(self.keys):
            left, right = right, (left + _fold(right, first, last)) % moduli[place % 2]
        mixed: UInt64 = right * moduli[0] + left
        return mixed


def _fold(half: UInt64, first: int, last: int) -> UInt64:
    """32 bits that depend on all bits of a half and of two keys."""
    z = half + np.uint64(first)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB) + np.uint64(last)
    return (z ^ (z >> np.uint64(31))) >> np.uint64(32)


def split_exactly(total: int, shares: "ArrayLike") -> Int64:
    """Cuts a whole number into parts in proportion to shares, by largest remainder; ties go to the earlier part.

    Args:
        total: what to cut, >= 0.
        shares: (k,) non-negative weights with a positive sum; they need not sum to 1.

    Returns:
        (k,) int64 that sums to ``total``; each part differs from its exact quota by less than 1.
    """
    weights = np.asarray(shares, dtype=np.float64)
    quota = total * (weights / weights.sum())
    parts: Int64 = np.floor(quota + 1e-9).astype(np.int64)
    missing = total - int(parts.sum())
    if missing > 0:
        parts[np.argsort(parts - quota, kind="stable")[:missing]] += 1
    elif missing < 0:
        parts[np.argsort(quota - parts, kind="stable")[:-missing]] -= 1
    return parts


#: NumPy's hypergeometric sampler takes urns of fewer balls than this.
URN_LIMIT = 1_000_000_000


def deal_exactly(counts: Int64, rows_b: Int64, *, rng: "np.random.Generator") -> Int64:
    """Deals a pack of cards in k colours to b hands, as a shuffle of the whole pack would.

    Args:
        counts: (k,) cards of each colour.
        rows_b: (b,) size of each hand; sums to ``counts.sum()``.

    Returns:
        (b, k) int64: row sums are ``rows_b``, column sums are ``counts``. A pack of 10^9 cards or more is first cut
        into equal packs in proportion to the colours, since the sampler takes no larger one.
    """
    dealt = np.zeros((len(rows_b), len(counts)), dtype=np.int64)
    left = counts.astype(np.int64).copy()
    for block, rows in enumerate(rows_b):
        if block == len(rows_b) - 1:
            dealt[block] = left
        elif left.sum() < URN_LIMIT:
            dealt[block] = rng.multivariate_hypergeometric(left, int(rows), method="marginals")
        else:
            urn = split_exactly(max(URN_LIMIT // 2, int(rows)), left)
            dealt[block] = rng.multivariate_hypergeometric(np.minimum(urn, left), int(rows), method="marginals")
        left -= dealt[block]
    return dealt


def draw_distinct(size: int, below: int, *, rng: "np.random.Generator") -> Int64:
    """A uniform subset of [0, below), sorted.

    Returns:
        (size,) int64 distinct numbers. Drawn with replacement until enough distinct ones are there, never more than
        are missing; where a quarter of all numbers is asked for, taken from a shuffle.
    """
    if below < 4 * size:
        return np.sort(rng.permutation(below)[:size])
    drawn = np.sort(rng.integers(below, size=size))
    while True:
        fresh = np.ones(len(drawn), dtype=bool)
        np.not_equal(drawn[1:], drawn[:-1], out=fresh[1:])
        missing = size - int(np.count_nonzero(fresh))
        if not missing:
            return drawn
        drawn, more = drawn[fresh], np.sort(rng.integers(below, size=missing))
        drawn = np.insert(drawn, np.searchsorted(drawn, more), more)
