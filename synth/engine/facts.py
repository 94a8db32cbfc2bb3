"""The truth about fraud events: scenario, episode, role, and what a row said before."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Self

import numpy as np

from synth.arrays import Int64
from synth.contracts.events import OwnColumns

#: The amount before of a row that was not there before.
ADDED = -1


@dataclass(frozen=True)
class Facts:
    """The facts of some fraud events: (f,) int64 each.

    Attributes:
        scenario_f: index among the scenarios of the run.
        episode_id_f: run-wide episode id.
        role_f: index among the roles of all scenarios.
        before_minor_f: what a claimed genuine row cost before; ``ADDED`` for an added row.
        before: (f,) what the columns that a claim decides again said before, by column; 0 for an added row.
    """

    scenario_f: Int64
    episode_id_f: Int64
    role_f: Int64
    before_minor_f: Int64
    before: OwnColumns = field(default_factory=dict)

    @classmethod
    def joined(cls, parts: Sequence["Facts"]) -> Self:
        """The facts of several sets of events, one after the other; of none where there is no set."""
        none = np.empty(0, dtype=np.int64)
        arrays = {name: np.concatenate([none, *(getattr(part, name) for part in parts)]) for name in cls._arrays()}
        known = {name: values.dtype for part in parts for name, values in part.before.items()}
        before = {
            name: np.concatenate([part.before.get(name, np.zeros(len(part), dtype)) for part in parts])
            for name, dtype in known.items()
        }
        return cls(**arrays, before=before)

    def take(self, events: Int64) -> Self:
        """The facts of some of the events, in that order."""
        before = {name: values[events] for name, values in self.before.items()}
        arrays = {name: getattr(self, name)[events] for name in self._arrays()}
        return type(self)(**arrays, before=before)

    @classmethod
    def _arrays(cls) -> list[str]:
        return [each.name for each in fields(cls) if each.name != "before"]

    def __len__(self) -> int:
        return len(self.scenario_f)


@dataclass(frozen=True)
class Truth:
    """The fraud rows of a block, in row order.

    Attributes:
        row_f: (f,) int64 position in the block.
        facts: what is true of each.
        scenarios, roles: the names that the facts' indices stand for.
    """

    row_f: Int64
    facts: Facts
    scenarios: tuple[str, ...]
    roles: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.row_f)
