"""The products of a shop."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synth.amount import Bucket, BucketsConfig, make_law
from synth.generators.clickstream.goods import Goods, GoodsAmounts, draw_goods
from synth.rng import Streams

NAMES = ("a", "b", "c")


def goods(products: int, high: float, popularity: float = 1.0, seed: int = 1) -> Goods:
    law = make_law(BucketsConfig(buckets=[Bucket(share=1.0, low=10, high=high)]))
    return draw_goods(products, NAMES, popularity, law, streams=Streams(seed, "generator"))


@given(st.integers(1, 300), st.integers(0, 20))
def test_every_product_has_a_price_of_its_own(products: int, seed: int) -> None:
    shop = goods(products, 20.0, seed=seed)
    assert len(set(shop.price_minor_p.tolist())) == products
    counts = np.bincount(shop.category_p, minlength=len(NAMES))
    assert counts.max() - counts.min() <= 1
    found = shop.priced(shop.price_minor_p, rng=np.random.default_rng(seed))
    assert found.tolist() == list(range(products))


def test_prices_repeat_where_there_are_too_few() -> None:
    shop = goods(50, 10.05)
    assert set(shop.price_minor_p.tolist()) == set(range(1000, 1005))
    price = np.repeat(shop.price_minor_p[0], 4000)
    found = shop.priced(price, rng=np.random.default_rng(1))
    assert set(shop.price_minor_p[found].tolist()) == {price[0]}
    alike = np.flatnonzero(shop.price_minor_p == price[0])
    wanted = shop.share_p[alike] / shop.share_p[alike].sum()
    # 4,000 draws: six standard deviations of a share are at most 6 sqrt(0.25 / 4000) = 0.048
    assert abs(np.bincount(found, minlength=50)[alike] / 4000 - wanted).max() < 0.048


def test_another_price_leads_to_one_about_as_high() -> None:
    shop = goods(100, 20.0)
    found = shop.priced(np.array([1, 10**6]), rng=np.random.default_rng(1))
    assert shop.price_minor_p[found].tolist() == [shop.price_minor_p.min(), shop.price_minor_p.max()]


def test_popularity_is_zipfs() -> None:
    shop = goods(200, 500.0, popularity=0.871)
    drawn = np.bincount(shop.draw(200_000, rng=np.random.default_rng(1)), minlength=200) / 200_000
    weight = np.arange(1, 201) ** -0.871
    ranked = np.sort(shop.share_p)[::-1]
    np.testing.assert_allclose(ranked, weight / weight.sum())
    # six standard deviations of the largest share, 0.13: 6 sqrt(0.13 x 0.87 / 200,000) = 0.0045
    assert abs(drawn - shop.share_p).max() < 0.0045
    amounts = GoodsAmounts(shop).draw(1000, rng=np.random.default_rng(2))
    assert set(amounts.tolist()) <= set(shop.price_minor_p.tolist())
