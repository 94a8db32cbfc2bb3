"""Counts fraud: by scenario and role, by rows and by value.

Legend: ``_f`` a fraud row in the order of the labels, ``_s`` a scenario.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synth.check.stats.rows import AMOUNT, CountedRows, Section, figure, share
from synth.check.verify.rows import int64_of
from synth.errors import VerifyError

if TYPE_CHECKING:
    from synth.arrays import Int64


class Labels:
    """The truth, as the labels and episodes tables tell it.

    Attributes:
        event_f: positions of the fraud rows, sorted.
        scenario_f: number of each one's scenario.
        scenarios: their names.
        roles: scenario → role → rows.
        episodes: scenario → episodes.
    """

    def __init__(self, labels: Mapping[str, pa.Array], episodes: Mapping[str, pa.Array], rows: int) -> None:
        self.event_f: Int64 = int64_of(labels["event_id"])
        if (np.diff(self.event_f) <= 0).any():
            raise VerifyError("the labels are not in the order of the rows")
        if len(self.event_f) and (self.event_f[0] < 0 or self.event_f[-1] >= rows):
            raise VerifyError("a label names a row that is not there")
        encoded = labels["scenario"].dictionary_encode()
        self.scenarios: Sequence[str] = [str(name) for name in encoded.dictionary.to_pylist()]
        self.scenario_f: Int64 = np.asarray(encoded.indices).astype(np.int64)
        pairs = pa.table([labels["scenario"], labels["role"]], ["scenario", "role"])
        counted = pairs.group_by(["scenario", "role"]).aggregate([([], "count_all")])
        self.roles: dict[str, dict[str, int]] = {name: {} for name in self.scenarios}
        for row in counted.to_pylist():
            self.roles[str(row["scenario"])][str(row["role"])] = row["count_all"]
        self.episodes = {str(v["values"]): int(v["counts"]) for v in episodes["scenario"].value_counts().to_pylist()}


class Fraud(Section):
    """Fraud by scenario."""

    name, needs = "fraud", ()

    def __init__(self, labels: Labels, wanted: Mapping[str, Mapping[str, float | None]]) -> None:
        """``wanted`` holds for each scenario of the recipe the rows and episodes that it asks for."""
        self.labels, self.wanted = labels, wanted
        self.rows, self.minor, self.shown = 0, 0, True
        self.minor_s: Int64 = np.zeros(len(labels.scenarios), dtype=np.int64)

    def see(self, rows: CountedRows) -> None:
        """Adds values up, where the view shows amounts."""
        self.rows += rows.count
        self.shown = bool({*AMOUNT.split("|")} & {*rows.columns})
        if self.shown:
            self.minor += int(rows.minor.sum())
            here_f = self.labels.scenario_f[rows.seen : rows.seen + len(rows.fraud)]
            np.add.at(self.minor_s, here_f, rows.minor[rows.fraud])

    def result(self) -> dict[str, Any]:
        """Shares of rows and value, of all and of each scenario."""
        rows_s = np.bincount(self.labels.scenario_f, minlength=len(self.minor_s))
        names = sorted({*self.labels.scenarios, *self.wanted})
        return {
            **self._shares(int(rows_s.sum()), int(self.minor_s.sum())),
            "episodes": sum(self.labels.episodes.values()),
            "scenarios": {name: self._scenario(name, rows_s) for name in names},
        }

    def _scenario(self, name: str, rows_s: Any) -> dict[str, Any]:
        at = self.labels.scenarios.index(name) if name in self.labels.scenarios else None
        rows, minor = (0, 0) if at is None else (int(rows_s[at]), int(self.minor_s[at]))
        wanted, episodes = self.wanted.get(name, {}), self.labels.episodes.get(name, 0)
        return {
            **self._shares(rows, minor),
            "rows": figure(rows, wanted.get("rows")),
            "episodes": figure(episodes, wanted.get("episodes")),
            "rows_per_episode": share(rows, episodes),
            "roles": dict(sorted(self.labels.roles.get(name, {}).items())),
        }

    def _shares(self, rows: int, minor: int) -> dict[str, Any]:
        return {
            "rows": rows,
            "share_of_rows": share(rows, self.rows),
            "value": minor / 100 if self.shown else None,
            "share_of_value": share(minor, self.minor) if self.shown else None,
        }
