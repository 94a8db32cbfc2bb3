"""The names of single figures of a report, which a sweep can be after: their paths in it, joined by dots."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from synth.check.stats.amounts import Amounts, CategoryAmounts
from synth.check.stats.cards import CardUse
from synth.check.stats.histogram import LEVELS, level_name
from synth.check.stats.merchants import Loyalty, MerchantUse
from synth.check.stats.rhythm import RowRhythm
from synth.check.stats.rows import named
from synth.check.stats.shares import Web
from synth.config.compose import value_at

#: Sections that a view may be too narrow for.
_SECTIONS = (RowRhythm, Amounts, CategoryAmounts, CardUse, MerchantUse, Loyalty, Web)

_QUANTILES = "|".join(map(level_name, LEVELS))
_LAW = f"count|mean|sd|min|{_QUANTILES}|max"
_CLASS = "genuine|fraud"

#: Alternatives stand between bars; a star is a name or a number that the data decide on.
_FIGURES = (
    "rows.found",
    "time.rows_per_day.mean|min|max.found",
    "time.days.*.rows|fraud_rows",
    "time.weeks.*.rows|fraud_rows|fraud_share",
    "time.months.*.rows|fraud_rows",
    "time.months.*.share.found",
    "time.hours|weekdays.*.found",
    "time.hours_by_weekday.found.*.*",
    f"amounts.{_CLASS}.{_LAW}",
    "amounts.buckets.*.share.found",
    f"amounts_by_category.*.{_CLASS}.{_LAW}",
    "cards|merchants.active.found",
    "cards.rows_per_day.mean.found",
    f"cards.rows_per_day.{_QUANTILES}|max",
    "cards.busiest.1%|10%",
    f"cards.gap_s.{_CLASS}.{_LAW}",
    f"merchants.rows.{_QUANTILES}|max",
    "merchants.largest.10|1%|10%",
    "loyalty.followed|rows",
    "loyalty.repeat_share.found",
    "web|use_of_cards.*.found",
    "fraud.rows|share_of_rows|value|share_of_value|episodes",
    "fraud.scenarios.*.share_of_rows|value|share_of_value|rows_per_episode",
    "fraud.scenarios.*.rows|episodes.found",
    "fraud.scenarios.*.roles.*",
    "shares.*.*.rows",
    f"shares.*.*.{_CLASS}.found",
)


def figure_names() -> Iterator[str]:
    """Every one, with stars where the data decide."""
    for pattern in _FIGURES:
        yield from map(".".join, product(*(step.split("|") for step in pattern.split("."))))


def explain_figure(name: str, scenarios: Iterable[str], columns: Iterable[str]) -> tuple[str, list[str]]:
    """Why a report has no such figure, and names that may be meant; an empty text where it can have it.

    Args:
        scenarios: those of the recipe.
        columns: the event columns that its view shows.
    """
    steps = name.split(".")
    if not any(_fits(each, name) for each in figure_names()):
        return "is no figure of synth stats", list(_filled(steps))
    known = dict.fromkeys(columns)
    if steps[:2] == ["fraud", "scenarios"] and steps[2] not in scenarios:
        others = [".".join([*steps[:2], other, *steps[3:]]) for other in scenarios]
        return f"is about a scenario {steps[2]!r}, which the recipe does not have", others
    if steps[0] == "shares" and steps[1] not in known:
        others = [".".join([steps[0], other, *steps[2:]]) for other in known]
        return f"is about a column {steps[1]!r}, which the view does not show", others
    for section in _SECTIONS:
        absent = next((need for need in section.needs if section.name == steps[0] and not named(need, known)), "")
        if absent:
            return f"needs a view that shows {absent.replace('|', ' or ')}", []
    return "", []


def figure_of(report: Mapping[str, Any], name: str) -> float | None:
    """A figure of a report; None where the data have none, such as a mean of no rows."""
    found = value_at(report, name)
    return float(found) if isinstance(found, int | float) else None


def _fits(pattern: str, name: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", r"[^.]+"), name) is not None


def _filled(steps: list[str]) -> Iterator[str]:
    """Every name, its stars filled in with what was written in their places."""
    for each in figure_names():
        pattern = each.split(".")
        padded = [*steps, *["*"] * len(pattern)]
        yield ".".join(padded[i] if step == "*" else step for i, step in enumerate(pattern))
