"""What a check finds, and the one place that accounts for the number of tests.

Each family of checks has the same share of the rate, and within a family each test has the same: a test counts where
its chance, times the tests of its family, times the families, is below ``RATE`` (Bonferroni, weighted by family).
Whatever depends on what, rows without leaks then give any finding at all in one of a hundred reports at most; so the
share of false findings among all is at most ``RATE``, too.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from synth.arrays import Int64
from synth.wording import counted

#: The share of reports on worlds without leaks that may have a finding.
RATE = 0.01

Severity = Literal["certain", "strong", "weak"]

#: An AUC this far from a half, or a difference of shares this large, is strong.
STRONG_AUC, STRONG_SHARE = 0.10, 0.20

#: Rows, of as many episodes, that a rule needs to be certain.
FEWEST_CERTAIN = 5

#: The share of a finding's rows that another one has to have to say the same.
_MOST_OF = 0.8


@dataclass(frozen=True)
class Effect:
    """How large a difference is.

    Attributes:
        kind: ``auc``, of fraud rows over genuine ones, or ``share``, of the fraud rows less that of genuine ones, or
            ``correlation``, of rows of an episode.
        low, high: the band in which it lies with a chance of 95 %.
    """

    kind: Literal["auc", "share", "correlation"]
    value: float
    low: float
    high: float

    @property
    def size(self) -> float:
        """How far it is from nothing, in units of what is strong."""
        return abs(self.value - 0.5) / STRONG_AUC if self.kind == "auc" else abs(self.value) / STRONG_SHARE


_EFFECTS = {"auc": "AUC", "share": "difference", "correlation": "short of one half by"}


@dataclass(frozen=True)
class Finding:
    """What was found of one feature.

    Attributes:
        family: of checks.
        scenario: whose rows; empty for the whole output.
        feature: what was looked at.
        columns: what it is made of.
        message: what is so, in words.
        effect: how much.
        log_odds: natural logarithm of the chance of it where there is no difference; times the tests, once counted.
        rows: fraud rows that show it.
        episodes: of how many episodes.
        genuine: genuine rows that show it.
        certain: a rule with fraud rows alone, an id that can be undone, or a truth that contradicts itself.
        declared: the names of the declared signal that explain it.
        severity: how bad it is.
        also: other features that the same rows show.
        row_f: the fraud rows, where they are known.
        group: findings of one group, scenario and family are one; empty for none.
        way: "more" or "less" where the order of numbers tells; else empty.
    """

    family: str
    scenario: str
    feature: str
    columns: tuple[str, ...]
    message: str
    effect: Effect
    log_odds: float
    rows: int
    episodes: int
    genuine: int
    certain: bool = False
    declared: tuple[str, ...] = ()
    severity: Severity = "weak"
    also: tuple[str, ...] = ()
    row_f: Int64 | None = field(default=None, repr=False, compare=False)
    group: str = ""
    way: str = ""

    @property
    def figures(self) -> str:
        """How much, with the band, and how many rows show it."""
        effect = self.effect
        much = f"{_EFFECTS[effect.kind]} {effect.value:.3f} ({effect.low:.3f} to {effect.high:.3f})"
        rows = f"{counted(self.rows, 'fraud row')} of {counted(self.episodes, 'episode')}"
        return f"{much}; {rows}, {counted(self.genuine, 'genuine row')}"


@dataclass
class Tests:
    """The tests of one family, and those of their results that are no matter of chance at first sight."""

    family: str
    made: int = 0
    found: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding | None, tests: int = 1) -> None:
        """Notes the result of a test, or of several."""
        self.made += tests
        if finding is not None and finding.log_odds + math.log(max(tests, 1)) < math.log(RATE):
            self.found.append(finding)


def account(families: Sequence[Tests]) -> list[Finding]:
    """The findings that so many tests do not explain, the worst first."""
    asked = [family for family in families if family.made]
    limit = math.log(RATE) - math.log(max(len(asked), 1))
    found = []
    for family in asked:
        for finding in family.found:
            odds = finding.log_odds + math.log(family.made)
            if odds < limit:
                found.append(replace(finding, log_odds=odds + math.log(len(asked)), severity=_severity(finding)))
    found = [*_merged(found)]
    order: Mapping[str, int] = {"certain": 0, "strong": 1, "weak": 2}
    return sorted(found, key=lambda f: (order[f.severity], -f.effect.size, f.scenario, f.family, f.feature))


def _merged(found: Sequence[Finding]) -> Iterator[Finding]:
    """Findings of the same rows as one: that with most rows; and those of a group: the worst."""
    kept: list[Finding] = []
    for finding in sorted(
        found, key=lambda f: (-(bool(f.group) and f.certain), -(f.effect.size if f.group else f.rows))
    ):
        same = next((at for at, each in enumerate(kept) if _covers(each, finding)), None)
        if same is None:
            kept.append(finding)
        else:
            kept[same] = replace(kept[same], also=(*kept[same].also, finding.feature))
    yield from kept


def _covers(one: Finding, other: Finding) -> bool:
    """Whether one finding has most rows of another of its family and scenario."""
    if (one.family, one.scenario, bool(one.declared)) != (other.family, other.scenario, bool(other.declared)):
        return False
    if one.group or other.group:
        return one.group == other.group
    if one.row_f is None or other.row_f is None:
        return False
    return len(np.intersect1d(one.row_f, other.row_f)) >= _MOST_OF * len(other.row_f)


def _severity(finding: Finding) -> Severity:
    if finding.certain:
        return "certain"
    return "strong" if finding.effect.size >= 1 else "weak"
