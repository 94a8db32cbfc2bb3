"""Reads from a recipe what it asks of the figures; nothing of it is read from the data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np

from synth.amount import AmountLaw
from synth.check.stats.amounts import Buckets
from synth.check.stats.histogram import Histogram
from synth.config.catalog import Catalog
from synth.config.typed import adapter, read_config
from synth.contracts.claimer import Claimer
from synth.contracts.expectations import Expectations, broken_expectations
from synth.contracts.generator import Generator, World
from synth.contracts.hookspecs import Spec
from synth.errors import PluginError
from synth.population.config import PopulationConfig
from synth.rng import Streams
from synth.timeline import Timeline
from synth.wording import on_one_line

#: Draws of the amount law, whose quantiles no formula gives for every law; a plugin's law is drawn in the same way.
_DRAWS = 1_000_000


@dataclass(frozen=True)
class RecipeFigures:
    """None, and empty, is what cannot be told from the recipe.

    Attributes:
        entities: how many there are of whom a column tells apart.
        genuine: those that no fraud replaces or claims.
        total: all rows.
        expected: what the generator says.
        amounts: quantiles of the amount law.
        scenarios: scenario → rows and episodes.
        untold: why there are no targets where there could be some; a line each.
    """

    entities: Mapping[str, int] = field(default_factory=dict)
    genuine: float | None = None
    total: float | None = None
    expected: Expectations = field(default_factory=Expectations)
    amounts: Mapping[str, float] | None = None
    buckets: Buckets | None = None
    scenarios: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    untold: Sequence[str] = ()


def read_targets(
    recipe: Mapping[str, Any], counts: Mapping[str, Any], timeline: Timeline, catalog: Catalog
) -> RecipeFigures:
    """The targets of a recipe.

    Args:
        counts: of the manifest; they tell of what a ratio is a ratio where the plan counted the rows.
    """
    untold: list[str] = []
    try:
        scenarios, law = recipe.get("scenario") or {}, _law(catalog, recipe["amount"], untold)
        generator = _generator(catalog, recipe["generator"], untold)
        population = adapter(PopulationConfig).validate_json(json.dumps(recipe["population"]))
        expected = Expectations()
        if generator and law:
            world = World(population.cards, timeline, law, recipe["block_rows"], population.census())
            expected = _expected(generator, world, untold)
        control = generator.rows() if generator else recipe["generator"].get("transactions")
        rows = control if control is not None or expected.rows_n is None else float(expected.rows_n.sum())
        effects = _effects(catalog, scenarios)
        wanted = _scenarios(scenarios, _control_rows(control, effects, counts), population.cards)
        takes_law = generator is not None and type(generator).amounts is Generator.amounts
        buckets = Buckets(recipe["amount"]["buckets"]) if takes_law and recipe["amount"]["kind"] == "buckets" else None
        return RecipeFigures(
            entities=_entities(population),
            genuine=_plus(rows, effects, wanted, adding=False),
            total=_plus(rows, effects, wanted, adding=True),
            expected=expected,
            amounts=_quantiles(_Drawn(law, json.dumps(recipe["amount"])), untold) if takes_law and law else None,
            buckets=buckets if buckets and buckets.apart else None,
            scenarios=wanted,
            untold=untold,
        )
    except _OTHER_FORM as error:
        return RecipeFigures(untold=[f"the recipe has another form than is known here: {_reason(error)}"])


#: What reading numbers from a recipe raises that has no such numbers.
_OTHER_FORM = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError)


def _reason(error: Exception) -> str:
    return on_one_line(f"{type(error).__name__}: {error}")


def _made(catalog: Catalog, group: str, part: Mapping[str, Any], untold: list[str]) -> Any:
    """The generator or amount law of a recipe; None where it cannot be had."""
    kind = part["kind"]
    spec = _find(catalog, group, kind)
    if spec is None:
        untold.append(f"no {group} kind named {kind!r}: load the plugin that provides it")
        return None
    config, wrong = read_config(group, spec.config, part)
    if wrong:
        untold.append(f"{group} {kind} has another form than is known here: {wrong[0].message}")
        return None
    try:
        return spec.factory(config)
    except Exception as error:  # noqa: BLE001 — it may come from a plugin
        untold.append(f"{group} {kind} cannot be made: {_reason(error)}")
        return None


def _law(catalog: Catalog, part: Mapping[str, Any], untold: list[str]) -> AmountLaw | None:
    law: AmountLaw | None = _made(catalog, "amount", part, untold)
    return law


def _generator(catalog: Catalog, part: Mapping[str, Any], untold: list[str]) -> Generator | None:
    generator: Generator | None = _made(catalog, "generator", part, untold)
    return generator


def _expected(generator: Generator, world: World, untold: list[str]) -> Expectations:
    """What a generator says of its figures; nothing where that is broken."""
    try:
        expected = generator.expectations(world)
        broken = list(broken_expectations(expected, world.timeline))
    except Exception as error:  # noqa: BLE001 — a generator may come from a plugin
        expected, broken = Expectations(), [_reason(error)]
    untold += [f"the generator's expectations are broken: {message}" for message in broken] or expected.untold
    return Expectations() if broken else expected


def _entities(population: PopulationConfig) -> dict[str, int]:
    """Column of ids → how many of them there are in the population."""
    census = population.census()
    numbers = {
        "card_id": population.cards,
        "card_number": population.cards,
        "customer_id": census.customers,
        "merchant_id": census.merchants,
        "terminal_id": census.terminals,
    }
    return {column: number for column, number in numbers.items() if number}


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


def _control_rows(rows: int | None, effects: Mapping[str, str], counts: Mapping[str, Any]) -> int | None:
    """Rows before any fraud: as the recipe says, or as the plan counted them."""
    if rows is not None:
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


@dataclass(frozen=True)
class _Drawn:
    """An amount law, which is that of its config."""

    law: AmountLaw = field(compare=False)
    config: str


def _quantiles(drawn: _Drawn, untold: list[str]) -> dict[str, float] | None:
    """Mean and quantiles of many draws of an amount law, always the same ones."""
    try:
        return _describe(drawn)
    except Exception as error:  # noqa: BLE001 — a law may come from a plugin
        untold.append(f"the amount law cannot be drawn from: {_reason(error)}")
        return None


@lru_cache(maxsize=16)  # the jobs of a sweep have the same ones
def _describe(drawn: _Drawn) -> dict[str, float]:
    histogram, rng = Histogram(), Streams(0, "stats").draw("amounts")
    histogram.add(drawn.law.draw(_DRAWS, rng=rng), np.zeros(_DRAWS, dtype=np.int64))
    found = histogram.describe(0, 100) or {}
    return {name: value for name, value in found.items() if name == "mean" or name.startswith("p")}
