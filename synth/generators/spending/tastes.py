"""The category mix of each segment by hour of the day, and its share on the web.

Legend: ``_t`` a purchase, ``_s`` a segment, ``_h`` an hour of the day, ``_k`` a category.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth.arrays import Float, Int64, Mask
from synth.generators.spending.config import Category, Segment
from synth.generators.spending.shops import BucketIndex


@dataclass(frozen=True)
class Tastes:
    """What a segment buys at an hour of the day, and whether on the web.

    Attributes:
        before_ik: (s * 24, k) share of all categories up to each, plus the row's index: one sorted array when flat.
        online_ik: (s * 24, k) chance that a purchase of the category is made on the web.
    """

    before_ik: Float
    online_ik: Float

    @classmethod
    def of(cls, segments: Sequence[Segment], categories: dict[str, Category], open_hk: Mask, web_k: Mask) -> "Tastes":
        """Tastes as ``taste_shares`` has them."""
        share_ik, online_ik = taste_shares(segments, categories, open_hk, web_k)
        before_ik = np.minimum(np.cumsum(share_ik, axis=1), 1.0)
        before_ik[:, -1] = 1.0
        return cls(before_ik + np.arange(len(before_ik))[:, None], online_ik)

    @cached_property
    def share_ik(self) -> Float:
        """(s * 24, k) share of each category."""
        return np.diff(self.before_ik - np.arange(len(self.before_ik))[:, None], axis=1, prepend=0.0)

    @cached_property
    def _buckets(self) -> BucketIndex:
        return BucketIndex.of(np.concatenate([[0.0], self.before_ik.ravel()]))

    def draw(self, segment_t: Int64, hour_t: Int64, *, rng: "np.random.Generator") -> tuple[Int64, Mask]:
        """(t,) categories, and (t,) whether they are bought on the web."""
        row_t = segment_t * 24 + hour_t
        place_t = self._buckets.find(row_t + rng.random(len(row_t)))
        category_t = place_t - row_t * self.before_ik.shape[1]
        return category_t, rng.random(len(row_t)) < self.online_ik.ravel()[place_t]


def taste_shares(
    segments: Sequence[Segment], categories: dict[str, Category], open_hk: Mask, web_k: Mask
) -> tuple[Float, Float]:
    """Tastes by the configured mix; a category whose shops are closed is bought on the web only.

    Args:
        open_hk: (24, k) whether any shop of a category is open in an hour.
        web_k: (k,) whether anybody sells the category on the web.

    Returns:
        (s * 24, k) share of each category in what a segment buys at an hour of the day, and (s * 24, k) the chance that
        it is bought on the web.
    """
    names = sorted(categories)
    mix_sk = np.array([[segment.mix.get(name, 0.0) for name in names] for segment in segments])
    mix_sk *= web_k | open_hk.any(axis=0)
    online_k = np.where(web_k, [categories[name].online for name in names], 0.0)
    online_k[web_k & ~open_hk.any(axis=0)] = 1.0
    factor_s = np.array([segment.online for segment in segments])[:, None]
    odds_sk = online_k * factor_s
    # What is sold on the web only is bought there, whatever a segment thinks of the web.
    web_sk = np.divide(odds_sk, 1 - online_k + odds_sk, out=np.ones_like(odds_sk), where=online_k < 1)
    shop_shk = (1 - web_sk)[:, None, :] * open_hk
    weight_shk = mix_sk[:, None, :] * (web_sk[:, None, :] + shop_shk)
    # At an hour at which everything is closed people buy what they always buy.
    closed_sh = weight_shk.sum(axis=2) == 0
    weight_shk[closed_sh] = np.broadcast_to(mix_sk[:, None, :], weight_shk.shape)[closed_sh]
    share_ik = (weight_shk / weight_shk.sum(axis=2, keepdims=True)).reshape(-1, len(names))
    return share_ik, np.where(open_hk, web_sk[:, None, :], 1.0).reshape(-1, len(names))
