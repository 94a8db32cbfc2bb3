"""Keyed streams, exact splits and draws without replacement, against exact arithmetic and known distributions."""

import math
from collections import Counter
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.rng import URN_LIMIT, Permutation, Streams, deal_exactly, draw_distinct, split_exactly

names = st.text("abc/_", min_size=1, max_size=6)
keys = st.tuples(st.integers(0, 2**63 - 1), names, names, st.lists(st.integers(0, 2**32 - 1), max_size=2))


def first_words(key: tuple[int, str, str, list[int]]) -> list[int]:
    seed, name, purpose, indices = key
    return Streams(seed, name).draw(purpose, *indices).integers(2**63, size=4).tolist()


def largest_remainder(total: int, weights: list[int]) -> list[int]:
    """The textbook rule in exact arithmetic."""
    quota = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [math.floor(q) for q in quota]
    by_remainder = sorted(range(len(weights)), key=lambda i: (parts[i] - quota[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


class TestStreams:
    @given(keys)
    def test_the_same_key_gives_the_same_stream(self, key: tuple[int, str, str, list[int]]) -> None:
        assert first_words(key) == first_words(key)

    @given(keys, keys)
    def test_different_keys_give_different_streams(
        self, one: tuple[int, str, str, list[int]], other: tuple[int, str, str, list[int]]
    ) -> None:
        same = (one[0], f"{one[1]}/{one[2]}", one[3]) == (other[0], f"{other[1]}/{other[2]}", other[3])
        assert (first_words(one) == first_words(other)) == same

    def test_a_stream_without_an_index_is_not_that_of_index_0(self) -> None:
        assert first_words((1, "a", "b", [])) != first_words((1, "a", "b", [0]))

    def test_the_stream_of_a_key_stays_what_it_is(self) -> None:
        drawn = Streams(123, "generator").draw("keys", 7).bit_generator.random_raw(2).tolist()
        assert drawn == [17993730590279645988, 12258967233455269018]


class TestSplitExactly:
    @given(st.integers(0, 10**6), st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
    def test_largest_remainder(self, total: int, weights: list[int]) -> None:
        assert split_exactly(total, weights).tolist() == largest_remainder(total, weights)

    @given(
        st.integers(0, 10**12),
        st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=12).filter(lambda w: sum(w) > 1e-3),
    )
    def test_the_parts_sum_to_the_total_and_stay_within_one_of_their_quota(
        self, total: int, weights: list[float]
    ) -> None:
        parts = split_exactly(total, weights)
        assert parts.sum() == total
        assert parts.min() >= 0
        whole = sum(map(Fraction, weights))
        # A double has 53 bits: the quota of 10^12 rows is off by 10^12 x 2^-52 x a few at most.
        slack = Fraction(1) + Fraction(total, 2**48)
        assert all(
            abs(part - total * Fraction(weight) / whole) < slack
            for part, weight in zip(parts.tolist(), weights, strict=True)
        )

    def test_shares_that_are_no_binary_fractions(self) -> None:
        shares = [0.05, 0.075, 0.525, 0.25, 0.10]
        assert split_exactly(5_400_000, shares).tolist() == [270_000, 405_000, 2_835_000, 1_350_000, 540_000]
        assert split_exactly(10, [0.1] * 10).tolist() == [1] * 10
        assert split_exactly(3, [0.7, 0.2, 0.1]).tolist() == [2, 1, 0]

    def test_ties_go_to_the_earlier_part(self) -> None:
        assert split_exactly(1, [1, 1, 1]).tolist() == [1, 0, 0]
        assert split_exactly(5, [1, 1]).tolist() == [3, 2]


class TestDealExactly:
    @given(
        st.lists(st.integers(0, 300), min_size=1, max_size=5),
        st.lists(st.integers(1, 9), min_size=1, max_size=6),
        st.integers(0, 2**32),
    )
    def test_hands_and_colours_come_out_exactly(self, counts: list[int], weights: list[int], seed: int) -> None:
        hands = np.array(largest_remainder(sum(counts), weights), dtype=np.int64)
        dealt = deal_exactly(np.array(counts, dtype=np.int64), hands, rng=np.random.default_rng(seed))
        assert dealt.min() >= 0
        assert dealt.sum(axis=1).tolist() == hands.tolist()
        assert dealt.sum(axis=0).tolist() == counts

    @given(st.integers(URN_LIMIT, 10**12), st.lists(st.integers(0, 100), min_size=2, max_size=5).filter(any))
    def test_a_pack_larger_than_the_sampler_takes(self, pack: int, weights: list[int]) -> None:
        counts = np.array(largest_remainder(pack, weights), dtype=np.int64)
        hands = np.array([20_000_000] * 40 + [pack - 40 * 20_000_000], dtype=np.int64)
        dealt = deal_exactly(counts, hands, rng=np.random.default_rng(0))
        assert dealt.min() >= 0
        assert dealt.sum(axis=1).tolist() == hands.tolist()
        assert dealt.sum(axis=0).tolist() == counts.tolist()

    def test_a_large_pack_is_dealt_to_its_last_card(self) -> None:
        counts = np.array([700_000_001, 3, 499_999_996], dtype=np.int64)
        hands = np.full(60, 20_000_000, dtype=np.int64)
        dealt = deal_exactly(counts, hands, rng=np.random.default_rng(1))
        assert dealt.min() >= 0
        assert dealt.sum(axis=1).tolist() == hands.tolist()
        assert dealt.sum(axis=0).tolist() == counts.tolist()

    def test_one_hand_is_hypergeometric(self) -> None:
        """The first of two hands of 5 from 4 red and 6 black: P(k red) = C(4, k) C(6, 5 - k) / C(10, 5).

        20,000 deals; a frequency has a standard deviation of 0.5 / sqrt(20,000) = 0.0036 at most. Five of them,
        0.018, are exceeded once in 1.7 million.
        """
        rng, deals = np.random.default_rng(5), 20_000
        counts, hands = np.array([4, 6]), np.array([5, 5])
        reds = Counter(int(deal_exactly(counts, hands, rng=rng)[0, 0]) for _ in range(deals))
        for k in range(5):
            exact = math.comb(4, k) * math.comb(6, 5 - k) / math.comb(10, 5)
            assert abs(reds[k] / deals - exact) < 0.018


class TestDrawDistinct:
    @given(st.integers(0, 300), st.integers(1, 5000), st.integers(0, 2**32))
    def test_sorted_distinct_and_in_range(self, size: int, below: int, seed: int) -> None:
        size = min(size, below)
        drawn = draw_distinct(size, below, rng=np.random.default_rng(seed)).tolist()
        assert len(drawn) == size
        assert drawn == sorted(set(drawn))
        assert set(drawn) <= set(range(below))

    @pytest.mark.parametrize("size", [0, 1, 999, 1000])
    def test_all_that_there_are(self, size: int) -> None:
        assert len(set(draw_distinct(size, 1000, rng=np.random.default_rng(0)).tolist())) == size

    @pytest.mark.parametrize(("below", "size"), [(8, 2), (7, 2)], ids=["drawn again", "from a shuffle"])
    def test_every_subset_is_equally_likely(self, below: int, size: int) -> None:
        """21 or 28 subsets, 1,000 draws each: Pearson's statistic has 20 or 27 degrees of freedom.

        Its mean is the degrees of freedom d and its variance 2 d: 27 + 6 sqrt(54) = 71 is exceeded once in 10^5 seeds.
        """
        rng = np.random.default_rng(11)
        subsets = list(combinations(range(below), size))
        seen = Counter(tuple(draw_distinct(size, below, rng=rng).tolist()) for _ in range(1000 * len(subsets)))
        assert set(seen) <= set(subsets)
        assert sum((seen[subset] - 1000) ** 2 / 1000 for subset in subsets) < 71

    def test_a_range_far_beyond_memory(self) -> None:
        drawn = draw_distinct(1000, 10**18, rng=np.random.default_rng(2))
        assert len(set(drawn.tolist())) == 1000
        # The mean of 1,000 uniforms: 5 standard deviations of 1 / sqrt(12 x 1,000) each.
        assert abs(float(drawn.mean()) / 10**18 - 0.5) < 5 / math.sqrt(12_000)


class TestPermutation:
    @given(st.integers(1, 3000), st.integers(0, 2**63 - 1))
    def test_every_number_goes_to_another_one(self, below: int, seed: int) -> None:
        permutation = Permutation.draw(below, rng=Streams(seed, "ids").draw("keys"))
        assert np.array_equal(np.sort(permutation(np.arange(below))), np.arange(below))

    @given(st.integers(0, 2**53 - 5000), st.integers(0, 2**63 - 1))
    def test_neighbours_are_in_no_order(self, first: int, seed: int) -> None:
        ids = Permutation.draw(2**53, rng=Streams(seed, "ids").draw("keys"))(np.arange(first, first + 5000))
        assert len(np.unique(ids)) == 5000
        assert ids.min() >= 0
        assert ids.max() < 2**53
        # neighbours go up as often as down: six standard deviations of 5,000 fair coins are 6 x 0.5 sqrt(5000) = 212
        assert abs((np.diff(ids) > 0).sum() - 2500) < 212
        # and every eighth of the space has its part: 6 sqrt(5000 x 0.125 x 0.875) = 140
        assert abs(np.bincount(ids >> 50, minlength=8) - 625).max() < 140

    @given(st.integers(2, 2**62), st.integers(0, 2**63 - 1))
    def test_any_range_is_kept(self, below: int, seed: int) -> None:
        permutation = Permutation.draw(below, rng=Streams(seed, "ids").draw("keys"))
        ends = permutation(np.array([[0, below - 1], [below // 2, below // 3]]))
        assert ends.shape == (2, 2)
        assert ends.min() >= 0
        assert ends.max() < below

    def test_a_bit_of_a_number_changes_half_of_the_bits_of_its_id(self) -> None:
        permutation = Permutation.draw(2**53, rng=Streams(1, "ids").draw("keys"))
        numbers = Streams(2, "ids").draw("numbers").integers(2**53, size=2000)
        for bit in range(53):
            flipped = np.bitwise_count(permutation(numbers) ^ permutation(numbers ^ (1 << bit)))
            # 53 fair coins, 2,000 times: six standard deviations of the mean are 6 x 3.64 / sqrt(2000) = 0.49
            assert abs(flipped.mean() - 26.5) < 0.49, bit
