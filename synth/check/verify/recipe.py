"""What the recipe in a manifest sets, made again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synth.check.verify.rows import Check
from synth.config.catalog import Catalog
from synth.config.typed import adapter
from synth.contracts.context import PlanContext
from synth.contracts.generator import Generator
from synth.contracts.injector import Pattern
from synth.contracts.output import Manifest
from synth.errors import PluginError
from synth.timeline import Timeline, TimelineConfig


@dataclass(frozen=True)
class RecipeParts:
    """What the recipe sets; None and empty where it cannot be made.

    Attributes:
        alone: whether each customer has one card, which then has the customer's index.
    """

    check: Check
    timeline: Timeline | None = None
    cards: int | None = None
    context: PlanContext | None = None
    patterns: Mapping[str, Pattern] = field(default_factory=dict)
    generator: Generator | None = None
    alone: bool = False


def recipe_parts(manifest: Manifest, catalog: Catalog) -> RecipeParts:
    """The recipe's window, cards, amount law, genuine rows and injectors."""
    recipe = manifest["recipe"]
    fingerprint = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()
    if fingerprint != manifest["fingerprint"]:
        return RecipeParts(Check("recipe", False, f"its fingerprint is {fingerprint}, not {manifest['fingerprint']}"))
    timeline, cards = None, None
    try:
        cards = int(recipe["population"]["cards"])
        timeline = Timeline.parse(adapter(TimelineConfig).validate_json(json.dumps(recipe["timeline"])))
        amount = _make(catalog, "amount", recipe["amount"])
        generator = _make(catalog, "generator", recipe["generator"])
        patterns = {name: _make(catalog, "scenario", part) for name, part in (recipe.get("scenario") or {}).items()}
        rows = _planned_rows(generator, patterns, manifest)
        context = PlanContext(cards, timeline, amount, rows, tuple(column.name for column in generator.columns))
        alone = (recipe["population"].get("customers") or {}).get("number") == cards
    except PluginError as error:
        return RecipeParts(Check("recipe", None, str(error)), timeline, cards)
    except Exception as error:  # noqa: BLE001 — a component may come from a plugin
        message = f"it cannot be made: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        return RecipeParts(Check("recipe", False, message), timeline, cards)
    check = Check("recipe", True, "it has its fingerprint, and every component can be made")
    return RecipeParts(check, timeline, cards, context, patterns, generator, alone)


def _planned_rows(generator: Generator, patterns: Mapping[str, Pattern], manifest: Manifest) -> int:
    """Rows before any fraud; where the plan counted them, what is there, without the fraud that came on top."""
    rows = generator.rows()
    if rows is not None:
        return rows
    counts = manifest["counts"]
    added = [name for name, pattern in patterns.items() if pattern.adds]
    return counts["transactions"] - sum(counts["scenarios"][name]["rows"] for name in added)


def _make(catalog: Catalog, group: str, data: Mapping[str, Any]) -> Any:
    """A component from its plain configuration."""
    spec = catalog.find(group, data["kind"])
    if spec is None:
        raise PluginError(f"no {group} kind named {data['kind']!r}: load the plugin that provides it")
    return spec.factory(adapter(spec.config).validate_json(json.dumps(data)))
