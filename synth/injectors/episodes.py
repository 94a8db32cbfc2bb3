"""The vocabulary of fraud patterns: an episode hits a victim at a time, and is a sequence of events with gaps,
amounts and roles.

Array names carry their axis: ``_e`` one value an episode, ``_f`` one an event, those of an episode one after the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth.amount import HIGHEST, AmountLaw, to_minor
from synth.arrays import Float, Int64, Mask, Values
from synth.contracts.events import OPEN
from synth.contracts.injector import FraudEvents, PlanContext
from synth.errors import RefusedError
from synth.rng import Streams
from synth.timeline import US_PER_S
from synth.wording import counted


@dataclass(frozen=True)
class Episodes:
    """The episodes of a scenario while they are laid out; every drawing method has a random stream of its own.

    Attributes:
        context: the world that they happen in.
        streams: where the draws come from; ``streams.draw("my purpose")`` serves what this vocabulary lacks.
        roles: the roles of the injector.
        length_e: (e,) int64 events of each episode, 1 at least.
    """

    context: PlanContext
    streams: Streams
    roles: tuple[str, ...]
    length_e: Int64

    def __len__(self) -> int:
        return len(self.length_e)

    @cached_property
    def head_e(self) -> Int64:
        """(e,) position of each episode's first event."""
        return np.cumsum(self.length_e) - self.length_e

    @cached_property
    def episode_f(self) -> Int64:
        """(f,) the episode of each event."""
        return self.each(np.arange(len(self)))

    @cached_property
    def step_f(self) -> Int64:
        """(f,) 0 for an episode's first event, 1 for its second, and so on."""
        step_f: Int64 = np.arange(len(self.episode_f)) - self.each(self.head_e)
        return step_f

    @property
    def first_f(self) -> Mask:
        """(f,) bool: the first event of its episode."""
        return np.equal(self.step_f, 0)

    @property
    def last_f(self) -> Mask:
        """(f,) bool: the last event of its episode."""
        last_f: Mask = self.step_f == self.each(self.length_e) - 1
        return last_f

    def each(self, value_e: Values) -> Values:
        """(f,) an episode's value at each of its events."""
        return np.repeat(value_e, self.length_e)

    def victims(self, *, distinct: bool = False, eligible: Int64 | Mask | None = None) -> Int64:
        """Draws the card that each episode hits.

        Args:
            distinct: whether a card is hit once at most.
            eligible: (n,) indices of the cards to choose from, or (cards,) bool; None: all.

        Returns:
            (e,) int64 indices of cards.

        Raises:
            RefusedError: there are not enough cards.
        """
        chosen = np.arange(self.context.cards) if eligible is None else np.asarray(eligible)
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        rng, cards = self.streams.draw("victims"), len(chosen)
        if cards < (len(self) if distinct else 1):
            needed = f"{counted(len(self), 'episode')} on different cards" if distinct else "its victims"
            raise RefusedError(
                f"{needed} cannot be chosen from {counted(cards, 'eligible card')}", hint="lower the total"
            )
        card_e = rng.choice(cards, len(self), replace=False) if distinct else rng.integers(cards, size=len(self))
        picked_e: Int64 = chosen[card_e].astype(np.int64)
        return picked_e

    def gaps(self, low_s: int, high_s: int) -> Int64:
        """(f,) whole seconds since the event before, uniform on [low_s, high_s]; of no meaning at a first event.

        Raises:
            ValueError: there are no such seconds.
        """
        if not 0 <= low_s <= high_s:
            raise ValueError(f"gaps({low_s}, {high_s}): the shortest gap comes first, and is at least 0")
        return self.streams.draw("intervals").integers(low_s, high_s, size=len(self.episode_f), endpoint=True)

    def exponential_gaps(self, mean_s: float, *, least_s: int = 1) -> Int64:
        """(f,) whole seconds since the event before: ``least_s`` and an exponential wait, ``mean_s`` on average.

        A wait longer than twenty means, one in 5 x 10^8, is cut there.
        """
        wait = self.streams.draw("intervals").exponential(max(mean_s - least_s, 0), size=len(self.episode_f))
        return least_s + np.minimum(wait, 20 * mean_s).astype(np.int64)

    def amounts(self, law: AmountLaw | None = None) -> Int64:
        """(f,) cents by an amount law; None: by the run's, as honest people spend."""
        return (law or self.context.amount).draw(len(self.episode_f), rng=self.streams.draw("amounts"))

    def amounts_between(self, low: float, high: float) -> Int64:
        """(f,) cents, uniform on [low, high) in major units.

        Raises:
            ValueError: there are no such cents.
        """
        if not 0 <= to_minor(low) < to_minor(high):
            raise ValueError(f"amounts_between({low}, {high}): the lower bound comes first, and is at least 0")
        rng = self.streams.draw(f"amounts between {low} and {high}")
        return rng.integers(to_minor(low), to_minor(high), size=len(self.episode_f))

    def role(self, rest: str, *, first: str | None = None, last: str | None = None) -> Int64:
        """(f,) int64 roles by name: of the episodes' first and last events, and of all others; a last one is no first.

        Raises:
            ValueError: the injector has no such role.
        """
        unknown = [name for name in (rest, first, last) if name is not None and name not in self.roles]
        if unknown:
            raise ValueError(f"no role {unknown[0]!r}; the injector's roles are {', '.join(self.roles)}")
        role_f = np.full(len(self.episode_f), self.roles.index(rest))
        for name, here_f in ((first, self.first_f), (last, self.last_f)):
            if name is not None:
                role_f[here_f] = self.roles.index(name)
        return role_f

    def finish(
        self,
        *,
        gap_s: Int64,
        role: Int64,
        amount_minor: Int64 | None = None,
        times: Float | None = None,
        refused: Float | None = None,
        card: Int64 | None = None,
        start_s: Int64 | None = None,
        own: Mapping[str, Values] | None = None,
    ) -> FraudEvents:
        """Puts everything together, and each episode somewhere into the window.

        Args:
            gap_s: (f,) seconds since the event before, 1 at least; those of first events do not count.
            role: (f,) from ``role``.
            amount_minor: (f,) cents; None: what the victim pays in the shop, or by the run's amount law where the
                generator has no prices.
            times: (f,) multiple of that; with ``amount_minor`` of no meaning.
            refused: (f,) chance that the issuer refuses, beside what it refuses of honest payments.
            card: (e,) victims; None: any cards, from ``victims``.
            start_s: (e,) seconds from the start of the window to the first event; None: anywhere, uniform, with no
                two episodes of a card at the same time.
            own: (f,) values of some of the generator's own columns.

        Raises:
            RefusedError: the episodes of a card do not fit into the window.
            TypeError: what is given is no array of whole numbers.
            ValueError: it is not one value an event, or an episode; or a gap is below a second.
        """
        card_e = self.victims() if card is None else card
        events = len(self.episode_f)
        for name, values, wanted in (
            ("gap_s", gap_s, events),
            ("role", role, events),
            ("amount_minor", amount_minor, events),
            ("card", card, len(self)),
            ("start_s", start_s, len(self)),
        ):
            if values is not None:
                _require_whole(name, values, wanted)
        if (np.asarray(gap_s)[~self.first_f] < 1).any():
            raise ValueError("gap_s is below 1 second somewhere: events of an episode follow each other")
        elapsed_s_f = np.cumsum(np.where(self.first_f, 0, gap_s))
        elapsed_s_f -= self.each(elapsed_s_f[self.head_e])
        if start_s is None:
            span_s_e = elapsed_s_f[self.head_e + self.length_e - 1] + 1
            start_s = place_apart(card_e, span_s_e, self.context.timeline.seconds, rng=self.streams.draw("starts"))
        time_s_f = self.context.timeline.start_s + self.each(start_s) + elapsed_s_f
        return FraudEvents(
            episode_f=self.episode_f,
            time_us_f=time_s_f * US_PER_S,
            card_f=self.each(card_e),
            amount_minor_f=self._usual(times) if amount_minor is None else amount_minor,
            role_f=role,
            own=own or {},
            times_f=times if self.context.prices_fraud else None,
            refused_f=refused,
        )

    def _usual(self, times: Float | None) -> Int64:
        """(f,) amounts that nobody set: ``OPEN`` where the generator finds them, else by the run's law."""
        if self.context.prices_fraud:
            return np.full(len(self.episode_f), OPEN)
        amount_f = self.amounts()
        return amount_f if times is None else np.minimum(np.rint(amount_f * times), HIGHEST * 100 - 1).astype(np.int64)


