"""The notebook's events: everything uniform, nothing depends on anything."""

from collections import Counter

import pandas as pd
import pytest

import synth
from tests.chi_square import chi_square, far

RECIPE = (
    "experiment=clickstream_independent",
    "generator.transactions=40000",
    "timeline.end=2022-01-29",
    "block_rows=9000",
)
TYPES = ("page_view", "click", "add_to_cart", "purchase")
CATEGORIES = ("electronics", "fashion", "home", "books", "toys")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synth.generate(*RECIPE)


def test_the_columns_are_the_notebooks(frame: pd.DataFrame) -> None:
    named = ["event_id", "timestamp", "customer_id", "session_id", "event_type"]
    assert [*frame.columns] == [*named, "product_id", "product_category", "price", "fraud_label"]
    assert len(frame) == 40_000
    assert frame.session_id.is_unique


def test_values_are_uniform(frame: pd.DataFrame) -> None:
    for values, wanted in (
        (frame.event_type, TYPES),
        (frame.product_category, CATEGORIES),
        (frame.product_id, range(1, 501)),
        (frame.customer_id, range(1, 1001)),
        (frame.timestamp.dt.hour, range(24)),
        ((frame.price // 10).astype(int), range(1, 50)),
    ):
        expected = {value: len(frame) / len(wanted) for value in wanted}
        assert chi_square(Counter(values.tolist()), expected) < far(len(wanted))


def test_nothing_depends_on_anything(frame: pd.DataFrame) -> None:
    pairs = Counter(zip(frame.event_type, frame.product_category, frame.product_id % 10, strict=True))
    expected = {(kind, name, digit): len(frame) / 200 for kind in TYPES for name in CATEGORIES for digit in range(10)}
    assert chi_square(pairs, expected) < far(200)


def test_bots_need_visits_and_are_told() -> None:
    """Each event is a visit of its own here: a bot that fills a cart before it pays would be told by that alone."""
    with pytest.raises(synth.ConfigError, match=r"scenario\.bot_checkout: it uses the column device_id"):
        synth.generate(*RECIPE, "scenario=bot_checkout", "columns=full")
