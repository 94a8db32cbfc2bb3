"""Leaked passwords, from the description.

An attack goes through 20 to 200 accounts, 1 to 5 s apart, from one device; on each one or two logins, 2 to 10 s apart,
of which the last works with a chance of 0.01.
"""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth.errors import ConfigError
from synth.injectors.credential_stuffing import _go_through
from synth.recipe import load_recipe
from tests.generators.clickstream.shop import SHOP

WORLD = (*SHOP, "generator.transactions=300000", "timeline.end=2022-02-01", "block_rows=40000")
ATTACKS = ("scenario=credential_stuffing", "scenario.credential_stuffing.ratio=0.05")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synth.generate(*WORLD, *ATTACKS)


@pytest.fixture(scope="module")
def fraud(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame.fraud_label == 1]


def test_an_account_is_tried_once_or_twice(fraud: pd.DataFrame) -> None:
    assert len(fraud) == 15_000
    accounts = fraud.groupby("episode_id")
    assert accounts.size().between(1, 2).all()
    for column in ("customer_id", "session_id", "product_id", "price", "device_id"):
        assert (accounts[column].nunique() == 1).all(), column
    assert accounts.timestamp.diff().dropna().dt.total_seconds().between(2, 10).all()
    assert (fraud.role.map({"attempt": "login_failed", "success": "login"}) == fraud.event_type).all()
    worked = accounts.role.max() == "success"
    assert abs(worked.mean() - 0.01) < 6 * math.sqrt(0.01 * 0.99 / len(worked))
    last = fraud.drop_duplicates("episode_id", keep="last")
    assert (fraud[fraud.role == "success"].event_id.isin(last.event_id)).all()


def test_an_attack_goes_through_many_accounts_from_one_device(frame: pd.DataFrame, fraud: pd.DataFrame) -> None:
    first = fraud.drop_duplicates("episode_id")
    attacks = first.groupby("device_id")
    sizes = attacks.size()
    assert len(sizes) > 50
    assert sizes.max() <= 200
    assert (sizes < 20).sum() <= 1
    # an attack may come to an account twice where the list begins anew
    assert (attacks.customer_id.nunique() >= sizes - 20).all()
    # an account that meets another event of its customer moves as a whole, by a minute at first
    lasting = (attacks.timestamp.max() - attacks.timestamp.min()).dt.total_seconds()
    assert (lasting <= 5 * sizes + 240).all()
    assert not set(sizes.index) & set(frame[frame.fraud_label == 0].device_id)


def test_failures_of_a_device_tell_attacks_from_people(frame: pd.DataFrame) -> None:
    logins = frame[frame.event_type.isin(["login", "login_failed"])]
    ten_minutes = logins.groupby(["device_id", logins.timestamp.dt.floor("10min")])
    seen = pd.DataFrame(
        {
            "failed": ten_minutes.event_type.agg(lambda kinds: (kinds == "login_failed").sum()),
            "accounts": ten_minutes.customer_id.nunique(),
            "fraud": ten_minutes.fraud_label.max(),
        }
    )
    flagged = (seen.failed >= 8) & (seen.accounts >= 5)
    assert seen.fraud.sum() > 100
    # what is cut off at either end of an attack by the ten minutes may be too little
    assert flagged[seen.fraud == 1].mean() > 0.8
    assert not flagged[seen.fraud == 0].any()


def test_no_single_event_tells_them_but_by_what_is_declared(frame: pd.DataFrame, fraud: pd.DataFrame) -> None:
    """A failed login of an attack, beside an honest one: price, category and customer are those of anybody."""
    one = fraud.drop_duplicates("episode_id")
    one, honest = (rows[rows.event_type == "login_failed"] for rows in (one, frame[frame.fraud_label == 0]))
    assert len(honest) > 1500
    for column in ("price", "customer_id", "session_id"):
        above = (one[column] > honest[column].median()).mean()
        # 1,900 honest failures put the median within 0.07 of the half, at six standard deviations; customers differ in
        # how often they come, which moves it further
        assert abs(above - 0.5) < 0.15, column
    shares = one.product_category.value_counts(normalize=True) - honest.product_category.value_counts(normalize=True)
    # 6 sqrt(0.2 x 0.8 / 1,900) = 0.055
    assert shares.abs().max() < 0.06
    assert (frame.groupby("product_id").price.nunique() == 1).all()


def test_honest_customers_log_in_and_fail_as_well(frame: pd.DataFrame) -> None:
    genuine = frame[frame.fraud_label == 0]
    sessions = genuine.groupby("session_id").event_type.agg(list).map(tuple)
    assert (sessions == ("login",)).sum() > 1000
    assert sessions.isin([("login_failed",), ("login_failed", "login_failed")]).sum() > 100


@given(st.integers(1, 40), st.integers(1, 200), st.integers(0, 9))
def test_nobody_comes_again_before_everybody_has_been_there(cards: int, size: int, seed: int) -> None:
    card_e = _go_through(cards, size, rng=np.random.default_rng(seed))
    assert len(card_e) == size
    counts = np.bincount(card_e, minlength=cards)
    assert counts.max() - counts.min() <= 1
    for first in range(0, size, cards):
        assert len(set(card_e[first : first + cards].tolist())) == min(cards, size - first)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (("generator=uniform",), "an attack needs the logins and devices of a web shop"),
        (("generator=clickstream_independent",), "an attack needs the logins and devices of a web shop"),
        (
            ("generator=clickstream", "generator.transactions=20000", "timeline.end=2022-01-01T00:16:00"),
            "an attack on 200 accounts can last 1,005 s, longer than the window",
        ),
    ],
)
def test_what_does_not_fit_is_told(overrides: tuple[str, ...], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_recipe(["scenario=credential_stuffing", *overrides])
