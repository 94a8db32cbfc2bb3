"""The vocabulary of fraud patterns, its first half: who is hit, where, and for how much.

Array names carry their axis: ``_e`` one value an episode, ``_f`` one an event, those of an episode one after the other.
Of the entities to choose from ``_c`` is a card, ``_p`` a terminal.
"""

from typing import Literal

import numpy as np

from synth.arrays import Float, Int64, Mask
from synth.contracts.habits import Near
from synth.injectors.choices import draw_some
from synth.injectors.layout import Layout


class Choosing(Layout):
    """Victims, shops, amounts and devices as honest people have them."""

    def code(self, column: str, text: str) -> int:
        """The number of a text in one of the generator's columns, e.g. ``code("category", "fuel")``.

        Raises:
            RefusedError: there is no such text, or nobody sells in that category.
        """
        return self.context.code(column, text)

    def victims(
        self,
        *,
        distinct: bool = False,
        eligible: Int64 | Mask | None = None,
        by: Literal["exposure", "uniform"] = "exposure",
    ) -> Int64:
        """Draws the card that each episode hits.

        Args:
            distinct: whether a card is hit once at most.
            eligible: (n,) indices of the cards to choose from, or (cards,) bool; None: all.
            by: exposure: in proportion to the genuine rows that are to be expected of a card, for a card that is used
                more is stolen more; where the world knows no habits, every card is as likely. uniform: so it is
                everywhere, for a pattern that is about cards and not about their use.

        Returns:
            (e,) int64 indices of cards.

        Raises:
            RefusedError: there are not enough cards.
        """
        habits = self.context.habits if by == "exposure" else None
        weight_c, rng = habits.expected_c if habits else None, self.streams.draw("victims")
        return self._some(weight_c, self.context.cards, eligible, distinct=distinct, rng=rng, what="card")

    def _some(
        self,
        weight_n: Float | None,
        number: int,
        eligible: Int64 | Mask | None,
        *,
        distinct: bool,
        rng: "np.random.Generator",
        what: str,
    ) -> Int64:
        """(e,) one of some entities for each episode; see ``victims``."""
        everybody = np.arange(number)
        chosen = everybody if eligible is None else everybody[np.asarray(eligible)]
        weight = None if weight_n is None else weight_n[chosen]
        drawn_e: Int64 = chosen[draw_some(len(self), len(chosen), weight, distinct=distinct, rng=rng, what=what)]
        return drawn_e.astype(np.int64)

    def terminals(self, *, distinct: bool = False, eligible: Int64 | Mask | None = None) -> Int64:
        """Draws the terminal that each episode is about, in proportion to the genuine rows to be expected of it.

        Args:
            distinct: whether a terminal is hit once at most.
            eligible: (n,) indices of the terminals to choose from, or (terminals,) bool; None: all.

        Returns:
            (e,) int64 indices of terminals.

        Raises:
            RefusedError: nobody shops in this world, or there are not enough terminals.
        """
        weight_p = self.context.shopping.expected_at_terminals()
        rng = self.streams.draw("terminals")
        return self._some(weight_p, len(weight_p), eligible, distinct=distinct, rng=rng, what="terminal")

    def shop(self, category: str | Int64 | None = None, *, card: Int64, near: Near = "home") -> Int64:
        """Draws the terminal of each event, as honest people choose among shops.

        Args:
            category: its name; or (f,) codes, from ``code``; None: what people like the victim buy.
            card: (e,) victims.
            near: ``home``: in reach of the victim's home. ``victim``: one of the shops to which the victim goes again
                and again. ``last``: the first near home, each other one near the one before. ``elsewhere``: the first
                out of reach of the victim's home, the others near the one before. ``online``: on the web.

        Returns:
            (f,) int64 indices of terminals. Where nobody sells that in reach, honest people buy it on the web, and so
            does this: see ``at``.

        Raises:
            RefusedError: nobody shops in this world, or sells that.
        """
        rng, habits = self.streams.draw(f"shops {near}"), self.context.shopping
        card_f = self.each(card)
        if isinstance(category, str):
            category_f: Int64 = np.full(len(card_f), self.code("category", category))
        elif category is None:
            category_f = habits.categories(card_f, online=near == "online", rng=rng)
        else:
            category_f = category
        if near not in ("last", "elsewhere"):
            return habits.shops(near, card_f, category_f, rng=rng)
        terminal_f = np.empty(len(card_f), dtype=np.int64)
        first: Near = "home" if near == "last" else near
        terminal_f[self.head_e] = habits.shops(first, card, category_f[self.head_e], rng=rng)
        for step in range(1, int(self.length_e.max(initial=0))):
            here = np.flatnonzero(self.step_f == step)
            last_t = terminal_f[here - 1]
            terminal_f[here] = habits.shops("last", card_f[here], category_f[here], rng=rng, last_t=last_t)
        return terminal_f

    def amount(
        self,
        *,
        like: Literal["victim", "shop"],
        card: Int64,
        terminal: Int64 | None = None,
        times: float | Float = 1.0,
    ) -> Int64:
        """(f,) cents as they would be paid by the victim: for anything anywhere, or in a shop, at its prices.

        Args:
            card: (e,) victims.
            terminal: (f,) from ``shop``; for ``like="shop"``.
            times: a factor, or (f,) one an event, on the amount before it is rounded to cents.

        Raises:
            RefusedError: nobody shops in this world.
            ValueError: a shop is wanted, and none is given.
        """
        if (like == "shop") != (terminal is not None):
            raise ValueError(f"amount(like={like!r}): terminal= goes with like='shop'")
        times_f = np.broadcast_to(np.asarray(times, dtype=np.float64), len(self.episode_f))
        rng = self.streams.draw(f"amounts like those of the {like}")
        return self.context.shopping.amounts(self.each(card), terminal, times_t=times_f, rng=rng)

    def devices(self, card: Int64) -> Int64:
        """(e,) one of the devices that each victim uses, as events name it.

        Raises:
            RefusedError: the world knows no habits.
        """
        return self.context.known_habits.devices(card, rng=self.streams.draw("devices of victims"))
