"""The vocabulary of fraud patterns: victims, gaps, amounts, roles, places."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.amount import Bucket, BucketsConfig, ParetoConfig, make_law
from synth.contracts.context import PlanContext
from synth.errors import RefusedError
from synth.injectors.choices import draw_lengths
from synth.injectors.episodes import Episodes
from synth.injectors.times import place_apart
from synth.rng import Streams
from synth.timeline import US_PER_S, Timeline
from tests.chi_square import chi_square, far

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=20)


def make_episodes(lengths: list[int], *, cards: int = 100, seconds: int = 10**7, seed: int = 1) -> Episodes:
    law = make_law(BucketsConfig(buckets=[Bucket(share=1.0, low=7, high=8)]))
    context = PlanContext(cards=cards, timeline=Timeline(1000, 1000 + seconds), amount=law, rows=1000)
    return Episodes(context, Streams(seed, "test"), ("probe", "spend", "refund"), np.array(lengths))


class TestLayout:
    @given(LENGTHS)
    def test_events_of_an_episode_follow_each_other(self, lengths: list[int]) -> None:
        episodes = make_episodes(lengths)
        laid = [(e, step) for e, length in enumerate(lengths) for step in range(length)]
        assert list(zip(episodes.episode_f.tolist(), episodes.step_f.tolist(), strict=True)) == laid
        assert episodes.first_f.tolist() == [step == 0 for _, step in laid]
        assert episodes.last_f.tolist() == [step == lengths[e] - 1 for e, step in laid]
        assert episodes.each(np.array(lengths)).tolist() == [lengths[e] for e, _ in laid]
        assert len(episodes) == len(lengths)

    def test_roles_by_name(self) -> None:
        episodes = make_episodes([1, 2, 4])
        assert episodes.role("spend").tolist() == [1] * 7
        assert episodes.role("spend", first="probe").tolist() == [0, 0, 1, 0, 1, 1, 1]
        assert episodes.role("spend", first="probe", last="refund").tolist() == [2, 0, 2, 0, 1, 1, 2]
        with pytest.raises(ValueError, match="no role 'unheard of'; the injector's roles are probe, spend, refund"):
            episodes.role("unheard of")


class TestVictims:
    def test_with_replacement_all_cards_are_as_likely(self) -> None:
        cards = make_episodes([1] * 5000, cards=50).victims()
        assert chi_square(Counter(cards.tolist()), dict.fromkeys(range(50), 100)) < far(50)

    def test_distinct_ones_are_hit_once(self) -> None:
        cards = make_episodes([1] * 100, cards=100).victims(distinct=True)
        assert sorted(cards.tolist()) == list(range(100))

    def test_only_eligible_ones_are_hit(self) -> None:
        eligible = np.array([3, 50, 97])
        assert set(make_episodes([1] * 60).victims(eligible=eligible).tolist()) == {3, 50, 97}
        assert sorted(make_episodes([1] * 3).victims(distinct=True, eligible=eligible).tolist()) == [3, 50, 97]

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({"distinct": True}, "5 episodes on different cards cannot be chosen from 4 eligible cards"),
            ({"eligible": np.arange(0)}, "its victims cannot be chosen from 0 eligible cards"),
            ({"eligible": np.arange(3), "distinct": True}, "from 3 eligible cards"),
        ],
    )
    def test_too_few_are_refused(self, options: dict[str, Any], told: str) -> None:
        with pytest.raises(RefusedError, match=told):
            make_episodes([1] * 5, cards=4).victims(**options)


class TestDraws:
    def test_gaps_are_uniform_and_include_both_bounds(self) -> None:
        gaps = make_episodes([5] * 1000).gaps(3, 7)
        assert chi_square(Counter(gaps.tolist()), dict.fromkeys(range(3, 8), 1000)) < far(5)

    def test_exponential_gaps_keep_their_mean_and_least(self) -> None:
        gaps = make_episodes([10] * 10_000).exponential_gaps(60, least_s=20)
        # sd of the mean: 40 / sqrt(100,000) = 0.13; whole seconds are rounded down, by 0.5 on average
        assert abs(gaps.mean() - 59.5) < 0.13 * 6
        assert gaps.min() == 20
        assert gaps.max() <= 20 + 20 * 60

    def test_amounts_follow_the_runs_law_or_any_other(self) -> None:
        episodes = make_episodes([4] * 50)
        assert ((episodes.amounts() >= 700) & (episodes.amounts() < 800)).all()
        other = episodes.amounts(make_law(ParetoConfig(alpha=1.0, low=20, high=30)))
        assert ((other >= 2000) & (other < 3000)).all()
        assert len(other) == 200

    def test_amounts_between_bounds(self) -> None:
        cents = make_episodes([10] * 1000).amounts_between(1.0, 1.1)
        assert chi_square(Counter(cents.tolist()), dict.fromkeys(range(100, 110), 1000)) < far(10)

    def test_two_ranges_are_drawn_independently(self) -> None:
        episodes = make_episodes([1] * 4000)
        low, high = episodes.amounts_between(0.01, 10.01), episodes.amounts_between(10.01, 20.01)
        assert abs(np.corrcoef(low, high)[0, 1]) < 6 / np.sqrt(4000)


class TestFinish:
    @given(LENGTHS, st.integers(1, 5), st.integers(0, 2**32))
    def test_episodes_keep_their_gaps_their_card_and_the_window(
        self, lengths: list[int], cards: int, seed: int
    ) -> None:
        episodes = make_episodes(lengths, cards=cards, seconds=5000, seed=seed)
        gaps = episodes.gaps(1, 30)
        events = episodes.finish(gap_s=gaps, role=episodes.role("spend"))
        within = ~episodes.first_f[1:]
        assert (np.diff(events.time_us_f)[within] == gaps[1:][within] * US_PER_S).all()
        assert (np.diff(events.card_f)[within] == 0).all()
        assert events.time_us_f.min() >= 1000 * US_PER_S
        assert events.time_us_f.max() < 6000 * US_PER_S
        assert len(set(zip(events.time_us_f.tolist(), events.card_f.tolist(), strict=True))) == sum(lengths)

    def test_what_the_pattern_gives_is_taken(self) -> None:
        episodes = make_episodes([2, 1])
        events = episodes.finish(
            gap_s=np.array([99, 5, 99]),
            role=episodes.role("probe", last="spend"),
            amount_minor=np.array([1, 2, 3]),
            card=np.array([8, 9]),
            start_s=np.array([10, 20]),
            own={"shop": np.array([4, 5, 6])},
        )
        assert (events.time_us_f // US_PER_S - 1000).tolist() == [10, 15, 20]
        assert events.card_f.tolist() == [8, 8, 9]
        assert events.role_f.tolist() == [0, 1, 1]
        assert events.amount_minor_f.tolist() == [1, 2, 3]
        assert events.own["shop"].tolist() == [4, 5, 6]

    def test_the_same_streams_give_the_same_events(self) -> None:
        first, second = (
            (e := make_episodes([3] * 50)).finish(gap_s=e.exponential_gaps(90), role=e.role("spend")) for _ in "ab"
        )
        np.testing.assert_array_equal(first.time_us_f, second.time_us_f)
        np.testing.assert_array_equal(first.card_f, second.card_f)


class TestDrawLengths:
    @given(st.integers(1, 12), st.integers(0, 12), st.integers(1, 40), st.floats(0, 1), st.integers(0, 2**32))
    def test_the_sum_is_exact_and_no_length_leaves_its_bounds(
        self, low: int, more: int, chains: int, where: float, seed: int
    ) -> None:
        total = chains * low + round(where * chains * more)
        lengths = draw_lengths(total, low, low + more, rng=np.random.default_rng(seed))
        assert lengths.sum() == total
        assert lengths.min() >= low
        assert lengths.max() <= low + more

    def test_the_smallest_sums(self) -> None:
        rng = np.random.default_rng(0)
        assert draw_lengths(3, 3, 10, rng=rng).tolist() == [3]
        assert draw_lengths(10, 10, 10, rng=rng).tolist() == [10]
        assert sorted(draw_lengths(11, 5, 6, rng=rng).tolist()) == [5, 6]


class TestPlaceApart:
    @given(
        st.lists(st.tuples(st.integers(0, 4), st.integers(1, 30)), max_size=25),
        st.integers(0, 60),
        st.integers(0, 2**32),
    )
    def test_no_two_intervals_of_a_card_overlap(self, parts: list[tuple[int, int]], spare: int, seed: int) -> None:
        card_e, span_e = (np.array([p[i] for p in parts], dtype=np.int64) for i in range(2))
        taken = Counter[int]()
        for card, span in parts:
            taken[card] += span
        window = max([1, *taken.values()]) + spare
        start_e = place_apart(card_e, span_e, window, rng=np.random.default_rng(seed))
        seconds = [(c, s) for c, n, start in zip(card_e, span_e, start_e, strict=True) for s in range(start, start + n)]
        assert len(set(seconds)) == len(seconds)
        assert all(0 <= second < window for _, second in seconds)

    def test_intervals_that_are_longer_than_the_window_are_refused(self) -> None:
        with pytest.raises(RefusedError, match="take 21 s, longer than the window of 20 s"):
            place_apart(np.array([0, 0]), np.array([10, 11]), 20, rng=np.random.default_rng(0))

    def test_the_free_time_is_shared_out_evenly(self) -> None:
        """Two intervals of 100 s in 399 s leave 199 s: 200 offsets each, which are independent; 16 cells of 50 x 50."""
        rng, seen = np.random.default_rng(4), Counter[tuple[int, int]]()
        for _ in range(16_000):
            one, other = place_apart(np.array([0, 0]), np.array([100, 100]), 399, rng=rng).tolist()
            seen[(one - 100 * (one > other)) // 50, (other - 100 * (other > one)) // 50] += 1
        assert chi_square(seen, {(a, b): 1000 for a in range(4) for b in range(4)}) < far(16)
