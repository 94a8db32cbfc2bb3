"""Checks of what an injector plans, before synth puts it in order."""

import numpy as np
import pandas as pd

from synth.amount import HIGHEST
from synth.contracts.events import OPEN
from synth.contracts.generator import broken_own_columns
from synth.contracts.injector import FraudEvents
from synth.testing.contract import Broken, rule
from synth.testing.scenes import injector_of, plan_alone
from synth.testing.truth import TruthChecks
from synth.timeline import US_PER_S

_COLUMNS = ("episode_f", "time_us_f", "card_f", "amount_minor_f", "role_f")


class PlanChecks(TruthChecks):
    """What an injector plans, before synth puts it in order."""

    @property
    def events(self) -> FraudEvents:
        """The plan alone."""
        return self.bench.keep(("plan", self.size), lambda: plan_alone(self.bench, self.bench.cast(self.size)))

    @rule
    def test_plan_has_its_columns(self) -> None:
        """A plan is int64 columns of one length, its episodes numbered from 0 without gaps."""
        events = self.events
        for name in _COLUMNS:
            column = getattr(events, name)
            if not isinstance(column, np.ndarray) or column.dtype != np.int64 or column.ndim != 1:
                shown = f"{column.ndim}-dimensional {column.dtype}" if isinstance(column, np.ndarray) else repr(column)
                raise Broken(f"it is {shown[:80]}, not (f,) int64", f"column {name}")
            if len(column) != len(events.episode_f):
                raise Broken(f"{len(column):,} values beside {len(events.episode_f):,}", f"column {name}")
        if not len(events.episode_f):
            raise Broken("it plans no event at all")
        numbers = np.unique(events.episode_f)
        if numbers[0] != 0 or numbers[-1] != len(numbers) - 1:
            raise Broken(f"{len(numbers):,} episodes are numbered {numbers[0]} to {numbers[-1]}", "column episode_f")

    @rule
    def test_events_name_what_exists(self) -> None:
        """Cards are of the population, amounts in range or left to a generator that finds them, roles declared."""
        events, context = self.events, self.bench.cast(self.size).context
        roles = injector_of(self.bench, self.bench.cast(self.size)).roles
        limits = {"card_f": context.cards, "amount_minor_f": HIGHEST * 100, "role_f": len(roles)}
        for name, below in limits.items():
            values, least = getattr(events, name), OPEN if name == "amount_minor_f" and context.prices_fraud else 0
            wrong = np.flatnonzero((values < least) | (values >= below))
            if wrong.size:
                raise Broken(
                    f"{wrong.size:,} events have a value outside 0 to {below - 1:,}, e.g. {values[wrong[0]]:,}",
                    f"column {name}, row {wrong[0]}",
                )

    @rule
    def test_own_values_fit_the_generator(self) -> None:
        """Values for the generator's own columns have its types, and are of columns that it has."""
        generator, own = self.bench.cast(self.size).generator, self.events.own
        unknown = sorted({*own} - {column.name for column in generator.columns})
        if unknown:
            raise Broken(f"the generator {type(generator).__name__} has no such column", f"column {unknown[0]}")
        filled = [column for column in generator.columns if column.name in own]
        for message in broken_own_columns(filled, own, len(self.events.role_f)):
            raise Broken(message)

    @rule
    def test_events_lie_in_the_window(self) -> None:
        """Every event lies in the window, on a whole second."""
        timeline, time_us_f = self.bench.cast(self.size).world.timeline, self.events.time_us_f
        outside = (time_us_f < timeline.start_s * US_PER_S) | (time_us_f >= timeline.end_s * US_PER_S)
        for wrong, message in ((outside, "outside the window"), (time_us_f % US_PER_S != 0, "between two seconds")):
            rows = np.flatnonzero(wrong)
            if rows.size:
                at = np.datetime64(int(time_us_f[rows[0]]), "us")
                place = f"column time_us_f, row {rows[0]}, episode {self.events.episode_f[rows[0]]}"
                raise Broken(f"{rows.size:,} events lie {message}, e.g. at {at}", place)

    @rule
    def test_an_episode_has_one_card(self) -> None:
        """The events of an episode are on one card, unless the pattern spans cards, in different seconds."""
        spans = injector_of(self.bench, self.bench.cast(self.size)).spans_cards
        order = np.lexsort((self.events.time_us_f, self.events.episode_f))
        events = self.events.take(order)
        same = np.diff(events.episode_f) == 0
        for wrong, message in (
            (same & (np.diff(events.card_f) != 0) & (not spans), "is on two cards"),
            (same & (np.diff(events.time_us_f) == 0), "has two events in one second"),
        ):
            rows = np.flatnonzero(wrong)
            if rows.size:
                raise Broken(
                    f"an episode {message}, {rows.size:,} events in all", f"episode {events.episode_f[rows[0]]}"
                )

    @rule
    def test_no_row_is_owned_twice(self) -> None:
        """No two events of a plan are in one second on one card."""
        events = self.events
        pairs = pd.DataFrame({"time": events.time_us_f, "card": events.card_f})
        twice = np.flatnonzero(pairs.duplicated(keep=False))
        if twice.size:
            first = pairs.iloc[twice[0]]
            owners = np.flatnonzero((pairs.time == first.time) & (pairs.card == first.card))
            place = f"rows {owners[0]} and {owners[1]}, card {first.card}, {np.datetime64(int(first.time), 'us')}"
            raise Broken(f"{twice.size:,} events share their second and card", place)
