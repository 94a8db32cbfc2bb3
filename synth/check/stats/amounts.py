"""Counts amounts: overall and by category, genuine rows and fraud apart.

Legend: ``_t`` a row; a group is twice the number of a category, plus one for fraud.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from synth.check.stats.histogram import Histogram
from synth.check.stats.rows import AMOUNT, Codes, CountedRows, Section, figure, share

#: More categories than this are no categories; they are left out.
MOST = 100
_CENTS = 100


class Amounts(Section):
    """Amounts in major units."""

    name, needs = "amounts", (AMOUNT,)

    def __init__(self, law: Mapping[str, float] | None, buckets: "Buckets | None") -> None:
        """``law`` are the quantiles of the recipe's law, ``buckets`` its ranges; None where it cannot be told."""
        self.law, self.buckets, self.all = law, buckets, Histogram()

    def see(self, rows: CountedRows) -> None:
        """Counts amounts."""
        self.problem = _refusal(rows)
        if self.problem:
            return
        self.all.add(rows.minor, rows.fraud_t.astype(np.int64))
        if self.buckets:
            self.buckets.see(rows)

    def result(self) -> dict[str, Any]:
        """Quantiles."""
        return {
            "genuine": self.all.describe(0, _CENTS),
            "fraud": self.all.describe(1, _CENTS),
            "recipe": dict(self.law) if self.law else None,
            "buckets": self.buckets.result() if self.buckets else None,
        }


def _refusal(rows: CountedRows) -> str:
    """Why the amounts cannot be counted; empty where they can."""
    return "there are amounts below zero" if rows.count and rows.minor.min() < 0 else ""


class Buckets:
    """Shares of the genuine rows in the ranges of a recipe, which do not overlap."""

    def __init__(self, buckets: list[dict[str, float]]) -> None:
        self.buckets = sorted(buckets, key=lambda bucket: bucket["low"])
        self.low_k = np.array([round(bucket["low"] * _CENTS) for bucket in self.buckets])
        self.high_k = np.array([round(bucket["high"] * _CENTS) for bucket in self.buckets])
        self.share_k = [float(bucket["share"]) for bucket in self.buckets]
        self.count_k = np.zeros(len(self.buckets), dtype=np.int64)
        self.total = 0

    @property
    def apart(self) -> bool:
        """Whether an amount tells its bucket."""
        return bool((self.high_k[:-1] <= self.low_k[1:]).all())

    def see(self, rows: CountedRows) -> None:
        """Counts rows."""
        minor = rows.minor[~rows.fraud_t]
        place = np.searchsorted(self.low_k, minor, side="right") - 1
        inside = (place >= 0) & (minor < self.high_k[place])
        self.count_k += np.bincount(place[inside], minlength=len(self.count_k))
        self.total += len(minor)

    def result(self) -> list[dict[str, Any]]:
        """Each range with its share."""
        return [
            {"low": bucket["low"], "high": bucket["high"], "share": figure(share(count, self.total), wanted)}
            for bucket, count, wanted in zip(self.buckets, self.count_k, self.share_k, strict=True)
        ]


class CategoryAmounts(Section):
    """Amounts by category, in major units."""

    name, needs = "amounts_by_category", (AMOUNT, "category")

    def __init__(self, medians: Mapping[str, float]) -> None:
        """``medians`` are those of the recipe."""
        self.medians, self.codes, self.all = medians, Codes(), Histogram()

    def see(self, rows: CountedRows) -> None:
        """Counts amounts; rows without a category are none of these."""
        self.codes, code_t = rows.coded("category")
        self.problem = f"category has more than {MOST} values" if len(self.codes) > MOST else _refusal(rows)
        if self.problem:
            return
        known = np.flatnonzero(code_t >= 0)
        self.all.add(rows.minor[known], (2 * code_t + rows.fraud_t)[known])

    def result(self) -> dict[str, Any]:
        """Quantiles of each category, by name."""
        return {
            name: {
                "genuine": self.all.describe(2 * i, _CENTS),
                "fraud": self.all.describe(2 * i + 1, _CENTS),
                "recipe": {"p50": self.medians[name]} if name in self.medians else None,
            }
            for i, name in sorted(enumerate(self.codes.names), key=lambda item: item[1])
        }
