"""Which episodes gave way, and by how much: all that it takes to settle a plan again without the control world."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.arrays import Int64
from synth.contracts.injector import FraudEvents


@dataclass(frozen=True)
class Moves:
    """How far episodes were moved when clashes were settled.

    Attributes:
        by_scenario: scenario name → (e,) its own numbers of the episodes that were moved, and (e,) microseconds.
    """

    by_scenario: Mapping[str, tuple[Int64, Int64]]

    @classmethod
    def between(cls, planned: Mapping[str, FraudEvents], settled: Mapping[str, FraudEvents]) -> "Moves":
        """What lies between what scenarios planned and the same events settled."""
        found = {}
        for name, events in planned.items():
            by_us_f = settled[name].time_us_f - events.time_us_f
            moved = np.flatnonzero(by_us_f)
            episode_e, first = np.unique(events.episode_f[moved], return_index=True)
            found[name] = episode_e, by_us_f[moved][first]
        return cls(found)

    def applied(self, planned: Mapping[str, FraudEvents]) -> dict[str, FraudEvents]:
        """What scenarios planned, settled."""
        settled = {}
        for name, events in planned.items():
            by_us_e = np.zeros(int(events.episode_f.max(initial=-1)) + 1, dtype=np.int64)
            episode_e, by_us = self.by_scenario[name]
            by_us_e[episode_e] = by_us
            settled[name] = events.moved(by_us_e[events.episode_f])
        return settled

    def write(self, identity: str, versions: Mapping[str, str]) -> bytes:
        """One line of JSON, with a SHA-256 over all of it.

        Args:
            identity: names the recipe and all else that decides the plan.
            versions: of all that makes the plan.
        """
        moves = {name: [each.tolist() for each in moved] for name, moved in self.by_scenario.items()}
        content = {"id": identity, "versions": dict(versions), "moves": moves}
        return json.dumps(content | {"sha256": _digest(content)}).encode() + b"\n"

    @classmethod
    def read(cls, content: bytes, identity: str, versions: Mapping[str, str]) -> "Moves | None":
        """What was written; None where it is damaged, or not of this recipe and these versions."""
        try:
            told: dict[str, Any] = json.loads(content)
            if told.pop("sha256") != _digest(told):
                return None
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        if (told["id"], told["versions"]) != (identity, dict(versions)):
            return None
        both = {name: [np.array(each, dtype=np.int64) for each in moved] for name, moved in told["moves"].items()}
        return cls({name: (episode_e, by_us) for name, (episode_e, by_us) in both.items()})


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
