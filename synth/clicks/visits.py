"""Draws visits: customer, shop, device and time.

Legend: ``_s`` a session, ``_u`` a customer, ``_d`` a device.
"""

from dataclasses import dataclass, replace

import numpy as np

from synth.arrays import Int64, Mask
from synth.clicks.config import Account, ShopVisits, VisitDevices
from synth.contracts.population import Devices, first_of
from synth.contracts.sessions import ID_BITS, scramble
from synth.generators.clickstream.paths import MOST_TRIES
from synth.rng import Streams


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
        """The same where some log in for certain, change the profile, come with another device, or have less time."""
        return replace(
            self,
            room_s=np.minimum(self.room_s, room_s),
            login_s=self.login_s | login_s,
            change_s=self.change_s | change_s,
            device_s=np.where(new_s, device_s, self.device_s),
        )


@dataclass(frozen=True)
class Names:
    """What devices and sessions are called in a run: ids that tell nothing, from salts of the run.

    Attributes:
        first_u: (u + 1,) where the devices of each customer begin.
    """

    first_u: Int64
    salts: tuple[int, ...]

    @classmethod
    def of(cls, devices: Devices, customers: int, seed: int) -> "Names":
        """The names of a run."""
        salts = Streams(seed, "clicks").draw("ids").integers(1 << ID_BITS, size=4)
        return cls(first_of(devices.customer_d, customers), tuple(map(int, salts)))

    def sessions(self, block: int, number_s: Int64, *, fraud: bool) -> Int64:
        """(s,) ids of sessions, by their number in the block."""
        return scramble(2 * (block << 30 | number_s) + fraud, self.salts[0])

    def new_devices(self, code: Int64) -> Int64:
        """(n,) ids of devices that are in no table: whole numbers behind those that are."""
        known = int(self.first_u[-1])
        return known + scramble(code, self.salts[1]) % ((1 << ID_BITS) - known)

    def honest_devices(
        self, use: VisitDevices, customer_s: Int64, second_s: Int64, *, rng: "np.random.Generator"
    ) -> Int64:
        """(s,) what customers come with: the first of their devices, another one, or for some days a new one.

        Whether a customer has a new device in a span of days follows from customer and span alone, so that blocks
        agree; the spans of customers begin at different times.
        """
        length_s = use.days * 86_400
        span_s = (second_s + scramble(customer_s, self.salts[2]) % length_s) // length_s
        # The bits of the sign keep spans before 1970 apart from those after it.
        code_s = ((span_s & 0xFFFFF) * len(self.first_u) + customer_s) & ((1 << (ID_BITS - 1)) - 1)
        new_s = scramble(code_s, self.salts[3]) < use.new * (1 << ID_BITS)
        others_s = self.first_u[customer_s + 1] - self.first_u[customer_s] - 1
        pick_s = rng.random((2, len(customer_s)))
        other_s = np.minimum(1 + (pick_s[1] * others_s).astype(np.int64), others_s)
        own_s = self.first_u[customer_s] + np.where(pick_s[0] < use.main, 0, other_s)
        return np.where(new_s, self.new_devices(2 * code_s), own_s)


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
