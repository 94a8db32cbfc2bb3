"""Draws how long episodes are, and the entities that they are about.

Legend: ``_n`` an entity to choose from, ``_e`` an episode.
"""

import numpy as np

from synth.arrays import Float, Int64
from synth.errors import RefusedError
from synth.wording import counted


def draw_some(
    size: int, number: int, weight_n: Float | None, *, distinct: bool, rng: "np.random.Generator", what: str
) -> Int64:
    """(size,) which of some entities, in proportion to weights.

    Args:
        number: how many there are.
        weight_n: (number,) not negative; None: all alike.
        distinct: whether each is drawn once at most.
        what: one of them, for the message.

    Raises:
        RefusedError: there are not enough of them, those without weight left out.
    """
    there = number if weight_n is None else int(np.count_nonzero(weight_n))
    if there < (size if distinct else 1):
        needed = f"{counted(size, 'episode')} on different {what}s" if distinct else "its victims"
        raise RefusedError(
            f"{needed} cannot be chosen from {counted(there, f'eligible {what}')}", hint="lower the total"
        )
    if weight_n is None:
        return rng.choice(number, size, replace=False) if distinct else rng.integers(number, size=size)
    if distinct:
        # The first arrivals of waiting times by weights: as drawing one after the other without putting back.
        wait_n = np.full(number, np.inf)
        wait_n[weight_n > 0] = rng.standard_exponential(there) / weight_n[weight_n > 0]
        return rng.permutation(np.argsort(wait_n, kind="stable")[:size])
    before_n = np.cumsum(weight_n)
    drawn: Int64 = np.searchsorted(before_n, rng.random(size) * before_n[-1], side="right")
    return drawn


def draw_lengths(total: int, low: int, high: int, *, rng: "np.random.Generator") -> Int64:
    """Lengths uniform on [low, high] that sum to ``total``; a few are adjusted by single events to make the sum exact.

    ``total`` must be reachable: k x low <= total <= k x high for some k.
    """
    drawn = rng.integers(low, high, size=total // low + 1, endpoint=True)
    count = int(np.searchsorted(np.cumsum(drawn), total)) + 1
    lengths = drawn[:count]
    surplus = int(lengths.sum()) - total
    if surplus > int((lengths - low).sum()):
        lengths = lengths[:-1]
        surplus = int(lengths.sum()) - total
    if -surplus > int((high - lengths).sum()):
        count = -(-total // high)
        return np.full(count, total // count) + (np.arange(count) < total % count)
    room = lengths - low if surplus > 0 else high - lengths
    chosen = rng.choice(np.repeat(np.arange(len(lengths)), room), size=abs(surplus), replace=False)
    np.subtract.at(lengths, chosen, 1 if surplus > 0 else -1)
    return lengths
