"""What a recipe asks for, as far as its numbers tell; nothing of it is read from the data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from synth.arrays import Float
from synth.check.stats.amounts import Buckets
from synth.check.stats.habits import Habits, uniform_hours
from synth.check.stats.histogram import Histogram
from synth.config.catalog import Catalog
from synth.config.typed import adapter
from synth.contracts.claimer import Claimer
from synth.contracts.generator import Generator
from synth.contracts.hookspecs import Spec
from synth.errors import PluginError, on_one_line
from synth.rng import Streams
from synth.timeline import Timeline

#: Draws of the amount law, whose quantiles no formula gives for every law; a plugin's law is drawn in the same way.
_DRAWS = 1_000_000


@dataclass(frozen=True)
class Targets:
    """None, and empty, is what cannot be told from the recipe.

    Attributes:
        entities: how many there are of whom a column tells apart.
        rows: genuine rows of the control world.
        genuine: those that no fraud replaces or claims.
        total: all rows.
        expected_n: (n,) genuine rows of each hour of the window.
        amounts: quantiles of the amount law.
        scenarios: scenario → rows and episodes.
        shares: column → value → share.
        online: category → share of its purchases on the web.
        medians: category → median amount.
        favourites: share of purchases in favourite shops.
        untold: why there are no targets where there could be some; a line each.
    """

    entities: Mapping[str, int] = field(default_factory=dict)
    rows: float | None = None
    genuine: float | None = None
    total: float | None = None
    expected_n: Float | None = None
    amounts: Mapping[str, float] | None = None
    buckets: Buckets | None = None
    scenarios: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    online: Mapping[str, float] = field(default_factory=dict)
    medians: Mapping[str, float] = field(default_factory=dict)
    favourites: float | None = None
    untold: Sequence[str] = ()


def read_targets(recipe: Mapping[str, Any], counts: Mapping[str, Any], timeline: Timeline, catalog: Catalog) -> Targets:
    """The targets of a recipe.

    Args:
        counts: of the manifest; they tell of what a ratio is a ratio where the plan counted the rows.
    """
    untold: list[str] = []
    try:
        generator, law, scenarios = recipe["generator"], recipe["amount"], recipe.get("scenario") or {}
        behaviour = _behaviour(recipe, timeline, untold)
        rows = generator.get("transactions")
        if rows is None and "expected_n" in behaviour:
            rows = float(behaviour["expected_n"].sum())
        effects = _effects(catalog, scenarios)
        wanted = _scenarios(scenarios, _control_rows(generator, effects, counts), recipe["population"]["cards"])
        buckets, amounts = None, None
        if _takes_law(catalog, generator["kind"]):
            buckets = Buckets(law["buckets"]) if law["kind"] == "buckets" else None
            amounts = _quantiles(catalog, law, untold)
        return Targets(
            entities=_entities(recipe["population"]),
            rows=rows,
            genuine=_plus(rows, effects, wanted, adding=False),
            total=_plus(rows, effects, wanted, adding=True),
            amounts=amounts,
            buckets=buckets if buckets and buckets.apart else None,
            scenarios=wanted,
            **behaviour,
            untold=untold,
        )
    except _OTHER_FORM as error:
        return Targets(untold=[f"the recipe has another form than is known here: {_reason(error)}"])


#: What reading numbers from a recipe raises that has no such numbers.
_OTHER_FORM = (KeyError, TypeError, ValueError, AttributeError)


def _reason(error: Exception) -> str:
    return on_one_line(f"{type(error).__name__}: {error}")


def _behaviour(recipe: Mapping[str, Any], timeline: Timeline, untold: list[str]) -> dict[str, Any]:
    """The targets that a generator's own numbers give; those of a plugin's generator are not known."""
    kind = recipe["generator"]["kind"]
    if kind == "uniform":
        return {"expected_n": uniform_hours(timeline, recipe["generator"]["transactions"])}
    if kind != "spending":
        return {}
    try:
        habits = Habits(recipe, timeline)
        medians, lacking = habits.medians()
        targets = {
            "expected_n": habits.expected_n,
            "shares": {"category": habits.mix(), "channel": habits.channels()},
            "online": habits.online(),
            "medians": medians,
            "favourites": habits.favourites(),
        }
        untold += lacking
        return targets
    except _OTHER_FORM as error:
        untold.append(f"generator {kind} has another form than is known here: {_reason(error)}")
        return {}


def _entities(population: Mapping[str, Any]) -> dict[str, int]:
    """Column of ids → how many of them there are in the population."""
    people, shops = population.get("customers") or {}, population.get("merchants") or {}
    numbers = {
        "card_id": population["cards"],
        "card_number": population["cards"],
        "customer_id": people.get("number"),
        "merchant_id": shops.get("number"),
        "terminal_id": shops.get("terminals"),
    }
    return {column: number for column, number in numbers.items() if isinstance(number, int)}


def _takes_law(catalog: Catalog, kind: str) -> bool:
    """Whether a generator takes its amounts from the run's law, and is there to be asked."""
    spec = _find(catalog, "generator", kind)
    return spec is not None and getattr(spec.factory, "amounts", None) is Generator.amounts


