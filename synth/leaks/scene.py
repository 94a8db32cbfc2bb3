"""What is compared with what: of each scenario one row an episode, and genuine rows; and looks at them.

Rows of an episode depend on each other; one of each episode is as independent of the others as genuine rows are. Where
episodes claim rows that somebody has anyway, those with more rows are kept more often, so that each row is as likely as
any other.

Legend: ``_t`` a transaction, ``_n`` a row that is compared, ``_f`` one of them that is fraud.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from synth.arrays import Float, Int64, Mask
from synth.check.records import NONE, Records
from synth.leaks.alike import alike
from synth.leaks.columns import Column, card_of, columns_of
from synth.rng import Streams

#: Genuine rows that are compared; more of them say no more.
MOST_GENUINE = 200_000

#: Episodes without which a scenario is not looked at, and of which more say no more.
FEWEST_EPISODES, MOST_EPISODES = 20, 20_000

#: Genuine rows of which quantiles are taken.
_FOR_QUANTILES = 40_000

_QUANTILES = np.concatenate([[0.001, 0.01], np.arange(1, 20) / 20, [0.99, 0.999]])


@dataclass(frozen=True)
class Subject:
    """A scenario whose rows are compared.

    Attributes:
        row_f: (f,) one row of each episode.
        signal: what it declares; None where nobody says.
        all_t: every row of it.
    """

    scenario: str
    row_f: Int64
    signal: tuple[str, ...] | None
    all_f: Int64

    def explains(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of the names that it declares."""
        return tuple(name for name in dict.fromkeys(names) if name in (self.signal or ()))


@dataclass(frozen=True)
class Look:
    """A bin for each row that is compared.

    Attributes:
        feature: what is looked at.
        columns: what it is made of, and what explains it where it is declared.
        bin_n: (n,) int64 the bin of each row; -1 where there is nothing to see.
        bins: how many there are.
        ordered: whether their order means something.
        label: a bin in words.
        group: looks of one group that find something are one finding; empty for none.
    """

    feature: str
    columns: tuple[str, ...]
    bin_n: Int64
    bins: int
    ordered: bool
    label: Callable[[int], str]
    group: str = ""


