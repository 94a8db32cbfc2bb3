"""What a recipe of generator ``spending`` asks for, computed from its numbers alone, without the generator.

Who has which shop in reach is not known beforehand, nor who is a heavy buyer: that moves the shares a little.

Legend: ``_s`` a segment, ``_k`` a category, ``_h`` an hour of the day, ``_n`` one of the
window, ``_d`` a day of it.
"""

import math
from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from synth.arrays import Float, Mask
from synth.check.stats.orders import due_hours
from synth.check.stats.rhythm import HOUR_S
from synth.timeline import Timeline


class Habits:
    """Rhythm, categories and channels.

    Raises:
        KeyError, TypeError, ValueError: the recipe is of another form than this one knows.
    """

    def __init__(self, recipe: Mapping[str, Any], timeline: Timeline) -> None:
        generator, people = recipe["generator"], recipe["population"]["customers"]
        self.generator, self.timeline, self.merchants = generator, timeline, recipe["population"]["merchants"]
        self.segments: Sequence[Mapping[str, Any]] = [generator["segments"][name] for name in people["segments"]]
        self.customers = {name: people["number"] * segment["share"] for name, segment in people["segments"].items()}
        self.categories: Sequence[str] = sorted(generator["categories"])
        self.days = _days(timeline)
        drift = generator.get("drift")
        self.drift: Mapping[str, Any] = drift or {"rate": 1.0, "online": 1.0, "amount": 1.0, "mix": {}}
        self.changed_d: Mask = np.array([bool(drift) and day >= date.fromisoformat(drift["day"]) for day in self.days])

    @cached_property
    def expected_n(self) -> Float:
        """(n,) rows of each hour of the window; where the recipe sets their sum, to that sum."""
        rows_dh = self._purchases_sdh.sum(axis=0) + self._due_kdh.sum(axis=0)
        expected_n: Float = rows_dh.ravel()[_touched(self.timeline)]
        return expected_n

    @cached_property
    def _purchases_sdh(self) -> Float:
        """(s, d, h) purchases; where the recipe sets the sum of all rows, what standing orders leave of it."""
        month = np.array(self.generator["months"]) / np.mean(self.generator["months"])
        special_d = self._special(self.days) * np.where(self.changed_d, self.drift["rate"], 1.0)
        purchases_sdh = np.empty((len(self.segments), len(self.days), 24))
        for s, (number, segment) in enumerate(zip(self.customers.values(), self.segments, strict=True)):
            weekday = np.array(segment["weekday"]) / np.mean(segment["weekday"])
            factor_d = np.array([weekday[day.weekday()] * month[day.month - 1] for day in self.days]) * special_d
            purchases_sdh[s] = number * _mean(segment["rate"]) * np.outer(factor_d, _day_shape(segment["day"]))
        purchases_sdh *= _inside(self.timeline).reshape(-1, 24)
        rows = self.generator["transactions"]
        return purchases_sdh if rows is None else purchases_sdh * ((rows - self._due_kdh.sum()) / purchases_sdh.sum())

    @cached_property
    def _due_kdh(self) -> Float:
        """(k, d, h) standing orders, of what is sold at all."""
        due_kdh = np.zeros((len(self.categories), len(self.days), 24))
        shape_sh = np.stack([_day_shape(segment["day"]) for segment in self.segments])
        for order in (self.generator.get("standing") or {}).values():
            if order["category"] in self.merchants["categories"]:
                k = self.categories.index(order["category"])
                due_kdh[k] += due_hours(order, self.customers, shape_sh, self.days)
        return due_kdh * _inside(self.timeline).reshape(-1, 24)

    def _special(self, days: Sequence[date]) -> Float:
        """(d,) factor of what is special about a day."""
        special_d = np.ones(len(days))
        if self.generator["holidays"]:
            from holidays import country_holidays

            country, factor = self.generator["holidays"]["country"], self.generator["holidays"]["factor"]
            free = country_holidays(country, years=range(days[0].year, days[-1].year + 1))
            special_d *= [factor if day in free else 1.0 for day in days]
        if self.generator["pay_day"]:
            pay = self.generator["pay_day"]
            special_d *= [pay["factor"] if _since_pay_day(day, pay["day"]) < pay["days"] else 1.0 for day in days]
        return special_d

    @cached_property
    def _sold(self) -> tuple[Mask, Mask]:
        """(k,) what is sold on the web, and (h, k) what is sold in shops, at an hour at which they are open."""
        web_k, open_hk = np.zeros(len(self.categories), dtype=np.bool_), np.zeros((24, len(self.categories)), np.bool_)
        for k, name in enumerate(self.categories):
            if shops := self.merchants["categories"].get(name):
                web_k[k] = shops["online"] > 0
                open_hk[shops["opens"] : shops["closes"], k] = shops["online"] < 1
        return web_k, open_hk

    @cached_property
    def _bought(self) -> tuple[Float, Float]:
        """(k,) purchases in each category, and (k,) those of them that are made on the web."""
        rows_k, on_web_k = np.zeros(len(self.categories)), np.zeros(len(self.categories))
        for purchases_dh, segment in zip(self._purchases_sdh, self.segments, strict=True):
            for when_d, drift in ((~self.changed_d, {"online": 1.0, "mix": {}}), (self.changed_d, self.drift)):
                share_hk, web_hk = self._taste(segment, drift)
                rows_hk = purchases_dh[when_d].sum(axis=0)[:, None] * share_hk
                rows_k += rows_hk.sum(axis=0)
                on_web_k += (rows_hk * web_hk).sum(axis=0)
        return rows_k, on_web_k

    def _taste(self, segment: Mapping[str, Any], drift: Mapping[str, Any]) -> tuple[Float, Float]:
        """(h, k) share of each category in an hour's purchases, and (h, k) how much of that is on the web.

        Factors on the web are on its odds; what is closed at an hour is bought on the web only.
        """
        web_k, open_hk = self._sold
        online_k = np.array([self.generator["categories"][name]["online"] for name in self.categories]) * web_k
        online_k[web_k & ~open_hk.any(axis=0)] = 1.0
        odds_k = online_k * segment["online"] * drift["online"]
        chance_k = np.where(online_k < 1, odds_k / np.maximum(1 - online_k + odds_k, 1e-300), 1.0)
        mix = [segment["mix"].get(name, 0.0) * drift["mix"].get(name, 1.0) for name in self.categories]
        mix_k = np.array(mix) * (web_k | open_hk.any(axis=0))
        wish_hk = mix_k * (chance_k + (1 - chance_k) * open_hk)
        wish_hk[wish_hk.sum(axis=1) == 0] = mix_k
        return wish_hk / wish_hk.sum(axis=1, keepdims=True), np.where(open_hk, chance_k, 1.0)

    def mix(self) -> dict[str, float]:
        """Category → share of the rows, standing orders among them."""
        rows_k = self._bought[0] + self._due_kdh.sum(axis=(1, 2))
        return dict(zip(self.categories, (rows_k / rows_k.sum()).tolist(), strict=True))

    def online(self) -> dict[str, float]:
        """Category → share of its purchases that are made on the web, of those that anybody buys."""
        rows_web = zip(self.categories, *self._bought, strict=True)
        return {name: float(web / rows) for name, rows, web in rows_web if rows}

    def channels(self) -> dict[str, float]:
        """Channel → share of the rows."""
        bought, online = (float(rows_k.sum()) for rows_k in self._bought)
        contactless, due = self.generator["contactless"] * (bought - online), float(self._due_kdh.sum())
        rows = {"chip": bought - online - contactless, "contactless": contactless, "online": online, "recurring": due}
        return {name: number / (bought + due) for name, number in rows.items()}

    def medians(self) -> tuple[dict[str, float], list[str]]:
        """Category → median amount, of a customer of average income in a shop of average prices; why some have none."""
        if self.generator["amounts"]["kind"] != "category":
            return {}, []
        if self.drift["amount"] != 1:
            return {}, [f"drift changes amounts on {self.drift['day']}: no medians of categories"]
        paid = [name for name, due_dh in zip(self.categories, self._due_kdh, strict=True) if due_dh.any()]
        told = [f"standing orders have amounts of their own: no median of {', '.join(paid)}"] if paid else []
        laws = self.generator["categories"]
        return {name: _median(laws[name]) for name in self.categories if name not in paid}, told

    def favourites(self) -> float:
        """Share of purchases in a favourite shop."""
        return float(self.generator["favourites"]["share"])


