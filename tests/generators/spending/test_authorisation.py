"""What the issuer declines, and why."""

import numpy as np
import pandas as pd
import pytest

import synth
from synth.config.recipe import load_recipe
from synth.engine.prepare import Prepared, prepare
from synth.generators.spending.circumstances import REASONS
from tests.worlds import tables_of

MONTH = (
    "population=retail_us",
    "population.cards=5000",
    "population.customers.number=4000",
    "population.merchants.number=900",
    "population.merchants.terminals=1500",
    "population.cities.number=8",
    "generator=spending",
    "columns=payments",
    "timeline.start=2023-03-01",
    "timeline.end=2023-04-15",
)
CHAINS = (
    "scenario=card_chain",
    "scenario.card_chain.mode=add",
    "scenario.card_chain.follower_amount=run",
    "scenario.card_chain.ratio=0.15",
)
#: conf/generator/spending.yaml
RATES = {
    "chip": {"insufficient_funds": 0.008, "wrong_pin": 0.006, "expired_card": 0.0003, "suspected_fraud": 0.0005},
    "contactless": {"insufficient_funds": 0.006, "expired_card": 0.0003, "suspected_fraud": 0.0004},
    "online": {"insufficient_funds": 0.016, "wrong_cvc": 0.012, "expired_card": 0.005, "suspected_fraud": 0.0033},
    "recurring": {"insufficient_funds": 0.03, "expired_card": 0.012, "suspected_fraud": 0.001},
}


@pytest.fixture(scope="module")
def world() -> Prepared:
    return prepare(load_recipe([*MONTH, *CHAINS])[0])


@pytest.fixture(scope="module")
def frame(world: Prepared) -> pd.DataFrame:
    return tables_of(world)["transactions"]


def test_a_reason_stands_where_a_payment_is_declined(frame: pd.DataFrame) -> None:
    assert set(frame.auth_result) == {"approved", "declined"}
    assert (frame.decline_reason.isna() == (frame.auth_result == "approved")).all()
    assert set(frame.decline_reason.dropna()) == set(REASONS)


@pytest.mark.parametrize(
    ("channel", "label"),
    [(channel, label) for channel in RATES for label in (0, 1) if (channel, label) != ("recurring", 1)],
)
def test_shares_are_those_of_the_channel(frame: pd.DataFrame, channel: str, label: int) -> None:
    rows = frame[(frame.channel == channel) & (frame.fraud_label == label)]
    assert len(rows) > 1000
    within = rows[rows.decline_reason != "limit_exceeded"]
    for reason in REASONS[:-1]:
        share = RATES[channel].get(reason, 0.0)
        # six standard deviations of a share
        apart = abs((within.decline_reason == reason).mean() - share)
        assert apart <= 6 * np.sqrt(share * (1 - share) / len(within)), reason


def test_nobody_spends_more_than_the_card_allows(world: Prepared, frame: pd.DataFrame) -> None:
    people = world.make_block.components.world.population
    assert people is not None
    beyond = frame.amount > people.cards.limit_minor_c[frame.card_id] / 100 + 0.001
    assert (beyond == (frame.decline_reason == "limit_exceeded")).all()
    assert 0 < beyond.mean() < 0.01


def test_limits_can_be_left_out_of_it() -> None:
    frame = synth.generate(*MONTH, "timeline.end=2023-03-08", "generator.authorisation.beyond_limit=null")
    assert "limit_exceeded" not in set(frame.decline_reason)


def test_fraud_leaves_what_others_were_told(frame: pd.DataFrame) -> None:
    control = synth.generate(*MONTH, "scenario=[]")
    genuine = frame[frame.fraud_label == 0].reset_index(drop=True)
    assert len(genuine) == len(control)
    for column in [name for name in frame if name not in ("event_id", "scenario", "episode_id", "role")]:
        pd.testing.assert_series_equal(genuine[column], control[column].astype(genuine[column].dtype))


def test_without_it_there_are_no_columns() -> None:
    view = "columns.fields=[{name: a, source: auth_result}]"
    with pytest.raises(synth.ConfigError, match="no event column named 'auth_result'"):
        load_recipe([*MONTH, "generator.authorisation=null", view])
