"""Fraud in a web shop agrees with the product that it names, whatever a pattern sets."""

from pathlib import Path

import pandas as pd
import pytest

import synth
from synth.errors import RunError
from tests.generators.spending import setter

PLUGIN = Path(setter.__file__)
WORLD = (
    "generator=clickstream",
    "generator.transactions=20000",
    "generator.products=200",
    "population.cards=500",
    "columns=clickstream_full",
    "scenario=setter",
    "timeline.end=2022-01-20",
)


def made(*settings: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The honest and the fraudulent rows of a run with a pattern so set."""
    words = [f"{'+' * ('{' in setting)}scenario.setter.{setting}" for setting in settings]
    rows = synth.plan(*WORLD, *words, plugin_files=[PLUGIN]).tables["transactions"].to_arrow().to_pandas()
    return rows[rows.fraud_label == 0], rows[rows.fraud_label == 1]


@pytest.mark.parametrize(
    ("settings", "column", "value"),
    [
        ((), "fraud_label", 1),
        (("numbers={product_id: 17}",), "product_id", 17),
        (("texts={product_category: books}",), "product_category", "books"),
        (("texts={product_category: books}", "amount_minor=5000"), "product_category", "books"),
    ],
)
def test_a_product_has_its_price_and_its_category(settings: tuple[str, ...], column: str, value: object) -> None:
    honest, fraud = made(*settings)
    assert len(fraud) == 1500
    assert (fraud[column] == value).all()
    shop = honest.drop_duplicates("product_id").set_index("product_id")
    known = fraud[fraud.product_id.isin(shop.index)]
    assert len(known) > 1000
    named = shop.loc[known.product_id]
    assert (known.product_category.to_numpy() == named.product_category.to_numpy()).all()
    if not any("amount" in setting for setting in settings):
        assert (known.price.to_numpy() == named.price.to_numpy()).all()


def test_another_price_than_the_products_is_refused() -> None:
    with pytest.raises(RunError, match="the amount is the product's price, so leave it out"):
        made("numbers={product_id: 17}", "amount_minor=1")


def test_a_product_that_is_not_there_is_told() -> None:
    with pytest.raises(RunError, match="sets product_id 201; there are 200"):
        made("numbers={product_id: 201}")
