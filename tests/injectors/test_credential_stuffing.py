"""Leaked passwords, from the description.

An attack tries 30 to 300 logins, 1 to 5 s apart, each on another account, from one device; one in a hundred works.
"""

import math
from collections import Counter

import pandas as pd
import pytest

import synth
from synth.config.recipe import load_recipe
from synth.errors import ConfigError
from tests.chi_square import chi_square, far
from tests.generators.clickstream.shop import SHOP

WORLD = (*SHOP, "generator.transactions=300000", "timeline.end=2022-02-01", "block_rows=40000")
ATTACKS = ("scenario=credential_stuffing", "scenario.credential_stuffing.ratio=0.05")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synth.generate(*WORLD, *ATTACKS)


@pytest.fixture(scope="module")
def fraud(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame.fraud_label == 1]


def test_an_attack_tries_many_accounts_once_from_one_device(frame: pd.DataFrame, fraud: pd.DataFrame) -> None:
    assert len(fraud) == 15_000
    attacks = fraud.groupby("episode_id")
    sizes = attacks.size()
    assert sizes.between(30, 300).all()
    assert len(sizes) > 60
    assert (attacks.device_id.nunique() == 1).all()
    assert fraud.device_id.nunique() == len(sizes)
    assert fraud.session_id.is_unique
    gaps = attacks.timestamp.diff().dropna().dt.total_seconds()
    assert chi_square(Counter(gaps.tolist()), dict.fromkeys((1.0, 2.0, 3.0, 4.0, 5.0), len(gaps) / 5)) < far(5)
    assert (attacks.customer_id.nunique() == sizes).all()
    assert fraud.customer_id.nunique() > 950
    for column, honest in (("device_id", 0), ("session_id", 0)):
        assert not set(fraud[column]) & set(frame[frame.fraud_label == honest][column])


def test_few_logins_work(fraud: pd.DataFrame) -> None:
    assert (
        fraud.role.map({"attempt": "login_failed", "success": "login"}).astype(str) == fraud.event_type.astype(str)
    ).all()
    worked = (fraud.role == "success").mean()
    assert abs(worked - 0.01) < 6 * math.sqrt(0.01 * 0.99 / len(fraud))


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
    assert seen.fraud.sum() > 80
    # what is cut off at either end of an attack by the ten minutes may be too little
    assert flagged[seen.fraud == 1].mean() > 0.8
    assert not flagged[seen.fraud == 0].any()


def test_no_single_event_tells_them_but_by_what_is_declared(frame: pd.DataFrame) -> None:
    """A failed login of an attack, beside an honest one: price, category and customer are those of anybody."""
    one, honest = (frame[(frame.event_type == "login_failed") & (frame.fraud_label == label)] for label in (1, 0))
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


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (("generator=uniform",), "it uses the columns? .*device_id, which this world lacks"),
        (("generator=clickstream_independent",), "it uses the columns? .*device_id, which this world lacks"),
        (
            ("generator=clickstream", "generator.transactions=20000", "timeline.end=2022-01-01T00:16:00"),
            "an episode of 300 events can last 1,495 s, longer than the window",
        ),
    ],
)
def test_what_does_not_fit_is_told(overrides: tuple[str, ...], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_recipe(["scenario=credential_stuffing", *overrides])
