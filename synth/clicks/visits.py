"""Draws visits: customer, shop, device and time.

Legend: ``_s`` a session, ``_u`` a customer, ``_d`` a device.
"""

from dataclasses import dataclass, replace

import numpy as np

from synth.arrays import Int64, Mask
from synth.clicks.config import Account, ShopVisits, VisitDevices
from synth.contracts.population import Devices, first_of
from synth.contracts.sessions import ID_BITS, ShopIds, nth_of
from synth.errors import RefusedError
from synth.generators.clickstream.paths import MOST_TRIES
from synth.rng import Permutation, Streams
from synth.timeline import Timeline

_DAY_S = 86_400


@dataclass(frozen=True)
class Visits:
    """Sessions, each with what is settled of it before it takes place: (s,) each.

    Attributes:
        last_s: seconds since 1970-01-01 UTC of the last event, which is the purchase where there is one.
        room_s: seconds before it that the session may take.
        fails_s: attempts to log in that fail, before the one that works.
        device_s, id_s: ids in the output.
    """

    customer_s: Int64
    merchant_s: Int64
    last_s: Int64
    room_s: Int64
    buys_s: Mask
    login_s: Mask
    fails_s: Int64
    change_s: Mask
    device_s: Int64
    id_s: Int64

    def __len__(self) -> int:
        return len(self.customer_s)

    def joined(self, other: "Visits") -> "Visits":
        """These, then the other ones."""
        both = [(getattr(self, name), getattr(other, name)) for name in self.__dataclass_fields__]
        return Visits(*map(np.concatenate, both))

    def altered(self, login_s: Mask, change_s: Mask, new_s: Mask, device_s: Int64, room_s: Int64) -> "Visits":
        """The same where some log in for certain, change the profile, come with another device, or have less time.

        Who changes the profile logs in before.
        """
        return replace(
            self,
            room_s=np.minimum(self.room_s, room_s),
            login_s=self.login_s | login_s | change_s,
            change_s=self.change_s | change_s,
            device_s=np.where(new_s, device_s, self.device_s),
        )


@dataclass(frozen=True)
class Names:
    """What devices and sessions are called in a run: ids that tell nothing.

    Under the id of a session stand the second and the card of its last event, under that of a new device its customer,
    the days in which it is new, and one of many slots.

    Attributes:
        first_u: (u + 1,) where the devices of each customer begin.
        shop: the ids of sessions.
        span_s: seconds for which a customer comes with a new device.
        devices: the permutation of the numbers of new devices.
        slots: of a customer's span.
        lots: permutations that decide: when the spans of a customer begin, who has a new device, and the slots.
    """

    first_u: Int64
    shop: ShopIds
    span_s: int
    devices: Permutation
    slots: int
    lots: tuple[Permutation, Permutation, Permutation]

    @classmethod
    def of(
        cls, devices: Devices, customers: int, *, shop: ShopIds, days: int, timeline: Timeline, seed: int
    ) -> "Names":
        """The names of a run.

        Raises:
            RefusedError: there are more customers and days than numbers.
        """
        first_u, span_s, streams = first_of(devices.customer_d, customers), days * _DAY_S, Streams(seed, "clicks")
        spans = (timeline.end_s - shop.first_s) // span_s + 2
        free = (1 << ID_BITS) - int(first_u[-1])
        if free < spans * customers:
            raise RefusedError(f"{customers:,} customers have more days in this window than new devices have numbers")
        lots = tuple(Permutation.draw(1 << ID_BITS, rng=streams.draw(name)) for name in ("spans", "new", "slots"))
        drawn = Permutation.draw(free, rng=streams.draw("devices"))
        return cls(first_u, shop, span_s, drawn, free // (spans * customers), (lots[0], lots[1], lots[2]))

    def purchases(self, second_s: Int64, card_s: Int64) -> Int64:
        """(s,) ids of sessions that lead to a purchase, of which none has the second and the card of another."""
        return self.shop.name_sessions(second_s, card_s, np.zeros_like(card_s))

    def browsing(self, second_s: Int64, card_s: Int64) -> Int64:
        """(s,) ids of a block's other sessions, which may share second and card with each other and with a purchase."""
        nth_s = 1 + nth_of((second_s - self.shop.first_s) * self.shop.cards + card_s)
        return self.shop.name_sessions(second_s, card_s, nth_s)

    def spans_of(self, customer_s: Int64, second_s: Int64) -> Int64:
        """(s,) a number for a customer's days: those of customers begin at different times."""
        offset_s = self.lots[0](customer_s) % self.span_s
        span_s = (second_s - self.shop.first_s + offset_s) // self.span_s
        return span_s * (len(self.first_u) - 1) + customer_s

    def new_devices(self, span_s: Int64, nth_s: Int64) -> Int64:
        """(s,) ids of devices that are in no table: whole numbers behind those that are.

        Args:
            span_s: in which they come first, from ``spans_of``.
            nth_s: tells devices of one span apart, below 2^53.
        """
        slot_s = (self.lots[2](span_s) + self.lots[2](nth_s)) % self.slots
        return int(self.first_u[-1]) + self.devices(span_s * self.slots + slot_s)

    def honest_devices(
        self, use: VisitDevices, customer_s: Int64, second_s: Int64, *, rng: "np.random.Generator"
    ) -> Int64:
        """(s,) what customers come with: the first of their devices, another one, or for some days a new one.

        Whether a customer has a new device in a span of days follows from customer and span alone, so that blocks
        agree.
        """
        span_s = self.spans_of(customer_s, second_s)
        new_s = self.lots[1](span_s) < use.new * (1 << ID_BITS)
        others_s = self.first_u[customer_s + 1] - self.first_u[customer_s] - 1
        pick_s = rng.random((2, len(customer_s)))
        other_s = np.minimum(1 + (pick_s[1] * others_s).astype(np.int64), others_s)
        own_s = self.first_u[customer_s] + np.where(pick_s[0] < use.main, 0, other_s)
        new = np.flatnonzero(new_s)
        own_s[new] = self.new_devices(span_s[new], np.zeros_like(new))
        return own_s


def draw_visits(
    shop: ShopVisits,
    names: Names,
    customer_s: Int64,
    merchant_s: Int64,
    last_s: Int64,
    room_s: Int64,
    buys_s: Mask,
    id_s: Int64,
    *,
    rng: "np.random.Generator",
) -> Visits:
    """Visits of honest customers: whether they log in, change their profile, and what they come with."""
    device_s = names.honest_devices(shop.devices, customer_s, last_s, rng=rng)
    login_s, fails_s, change_s = _draw_account(shop.account, len(customer_s), rng=rng)
    return Visits(customer_s, merchant_s, last_s, room_s, buys_s, login_s, fails_s, change_s, device_s, id_s)


def _draw_account(account: Account, sessions: int, *, rng: "np.random.Generator") -> tuple[Mask, Int64, Mask]:
    """(s,) who logs in, (s,) failures before, were they to log in, and (s,) who then changes the profile."""
    login_s = rng.random(sessions) < account.login
    fails_s = np.minimum(rng.geometric(1 - account.fails, sessions) - 1, MOST_TRIES)
    return login_s, fails_s, login_s & (rng.random(sessions) < account.profile_change)
