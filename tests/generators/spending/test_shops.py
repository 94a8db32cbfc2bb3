"""Where people shop."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synth.generators.spending.shops import BucketIndex, WeightedLists, find_in_reach, find_nearest, stable_uniform
from tests.chi_square import chi_square, far

POINTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=30)


@given(POINTS, POINTS, st.integers(1, 60))
def test_every_pair_in_reach_is_found(places: list[tuple[int, int]], shops: list[tuple[int, int]], radius: int) -> None:
    x_l, y_l = np.array(places, dtype=float).T
    x_m, y_m = np.array(shops, dtype=float).T
    place_r, merchant_r, distance_r = find_in_reach(x_l, y_l, x_m, y_m, radius)
    wanted = {
        (i, j): ((a - c) ** 2 + (b - d) ** 2) ** 0.5
        for i, (a, b) in enumerate(places)
        for j, (c, d) in enumerate(shops)
        if (a - c) ** 2 + (b - d) ** 2 < radius**2
    }
    found = list(zip(place_r.tolist(), merchant_r.tolist(), strict=True))
    assert found == sorted(wanted)
    np.testing.assert_allclose(distance_r, [wanted[pair] for pair in found])


@given(POINTS, POINTS, st.integers(1, 60))
def test_the_nearest_shop_is_found(places: list[tuple[int, int]], shops: list[tuple[int, int]], radius: int) -> None:
    (x_l, y_l), (x_m, y_m) = np.array(places, dtype=float).T, np.array(shops, dtype=float).T
    apart = np.hypot(x_l[:, None] - x_m, y_l[:, None] - y_m)
    nearest = find_nearest(x_l, y_l, x_m, y_m, radius)
    np.testing.assert_allclose(apart[np.arange(len(x_l)), nearest], apart.min(axis=1))


def test_a_list_is_picked_from_by_weight() -> None:
    lists = WeightedLists.of(np.array([2, 0, 2, 2]), np.array([7, 5, 8, 9]), np.array([1.0, 3.0, 2.0, 1.0]), 4)
    assert lists.empty(np.arange(4)).tolist() == [False, True, False, True]
    assert lists.pick(np.array([0, 0]), np.array([0.0, 0.999])).tolist() == [5, 5]
    at = np.array([0.0, 0.2499, 0.2501, 0.7499, 0.7501, 0.9999])
    assert lists.pick(np.full(6, 2), at).tolist() == [7, 7, 8, 8, 9, 9]
    drawn = lists.pick(np.full(8000, 2), np.random.default_rng(3).random(8000))
    assert chi_square(Counter(drawn.tolist()), {7: 2000, 8: 4000, 9: 2000}) < far(3)


def test_a_memory_is_steady_and_uniform() -> None:
    customers = np.arange(20_000)
    once, again = (stable_uniform(9, customers, customers * 0 + 3, customers * 0) for _ in "ab")
    np.testing.assert_array_equal(once, again)
    assert (once >= 0).all()
    assert (once < 1).all()
    assert chi_square(Counter((once * 20).astype(int).tolist()), dict.fromkeys(range(20), 1000)) < far(20)
    for other in (
        stable_uniform(10, customers, customers * 0 + 3, customers * 0),
        stable_uniform(9, customers, customers * 0 + 3, customers * 0 + 1),
    ):
        # independent uniform numbers: six standard deviations of their correlation are 6 / sqrt(20,000)
        assert abs(np.corrcoef(once, other)[0, 1]) < 0.043


@given(
    st.lists(st.sampled_from([0.0, 1e-9, 0.25, 1 / 3, 1.0, 7.5, 1e6]), max_size=40),
    st.lists(st.floats(0, 1.2), max_size=20),
    st.lists(st.integers(0, 40), max_size=10),
)
def test_a_guide_finds_what_a_search_finds(steps: list[float], at: list[float], on: list[int]) -> None:
    edge_r = np.concatenate([[0.0], np.cumsum(steps)])
    exact = edge_r[np.array(on, dtype=int) % len(edge_r)]
    wanted = np.concatenate([np.array(at) * max(edge_r[-1], 1), exact, np.nextafter(exact, np.inf)])
    expected = np.searchsorted(edge_r, wanted, side="right") - 1
    np.testing.assert_array_equal(BucketIndex.of(edge_r).find(wanted), expected)
