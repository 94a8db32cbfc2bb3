"""A day from which people behave otherwise."""

import pandas as pd
import pytest

import synth
from synth.config.recipe import load_recipe
from synth.engine.prepare import prepare
from synth.generators.spending.generator import SpendingGenerator

DAY = pd.Timestamp("2023-03-15", tz="UTC")
PEOPLE = (
    "population=retail_us",
    "population.cards=3500",
    "population.customers.number=3000",
    "population.merchants.number=900",
    "population.merchants.terminals=1500",
    "population.cities.number=8",
    "generator=spending",
    "generator.holidays=null",
    "generator.pay_day=null",
    "generator.standing=null",
    "columns=payments",
    "timeline.start=2023-03-01",
    "timeline.end=2023-03-29",
    "block_rows=20000",
)


def drifting(**changes: str) -> pd.DataFrame:
    drift = {"day": "'2023-03-15'", "rate": "1", "online": "1", "amount": "1", "mix": "{}"} | changes
    return synth.generate(*PEOPLE, "generator.drift={" + ", ".join(f"{k}: {v}" for k, v in drift.items()) + "}")


def web_odds(rows: pd.DataFrame) -> float:
    """Purchases on the web against others."""
    online = rows.channel[rows.channel != "recurring"].eq("online").mean()
    return float(online / (1 - online))


def halves(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return frame[frame.time < DAY], frame[frame.time >= DAY]


@pytest.fixture(scope="module")
def stable_uniform() -> pd.DataFrame:
    return synth.generate(*PEOPLE)


def test_a_drift_of_nothing_changes_nothing(stable_uniform: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(drifting(), stable_uniform)


def test_people_buy_more_often() -> None:
    before, after = halves(drifting(rate="1.5"))
    # two times two weeks; some 50,000 and 75,000 rows: six standard deviations of the ratio are 0.05
    assert abs(len(after) / len(before) - 1.5) < 0.05


def test_amounts_rise(stable_uniform: pd.DataFrame) -> None:
    frame = drifting(amount="1.25")
    before, after = halves(frame)
    pd.testing.assert_frame_equal(before, halves(stable_uniform)[0])
    # both are rounded to cents
    assert (after.amount - 1.25 * halves(stable_uniform)[1].amount).abs().max() < 0.012


def test_odds_of_the_web_and_the_mix_shift() -> None:
    before, after = halves(drifting(online="3", mix="{travel: 0.1, web_shop: 2, bar: 0}"))
    shares = [part.category.astype(str).value_counts(normalize=True) for part in (before, after)]
    assert "bar" in shares[0].index
    assert "bar" not in shares[1].index
    weight = {"travel": 0.1, "web_shop": 2}
    for category, factor in weight.items():
        # against a category whose weight stays
        odds = [share[category] / share["grocery"] for share in shares]
        assert 0.8 < odds[1] / odds[0] / factor < 1.25
    clothes = [web_odds(part[part.category == "clothing"]) for part in (before, after)]
    # each segment's odds are three times as high; those of all together less, for their odds differ
    assert 1.8 < clothes[1] / clothes[0] < 3.3


def test_fraud_drifts_with_them() -> None:
    chains = ("scenario=card_chain", "scenario.card_chain.mode=add", "scenario.card_chain.ratio=0.1")
    drift = "generator.drift={day: '2023-03-15', rate: 1, online: 3, amount: 1, mix: {bar: 0}}"
    frame = synth.generate(*PEOPLE, *chains, "scenario.card_chain.follower_amount=run", drift)
    before, after = halves(frame[frame.fraud_label == 1])
    assert "bar" in set(before.category)
    assert "bar" not in set(after.category)
    assert web_odds(after) > 1.3 * web_odds(before)


def test_the_law_by_which_fraud_hides_is_that_of_the_whole_window() -> None:
    drift = "generator.drift={day: '2023-03-15', rate: 1, online: 1, amount: 4, mix: {}}"
    world = prepare(load_recipe([*PEOPLE, drift])[0])
    components = world.make_block.components
    assert isinstance(components.generator, SpendingGenerator)
    drawn = components.context.amount.draw(40_000, rng=components.genuine_streams.draw("test")) / 100
    frame = synth.generate(*PEOPLE, drift)
    quantiles = [0.1, 0.5, 0.9]
    ratio = pd.Series(drawn).quantile(quantiles) / frame.amount.quantile(quantiles)
    # it knows no hours and no terminals: about the same
    assert ratio.between(0.8, 1.25).all()


def test_the_preset_shows_one() -> None:
    frame = synth.generate("experiment=drift", "timeline.start=2022-03-01", "timeline.end=2022-04-01")
    day = pd.Timestamp("2022-03-15", tz="UTC")
    assert web_odds(frame[frame.time >= day]) > 1.3 * web_odds(frame[frame.time < day])