def _require_whole(name: str, values: object, wanted: int) -> None:
    """What a pattern hands over is an array of whole numbers, one an event or one an episode."""
    kind = "event" if name in ("gap_s", "role", "amount_minor") else "episode"
    if not isinstance(values, np.ndarray) or values.dtype.kind != "i":
        message = values.dtype if isinstance(values, np.ndarray) else type(values).__name__
        raise TypeError(f"{name} is {message}, not an array of whole numbers (np.rint(...).astype(np.int64))")
    if values.shape != (wanted,):
        raise ValueError(f"{name} has shape {values.shape}, not ({wanted},): one value an {kind}")


def draw_lengths(total: int, low: int, high: int, *, rng: "np.random.Generator") -> Int64:
    """Lengths uniform on [low, high] that sum to ``total``; a few are adjusted by single events to make the sum exact.

    ``total`` must be reachable: k x low <= total <= k x high for some k.
    """
    drawn = rng.integers(low, high, size=total // low + 1, endpoint=True)
    count = int(np.searchsorted(np.cumsum(drawn), total)) + 1
    lengths = drawn[:count]
    surplus = int(lengths.sum()) - total
    if surplus > int((lengths - low).sum()):
        lengths = lengths[:-1]
        surplus = int(lengths.sum()) - total
    if -surplus > int((high - lengths).sum()):
        count = -(-total // high)
        return np.full(count, total // count) + (np.arange(count) < total % count)
    room = lengths - low if surplus > 0 else high - lengths
    chosen = rng.choice(np.repeat(np.arange(len(lengths)), room), size=abs(surplus), replace=False)
    np.subtract.at(lengths, chosen, 1 if surplus > 0 else -1)
    return lengths


def place_apart(card_e: Int64, span_s_e: Int64, window_s: int, *, rng: "np.random.Generator") -> Int64:
    """Random start offsets at which no two intervals of one card overlap.

    The free seconds of a card are shared out between its intervals: sorted uniform offsets into the free time, each
    pushed back by the intervals before it.

    Args:
        card_e: (e,) victim of each interval.
        span_s_e: (e,) seconds that each interval takes.
        window_s: seconds of the window.

    Returns:
        (e,) int64 offsets from the start of the window.

    Raises:
        RefusedError: the intervals of one card are longer than the window.
    """
    taken_s_c = np.bincount(card_e, weights=span_s_e).astype(np.int64)
    if int(taken_s_c.max(initial=0)) > window_s:
        raise RefusedError(
            f"the episodes of one card take {int(taken_s_c.max()):,} s, longer than the window of {window_s:,} s",
            hint="lower the total, lengthen the window or add cards",
        )
    offset_e = rng.integers(window_s - taken_s_c[card_e], endpoint=True)
    order = np.lexsort((offset_e, card_e))
    before = np.cumsum(span_s_e[order]) - span_s_e[order]
    _, first, inverse = np.unique(card_e[order], return_index=True, return_inverse=True)
    start_e = np.empty_like(offset_e)
    start_e[order] = offset_e[order] + before - before[first][inverse]
    return start_e
