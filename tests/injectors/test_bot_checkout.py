"""The bot that buys up a product, from its description.

An account's session on one product, 9 to 60 events, 1 to 3 s apart: up to three looks, then page_view, click and
add_to_cart again and again, and as many purchases.
"""

from collections import Counter

import pandas as pd
import pytest

import synth
from synth.config.recipe import load_recipe
from synth.errors import ConfigError
from tests.chi_square import chi_square, far
from tests.generators.clickstream.shop import SHOP

WORLD = (*SHOP, "generator.transactions=300000", "timeline.end=2022-02-01", "block_rows=40000")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synth.generate(*WORLD, "scenario=bot_checkout", "scenario.bot_checkout.ratio=0.05")


@pytest.fixture(scope="module")
def fraud(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame.fraud_label == 1]


def test_a_bot_fills_its_cart_with_one_product_and_pays(fraud: pd.DataFrame) -> None:
    assert len(fraud) == 15_000
    roles = {"page_view": "look", "click": "look", "add_to_cart": "cart", "purchase": "buy"}
    assert (fraud.event_type.astype(str).map(roles) == fraud.role.astype(str)).all()
    bots = fraud.groupby("episode_id")
    letters = fraud.event_type.astype(str).str[0]  # p for page_view and purchase alike
    for walk in letters.groupby(fraud.episode_id).agg("".join):
        times = len(walk) // 4
        assert walk == "p" * (len(walk) % 4) + "pca" * times + "p" * times
    assert bots.size().between(9, 60).all()
    for column in ("customer_id", "session_id", "product_id", "product_category", "price", "device_id"):
        assert (bots[column].nunique() == 1).all(), column
    gaps = bots.timestamp.diff().dropna().dt.total_seconds()
    assert chi_square(Counter(gaps.tolist()), dict.fromkeys((1.0, 2.0, 3.0), len(gaps) / 3)) < far(3)


def test_ids_prices_and_categories_are_those_of_the_shop(frame: pd.DataFrame, fraud: pd.DataFrame) -> None:
    genuine = frame[frame.fraud_label == 0]
    assert (frame.groupby("product_id").price.nunique() == 1).all()
    assert (frame.groupby("product_id").product_category.nunique() == 1).all()
    assert not set(fraud.session_id) & set(genuine.session_id)
    assert fraud.session_id.between(0, 2**53 - 1).all()
    bought = fraud.drop_duplicates("episode_id").product_id
    looked = genuine[genuine.event_type == "page_view"].product_id.value_counts(normalize=True)
    # about 430 bots choose products as honest visitors do: the ten most popular ones have 0.29 of both; six standard
    # deviations are 6 sqrt(0.29 x 0.71 / 430) = 0.13
    assert abs(bought.isin(looked.index[:10]).mean() - looked.iloc[:10].sum()) < 0.13


def test_the_cadence_of_a_session_tells_bots_from_people(frame: pd.DataFrame) -> None:
    sessions = frame.groupby("session_id")
    seen = pd.DataFrame(
        {
            "events": sessions.size(),
            "gap_s": sessions.timestamp.diff().dt.total_seconds().groupby(frame.session_id).median(),
            "buys": frame.event_type.eq("purchase").groupby(frame.session_id).sum(),
            "fraud": sessions.fraud_label.max(),
        }
    )
    flagged = (seen.gap_s <= 3) & (seen.events >= 9)
    assert seen.fraud.sum() > 350
    assert flagged[seen.fraud == 1].all()
    assert flagged[seen.fraud == 0].mean() < 0.001
    busy = seen.buys >= 2
    assert busy[seen.fraud == 1].all()
    assert busy[seen.fraud == 0].mean() < 0.02


def test_no_single_event_tells_them_but_by_what_is_declared(frame: pd.DataFrame, fraud: pd.DataFrame) -> None:
    """One event a bot, compared within its type: price, category, customer and device are those of anybody."""
    one = fraud.sample(frac=1, random_state=1).drop_duplicates("episode_id")
    genuine = frame[frame.fraud_label == 0]
    for kind, rows in one.groupby("event_type"):
        honest = genuine[genuine.event_type == kind]
        assert len(rows) > 90
        for column in ("price", "customer_id", "session_id", "device_id"):
            above = (rows[column] > honest[column].median()).mean()
            # a fair coin: six standard deviations of 90 throws are 6 x 0.5 / sqrt(90) = 0.32
            assert abs(above - 0.5) < 0.32, (kind, column)
        shares = rows.product_category.value_counts(normalize=True)
        assert (abs(shares - honest.product_category.value_counts(normalize=True)) < 0.26).all()


def test_episodes_lie_on_top_of_an_untouched_world(frame: pd.DataFrame) -> None:
    control = synth.generate(*WORLD)
    genuine = frame[frame.fraud_label == 0].reset_index(drop=True)
    truth = ["event_id", "scenario", "episode_id", "role"]
    assert genuine[truth[1:]].isna().all(axis=None)
    pd.testing.assert_frame_equal(genuine.drop(columns=truth), control.drop(columns=truth), check_categorical=False)


@pytest.mark.parametrize("generator", ["uniform", "clickstream_independent"])
def test_a_generator_without_sessions_is_refused(generator: str) -> None:
    with pytest.raises(ConfigError, match=r"it uses the columns? .*device_id, which this world lacks"):
        load_recipe(["scenario=bot_checkout", f"generator={generator}"])
