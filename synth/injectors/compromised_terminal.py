"""A terminal is in the hands of a criminal, and so is every card that is read there.

What the fraudster does: tampers with a terminal, which for weeks serves stolen and cloned cards.
What changes in the data: nothing; all purchases at the terminal in that time are claimed, on many cards.
Observable signature: the share of a terminal's recent purchases that were reported as fraud, known after some delay.
Source: scenario 2 of the Fraud Detection Handbook (2022, chapter 3): two terminals a day, for 28 days. There fraud
grows over the first 28 days of the data, for no attack began before; ``early`` mends that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from synth.contracts.claimer import Claimer, Claims, Genuine
from synth.contracts.context import PlanContext
from synth.contracts.injector import FraudEvents
from synth.errors import Problem
from synth.injectors.attacks import AttackConfig, Attacks, broken_attacks
from synth.rng import Streams


@dataclass(frozen=True, kw_only=True)
class CompromisedTerminalConfig(AttackConfig):
    """All purchases at some terminals are fraud for some weeks."""

    kind: Literal["compromised_terminal"] = "compromised_terminal"


class CompromisedTerminal(Claimer):
    """An episode a terminal and attack, over all cards that it reads."""

    roles = ("purchase",)
    needs = ("population=retail_us", "population.customers.number=400", "generator=spending")
    uses = ("terminals", "terminal_id")

    def __init__(self, config: CompromisedTerminalConfig) -> None:
        self.config = config
        self.order = config.order

    def problems(self, context: PlanContext) -> Iterator[Problem]:
        """Yields when there are too few terminals."""
        if self.config.per_day > context.census.terminals:
            message = f"{self.config.per_day:,} terminals a day, but there are {context.census.terminals:,}"
            yield Problem(path="per_day", message=message, allowed=(f"at most {context.census.terminals:,}",))

    def plan(self, context: PlanContext, *, streams: Streams) -> Attacks:
        """Draws the terminals of each day."""
        return Attacks.daily(self.config, context, context.census.terminals, rng=streams.draw("terminals"))

    def claim(self, targets: Attacks, block: int, genuine: Genuine, *, streams: Streams) -> Claims:
        """Every row of a terminal under attack; of two attacks on one terminal the earlier has it."""
        row_r, episode_r = targets.find(genuine.own["terminal_id"], genuine.time_us_t)
        row_r, first = np.unique(row_r, return_index=True)
        mine = streams.draw("share", block).random(len(row_r)) < self.config.share
        row_r, episode_r = row_r[mine], episode_r[first][mine]
        return Claims(row_r, episode_r, np.zeros_like(row_r), genuine.amount_minor_t[row_r])

    def check(self, context: PlanContext, events: FraudEvents) -> Iterator[str]:
        """Yields attacks that are too long, or on several terminals where the view shows them."""
        yield from broken_attacks(self.config, events, events.own.get("terminal_id"), "terminal")
