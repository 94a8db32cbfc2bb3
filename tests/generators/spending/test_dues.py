"""How many standing orders are to be expected, by hand."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from synth.generators.spending.circumstances import StandingOrder
from synth.generators.spending.dues import due_hours

#: Two segments: one that buys at noon only, and one at any hour.
SHAPES = np.stack([np.arange(24) == 12, np.ones(24)]).astype(np.float64)
CUSTOMERS = {"noon": 100.0, "any": 240.0}
ORDER = StandingOrder(
    category="club",
    share=0.5,
    segments={},
    median=10.0,
    sigma=0.0,
    income=0.0,
    first_day=1,
    last_day=31,
    spread_s=0,
)


def by_day(start: str, days: int, **options: Any) -> list[float]:
    dates = [date.fromisoformat(start) + timedelta(days=i) for i in range(days)]
    found: list[float] = due_hours(replace(ORDER, **options), CUSTOMERS, SHAPES, dates).sum(axis=1).tolist()
    return found


def test_everybody_pays_once_a_month() -> None:
    for start, days in (("2022-01-01", 31), ("2022-02-01", 28), ("2024-02-01", 29), ("2022-04-01", 30)):
        assert sum(by_day(start, days)) == pytest.approx(170)
        assert sum(by_day(start, days, first_day=29)) == pytest.approx(170)
    assert sum(by_day("2022-01-01", 31, segments={"any": 1.0})) == pytest.approx(50 + 240)


def test_a_short_month_pays_on_its_last_day() -> None:
    assert by_day("2022-02-27", 3, first_day=29) == pytest.approx([0, 170, 0])
    assert by_day("2022-04-28", 4, first_day=29) == pytest.approx([0, 170 / 3, 170 * 2 / 3, 0])
    assert by_day("2022-01-04", 3, first_day=1, last_day=5) == pytest.approx([34, 34, 0])


def test_payments_come_when_their_segment_buys() -> None:
    [due_h] = due_hours(ORDER, CUSTOMERS, SHAPES, [date(2022, 1, 7)])
    assert due_h == pytest.approx((120 / 24 + 50 * SHAPES[0]) / 31)


def test_those_that_may_be_late_begin_early_enough() -> None:
    order = replace(ORDER, spread_s=43_200, segments={"any": 0.0})
    [due_h] = due_hours(order, CUSTOMERS, SHAPES, [date(2022, 1, 7)])
    # Half of a day is left: noon becomes 6:00 to 6:30, and is up to 12 hours late, evenly.
    early_h = np.zeros(24)
    early_h[6:19] = [0.75 / 12, *[1 / 12] * 11, 0.25 / 12]
    assert due_h == pytest.approx(early_h * 50 / 31, abs=0.001)
    assert due_h.sum() == pytest.approx(50 / 31)
