"""A web shop's sessions: what their events are called, and the numbers that name sessions and devices."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from synth.arrays import Float, Int64, Mask
from synth.errors import RefusedError
from synth.rng import Permutation, Streams
from synth.timeline import US_PER_S, Timeline

_DAY_S = 86_400

EVENT_TYPES = ("page_view", "click", "add_to_cart", "purchase", "login", "login_failed")
"""What a visitor does; an event holds the index."""

PAGE_VIEW, CLICK, ADD_TO_CART, PURCHASE, LOGIN, LOGIN_FAILED = range(len(EVENT_TYPES))

ACCOUNT_TYPES = (*EVENT_TYPES, "profile_change")
"""What a visitor with an account does: the same, and a new address, phone number or the like."""

PROFILE_CHANGE = len(EVENT_TYPES)

START = -1
"""What is before the first step of a visit."""

Steps = Mapping[int, frozenset[int]]
"""What may follow each step, ``START`` among them; a visit may break off after any."""

SHOP_STEPS: Steps = {
    START: frozenset({LOGIN_FAILED, LOGIN, PAGE_VIEW}),
    LOGIN_FAILED: frozenset({LOGIN_FAILED, LOGIN}),
    LOGIN: frozenset({PAGE_VIEW}),
    PAGE_VIEW: frozenset({PAGE_VIEW, CLICK, PURCHASE}),
    CLICK: frozenset({PAGE_VIEW, ADD_TO_CART, PURCHASE}),
    ADD_TO_CART: frozenset({PAGE_VIEW, PURCHASE}),
    PURCHASE: frozenset({PURCHASE}),
}
"""The ways through a web shop whose cart holds many products, each paid by an event of its own at the end."""

ACCOUNT_STEPS: Steps = {
    START: frozenset({LOGIN_FAILED, LOGIN, PAGE_VIEW}),
    LOGIN_FAILED: frozenset({LOGIN_FAILED, LOGIN}),
    LOGIN: frozenset({PROFILE_CHANGE, PAGE_VIEW}),
    PROFILE_CHANGE: frozenset({PAGE_VIEW}),
    PAGE_VIEW: frozenset({PAGE_VIEW, CLICK}),
    CLICK: frozenset({PAGE_VIEW, ADD_TO_CART}),
    ADD_TO_CART: frozenset({PAGE_VIEW, PURCHASE}),
    PURCHASE: frozenset(),
}
"""The ways through a shop behind a purchase by card: one payment, at the end."""


def follows(steps: Steps, before_t: Int64, type_t: Int64) -> Mask:
    """(t,) bool: whether each step may follow the one before it, or ``START``."""
    allowed = np.zeros((len(ACCOUNT_TYPES) + 1, len(ACCOUNT_TYPES)), dtype=bool)
    for before, after in steps.items():
        allowed[before, sorted(after)] = True
    found: Mask = allowed[before_t, type_t]
    return found


@dataclass(frozen=True)
class Session:
    """What a fraudster's visit to a shop has that an honest customer's need not have.

    Attributes:
        login: whether it begins with a login for certain.
        profile_change: chance that it begins with a login that a profile_change follows, for certain at 1; honest ones
            come on top.
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

#: Slots that every second of a card has at least; a world too large for them has ids of more bits.
_LEAST_SLOTS = 16


@dataclass(frozen=True)
class ShopIds:
    """The numbers that name sessions and devices of a run.

    Under the id of a session stand its second and its card, which its rows show, and one of many slots, so that several
    sessions can share both; under that of a device the card that came with it first, and a slot. Whoever undoes the
    permutation learns nothing that is not in the row, be it genuine or fraud.

    Attributes:
        first_s: seconds since 1970-01-01 UTC, of which the earliest session begins no sooner.
        sessions, devices: the permutations that ids are made by.
        lots: the permutation that slots are drawn by.
        session_slots, device_slots: slots of a card and second, and of a card.
    """

    first_s: int
    cards: int
    sessions: Permutation
    devices: Permutation
    lots: Permutation
    session_slots: int
    device_slots: int

    @classmethod
    def of(cls, seed: int, timeline: Timeline, cards: int) -> "ShopIds":
        """The ids of a run; a session begins at most a day before the window.

        Raises:
            RefusedError: there are more seconds of cards than numbers.
        """
        first_s = timeline.start_s - _DAY_S
        places = (timeline.end_s - first_s) * cards
        slots = max((1 << ID_BITS) // places, _LEAST_SLOTS)
        below = max(places * slots, 1 << ID_BITS)
        if below > 1 << 62:
            message = f"{cards:,} cards have too many seconds in this window to name each of their visits"
            raise RefusedError(message, hint="lower the number of cards or shorten the window")
        streams = Streams(seed, "shop ids")
        sessions, lots = (Permutation.draw(below, rng=streams.draw(name)) for name in ("sessions", "slots"))
        devices = Permutation.draw(1 << ID_BITS, rng=streams.draw("devices"))
        return cls(first_s, cards, sessions, devices, lots, slots, (1 << ID_BITS) // cards)

    def name_sessions(self, second_s: Int64, card_s: Int64, nth_s: Int64) -> Int64:
        """(s,) ids of sessions.

        Args:
            second_s: seconds since 1970-01-01 UTC at which they begin, or end.
            card_s: whose they are.
            nth_s: tells sessions of one second and card apart.
        """
        place_s = (second_s - self.first_s) * self.cards + card_s
        return self.sessions(place_s * self.session_slots + (self.lots(place_s) + nth_s) % self.session_slots)

    def name_added(self, time_us_s: Int64, card_s: Int64, *, rng: "np.random.Generator") -> Int64:
        """(s,) ids of sessions that a pattern adds, by the first event of each.

        Their slots are random, for an honest session may begin there, too: n sessions meet one of m others with a
        chance of n m / 2^53.
        """
        nth_s = rng.integers(self.session_slots, size=len(card_s))
        return self.name_sessions(time_us_s // US_PER_S, card_s, nth_s)

    def name_devices(self, card_d: Int64, nth_d: Int64) -> Int64:
        """(d,) ids of devices.

        Args:
            card_d: who came first with them.
            nth_d: tells devices of one card apart.
        """
        return self.devices(card_d * self.device_slots + (self.lots(card_d) + nth_d) % self.device_slots)

    def chance(self, code: Int64) -> Float:
        """Numbers in [0, 1) that follow from whole ones below 2^53, each from its own."""
        drawn: Float = self.lots(code) / self.lots.below
        return drawn


def nth_of(code: Int64) -> Int64:
    """(n,) how many of those before each are equal to it."""
    order = np.argsort(code, kind="stable")
    ranked, nth = code[order], np.empty_like(code)
    nth[order] = np.arange(len(code)) - np.searchsorted(ranked, ranked)
    return nth
