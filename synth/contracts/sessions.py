"""A web shop's sessions: what their events are called, and the numbers that name sessions and devices."""

from dataclasses import dataclass

import numpy as np

from synth.arrays import Int64

EVENT_TYPES = ("page_view", "click", "add_to_cart", "purchase", "login", "login_failed")
"""What a visitor does; an event holds the index."""

PAGE_VIEW, CLICK, ADD_TO_CART, PURCHASE, LOGIN, LOGIN_FAILED = range(len(EVENT_TYPES))

ACCOUNT_TYPES = (*EVENT_TYPES, "profile_change")
"""What a visitor with an account does: the same, and a new address, phone number or the like."""

PROFILE_CHANGE = len(EVENT_TYPES)


@dataclass(frozen=True)
class Session:
    """What a fraudster's visit to a shop has that an honest customer's need not have.

    Attributes:
        login: whether it begins with a login for certain.
        profile_change: chance that a profile_change follows, for certain at 1; honest ones come on top.
        new_device: whether it is on the device of its episode, which nobody else ever uses.
        longest_s: seconds that it takes at most; None: as long as an honest one.
    """

    login: bool = False
    profile_change: float = 0.0
    new_device: bool = False
    longest_s: int | None = None

    @property
    def own(self) -> tuple[str, ...]:
        """What may tell it, by the names of steps and columns of clicks."""
        said = {"login": self.login, "profile_change": self.profile_change > 0, "device_id": self.new_device}
        return tuple(name for name, is_so in said.items() if is_so)


ID_BITS = 53
"""Ids of sessions and devices are whole numbers below 2^53: exact as JSON numbers, too."""


def draw_ids(size: int, *, rng: "np.random.Generator") -> Int64:
    """(size,) int64 ids that look like all others: uniform on [0, 2^53)."""
    return rng.integers(1 << ID_BITS, size=size)


_MASK = (1 << ID_BITS) - 1
_ROUNDS = (0x1E3779B97F4A7D, 0x1F58476D1CE4E5, 0x14D049BB133111)


def scramble(code: Int64, salt: int) -> Int64:
    """Distinct ids of distinct codes, in no order: a permutation of [0, 2^53).

    Three rounds of what 64-bit finalisers do (Steele, Lea and Flood, 2014) in 53 bits: multiplying by an odd number
    modulo a power of two and folding the upper half into the lower one can both be undone.

    Args:
        code: int64 in [0, 2^53).
        salt: a number of the run.
    """
    z = code.astype(np.uint64) ^ np.uint64(salt & _MASK)
    with np.errstate(over="ignore"):
        for factor in _ROUNDS:
            z = (z * np.uint64(factor)) & np.uint64(_MASK)
            z ^= z >> np.uint64(ID_BITS // 2 + 1)
    return z.astype(np.int64)
