"""When people shop."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.contracts.rhythms import DAY_S, lay_rhythm
from synth.generators.rhythm import day_factors, days_of
from synth.generators.spending.seasons import last_pay_day
from synth.timeline import Timeline, TimelineConfig

FLAT = np.full((1, 24), 1 / 24)


def window(start: str, end: str) -> Timeline:
    return Timeline.parse(TimelineConfig(start=start, end=end))


class TestDays:
    def test_a_window_touches_its_days(self) -> None:
        assert days_of(window("2024-02-28", "2024-03-01")) == [date(2024, 2, 28), date(2024, 2, 29)]
        assert days_of(window("2023-12-31T23:00:00", "2024-01-01T00:00:01")) == [date(2023, 12, 31), date(2024, 1, 1)]
        assert days_of(window("1969-12-31T12:00:00", "1970-01-01T12:00:00")) == [date(1969, 12, 31), date(1970, 1, 1)]

    def test_weekdays_and_months_count_by_their_mean(self) -> None:
        weekday, month = [1, 1, 1, 1, 1, 2, 0], [1] * 11 + [2]
        days = days_of(window("2022-01-01", "2023-01-01"))
        factors = day_factors(days, weekday=weekday, month=month, special={date(2022, 12, 25): 0.5})
        # 2022-01-01 is a Saturday; the mean of the months is 13 / 12
        assert factors[:3] == pytest.approx([2 * 12 / 13, 0, 12 / 13])
        assert factors[days.index(date(2022, 12, 24))] == pytest.approx(2 * 2 * 12 / 13)
        assert factors[days.index(date(2022, 12, 26))] == pytest.approx(1 * 2 * 12 / 13)


@pytest.mark.parametrize(
    ("day", "due", "paid"),
    [
        (date(2023, 3, 31), 31, date(2023, 3, 31)),
        (date(2023, 3, 30), 31, date(2023, 2, 28)),
        (date(2024, 3, 1), 30, date(2024, 2, 29)),
        (date(2023, 1, 24), 25, date(2022, 12, 25)),
        (date(2023, 1, 25), 25, date(2023, 1, 25)),
    ],
)
def test_the_last_pay_day(day: date, due: int, paid: date) -> None:
    assert last_pay_day(day, due) == paid


class TestRhythm:
    @given(st.integers(-3 * DAY_S, 3 * DAY_S), st.integers(1, 3 * DAY_S), st.integers(1, 50))
    def test_mass_is_time_where_nothing_has_a_shape(self, start: int, seconds: int, blocks: int) -> None:
        timeline = Timeline(start, start + seconds)
        rhythm = lay_rhythm(timeline, FLAT, np.ones((1, len(days_of(timeline)))))
        assert rhythm.edge_seconds_n[0] == start
        assert rhythm.edge_seconds_n[-1] == start + seconds
        assert (np.diff(rhythm.edge_seconds_n) > 0).all()
        np.testing.assert_allclose(rhythm.mass_sn[0], np.diff(rhythm.edge_seconds_n) / DAY_S)
        cut = rhythm.cut(np.array([1000.0]), blocks)
        assert cut[0] == 0
        assert cut[-1] == len(rhythm.edge_seconds_n) - 1
        assert (np.diff(cut) > 0).all()
        expected = [rhythm.expected(np.array([2.0]), a, b)[0] for a, b in pairwise(cut)]
        assert sum(expected) == pytest.approx(2 * seconds / DAY_S)

    def test_times_follow_the_shape(self) -> None:
        day = np.zeros((1, 24))
        day[0, [9, 18]] = [0.25, 0.75]
        timeline = window("2022-01-03", "2022-01-05")
        rhythm = lay_rhythm(timeline, day, np.array([[1.0, 3.0]]))
        drawn = rhythm.draw(0, 0, 48, 40_000, rng=np.random.default_rng(1)) - timeline.start_s
        hours, counts = np.unique(drawn // 3600, return_counts=True)
        assert hours.tolist() == [9, 18, 33, 42]
        # binomial: six standard deviations of 40,000 draws are at most 6 sqrt(40,000 / 4) = 600
        assert np.abs(counts - np.array([2500, 7500, 7500, 22_500])).max() < 600
        assert abs((drawn % 3600).mean() - 1799.5) < 6 * 1039 / 200

    def test_a_share_of_a_step_has_a_share_of_its_mass(self) -> None:
        timeline = window("2022-01-03T00:30:00", "2022-01-03T01:15:00")
        rhythm = lay_rhythm(timeline, FLAT, np.ones((1, 1)))
        np.testing.assert_allclose(rhythm.mass_sn[0], [0.5 / 24, 0.25 / 24])
        drawn = rhythm.draw(0, 0, 2, 1000, rng=np.random.default_rng(1))
        assert drawn.min() >= timeline.start_s
        assert drawn.max() < timeline.end_s
