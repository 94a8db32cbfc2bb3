"""The contract of habits: what honest people do, as fraud patterns may know it.

They are laws, and who follows which, as a thief knows them who has watched somebody for long; of what really happens in
the run they say only when a card is used last.

Legend: ``_c`` a card, ``_t`` an event.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from synth.arrays import Float, Int64
from synth.contracts.rhythms import DAY_S, Rhythm
from synth.timeline import Timeline

if TYPE_CHECKING:
    import numpy as np

Near = Literal["home", "victim", "last", "elsewhere", "online"]
"""Where a shop is: in reach of the victim's home; one where the victim goes again and again; in reach of the shop
before; out of reach of the victim's home; on the web."""


@dataclass(frozen=True)
class Habits:
    """When honest people do something, and how often: rows that no fraud can be (``Column.never_fraud``) are left out.

    Attributes:
        rhythm: genuine rows to be expected in each step of the window, by one law or several.
        law_c: (c,) int64 the law of ``rhythm`` that a card's rows follow.
        expected_c: (c,) float64 genuine rows of a card to be expected in the window: its exposure.
        uses: asked once, gives (c,) int64 what ``last_used_c`` is.
    """

    rhythm: Rhythm
    law_c: Int64
    expected_c: Float
    uses: Callable[[], Int64]

    @property
    def activity_c(self) -> Float:
        """(c,) genuine rows of a card to be expected on a day, over the whole window."""
        activity_c: Float = self.expected_c * DAY_S / (self.rhythm.edge_seconds_n[-1] - self.rhythm.edge_seconds_n[0])
        return activity_c

    @cached_property
    def last_used_c(self) -> Int64:
        """(c,) seconds since 1970-01-01 UTC of a card's last genuine row; of one without any, when it was opened.

        It is counted, not expected: the times of all rows of the run are drawn for it.
        """
        return self.uses()

    def devices(self, card_t: Int64, *, rng: "np.random.Generator") -> Int64:
        """(t,) one of the devices that a card's holder uses, as the events name it."""
        raise NotImplementedError("it knows of no devices")


@dataclass(frozen=True)
class ShopHabits(Habits):
    """Where people shop, too, and what they pay there.

    Attributes:
        opened_c: (c,) int64 seconds since 1970-01-01 UTC at which a card was opened.
    """

    opened_c: Int64

    @abstractmethod
    def categories(self, card_t: Int64, *, online: bool, rng: "np.random.Generator") -> Int64:
        """(t,) codes of what a card's holder buys on the web, or in shops.

        Raises:
            RefusedError: somebody buys nothing there.
        """

    @abstractmethod
    def shops(
        self,
        near: Near,
        card_t: Int64,
        category_t: Int64,
        *,
        rng: "np.random.Generator",
        last_t: Int64 | None = None,
    ) -> Int64:
        """(t,) terminals, the more popular ones more often, as honest people choose in that place.

        Args:
            near: see ``Near``.
            category_t: (t,) codes of what they sell.
            last_t: (t,) the terminals before, where the next ones are to be near them.

        Raises:
            RefusedError: nobody sells a category, or nobody does so there.
        """

    @abstractmethod
    def amounts(self, card_t: Int64, terminal_t: Int64 | None, *, times_t: Float, rng: "np.random.Generator") -> Int64:
        """(t,) cents that a card's holder would pay at a terminal; without one, for anything and anywhere.

        Args:
            times_t: (t,) factor on it, before it is rounded to cents.
        """

    @abstractmethod
    def expected_at_terminals(self) -> Float:
        """(p,) genuine rows of a terminal to be expected in the window: its exposure."""


def broken_habits(habits: Habits | None, tells: Sequence[str], cards: int, timeline: Timeline) -> Iterator[str]:
    """Yields what is wrong with what a generator knows of people, beside what it tells of that."""
    known = [*["habits"] * (habits is not None), *["shops"] * isinstance(habits, ShopHabits)]
    if sorted(tells) != known:
        yield f"it tells {', '.join(tells) or 'nothing'}, and habits() knows {', '.join(known) or 'nothing'}"
    if habits is None:
        return
    edge_s_n, laws = habits.rhythm.edge_seconds_n, len(habits.rhythm.mass_sn)
    if (edge_s_n[0], edge_s_n[-1]) != (timeline.start_s, timeline.end_s):
        yield f"the rhythm goes from {edge_s_n[0]} to {edge_s_n[-1]}, not from {timeline.start_s} to {timeline.end_s}"
    if habits.rhythm.mass_sn.shape != (laws, len(edge_s_n) - 1):
        yield f"a rhythm of {habits.rhythm.mass_sn.shape} masses between {len(edge_s_n)} edges"
    if habits.law_c.shape != (cards,) or not ((habits.law_c >= 0) & (habits.law_c < laws)).all():
        yield f"law_c is no law of {laws} for each of {cards} cards"
    if habits.expected_c.shape != (cards,) or not (habits.expected_c >= 0).all():
        yield f"expected_c is no number of rows for each of {cards} cards"
