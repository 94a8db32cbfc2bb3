"""Accounts taken over, from the description.

A takeover is three to five orders on the web, 10 to 90 minutes apart, half of them declined, from one device that the
customer never used; the first visit logs in, and in 60 of 100 cases changes the profile.
"""

import math

import pandas as pd
import pytest

from synth.config.recipe import load_recipe
from synth.engine.prepare import prepare
from synth.errors import ConfigError
from tests.worlds import tables_of

WORLD = (
    "experiment=account_takeover",
    "population.customers.number=2000",
    "population.cards=2400",
    "timeline.end=2022-02-01",
    "block_rows=20000",
)
FRAUD = ("scenario.account_takeover.ratio=null", "scenario.account_takeover.episodes=300")


@pytest.fixture(scope="module")
def found() -> dict[str, pd.DataFrame]:
    return tables_of(prepare(load_recipe([*WORLD, *FRAUD])[0]))


@pytest.fixture(scope="module")
def fraud(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows = found["transactions"]
    return rows[rows.fraud_label == 1]


@pytest.fixture(scope="module")
def clicks(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The clicks with their truth."""
    return found["clicks"].merge(found["click_labels"], on="click_id", how="left")


def test_orders_are_as_described(found: dict[str, pd.DataFrame], fraud: pd.DataFrame) -> None:
    episodes = fraud.groupby("episode_id")
    assert episodes.ngroups == 300
    assert episodes.size().between(3, 5).all()
    assert (episodes.card_id.nunique() == 1).all()
    assert episodes.time.diff().dropna().dt.total_seconds().between(600, 5400).all()
    assert (fraud.channel == "online").all()
    declined = (fraud.auth_result == "declined").mean()
    assert abs(declined - 0.5) < 6 * 0.5 / math.sqrt(len(fraud))
    assert (fraud.decline_reason.notna() == (fraud.auth_result == "declined")).all()
    assert (episodes.role.first() == "first_order").all()
    assert (fraud.role == "first_order").sum() == 300


def test_orders_go_to_shops_on_the_web(found: dict[str, pd.DataFrame], fraud: pd.DataFrame) -> None:
    """Nobody honest buys online at a shop with a door: fraud that did would be told by that."""
    rows = found["transactions"]
    honest = rows[(rows.fraud_label == 0) & (rows.channel == "online")]
    assert len(honest) > 2000
    elsewhere = rows[(rows.fraud_label == 0) & ~rows.channel.isin(["online", "recurring"])]
    assert not set(fraud.merchant_id) & set(elsewhere.merchant_id)
    assert not set(fraud.category) - set(honest.category)
    shares = fraud.category.value_counts(normalize=True).sub(honest.category.value_counts(normalize=True), fill_value=0)
    # 1,200 orders put a share within 6 sqrt(0.25 / 1,200) = 0.087; those of one victim are alike
    assert shares.abs().max() < 0.12


def test_one_episode_spans_both_tables(
    found: dict[str, pd.DataFrame], fraud: pd.DataFrame, clicks: pd.DataFrame
) -> None:
    theirs = clicks[clicks.scenario == "account_takeover"]
    assert set(theirs.episode_id) == set(fraud.episode_id) == set(found["episodes"].episode_id)
    episodes = theirs.groupby("episode_id")
    assert (episodes.device_id.nunique() == 1).all()
    assert (episodes.customer_id.nunique() == 1).all()
    assert episodes.role.first().isin(["login"]).all()
    assert not set(theirs.device_id) & set(clicks[clicks.scenario.isna()].device_id)
    assert theirs.device_id.nunique() == 300
    changed = theirs[theirs.role == "profile_change"].episode_id.nunique() / 300
    # 0.6, and now and then an honest one more; 6 sqrt(0.24 / 300) = 0.17
    assert abs(changed - 0.6) < 0.17


def test_the_conjunction_tells_takeovers_and_nothing_else_does(clicks: pd.DataFrame) -> None:
    """A device new to the customer, and within six hours on it a profile change and a purchase."""
    known = 100_000  # devices of the population are numbered from 0; others are not in its table
    seen = clicks.assign(new=clicks.device_id > known, fraud=clicks.scenario.notna(), hours=clicks.time.dt.floor("6h"))
    for name, kind in (("login", "login"), ("change", "profile_change"), ("bought", "purchase")):
        seen[name] = clicks.event_type == kind
    features = ["new", "login", "change", "bought"]
    seen = seen.groupby(["customer_id", "device_id", "hours"])[[*features, "fraud"]].max()
    flagged = seen.new & seen.change & seen.bought
    assert seen.fraud[flagged].mean() > 0.9
    episodes = clicks[clicks.role == "first_order"].episode_id.nunique()
    # 60 % change the profile, and most have their first order within the same six hours
    assert (flagged & seen.fraud).sum() > 0.45 * episodes
    for single in features:
        assert seen.fraud[seen[single]].mean() < 0.75, single


def test_without_clicks_it_works_on_transactions_alone(found: dict[str, pd.DataFrame]) -> None:
    alone = tables_of(prepare(load_recipe([*WORLD, *FRAUD, "clicks=none"])[0]))
    assert "clicks" not in alone
    pd.testing.assert_frame_equal(alone["transactions"], found["transactions"])


def test_without_authorisation_nothing_is_declined() -> None:
    words = ("generator.authorisation=null", "columns=spending", "scenario.account_takeover.ratio=0.01")
    rows = tables_of(prepare(load_recipe([*WORLD, *words, "clicks=none", "timeline.end=2022-01-08"])[0]))[
        "transactions"
    ]
    assert (rows[rows.fraud_label == 1].channel == "online").all()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("generator=uniform",), "it uses .*the column channel, which this world lacks"),
        (("generator=clickstream",), "it uses .*the column channel, which this world lacks"),
        (("scenario.account_takeover.multiple.min=3",), "min 3 is above max 2"),
    ],
)
def test_what_does_not_fit_is_told(words: tuple[str, ...], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_recipe(["scenario=account_takeover", *words])
