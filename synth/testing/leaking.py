"""Checks of what gives a fraud row away: what ``synth lint`` finds in a run of the component, by topic."""

import sys
from collections.abc import Set
from dataclasses import dataclass

from synth.check.records import read_records
from synth.leaks import Finding, Report, lint
from synth.tables.declared import EVENT_COLUMNS
from synth.testing.bench import Size, TestBench
from synth.testing.contract import Broken, Contract, Unjudged, rule
from synth.testing.runs import written
from synth.wording import counted, nearest

#: The run that is looked at: rows as a multiple of the base, and episodes.
LEAK_TIMES, LEAK_EPISODES = 2, 600

#: Where nothing is found in fewer episodes than this, that says nothing.
FEWEST = 50


@dataclass(frozen=True)
class Topic:
    """What findings can be about.

    Attributes:
        declarable: what a pattern may declare of it.
        columns: the columns that it is about, beside those.
    """

    declarable: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


#: The topic of what no other one is about: the generator's own columns, entities, steps, labels.
OWN = "own"

TOPICS = {
    "repeats": Topic(("repeats",)),
    "amount": Topic(("amount", "cents"), ("amount_minor",)),
    "time": Topic(("time", "hour", "weekday", "minute", "second")),
    "card": Topic(("card", "speed"), ("card_id", "card_number")),
    "order": Topic(columns=("event_id", "tid")),
    OWN: Topic(("steps", "channel")),
}

#: Features that a pattern may declare as its signal; its own columns come on top. Ids and order never may.
DECLARABLE = tuple(name for topic in TOPICS.values() for name in topic.declarable)


def topic_of(finding: Finding, own: Set[str]) -> str:
    """What a finding is about: own columns first, then the first topic that is about one of its columns.

    Args:
        own: the generator's own columns.
    """
    names = {*finding.columns}
    if not names:
        return "order"  # digits and bits of whatever, which nobody can declare
    if names & own:
        return OWN
    return next((name for name, each in TOPICS.items() if names & {*each.declarable, *each.columns}), OWN)


def own_names(bench: TestBench) -> list[str]:
    """The columns beyond the built-in ones that a detector can see."""
    columns = [field.column for field in bench.prepared(Size()).make_block.events.fields]
    return [each.name for each in columns if each.role in ("key", "observable") and each.name not in EVENT_COLUMNS]


def linted(bench: TestBench, size: Size) -> Report:
    """What ``synth lint`` says of a run of a size, which is made once."""

    def make() -> Report:
        with written(bench, size) as place:
            return lint(read_records(str(place), bench.catalog))

    return bench.keep(("lint", size), make)


def require_no_finding(found: list[Finding]) -> None:
    """Raises for the worst of some findings; they come that way."""
    for finding in found[:1]:
        more = f"; {counted(len(found) - 1, 'more finding')}" if len(found) > 1 else ""
        raise Broken(f"{finding.message}; {finding.figures}{more}", finding.family)


class LeakChecks(Contract):
    """What gives a fraud row away."""

    @property
    def leak_size(self) -> Size:
        """A run with many episodes among many genuine rows."""
        return Size(times=LEAK_TIMES)

    @property
    def report(self) -> Report:
        """What lint says of it."""
        return linted(self.bench, self.leak_size)

    @rule
    def test_expected_signal_names_features(self) -> None:
        """expected_signal names features that a pattern may declare, and cents where its docstring speaks of them."""
        pattern = self.bench.cast(Size()).patterns[self.bench.name]
        signal, known = tuple(pattern.expected_signal), [*DECLARABLE, *own_names(self.bench)]
        for name in signal:
            if name not in known:
                hint = nearest(name, known) or f"one of {', '.join(known)}"
                raise Broken(f"{name!r} is no feature that can be declared: {hint}", "expected_signal")
        said = f"{sys.modules[type(pattern).__module__].__doc__} {type(pattern).__doc__}"
        if "cents" in signal and "cents" not in said:
            raise Broken("'cents' are declared, and no docstring says what is about them", "expected_signal")

    @rule
    def test_amounts_do_not_leak(self) -> None:
        """Amounts, their cents and their roundness tell nothing that expected_signal does not name."""
        self._refuse("amount")

    @rule
    def test_times_do_not_leak(self) -> None:
        """Times, hours, weekdays, seconds and gaps tell nothing that expected_signal does not name."""
        self._refuse("time")

    @rule
    def test_order_does_not_leak(self) -> None:
        """The place in the run, the event's ids, and digits and bits of any id or number tell nothing."""
        self._refuse("order")

    @rule
    def test_cards_do_not_leak(self) -> None:
        """Cards, how much they are used and how fast they travel tell nothing that expected_signal does not name."""
        self._refuse("card")

    @rule
    def test_repeats_do_not_leak(self) -> None:
        """Amounts, and amounts at a shop, repeat no more in fraud rows than in genuine ones."""
        self._refuse("repeats")

    @rule
    def test_own_columns_do_not_leak(self) -> None:
        """Further columns, those whom they name, clicks and reports tell nothing that expected_signal does not name."""
        self._refuse(OWN)

    def _refuse(self, topic: str) -> None:
        """Raises for the worst finding of a topic, or where there are too few episodes to find any."""
        report, own = self.report, {*own_names(self.bench)}
        mine = [finding for finding in report.findings if finding.scenario in ("", self.bench.name)]
        require_no_finding([finding for finding in mine if topic_of(finding, own) == topic])
        episodes = report.scenarios.get(self.bench.name, 0)
        if episodes < FEWEST:
            raise Unjudged(f"too few episodes to judge: {episodes} of {FEWEST}; raise them by `overrides`")