@dataclass(frozen=True)
class Scene:
    """Rows, columns and scenarios of one lint."""

    records: Records
    streams: Streams = field(default_factory=lambda: Streams(0, "lint"))

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Every column, by name."""
        return columns_of(self.records)

    @cached_property
    def card(self) -> Column | None:
        """What names cards."""
        return card_of(self.columns)

    @cached_property
    def genuine_t(self) -> Mask:
        """Which rows are genuine and could have been fraud; what no fraud is said to be counts where no fraud is."""
        genuine: Mask = ~self.records.fraud_t
        never_t = self.records.never_t
        return genuine if never_t is None or (never_t & ~genuine).any() else genuine & ~never_t

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """The scenarios with enough episodes."""
        found = [self._subject(place, name) for place, name in enumerate(self.records.scenarios)]
        return tuple(each for each in found if len(each.row_f) >= FEWEST_EPISODES)

    @cached_property
    def too_small(self) -> Mapping[str, int]:
        """The scenarios with too few, and how many rows of theirs could be compared."""
        names = {subject.scenario for subject in self.subjects}
        return {
            name: len(self._subject(place, name).row_f)
            for place, name in enumerate(self.records.scenarios)
            if name not in names
        }

    def _subject(self, place: int, name: str) -> Subject:
        records = self.records
        all_f = np.flatnonzero(records.scenario_t == place)
        lot = all_f[self.streams.draw("rows", place).permutation(len(all_f))]
        episode_f = records.episode_t[lot]
        known, first, size = np.unique(episode_f, return_index=True, return_counts=True)
        row_f = lot[first]
        if len(known) and records.claimed_t[all_f].any():
            usual = np.quantile(size, 0.9)
            row_f = row_f[self.streams.draw("sizes", place).random(len(known)) * usual < size]
        if len(row_f) > MOST_EPISODES:
            row_f = self.streams.draw("episodes", place).permutation(row_f)[:MOST_EPISODES]
        return Subject(name, np.sort(row_f), records.signals.get(name), all_f)

    @cached_property
    def sampled_t(self) -> Mask:
        """The rows that would be there without fraud, and one row of each episode; of visits, too, one row of each."""
        sampled = self.genuine_t | self.records.claimed_t
        visit = self.columns.get("session_id")
        if visit is not None and not visit.table:
            rows = self.streams.draw("visits").permutation(np.flatnonzero(sampled))
            _, first = np.unique(visit.values_t[rows], return_index=True)
            sampled[:] = False
            sampled[rows[first]] = True
        for subject in self.subjects:
            own = ~self.records.claimed_t[subject.row_f]
            sampled[subject.row_f[own]] = True
        return sampled

    @cached_property
    def row_n(self) -> Int64:
        """(n,) the rows that are compared, in order."""
        genuine = np.flatnonzero(self.genuine_t)
        if len(genuine) > MOST_GENUINE:
            genuine = self.streams.draw("genuine").permutation(genuine)[:MOST_GENUINE]
        return np.sort(np.concatenate([genuine, *(subject.row_f for subject in self.subjects)]))

    @cached_property
    def fraud_n(self) -> Mask:
        """(n,) which of them are fraud."""
        fraud: Mask = self.records.fraud_t[self.row_n]
        return fraud

    def mine(self, subject: Subject) -> tuple[Int64, Mask]:
        """Positions among the compared rows of a scenario's and of the genuine ones, and which are the scenario's."""
        place = self.records.scenarios.index(subject.scenario)
        scenario_n = self.records.scenario_t[self.row_n]
        chosen = np.flatnonzero((scenario_n == NONE) | (scenario_n == place))
        return chosen, scenario_n[chosen] == place

    @cached_property
    def _mine(self) -> dict[str, tuple[Int64, Mask]]:
        return {subject.scenario: self.mine(subject) for subject in self.subjects}

    @cached_property
    def alike_n(self) -> dict[str, Int64 | None]:
        """Scenario → (n,) groups of rows that are alike in what it declares; None where it declares nothing."""
        found = {}
        for place, name in enumerate(self.records.scenarios):
            mine = self.records.scenario_t[self.row_n] == place
            signal = self.records.signals.get(name, ())
            few = mine.any() and signal
            found[name] = alike(self.columns, self.row_n, self.hour_n, mine, ~self.fraud_n, signal) if few else None
        return found

    def has_likes(self, subject: Subject) -> Mask:
        """(n,) which compared rows have genuine ones that are alike in what a scenario declares."""
        group_n = self.alike_n[subject.scenario]
        if group_n is None:
            return np.ones(len(self.row_n), dtype=bool)
        likes: Mask = np.isin(group_n, group_n[~self.fraud_n])
        return likes

    def compared(self, subject: Subject, look: Look) -> tuple[Int64, Mask, Int64]:
        """The bins of the rows of a scenario and of genuine ones that have one, which are fraud, and their places."""
        chosen, fraud = self._mine[subject.scenario]
        there = look.bin_n[chosen] >= 0
        return look.bin_n[chosen][there], fraud[there], chosen[there]

    def episodes_of(self, rows: Int64) -> int:
        """Of how many episodes fraud rows are."""
        return len(np.unique(self.records.episode_t[rows]))

    @cached_property
    def lot_n(self) -> Float:
        """(n,) in (0, 1): a lot for each row, by which ties are broken."""
        return self.streams.draw("lots").random(len(self.row_n))

    @cached_property
    def hour_n(self) -> Int64:
        """(n,) the hour of the week of each row; 0 where the rows have no times."""
        if "time" not in self.columns:
            return np.zeros(len(self.row_n), dtype=np.int64)
        hour: Int64 = self.columns["time"].values_t[self.row_n].astype(np.int64) // 3_600_000_000 % 168
        return hour

    # -- looks ------------------------------------------------------------------------------------------------------

    def look_at(self, column: Column, feature: str = "", columns: tuple[str, ...] = ()) -> Look:
        """A column of all rows, as bins of the compared ones."""
        return self.see(feature or column.name, columns or tags_of(column), column.values_t[self.row_n], column)

    def see(self, feature: str, columns: tuple[str, ...], values_n: Float | Int64, like: Column | None = None) -> Look:
        """Values of the compared rows as bins: codes as they are, numbers by quantiles of the genuine ones."""
        if like is not None and like.kind == "code":
            texts = like.texts
            bins = max(int(values_n.max(initial=0)) + 1, 1)
            return Look(
                feature,
                columns,
                values_n.astype(np.int64),
                bins,
                False,
                lambda b: str(texts[b]) if texts is not None else str(b),
            )
        return self.quantiles(feature, columns, values_n.astype(np.float64))

    def quantiles(self, feature: str, columns: tuple[str, ...], values_n: Float) -> Look:
        """Numbers by quantiles; NaN is nothing to see."""
        known = np.isfinite(values_n)
        genuine = values_n[known & ~self.fraud_n]
        some = genuine[:: max(1, len(genuine) // _FOR_QUANTILES)]
        edges = np.unique(np.quantile(some, _QUANTILES)) if len(some) else np.empty(0)
        bin_n = np.where(known, np.searchsorted(edges, values_n, side="right"), -1)
        return Look(feature, columns, bin_n, len(edges) + 1, True, lambda b: _between(edges, b))

    def ranks(self, feature: str, columns: tuple[str, ...], rank_n: Float) -> Look:
        """Ranks within (0, 1) that are flat where nothing leaks; NaN is nothing to see."""
        bin_n = np.where(np.isfinite(rank_n), np.searchsorted(_QUANTILES, rank_n), -1)
        return Look(feature, columns, bin_n, len(_QUANTILES) + 1, True, lambda b: _between(_QUANTILES, b))

    def codes(
        self, feature: str, columns: tuple[str, ...], code_n: Int64, bins: int, label: Callable[[int], str] = str
    ) -> Look:
        """Codes from 0; -1 is nothing to see."""
        return Look(feature, columns, code_n, bins, False, label)


def _between(edges: Float, bin_: int) -> str:
    low = f"from {_figure(edges[bin_ - 1])}" if bin_ else ""
    high = f"below {_figure(edges[bin_])}" if bin_ < len(edges) else ""
    return f"{low} {high}".strip() or "any"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == round(value) else f"{value:.4g}"


def tags_of(column: Column) -> tuple[str, ...]:
    """The column itself, and what leads to it: a signal that names any of them explains what is seen of it."""
    names = (column.leaf if not column.table else "", column.name, column.root)
    tags = [name for name in dict.fromkeys(names) if name]
    if column.root in ("card_id", "card_number", "customer_id"):
        tags.append("card")
    if column.root == "amount" or column.root == "amount_minor":
        tags.append("amount")
    return tuple(dict.fromkeys(tags))
