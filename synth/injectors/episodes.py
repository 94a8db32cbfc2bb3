"""The vocabulary of fraud patterns, its second half: an episode begins at a time, and is a sequence of events with
gaps, amounts and roles.

Array names carry their axis: ``_e`` one value an episode, ``_f`` one an event, those of an episode one after the other.
"""

from collections.abc import Mapping

import numpy as np

from synth.amount import HIGHEST, AmountLaw, to_minor
from synth.arrays import Float, Int64, Values
from synth.contracts.events import OPEN
from synth.contracts.injector import FraudEvents
from synth.injectors.choosing import Choosing
from synth.injectors.times import Course, Days, Hours, place
from synth.timeline import US_PER_S


class Episodes(Choosing):
    """The episodes of a scenario, with gaps, amounts, roles and times; ``Choosing`` has victims and places."""

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

    def starts(self, rhythm: Hours = "victim", *, card: Int64, gap_s: Int64, after_s: Int64 | None = None) -> Int64:
        """Draws when the episodes begin, by a rhythm, with no two episodes of a card at the same time.

        ``finish`` does so by itself; this is for a pattern that has to know it, or may not begin before some time.

        Args:
            rhythm: ``victim``: hours, weekdays and seasons as the victim's genuine rows have them; uniform where the
                world knows no habits. ``uniform``. ``night``: from midnight to six o'clock UTC. Or 24 weights of the
                hours of a day from midnight UTC. Nights and weights keep the victim's days.
            card: (e,) victims.
            gap_s: (f,) seconds since the event before.
            after_s: (e,) seconds from the start of the window before which an episode does not begin.

        Returns:
            (e,) seconds from the start of the window.

        Raises:
            RefusedError: the episodes of a card do not fit into the window.
        """
        first_s = self.context.timeline.start_s
        days, after_s_e = Days.of(rhythm, self.context), None if after_s is None else after_s + first_s
        return place(self._course(card, gap_s), days, streams=self.streams, after_s_e=after_s_e)[0] - first_s

    def _course(self, card_e: Int64, gap_s: Int64) -> Course:
        """The episodes with their victims and gaps."""
        gap_s_f = np.where(self.first_f, 0, gap_s)
        if (gap_s_f[~self.first_f] < 1).any():
            raise ValueError("gap_s is below 1 second somewhere: events of an episode follow each other")
        return Course(self.context.timeline, card_e, self.length_e, gap_s_f, *(self.gap_bounds_s or ()))

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
        rhythm: Hours = "victim",
        own: Mapping[str, Values] | None = None,
    ) -> FraudEvents:
        """Puts everything together, and each episode somewhere into the window.

        Args:
            gap_s: (f,) seconds since the event before, 1 at least; those of first events do not count. Where a rhythm
                is followed, an event after six hours or more comes within half a day of then, at a time of day by
                the rhythm.
            role: (f,) from ``role``.
            amount_minor: (f,) cents; None: what the victim pays in the shop, or by the run's amount law where the
                generator has no prices.
            times: (f,) multiple of that; with ``amount_minor`` of no meaning.
            refused: (f,) chance that the issuer refuses, beside what it refuses of honest payments.
            card: (e,) victims; None: any cards, from ``victims``.
            start_s: (e,) seconds from the start of the window to the first event; None: from ``starts``, anywhere.
            rhythm: see ``starts``.
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
        course, days = self._course(card_e, gap_s), Days.of(rhythm, self.context)
        if start_s is None:
            _, second_f = place(course, days, streams=self.streams)
        else:
            second_f = course.run(self.context.timeline.start_s + start_s, days, rng=self.streams.draw("hours"))
        return FraudEvents(
            episode_f=self.episode_f,
            time_us_f=second_f * US_PER_S,
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