def _find(catalog: Catalog, group: str, kind: str) -> Spec | None:
    try:
        return catalog.find(group, kind)
    except PluginError:
        return None


def _effects(catalog: Catalog, scenarios: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Scenario → what it does to the rows: ``add``, ``replace`` or ``claim`` them; empty where that is not known."""
    effects = {}
    for name, part in scenarios.items():
        spec = _find(catalog, "scenario", part["kind"])
        claims = spec is not None and isinstance(spec.factory, type) and issubclass(spec.factory, Claimer)
        effects[name] = "claim" if claims else str(part.get("mode") or "")
    return effects


def _control_rows(generator: Mapping[str, Any], effects: Mapping[str, str], counts: Mapping[str, Any]) -> int | None:
    """Rows before any fraud: as the recipe says, or as the plan counted them."""
    rows = generator.get("transactions")
    if isinstance(rows, int):
        return rows
    if "" in effects.values():
        return None
    added = [name for name, effect in effects.items() if effect == "add"]
    return int(counts["transactions"] - sum(counts["scenarios"][name]["rows"] for name in added))


def _scenarios(
    scenarios: Mapping[str, Mapping[str, Any]], rows: int | None, cards: int
) -> dict[str, dict[str, float | None]]:
    """Rows by the ratio, or episodes by their number; each rounded down, as the patterns' totals are."""
    wanted: dict[str, dict[str, float | None]] = {}
    for name, part in scenarios.items():
        ratio, rate, episodes = part.get("ratio"), part.get("per_1000_cards"), part.get("episodes")
        if rate is not None:
            episodes = int(Decimal(str(rate)) * cards / 1000)
        fraud = None if ratio is None or rows is None else int(Decimal(str(ratio)) * rows)
        wanted[name] = {"rows": fraud, "episodes": episodes}
    return wanted


def _plus(
    rows: float | None, effects: Mapping[str, str], wanted: Mapping[str, Mapping[str, float | None]], *, adding: bool
) -> float | None:
    """The control world's rows with the fraud that comes on top of them, or without those that fraud takes."""
    if rows is None or "" in effects.values():
        return None
    for name, effect in effects.items():
        if (effect == "add") == adding:
            fraud = wanted[name]["rows"]
            if fraud is None:
                return None
            rows += fraud if adding else -fraud
    return rows


def _quantiles(catalog: Catalog, law: Mapping[str, Any], untold: list[str]) -> dict[str, float] | None:
    """Mean and quantiles of many draws of an amount law, always the same ones."""
    spec = _find(catalog, "amount", law["kind"])
    if spec is None:
        untold.append(f"no amount kind named {law['kind']!r}: load the plugin that provides it")
        return None
    histogram, rng = Histogram(), Streams(0, "stats").draw("amounts")
    try:
        drawn = spec.factory(adapter(spec.config).validate_json(json.dumps(law))).draw(_DRAWS, rng=rng)
        histogram.add(drawn, np.zeros(_DRAWS, dtype=np.int64))
    except Exception as error:  # noqa: BLE001 — a law may come from a plugin
        untold.append(f"the amount law cannot be drawn from: {_reason(error)}")
        return None
    found = histogram.describe(0, 100) or {}
    return {name: value for name, value in found.items() if name == "mean" or name.startswith("p")}
