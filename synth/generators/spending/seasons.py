"""Shapes the rhythm: hours, weekdays, months, holidays, pay days, and a change of ways."""

import math
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from synth.arrays import Float
from synth.contracts.rhythms import Rhythm, lay_rhythm
from synth.generators.rhythm import day_factors, days_of
from synth.generators.spending.config import Bell, Hours, PayDay, Segment, SpendingConfig
from synth.generators.spending.config import Holidays as HolidayConfig
from synth.timeline import Timeline


def shape_rhythm(config: SpendingConfig, segments: Sequence[Segment], timeline: Timeline) -> Rhythm:
    """The rhythm of each segment. Hours are steps enough for weights of hours; a bell takes minutes."""
    steps = 1440 if any(isinstance(segment.day, Bell) for segment in segments) else 24
    days = days_of(timeline)
    special = special_days(days, config.holidays, config.pay_day)
    factor_sd = np.stack([day_factors(days, weekday=s.weekday, month=config.months, special=special) for s in segments])
    if config.drift:
        factor_sd[:, np.array(days) >= config.drift.date] *= config.drift.rate
    return lay_rhythm(timeline, np.stack([day_shape(s.day, steps) for s in segments]), factor_sd)


def day_shape(law: Hours | Bell, steps: int) -> Float:
    """(h,) share of a day's events in each of its equal steps."""
    if isinstance(law, Hours):
        weights: Float = np.repeat(np.array(law.weights, dtype=np.float64), steps // 24)
        weights /= weights.sum()
        return weights
    edges = np.linspace(0, 86_400, steps + 1)
    below = [0.5 * (1 + math.erf((edge - law.mean_s) / law.sd_s / math.sqrt(2))) for edge in edges]
    shares: Float = np.diff(below)
    return shares


def special_days(days: Sequence[date], holidays: HolidayConfig | None, pay_day: PayDay | None) -> dict[date, float]:
    """Factors of holidays and of the days after pay day."""
    factors: dict[date, float] = {}
    if holidays:
        factors |= dict.fromkeys(holidays_of(holidays, days), holidays.factor)
    if pay_day:
        for day in days:
            if (day - last_pay_day(day, pay_day.day)).days < pay_day.days:
                factors[day] = factors.get(day, 1.0) * pay_day.factor
    return factors


def holidays_of(holidays: HolidayConfig, days: Sequence[date]) -> list[date]:
    """Those of the days, which follow each other, that are public holidays."""
    from holidays import country_holidays

    known = {*country_holidays(holidays.country, years=range(days[0].year, days[-1].year + 1))}
    return [day for day in days if day in known]


def last_pay_day(day: date, due: int) -> date:
    """The pay day on or before a day; the last of the month where a month has no such day."""
    paid = _pay_day_of(day, due)
    return paid if paid <= day else _pay_day_of(day.replace(day=1) - timedelta(days=1), due)


def _pay_day_of(month: date, due: int) -> date:
    """The pay day of the month that a day lies in."""
    return month.replace(day=min(due, monthrange(month.year, month.month)[1]))