def uniform_hours(timeline: Timeline, rows: float) -> Float:
    """(n,) as many rows in every second."""
    inside_n = _inside(timeline)[_touched(timeline)]
    expected_n: Float = inside_n * (rows / inside_n.sum())
    return expected_n


def _median(law: Mapping[str, Any]) -> float:
    """Half of a category's purchases cost less."""
    return gamma_median(law["mean"], law["shape"]) if law.get("kind") == "gamma" else float(law["median"])


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


def _mean(rate: Mapping[str, Any]) -> float:
    """Purchases of an average customer on an average day."""
    return float(rate["mean"] if rate["kind"] == "lognormal" else (rate["low"] + rate["high"]) / 2)


def _day_shape(law: Mapping[str, Any]) -> Float:
    """(24,) share of a day's rows in each hour; a bell's may sum to less than 1."""
    if law["kind"] == "hours":
        weights: Float = np.array(law["weights"], dtype=np.float64)
        weights /= weights.sum()
        return weights
    edges = (np.arange(25) * HOUR_S - law["mean_s"]) / law["sd_s"] / math.sqrt(2)
    shares: Float = np.diff(np.array([0.5 * (1 + math.erf(edge)) for edge in edges]))
    return shares


def _days(timeline: Timeline) -> list[date]:
    """The days that the window touches."""
    first, last = (datetime.fromtimestamp(s, UTC).date() for s in (timeline.start_s, timeline.end_s - 1))
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def _inside(timeline: Timeline) -> Float:
    """(24 d,) share of each hour, from the first midnight, that lies inside the window."""
    midnight_s = timeline.start_s // 86_400 * 86_400
    edge_s = midnight_s + HOUR_S * np.arange(24 * len(_days(timeline)) + 1, dtype=np.float64)
    inside_n: Float = np.diff(np.clip(edge_s, timeline.start_s, timeline.end_s)) / HOUR_S
    return inside_n


def _touched(timeline: Timeline) -> slice:
    """The hours of ``_inside`` that the window touches."""
    first = timeline.start_s % 86_400 // HOUR_S
    return slice(first, first + -(-timeline.end_s // HOUR_S) - timeline.start_s // HOUR_S)


def _since_pay_day(day: date, due: int) -> int:
    """Days since the last pay day, which is the month's last day where the month is too short."""
    before = day.replace(day=1) - timedelta(days=1)
    for month in (day, before):
        paid = month.replace(day=min(due, monthrange(month.year, month.month)[1]))
        if paid <= day:
            return (day - paid).days
    raise AssertionError("the month before has a pay day")
