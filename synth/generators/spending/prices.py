"""The price laws of purchases: by category and shop, or by customer.

Legend: ``_t`` a purchase, ``_u`` a customer, ``_k`` a category.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth.amount import HIGHEST
from synth.arrays import Float, Int64
from synth.contracts.population import Population
from synth.generators.spending.config import ByCustomer, GammaCategory, LognormalCategory, SpendingConfig
from synth.rng import Streams


@dataclass(frozen=True)
class Laws:
    """What a purchase costs by category, of a customer of average income in a shop of average prices.

    Attributes:
        log_scale_k: (k,) logarithm of the median, or of a gamma law's scale: its mean by its shape.
        sigma_k: (k,) standard deviation of the logarithm; 0 for a gamma law.
        shape_k: (k,) shape of a gamma law; 0 for a lognormal one.
    """

    log_scale_k: Float
    sigma_k: Float
    shape_k: Float

    @classmethod
    def of(cls, categories: Sequence[LognormalCategory | GammaCategory]) -> "Laws":
        """The laws of the categories, in their order."""
        rows = [
            (law.mean / law.shape, 0.0, law.shape) if isinstance(law, GammaCategory) else (law.median, law.sigma, 0.0)
            for law in categories
        ]
        scale_k, sigma_k, shape_k = np.array(rows).T.copy()
        return cls(np.log(scale_k), sigma_k, shape_k)

    def draw(self, category_t: Int64, *, rng: "np.random.Generator") -> Float:
        """(t,) amounts in major units; those of lognormal categories do not depend on which others are gamma."""
        log_t = self.log_scale_k[category_t] + self.sigma_k[category_t] * rng.standard_normal(len(category_t))
        major_t: Float = np.exp(log_t)
        if self.shape_k.any():
            gamma = np.flatnonzero(self.shape_k[category_t])
            major_t[gamma] *= rng.standard_gamma(self.shape_k[category_t[gamma]])
        return major_t

    def log_density(self, category: Int64, log_amount: Float, spread: float) -> Float:
        """Logarithm of the density of the logarithm of amounts in major units, up to a constant.

        Args:
            category, log_amount: of shapes that broadcast; the factors of customer and shop are taken off.
            spread: standard deviation of what is not known of these factors.
        """
        variance_k = self.sigma_k**2 + spread**2
        normal_k = np.maximum(variance_k, _NARROWEST**2)
        log_density = -((log_amount - self.log_scale_k[category]) ** 2) / (2 * normal_k[category])
        log_density = log_density - np.log(normal_k[category]) / 2
        if self.shape_k.any():
            constant_k = np.array([math.lgamma(shape) if shape else 0.0 for shape in self.shape_k])
            ratio = np.minimum(log_amount - self.log_scale_k[category], _STEEPEST)
            gamma = self.shape_k[category] * ratio - np.exp(ratio) - constant_k[category] + _NORMAL
            log_density = np.where(self.shape_k[category] > 0, gamma, log_density)
        return np.asarray(log_density)


#: A price that never varies is as likely a little beside itself; amounts far beyond a gamma law are all alike.
_NARROWEST, _STEEPEST = 0.01, 50.0

#: The logarithm of a normal law's constant, which ``log_density`` leaves out.
_NORMAL = math.log(2 * math.pi) / 2


@dataclass(frozen=True)
class Prices:
    """How amounts are drawn.

    Attributes:
        level_u: (u,) mean amount of a customer, or factor on what others pay.
        laws: of the categories; None where only the customer counts.
        spread: standard deviation as a share of a customer's mean, where only the customer counts.
    """

    level_u: Float
    laws: "Laws | None"
    spread: float

    @classmethod
    def of(cls, config: SpendingConfig, people: Population, *, streams: Streams) -> "Prices":
        """Draws what belongs to a customer."""
        if isinstance(config.amounts, ByCustomer):
            rng = streams.draw("mean amounts")
            mean_u = rng.uniform(config.amounts.low, config.amounts.high, len(people.customers))
            return cls(mean_u, None, config.amounts.spread)
        income_u = people.customers.income_minor_u
        level_u = (income_u / np.median(income_u)) ** config.amounts.income
        laws = Laws.of([config.categories[name] for name in sorted(config.categories)])
        return cls(level_u / level_u.mean(), laws, 0.0)

    def draw(
        self, customer_t: Int64, category_t: Int64, price_t: Float, scale_t: Float, *, rng: "np.random.Generator"
    ) -> Int64:
        """(t,) int64 cents, 1 at least.

        Args:
            price_t: (t,) the shop's price level.
            scale_t: (t,) factor on everything.
        """
        if self.laws is None:
            mean_t = self.level_u[customer_t]
            major_t = mean_t + self.spread * mean_t * rng.standard_normal(len(mean_t))
            negative = np.flatnonzero(major_t < 0)
            major_t[negative] = rng.random(len(negative)) * 2 * mean_t[negative]
        else:
            major_t = self.laws.draw(category_t, rng=rng) * self.level_u[customer_t] * price_t
        cents_t: Int64 = np.rint(np.minimum(major_t * scale_t, HIGHEST - 1) * 100).astype(np.int64)
        return np.maximum(cents_t, 1)
