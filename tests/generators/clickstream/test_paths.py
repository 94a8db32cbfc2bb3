"""Paths of sessions: exact rows, the grammar, and the chances of the YAML."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.contracts.sessions import ADD_TO_CART, CLICK, EVENT_TYPES, LOGIN, LOGIN_FAILED, PAGE_VIEW, PURCHASE
from synth.generators.clickstream.paths import Paths, draw_paths
from tests.generators.clickstream.shop import LETTERS, broken, built_in, shop

CHANCES = st.floats(0, 1)


def stories(paths: Paths) -> list[tuple[str, list[int]]]:
    """Steps and stops of each session."""
    letters = "".join(LETTERS[EVENT_TYPES[kind]] for kind in paths.type_t)
    first = np.flatnonzero(np.diff(paths.session_t, prepend=-1))
    cuts = [*first.tolist(), len(letters)]
    return [(letters[a:b], paths.visit_t[a:b].tolist()) for a, b in pairwise(cuts)]


@given(
    st.integers(0, 400),
    st.fixed_dictionaries(
        {"another": st.floats(0, 0.9), "click": CHANCES, "add_to_cart": CHANCES, "purchase": CHANCES}
    ),
    st.fixed_dictionaries({"share": st.floats(0.01, 1), "fails": st.floats(0.01, 0.99), "retry": CHANCES}),
    st.integers(0, 2**32),
)
def test_any_shop_has_whole_sessions(rows: int, funnel: dict[str, float], login: dict[str, float], seed: int) -> None:
    paths = draw_paths(shop(funnel=funnel, login=login), rows, rng=np.random.default_rng(seed))
    assert len(paths.session_t) == len(paths.type_t) == len(paths.visit_t) == rows
    assert np.unique(paths.session_t).tolist() == list(range(paths.sessions))
    assert (np.diff(paths.session_t) >= 0).all()
    assert rows == 0 or paths.visit_t.max() < paths.visits
    told = stories(paths)
    assert [story for story in told[:-1] if broken(*story)] == []
    stops = [stop for _, visits in told for stop in set(visits)]
    assert len(stops) == len(set(stops))


@pytest.fixture(scope="module")
def many() -> Paths:
    return draw_paths(built_in(), 400_000, rng=np.random.default_rng(1))


def assert_share(found: int, of: int, chance: float) -> None:
    """Six standard deviations of a share of independent draws."""
    assert of > 2000
    assert abs(found / of - chance) < 6 * math.sqrt(chance * (1 - chance) / of)


def test_the_funnel_has_its_chances(many: Paths) -> None:
    counts, funnel = np.bincount(many.type_t, minlength=len(EVENT_TYPES)), built_in().funnel
    assert_share(int(counts[CLICK]), int(counts[PAGE_VIEW]), funnel.click)
    assert_share(int(counts[ADD_TO_CART]), int(counts[CLICK]), funnel.add_to_cart)
    with_cart, bought = (np.unique(many.session_t[many.type_t == kind]) for kind in (ADD_TO_CART, PURCHASE))
    assert set(bought) <= set(with_cart)
    assert_share(len(bought), len(with_cart), funnel.purchase)


def test_the_rates_are_those_of_the_source(many: Paths) -> None:
    """OTTO's shop (recsys-dataset): 16,896,191 carts of 194,720,954 clicks on products, 5,098,951 orders."""
    counts = np.bincount(many.type_t, minlength=len(EVENT_TYPES))
    # about 250,000 page views: six standard deviations of 0.087 are 6 sqrt(0.087 x 0.913 / 250,000) = 0.0034
    assert abs(counts[ADD_TO_CART] / counts[PAGE_VIEW] - 16_896_191 / 194_720_954) < 0.004
    # about 21,000 carts, which are bought by whole sessions: 6 sqrt(0.3 x 0.7 / 21,000) = 0.019, and a third more
    assert abs(counts[PURCHASE] / counts[ADD_TO_CART] - 5_098_951 / 16_896_191) < 0.025


def test_products_of_a_session_are_geometric(many: Paths) -> None:
    told = [steps for steps, _ in stories(many)[:-1] if not set("LF") & set(steps)]
    pages = Counter(steps.count("P") for steps in told)
    another = built_in().funnel.another
    for number in range(1, 9):
        assert_share(pages[number], len(told), (1 - another) * another ** (number - 1))


def test_logins_fail_and_are_tried_again(many: Paths) -> None:
    told, login = [steps for steps, _ in stories(many)[:-1]], built_in().login
    begun = [steps for steps in told if steps[0] in "LF"]
    assert_share(len(begun), len(told), login.share)
    counts = np.bincount(many.type_t, minlength=len(EVENT_TYPES))
    # the fifth attempt is the last one: that changes one attempt in twenty thousand
    assert_share(int(counts[LOGIN_FAILED]), int(counts[LOGIN] + counts[LOGIN_FAILED]), login.fails)
    failed = [steps for steps in begun if steps[0] == "F"]
    assert_share(sum(len(steps) > 1 for steps in failed), len(failed), login.retry)
    assert {len(steps) - len(steps.lstrip("F")) for steps in begun} <= set(range(6))


def test_a_login_alone_is_not_rare(many: Paths) -> None:
    """Who only logs in, or fails and leaves, must not be a fraudster for that."""
    told = Counter(steps for steps, _ in stories(many))
    assert told["L"] > 1000
    assert told["F"] > 100
