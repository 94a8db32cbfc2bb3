"""Checks of what gives a fraud row away, one feature at a time."""

import sys

from synth.testing.bench import Size
from synth.testing.contract import Broken, Contract, Unjudged, rule
from synth.testing.features import DECLARABLE, own_fields
from synth.testing.leaks import FEWEST, Comparison
from synth.testing.runs import frame_of
from synth.testing.scenes import injector_of, with_episodes
from synth.wording import nearest

#: The run that is looked at: rows as a multiple of the base, and episodes.
_LEAK_TIMES = 4
_LEAK_EPISODES = 600


class LeakChecks(Contract):
    """What gives a fraud row away, one feature at a time."""

    @property
    def comparison(self) -> Comparison:
        """A run with many episodes among many genuine rows."""

        def make() -> Comparison:
            size = with_episodes(self.bench, _LEAK_EPISODES, Size(times=_LEAK_TIMES))
            return Comparison(frame_of(self.bench, size), self.bench.prepared(size).make_block.events)

        return self.bench.keep("comparison", make)

    @property
    def signal(self) -> tuple[str, ...]:
        """What the injector declares."""
        return tuple(injector_of(self.bench, self.bench.cast(Size())).expected_signal)

    @rule
    def test_expected_signal_names_features(self) -> None:
        """expected_signal names features that a pattern may declare, and cents where its docstring speaks of them."""
        table = self.bench.prepared(Size()).make_block.events
        known = [*DECLARABLE, *(field.name for field in own_fields(table))]
        for name in self.signal:
            if name not in known:
                hint = nearest(name, known) or f"one of {', '.join(known)}"
                raise Broken(f"{name!r} is no feature that can be declared: {hint}", "expected_signal")
        pattern = type(next(iter(self.bench.cast(Size()).patterns.values())))
        said = f"{sys.modules[pattern.__module__].__doc__} {pattern.__doc__}"
        if "cents" in self.signal and "cents" not in said:
            raise Broken("'cents' are declared, and no docstring says what is about them", "expected_signal")

    @rule
    def test_amounts_do_not_leak(self) -> None:
        """Amounts, their cents and their roundness tell nothing that expected_signal does not name."""
        self._refuse_leak("amount")

    @rule
    def test_times_do_not_leak(self) -> None:
        """The time, hour, weekday, minute and second tell nothing that expected_signal does not name."""
        self._refuse_leak("time")

    @rule
    def test_order_does_not_leak(self) -> None:
        """The place in the run and the event id tell nothing."""
        self._refuse_leak("order")

    @rule
    def test_cards_do_not_leak(self) -> None:
        """The card's index and first digits, and those of the id, tell nothing that expected_signal does not name."""
        self._refuse_leak("card")

    @rule
    def test_repeats_do_not_leak(self) -> None:
        """Amounts, times and cards repeat no more between episodes than between genuine rows."""
        self._refuse_leak("repeats")

    @rule
    def test_own_columns_do_not_leak(self) -> None:
        """Nulls, values, beginnings and order of further columns tell nothing that expected_signal does not name."""
        if not own_fields(self.bench.prepared(Size()).make_block.events):
            raise Unjudged("there is no column beyond the built-in ones")
        steps = tuple(self.bench.cast(Size()).generator.steps)
        require_no_leak(self.comparison, "own", (*self.signal, *steps))

    def _refuse_leak(self, topic: str) -> None:
        require_no_leak(self.comparison, topic, self.signal)


def require_no_leak(compared: Comparison, topic: str, signal: tuple[str, ...]) -> None:
    """Raises for the worst leak of a topic, or where there are too few episodes to tell."""
    if not compared.judged:
        most = max((len(rows) for rows in compared.samples.values()), default=0)
        message = f"too few episodes to judge: {most} of {FEWEST}"
        raise Unjudged(f"{message}; raise them by `overrides`")
    for leak in compared.leaks(topic, signal)[:1]:
        raise Broken(leak.told, f"column {leak.feature.column}")
