"""Fraud agrees with what it names, whatever a pattern sets and leaves open."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synth
from synth.errors import RefusedError, RunError
from synth.generators.spending.walks import AT_ONCE_KM, KM_PER_HOUR
from tests.generators.spending import setter
from tests.worlds import TOWNS

PLUGIN = Path(setter.__file__)
WORLD = (
    *TOWNS,
    "columns=payments",
    "scenario=setter",
    "timeline.start=2024-02-01",
    "timeline.end=2024-02-15",
)

#: What a pattern sets → what its rows then have to say.
SET: dict[tuple[str, ...], dict[str, object]] = {
    (): {},
    ("texts={category: fuel}",): {"category": "fuel"},
    ("texts={category: electronics, channel: chip}",): {"category": "electronics", "channel": "chip"},
    ("texts={channel: online}",): {"channel": "online"},
    ("texts={channel: contactless}",): {"channel": "contactless"},
    ("texts={category: web_shop}", "amount_minor=120"): {"category": "web_shop", "amount": 1.2},
    ("numbers={merchant_id: 17}",): {"merchant_id": 17},
    ("numbers={terminal_id: 23}",): {"terminal_id": 23},
    ("numbers={terminal_id: 23}", "times=3"): {"terminal_id": 23},
    ("amount_minor=250000",): {"amount": 2500.0},
}


def tables_made(*overrides: str, plugin_files: Sequence[Path] = ()) -> dict[str, pd.DataFrame]:
    """All tables of a run, in which categories compare as texts."""
    plan = synth.plan(*overrides, plugin_files=plugin_files)
    return {name: table.to_arrow().to_pandas() for name, table in plan.tables.items()}


def made(*settings: str) -> Mapping[str, pd.DataFrame]:
    """The tables of a run with a pattern so set, its fraud as ``fraud``, and where its terminals are."""
    overrides = [
        *WORLD,
        *(f"+scenario.setter.{setting}" if "{" in setting else f"scenario.setter.{setting}" for setting in settings),
    ]
    tables = tables_made(*overrides, plugin_files=[PLUGIN])
    rows = tables["transactions"]
    return tables | {"fraud": rows[rows.fraud_label == 1], "honest": rows[rows.fraud_label == 0]}


@pytest.fixture(scope="module", params=SET, ids=lambda settings: ", ".join(settings) or "nothing")
def run(request: pytest.FixtureRequest) -> tuple[Mapping[str, pd.DataFrame], dict[str, object]]:
    return made(*request.param), SET[request.param]


def test_what_a_pattern_sets_stays(run: tuple[Mapping[str, pd.DataFrame], dict[str, object]]) -> None:
    tables, wanted = run
    assert len(tables["fraud"]) == 1500
    for column, value in wanted.items():
        assert (tables["fraud"][column] == value).all(), column


def test_every_row_agrees_with_what_it_names(run: tuple[Mapping[str, pd.DataFrame], dict[str, object]]) -> None:
    rows, tables = run[0]["transactions"], run[0]
    terminals, merchants, cards = (tables[name] for name in ("terminals", "merchants", "cards"))
    assert (rows.merchant_id.to_numpy() == terminals.merchant_id.to_numpy()[rows.terminal_id]).all()
    assert (rows.category.to_numpy() == merchants.category.to_numpy()[rows.merchant_id]).all()
    assert (rows.customer_id.to_numpy() == cards.customer_id.to_numpy()[rows.card_id]).all()
    paid = rows[rows.channel != "recurring"]
    assert ((paid.channel == "online").to_numpy() == (merchants.online.to_numpy()[paid.merchant_id] == 1)).all()
    beyond = (rows.amount * 100).round() > cards.limit_minor.to_numpy()[rows.card_id]
    assert (beyond == (rows.decline_reason == "limit_exceeded")).all()


def test_a_thief_needs_time_between_places(run: tuple[Mapping[str, pd.DataFrame], dict[str, object]]) -> None:
    tables, wanted = run
    fraud = tables["fraud"].sort_values(["episode_id", "time"])
    fraud = fraud[fraud.channel != "online"]
    x, y = (tables["terminals"][axis].to_numpy()[fraud.terminal_id] for axis in ("x_km", "y_km"))
    same = np.diff(fraud.episode_id) == 0
    hours = fraud.time.diff().dt.total_seconds().to_numpy()[1:] / 3600
    km = np.hypot(np.diff(x), np.diff(y))
    far = same & (km > AT_ONCE_KM + KM_PER_HOUR * hours + 1e-6)
    # who has to buy a thing, and nowhere else, may not find it on the way
    assert far.sum() <= (0.02 * len(far) if "category" in wanted else 0)


def test_an_open_amount_is_what_the_shop_takes() -> None:
    """Amounts by category are those of honest rows; three times that for who spends three times as much."""
    plain, dear = (made(*some)["fraud"] for some in ((), ("times=3",)))
    honest = made()["honest"]
    medians = honest[honest.channel != "recurring"].groupby("category", observed=True).amount.median()
    for fraud, times in ((plain, 1.0), (dear, 3.0)):
        ratio = np.log(fraud.amount / (times * medians.loc[fraud.category.astype(str)].to_numpy()))
        # the spread of amounts around a median is about 1 in the logarithm; a mean of 300 episodes is within 6 x .06
        assert abs(ratio.median()) < 0.36


def test_a_set_amount_is_paid_where_such_prices_are() -> None:
    """What is bought for 300 is what honest people buy for some 300."""
    tables = made("amount_minor=30000")
    honest = tables["honest"]
    dear = honest[(honest.amount > 200) & (honest.amount < 450) & (honest.channel != "recurring")]
    usual = dear.category.value_counts(normalize=True)
    found = tables["fraud"].drop_duplicates("episode_id").category.value_counts(normalize=True)
    assert len(dear) > 100
    # 300 episodes among 18 categories are sqrt(18 / 300) / 2 = 0.12 apart by chance, and those of the night more
    assert found.sub(usual, fill_value=0).abs().sum() / 2 < 0.3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("numbers={customer_id: 1}",), "column 'customer_id' is not for a pattern to set: it follows from card_id"),
        (("texts={auth_result: declined}",), "column 'auth_result' is not for a pattern to set"),
        (("numbers={terminal_id: 1}", "texts={category: fuel}"), "'category' follows from terminal_id, which it sets"),
        (("numbers={merchant_id: 1, terminal_id: 1}",), "'merchant_id' follows from terminal_id, which it sets, too"),
        (("texts={channel: recurring}",), "no fraud is a standing order"),
    ],
)
def test_a_contradiction_is_refused_in_the_authors_words(settings: tuple[str, ...], message: str) -> None:
    with pytest.raises(RunError, match=message):
        made(*settings)


def test_what_nobody_sells_so_is_refused() -> None:
    with pytest.raises(
        RefusedError, match="a scenario buys fuel on the web, and no merchant that was drawn sells it so"
    ):
        made("texts={category: fuel, channel: online}")


def test_claims_are_authorised_again_and_can_be_put_back() -> None:
    """Five times the amount may go beyond the limit; the labels keep what was before, so that the control world can be
    put back."""
    world = [o for o in WORLD if o != "scenario=setter"]
    attack = ("scenario=stolen_card", "scenario.stolen_card.share=1", "scenario.stolen_card.per_day=100")
    tables = tables_made(*world, *attack, "scenario.stolen_card.factor=50")
    rows, labels = tables["transactions"], tables["labels"]
    cards = tables["cards"]
    beyond = (rows.amount * 100).round() > cards.limit_minor.to_numpy()[rows.card_id]
    assert (beyond == (rows.decline_reason == "limit_exceeded")).all()
    claimed = rows.set_index("event_id").loc[labels.event_id]
    assert (claimed.decline_reason == "limit_exceeded").sum() > 50
    for column in ("auth_result", "decline_reason"):
        rows[column] = rows[column].astype(object)
        rows.loc[labels.event_id, column] = labels[f"{column}_before"].astype(object).to_numpy()
    rows.loc[labels.event_id, "amount"] = labels.amount_before_minor.to_numpy() / 100
    control = tables_made(*world, "scenario=[]")["transactions"]
    for column in control.columns.difference(["fraud_label", "scenario", "episode_id", "role"]):
        pd.testing.assert_series_equal(rows[column].astype(object), control[column].astype(object))
