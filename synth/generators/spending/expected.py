"""Computes from a recipe the figures that ``synth stats`` counts, before anybody is drawn.

Who has which shop in reach is not known beforehand, nor who is a heavy buyer: that moves the shares a little.

Legend: ``_s`` a segment, ``_k`` a category, ``_h`` an hour of the day, ``_n`` one of the window.
"""

import math
from datetime import UTC, datetime, time
from functools import cached_property

import numpy as np

from synth.arrays import Float, Mask
from synth.contracts.expectations import HOUR_S, Expectations, hours_of
from synth.contracts.generator import World
from synth.contracts.rhythms import DAY_S
from synth.generators.rhythm import days_of
from synth.generators.spending.config import ByCategory, Category, GammaCategory, SpendingConfig
from synth.generators.spending.dues import due_hours
from synth.generators.spending.plan import changed_ways
from synth.generators.spending.seasons import day_shape, shape_rhythm
from synth.generators.spending.tastes import taste_shares


def expect(config: SpendingConfig, world: World) -> Expectations:
    """The figures, as far as numbers tell them; of a population without people nothing is told."""
    if not world.census.customers or not world.census.merchants:
        return Expectations()
    habits = Habits(config, world)
    paid = [name for name, due_n in zip(habits.categories, habits.due_kn, strict=True) if due_n.any()]
    medians, untold = _medians(config, paid)
    return Expectations(
        rows_n=habits.purchases_sn.sum(axis=0) + habits.due_kn.sum(axis=0),
        shares={"category": habits.mix(), "channel": habits.channels()},
        online=habits.online(),
        medians=medians,
        favourites=config.favourites.share,
        untold=untold,
    )


class Habits:
    """Rhythm, categories and channels."""

    def __init__(self, config: SpendingConfig, world: World) -> None:
        self.config, self.census, self.timeline = config, world.census, world.timeline
        self.segments = [config.segments[name] for name in world.census.segments]
        self.customers_s = world.census.customers * np.array(world.census.segment_shares)
        self.categories = sorted(config.categories)
        self.inside_n = hours_of(world.timeline)
        self.hour_n = world.timeline.start_s // HOUR_S + np.arange(len(self.inside_n))

    @cached_property
    def purchases_sn(self) -> Float:
        """(s, n) purchases; where the recipe sets the sum of all rows, what standing orders leave of it."""
        rhythm = shape_rhythm(self.config, self.segments, self.timeline)
        step_hour = rhythm.edge_seconds_n[:-1] // HOUR_S - self.hour_n[0]
        mass_sn = np.stack([np.bincount(step_hour, mass, len(self.hour_n)) for mass in rhythm.mass_sn])
        rate_s = self.customers_s * [segment.rate.average for segment in self.segments]
        purchases_sn: Float = rate_s[:, None] * mass_sn
        rows = self.config.transactions
        return purchases_sn if rows is None else purchases_sn * ((rows - self.due_kn.sum()) / purchases_sn.sum())

    @cached_property
    def due_kn(self) -> Float:
        """(k, n) standing orders, of what is sold at all."""
        due_kn = np.zeros((len(self.categories), len(self.hour_n)))
        shape_sh = np.stack([day_shape(segment.day, 24) for segment in self.segments])
        customers = dict(zip(self.census.segments, self.customers_s.tolist(), strict=True))
        first = self.timeline.start_s % DAY_S // HOUR_S
        for order in (self.config.standing or {}).values():
            if order.category in self.census.sold:
                due_n = due_hours(order, customers, shape_sh, days_of(self.timeline)).ravel()
                due_kn[self.categories.index(order.category)] += due_n[first : first + len(self.hour_n)]
        return due_kn * self.inside_n

    @cached_property
    def _bought(self) -> tuple[Float, Float]:
        """(k,) purchases in each category, and (k,) those of them that are made on the web."""
        open_hk, web_k = self._sold
        ways = [*self.segments, *changed_ways(self.segments, self.config.drift)]
        share_ik, online_ik = taste_shares(ways, self.config.categories, open_hk, web_k)
        drift = self.config.drift
        midnight_s = datetime.combine(drift.date, time(), UTC).timestamp() if drift else math.inf
        changed_n = self.hour_n * HOUR_S >= midnight_s
        parts_sn = [self.purchases_sn * ~changed_n] + ([self.purchases_sn * changed_n] if drift else [])
        rows_i = np.concatenate([np.bincount(self.hour_n % 24, row_n, 24) for part in parts_sn for row_n in part])
        rows_ik = rows_i[:, None] * share_ik
        return rows_ik.sum(axis=0), (rows_ik * online_ik).sum(axis=0)

    @property
    def _sold(self) -> tuple[Mask, Mask]:
        """(h, k) what is sold in shops, at an hour at which they are open, and (k,) what is sold on the web."""
        open_hk, web_k = np.zeros((24, len(self.categories)), bool), np.zeros(len(self.categories), bool)
        for name, kind in zip(self.census.categories, self.census.shops, strict=True):
            if kind:
                k = self.categories.index(name)
                web_k[k] = kind.online > 0
                open_hk[kind.opens : kind.closes, k] = kind.online < 1
        return open_hk, web_k

    def mix(self) -> dict[str, float]:
        """Category → share of the rows, standing orders among them."""
        rows_k = self._bought[0] + self.due_kn.sum(axis=1)
        return dict(zip(self.categories, (rows_k / rows_k.sum()).tolist(), strict=True))

    def online(self) -> dict[str, float]:
        """Category → share of its purchases that are made on the web, of those that anybody buys."""
        rows_web = zip(self.categories, *self._bought, strict=True)
        return {name: float(web / rows) for name, rows, web in rows_web if rows}

    def channels(self) -> dict[str, float]:
        """Channel → share of the rows."""
        bought, online = (float(rows_k.sum()) for rows_k in self._bought)
        contactless, due = self.config.contactless * (bought - online), float(self.due_kn.sum())
        rows = {"chip": bought - online - contactless, "contactless": contactless, "online": online, "recurring": due}
        return {name: number / (bought + due) for name, number in rows.items()}


def _medians(config: SpendingConfig, paid: list[str]) -> tuple[dict[str, float], tuple[str, ...]]:
    """Category → median amount, of a customer of average income in a shop of average prices; why some have none."""
    if not isinstance(config.amounts, ByCategory):
        return {}, ()
    if config.drift and config.drift.amount != 1:
        return {}, (f"drift changes amounts on {config.drift.day}: no medians of categories",)
    message = (f"standing orders have amounts of their own: no median of {', '.join(paid)}",) if paid else ()
    return {name: _median(law) for name, law in sorted(config.categories.items()) if name not in paid}, message


def _median(law: Category) -> float:
    """Half of a category's purchases cost less."""
    return gamma_median(law.mean, law.shape) if isinstance(law, GammaCategory) else law.median


def gamma_median(mean: float, shape: float) -> float:
    """The median of a gamma law, by halving; it lies below the mean.

    The share below x, with x in units of the scale, is x^a e^-x / Γ(a + 1) (1 + x / (a + 1) + x^2 / (a + 1)(a + 2) + …)
    for shape a: DLMF 8.11.4.
    """
    low, high = 0.0, shape
    while low < (middle := (low + high) / 2) < high:
        term = math.exp(shape * math.log(middle) - middle - math.lgamma(shape + 1))
        below, at = 0.0, shape
        while term > 1e-17:
            below, at = below + term, at + 1
            term *= middle / at
        low, high = (middle, high) if below < 0.5 else (low, middle)
    return mean / shape * low
