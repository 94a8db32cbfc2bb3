"""Payment cards: numbers that are all distinct and Luhn-valid, on any mix of networks.

Arrays end in their axis: ``_c`` per card, ``_n`` per network, ``_p`` per prefix of one network.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from synth.arrays import Bytes, Int8, Int64
from synth.rng import draw_distinct

Prefix = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,7}$", description="1 to 8 digits, the first not 0")]


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """One card network: how many cards it has, and what their numbers look like (ISO/IEC 7812-1)."""

    share: Annotated[float, Field(gt=0, le=1, description="share of the cards; all shares sum to 1")]
    length: Annotated[int, Field(ge=12, le=19, description="digits of a number, the check digit included")]
    prefixes: Annotated[
        list[Prefix],
        Field(min_length=1, description="first digits, 1 to 8 of them, the first not 0; each prefix equally likely"),
    ]

    def capacity(self) -> int:
        """How many distinct numbers the prefixes have room for, when none lies inside another."""
        return sum(self.room(prefix) for prefix in self.prefixes)

    def room(self, prefix: str) -> int:
        """How many numbers begin with a prefix: the check digit follows from the others."""
        return int(10 ** (self.length - 1 - len(prefix)))


@dataclass(frozen=True)
class CardNumbers:
    """What the cards of a run are called; a card's id is its index.

    Attributes:
        number_c: (c,) int64 card numbers, all distinct, Luhn-valid, without leading zeros.
        network_c: (c,) int8 index into ``networks``.
        networks: names of the networks, sorted.
    """

    number_c: Int64
    network_c: Int8
    networks: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.number_c)


def draw_cards(
    networks: Mapping[str, NetworkConfig], count_by_name: Mapping[str, int], *, rng: "np.random.Generator"
) -> CardNumbers:
    """Draws so many cards of each network; the prefixes have room for them.

    The numbers of a network are uniform over the account numbers of each prefix, without replacement; its prefixes are
    equally likely as long as they have room. Cards are shuffled: an index says nothing about network or number.
    """
    parts = [_draw_numbers(networks[name], count, rng=rng) for name, count in count_by_name.items()]
    network_c = np.repeat(np.arange(len(parts), dtype=np.int8), list(count_by_name.values()))
    order_c = rng.permutation(len(network_c))
    return CardNumbers(np.concatenate(parts)[order_c], network_c[order_c], tuple(count_by_name))


def card_text(cards: CardNumbers) -> tuple[Bytes, Int64]:
    """The digits of each number as ASCII.

    Returns:
        (c, w) uint8, w being the longest number's length, shorter numbers followed by zero bytes; and the (c,) int64
        length of each.
    """
    length_c = np.searchsorted(10 ** np.arange(1, 19), cards.number_c, side="right") + 1
    width = int(length_c.max(initial=0))
    text = np.empty((len(cards), width), dtype=np.uint8)
    # Ten to the 19th fits into 64 bits without a sign only.
    rest_c = cards.number_c.astype(np.uint64) * 10 ** (width - length_c).astype(np.uint64)
    for position in reversed(range(width)):
        rest_c, text[:, position] = np.divmod(rest_c, np.uint64(10))
    text += ord("0")
    text[np.arange(width) >= length_c[:, None]] = 0
    return text, length_c


def luhn_check_digit(payload: Int64) -> Int64:
    """The last digit of card numbers from all digits before it (ISO/IEC 7812-1, annex B).

    Args:
        payload: (c,) int64 numbers without their check digit, non-negative.

    Returns:
        (c,) int64 in 0..9: from the right, every other digit is doubled, beginning with the last of the payload, nines
        are cast out, and the check digit fills the sum up to a multiple of ten.
    """
    four = np.arange(10_000)
    doubled = four % 10 * 2, four // 100 % 10 * 2
    sum_of_four = sum(d - 9 * (d > 9) for d in doubled) + four // 10 % 10 + four // 1000
    total, rest = np.zeros_like(payload), payload
    while rest.any():
        rest, low_four = np.divmod(rest, 10_000)
        total += sum_of_four[low_four]
    return -total % 10


def _draw_numbers(network: NetworkConfig, count: int, *, rng: "np.random.Generator") -> Int64:
    """(count,) distinct numbers of one network, in no useful order."""
    room_p = np.array([network.room(prefix) for prefix in network.prefixes], dtype=np.int64)
    count_p = np.zeros_like(room_p)
    while missing := count - int(count_p.sum()):
        open_p = count_p < room_p
        count_p = np.minimum(count_p + rng.multinomial(missing, open_p / open_p.sum()), room_p)
    accounts = [
        int(prefix) * room + draw_distinct(n, room, rng=rng)
        for prefix, room, n in zip(network.prefixes, room_p.tolist(), count_p.tolist(), strict=True)
    ]
    payload = np.concatenate(accounts)
    return payload * 10 + luhn_check_digit(payload)
