"""Looks through labelled rows as a suspicious reader would: what tells fraud from genuine rows, and should not."""

import math
from dataclasses import dataclass

from synth.check.records import Records
from synth.leaks import dependencies, ids, pairs, reports, rules, sequences, singles, trivia, within
from synth.leaks.derived import Derived
from synth.leaks.findings import RATE, Finding, Tests, account
from synth.leaks.scene import FEWEST_EPISODES, Scene
from synth.wording import counted

__all__ = ["RATE", "Finding", "Report", "lint"]


@dataclass(frozen=True)
class Report:
    """What was found.

    Attributes:
        name: where the rows are from.
        rows, fraud_rows: how many were looked at.
        scenarios: scenario → its episodes that were compared.
        findings: what gives fraud away, or contradicts itself, the worst first.
        declared: what scenarios declare, and is so.
        not_checked: what could not be looked at, and why; a line each.
        tests: how many numbers were compared: family of checks → tests.
        rate: the share of reports on rows without leaks that have a finding, at most.
    """

    name: str
    rows: int
    fraud_rows: int
    scenarios: dict[str, int]
    findings: tuple[Finding, ...]
    declared: tuple[Finding, ...]
    not_checked: tuple[str, ...]
    tests: dict[str, int]
    rate: float = RATE

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def lint(records: Records) -> Report:
    """Looks through rows; the same rows give the same report."""
    scene = Scene(records)
    derived = Derived(scene)
    families = [
        trivia.check(scene),
        ids.check(scene),
        singles.check(scene, derived),
        within.check_exposure(scene, derived),
        within.check(scene, derived),
        pairs.check(scene, derived),
        dependencies.check(scene),
        rules.check(scene, derived),
        *sequences.check(scene, derived),
        reports.check(scene),
    ]
    found = account(families)
    return Report(
        name=records.name,
        rows=records.rows.num_rows,
        fraud_rows=int(records.fraud_t.sum()),
        scenarios={subject.scenario: len(subject.row_f) for subject in scene.subjects},
        findings=tuple(each for each in found if not each.declared),
        declared=tuple(each for each in found if each.declared),
        not_checked=tuple(_not_checked(scene, families)),
        tests={family.family: family.made for family in families},
    )


def _not_checked(scene: Scene, families: list[Tests]) -> list[str]:
    """What could not be looked at."""
    rows = scene.records.rows.num_rows
    few = [f"scenario {name}: {_too_few(episodes, rows)}" for name, episodes in scene.too_small.items()]
    unsaid = [
        f"declared signal of {s.scenario}: the output does not name it" for s in scene.subjects if s.signal is None
    ]
    idle = [f"{family.family}: there is nothing to look at" for family in families if not family.made]
    return [*few, *unsaid, *(idle if scene.subjects else [])]


def _too_few(episodes: int, rows: int) -> str:
    """Why a scenario is not compared, and how many rows like these, or how much fraud, would do but for bad luck."""
    times = (FEWEST_EPISODES + 2 * math.sqrt(FEWEST_EPISODES)) / max(1, episodes)
    few = f"{counted(episodes, 'episode')} to compare, and fewer than {FEWEST_EPISODES} say nothing"
    return f"{few}; {math.ceil(rows * times):,} rows of this kind, or {times:.2g} times the share of fraud, would do"
