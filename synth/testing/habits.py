"""Checks of what a generator lets fraud patterns know of people."""

from collections.abc import Iterator

import numpy as np

from synth.arrays import Float, Mask
from synth.contracts.events import Events, could_be_fraud
from synth.contracts.habits import Habits, broken_habits
from synth.testing.bench import Size
from synth.testing.contract import Broken, Contract, Unjudged, rule

#: Rows of a card depend on each other where people come for a visit of several, so that their sum is off by more than
#: chance makes of single rows; what is expected by another law than what happens is off by far more than this.
_OFF = 0.1


class HabitChecks(Contract):
    """What patterns may ask, beside what happens."""

    def blocks(self) -> Iterator[tuple[int, Events]]:
        """Every block with its number."""
        raise NotImplementedError

    def _habits(self) -> Habits | None:
        components = self.bench.cast(Size())
        generator, world = components.generator, components.world
        return generator.habits(components.blocks, world=world, streams=components.genuine_streams)

    @rule
    def test_habits_are_as_told(self) -> None:
        """habits() knows what the generator tells of it, for every card and second of the window."""
        components = self.bench.cast(Size())
        world = components.world
        for message in broken_habits(self._habits(), components.generator.tells, world.cards, world.timeline):
            raise Broken(message, "habits")

    @rule
    def test_habits_are_those_of_the_rows(self) -> None:
        """The rows that habits() expects of busy cards, and of each part of the day, are those that fraud could be."""
        habits, columns = self._habits(), self.bench.cast(Size()).generator.columns
        if habits is None:
            raise Unjudged("it knows no habits")
        events = [each.take(could_be_fraud(columns, each)) for _, each in self.blocks()]
        cards = np.concatenate([each.card_t for each in events])
        busy_c = habits.expected_c > np.median(habits.expected_c)
        parts = {"cards of which it expects many": (busy_c[cards].mean(), _share(habits.expected_c, busy_c))}
        hour_t = np.concatenate([each.time_us_t for each in events]) // 3_600_000_000 % 24
        hour_n = habits.rhythm.edge_seconds_n[:-1] // 3600 % 24
        mass_n = habits.rhythm.mass_sn.sum(axis=0)
        for first in range(0, 24, 6):
            seen = ((hour_t >= first) & (hour_t < first + 6)).mean()
            parts[f"hours {first} to {first + 6}"] = seen, _share(mass_n, (hour_n >= first) & (hour_n < first + 6))
        for name, (seen, expected) in parts.items():
            if abs(seen - expected) > _OFF:
                raise Broken(f"{name} have {seen:.0%} of the rows, and habits() expects {expected:.0%}", "habits")


def _share(weight: Float, chosen: Mask) -> float:
    """How much of a weight some have."""
    return float(weight[chosen].sum() / weight.sum())
