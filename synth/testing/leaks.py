"""Leaks: what tells a single fraud row from a genuine one, and is not the signal that the pattern declares.

Rows of an episode depend on each other, so a test takes one random event an episode for each role: where nothing
leaks, these are as independent as the genuine rows are.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from synth.arrays import Int64
from synth.rng import Streams
from synth.tables.table import Table
from synth.testing.bounds import is_alarm, repeat_odds, share_odds
from synth.testing.features import Feature, features_of, repeated_of

#: Fewer episodes than this say nothing about shares.
FEWEST = 50


@dataclass(frozen=True)
class Leak:
    """One feature that gives fraud away.

    Attributes:
        feature: the feature.
        told: how, in words.
        log_odds: natural logarithm of a bound on the chance of it where nothing leaks.
    """

    feature: Feature
    told: str
    log_odds: float


class Comparison:
    """The transactions of a run, its fraud rows against those genuine ones that could be fraud.

    Args:
        frame: all transactions with every column, in order.
        table: which columns these are.
    """

    def __init__(self, frame: pd.DataFrame, table: Table) -> None:
        excluded = np.zeros(len(frame), dtype=bool)
        for field in (f for f in table.fields if f.column.never_fraud):
            excluded |= frame[field.name].isin(field.column.never_fraud).to_numpy()
        self.frame, self.table = frame[~excluded].reset_index(drop=True), table
        self.genuine = (self.frame.fraud_label == 0).to_numpy()

    @cached_property
    def samples(self) -> dict[str, Int64]:
        """Role → (n,) positions of one event an episode."""
        fraud = self.frame.loc[~self.genuine, ["episode_id", "role"]]
        lot = Streams(0, "leaks").draw("events").permutation(len(fraud))
        drawn = fraud.iloc[lot].drop_duplicates(["episode_id", "role"])
        return {str(role): rows.index.to_numpy() for role, rows in drawn.groupby("role")}

    @cached_property
    def judged(self) -> dict[str, Int64]:
        """The samples that are large enough."""
        return {role: rows for role, rows in self.samples.items() if len(rows) >= FEWEST}

    @cached_property
    def features(self) -> list[Feature]:
        """Every feature that is looked at."""
        return [
            *features_of(self.frame, self.table, self.genuine),
            *repeated_of(self.frame, self.table),
        ]

    @cached_property
    def tests(self) -> int:
        """How many numbers are compared in all: what chance gets its share of."""
        bins = sum(1 if f.topic == "repeats" else int(f.code_t.max(initial=0)) + 1 for f in self.features)
        return bins * max(1, len(self.judged))

    def leaks(self, topic: str, signal: tuple[str, ...]) -> list[Leak]:
        """The leaks of one topic that the signal does not explain, the worst first."""
        mine = [f for f in self.features if f.topic == topic and not set(f.exempt) & set(signal)]
        found = [self._compare(feature, role) for feature in mine for role in self.judged]
        return sorted((leak for leak in found if is_alarm(leak.log_odds, self.tests)), key=lambda leak: leak.log_odds)

    def _compare(self, feature: Feature, role: str) -> Leak:
        fraud, genuine = feature.code_t[self.judged[role]], feature.code_t[self.genuine]
        if feature.topic == "repeats":
            odds, seen, expected = repeat_odds(fraud, genuine)
            message = f"{len(fraud):,} {role!r} events of as many episodes have {seen:,} distinct values"
            return Leak(feature, f"{message}, as many genuine rows some {expected:,.0f}", odds)
        bins = int(feature.code_t.max(initial=0)) + 1
        k, others = np.bincount(fraud, minlength=bins), np.bincount(genuine, minlength=bins)
        log_odds = share_odds(k, len(fraud), others, len(genuine))
        worst = int(np.argmin(log_odds))
        message = (
            f"{feature.name} is {feature.label(worst)} in {k[worst] / len(fraud):.1%} of {len(fraud):,} {role!r} events"
        )
        message += f", one an episode, and in {others[worst] / len(genuine):.1%} of genuine rows"
        return Leak(feature, message, float(log_odds[worst]))
