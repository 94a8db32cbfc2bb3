"""A card's details leak, and for two weeks a part of its purchases is the thief's, who spends more.

What the fraudster does: buys on the web beside the holder, in the holder's name.
What changes in the data: claimed purchases cost a multiple of what they were; when and where stays.
Observable signature: the amount against the card's mean over the last days.
Source: scenario 3 of the Fraud Detection Handbook (2022, chapter 3): three customers a day, a random third of their
purchases over 14 days, five times the amount. There the rounded amount is multiplied, so that all cents of this fraud
divide by five, and a purchase that two attacks claim is multiplied twice; ``multiplies`` keeps or mends both. The third
is a chance of each purchase here; the handbook rounds it down over the customers of a day, 1.3 % fewer rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.amount import HIGHEST
from synth.arrays import Int64
from synth.contracts.claimer import Claimer, Claims, Genuine
from synth.contracts.context import PlanContext
from synth.contracts.injector import BEFORE, FraudEvents
from synth.errors import Problem
from synth.injectors.attacks import AttackConfig, Attacks, broken_attacks
from synth.injectors.pattern import first_of
from synth.rng import Streams
from synth.wording import counted


@dataclass(frozen=True, kw_only=True)
class StolenCardConfig(AttackConfig):
    """A share of some cards' purchases costs a multiple, for some days."""

    kind: Literal["stolen_card"] = "stolen_card"
    factor: Annotated[float, Field(gt=0, le=1000, description="what fraud costs, as a multiple of the purchase")]
    multiplies: Annotated[
        Literal["exact", "rounded"],
        Field(
            description="exact: the amount before it was rounded, once. "
            "rounded: the rounded one, once for each attack, which leaves a mark in the cents"
        ),
    ]


class StolenCard(Claimer):
    """An episode a card and attack."""

    roles = ("purchase",)
    expected_signal = ("amount",)
    uses = ("amounts",)

    def __init__(self, config: StolenCardConfig) -> None:
        self.config = config
        self.order = config.order

    def problems(self, context: PlanContext) -> Iterator[Problem]:
        """Yields when there are too few cards."""
        if self.config.per_day > context.cards:
            yield Problem(
                path="per_day",
                message=f"{counted(self.config.per_day, 'card')} a day, but there are {context.cards:,}",
                allowed=(f"at most {context.cards:,}",),
            )

    def plan(self, context: PlanContext, *, streams: Streams) -> Attacks:
        """Draws the cards of each day."""
        return Attacks.daily(self.config, context, context.cards, rng=streams.draw("cards"))

    def claim(self, targets: Attacks, block: int, genuine: Genuine, *, streams: Streams) -> Claims:
        """A random share of the rows of cards under attack, at a multiple; the last of two attacks has the row."""
        found_r, attack_r = targets.find(genuine.card_t, genuine.time_us_t)
        mine = streams.draw("share", block).random(len(found_r)) < self.config.share
        found_r, attack_r = found_r[mine], attack_r[mine]
        row_r, attacks_r = np.unique(found_r, return_counts=True)
        episode_r = attack_r[np.cumsum(attacks_r) - 1]
        amount_r = self._multiply(genuine.amount_minor_t[row_r], attacks_r, streams.draw("cents", block))
        return Claims(row_r, episode_r, np.zeros_like(row_r), np.minimum(amount_r, HIGHEST * 100 - 1))

    def _multiply(self, minor_r: Int64, attacks_r: Int64, rng: "np.random.Generator") -> Int64:
        if self.config.multiplies == "rounded":
            return np.rint(minor_r * self.config.factor**attacks_r).astype(np.int64)
        exact_r = (minor_r + rng.random(len(minor_r)) - 0.5) * self.config.factor
        return np.maximum(np.rint(exact_r), 1).astype(np.int64)

    def check(self, context: PlanContext, events: FraudEvents) -> Iterator[str]:
        """Yields attacks that are too long or on several cards, and rows that cost less than the factor says.

        More may be due to another scenario that had the row before.
        """
        yield from broken_attacks(self.config, events, events.card_f, "card")
        factor, before_f = self.config.factor, events.own[BEFORE]
        least_f = np.minimum(np.rint((before_f - 0.5) * factor) - 1, HIGHEST * 100 - 1)
        if factor >= 1:
            bad_f = (before_f >= 0) & (events.amount_minor_f < least_f)
            yield from first_of(events.episode_f, bad_f, f"has a row below {factor:g} times what it cost")
