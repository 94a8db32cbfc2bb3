"""The factors of days by which shopping follows weekday, month and what is special about a day.

Legend: ``_d`` a day of the window.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from synth.arrays import Float
from synth.timeline import Timeline


def days_of(timeline: Timeline) -> list[date]:
    """The days that a window touches."""
    first = datetime.fromtimestamp(timeline.start_s, UTC).date()
    last = datetime.fromtimestamp(timeline.end_s - 1, UTC).date()
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def day_factors(
    days: Sequence[date],
    *,
    weekday: Sequence[float],
    month: Sequence[float],
    special: Mapping[date, float],
) -> Float:
    """(d,) factor of each day: weekday x month x what is special about it; weekdays and months count by their mean.

    Args:
        weekday: seven weights, Monday first.
        month: twelve weights.
        special: factors of single days, holidays and pay days.
    """
    weekday_w, month_m = np.array(weekday) / np.mean(weekday), np.array(month) / np.mean(month)
    return np.array([weekday_w[d.weekday()] * month_m[d.month - 1] * special.get(d, 1.0) for d in days])
