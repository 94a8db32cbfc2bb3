"""The cents of fraud are those of honest amounts in every kind of world, unless the pattern declares them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from synth.check.records import Records, read_records
from synth.config.recipe import load_recipe
from synth.engine.trial import tried
from synth.errors import ConfigError
from synth.leaks import Finding, trivia
from synth.leaks.findings import account
from synth.leaks.scene import Scene
from tests.presets import SCENARIOS

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "plugins/examples").glob("*.py"))
PATTERNS = [*SCENARIOS, *(file.stem for file in EXAMPLES)]

#: Patterns whose rows are honest rows, chosen by what they cost: in a shop with few prices these lead to their cents.
BY_PRICE = {"amount_threshold", "stolen_card"}

WORLDS = {
    "uniform": ("population.cards=4000", "generator.transactions=60000"),
    "skewed cents": ("population.cards=4000", "generator.transactions=60000", "amount=pareto"),
    "people": (
        *("experiment=tiny", "generator.transactions=50000", "population.customers.number=1500"),
        *("population.cards=1600", "timeline.end=2022-02-01"),
    ),
    "shop": (
        *("generator=clickstream", "amount=price_list", "population.cards=2000", "generator.transactions=60000"),
        "generator.products=5000",
    ),
}


@cache
def records_of(world: str, name: str) -> Records | None:
    """A run with some hundred episodes, of which amounts are declared, too; None where the pattern does not fit."""
    words = [*WORLDS[world], "columns=full", f"scenario=[{name}]"]
    try:
        composed = load_recipe(words, plugin_files=EXAMPLES)[2]
    except ConfigError:
        return None
    part = composed.config["scenario"][name]
    if "per_1000_cards" in part:
        words += [
            f"scenario.{name}.ratio=null",
            f"scenario.{name}.per_1000_cards=null",
            f"scenario.{name}.episodes=400",
        ]
    if part["kind"] == "credential_stuffing":
        words.append(f"scenario.{name}.logins={{min: 2, max: 6}}")
    if part["kind"] == "stolen_card":
        words.append(f"scenario.{name}.per_day=12")
    recipe, catalog, _ = load_recipe(words, plugin_files=EXAMPLES)
    with tried(recipe, catalog) as place:
        records = read_records(place, catalog)
    return replace(records, signals={name: ("amount", *records.signals.get(name, ()))})


def told_by_cents(records: Records) -> list[Finding]:
    """What lint finds of cents, beside what is declared."""
    scene = Scene(records)
    assert scene.subjects, "it has enough episodes"
    return [each for each in account([trivia.check(scene)]) if "cents" in each.columns and not each.declared]


@pytest.mark.parametrize("name", PATTERNS)
def test_cents_tell_nothing_but_by_declaration(name: str) -> None:
    judged = 0
    for world in WORLDS:
        records = records_of(world, name)
        if records is None or (world == "shop" and name in BY_PRICE):
            continue
        assert not [each.message for each in told_by_cents(records)], world
        judged += 1
    assert judged, "it fits some world"


@pytest.mark.parametrize("world", WORLDS)
def test_declared_cents_are_a_signal(world: str) -> None:
    """What gift cards declare is so: without the declaration it would be found. No shop of fixed prices sells them."""
    records = records_of(world, "gift_card_drain")
    assert (records is None) == (world == "shop")
    if records is None:
        return
    found = told_by_cents(replace(records, signals={"gift_card_drain": ("amount",)}))
    assert "cents" in {each.feature for each in found}
