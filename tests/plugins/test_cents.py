"""The cents of fraud are those of honest amounts in every kind of world, unless the pattern declares them."""

from functools import cache
from pathlib import Path

import pytest

from synth.config.recipe import load_recipe
from synth.engine.prepare import prepare
from synth.errors import ConfigError
from synth.testing.leaks import Comparison
from synth.testing.runs import transactions_of
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
def compared(world: str, name: str) -> tuple[Comparison, tuple[str, ...]] | None:
    """A run with some hundred episodes and the pattern's declared signal; None where the pattern does not fit."""
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
    prepared = prepare(load_recipe(words, plugin_files=EXAMPLES)[0])
    made = Comparison(transactions_of(prepared), prepared.make_block.events)
    return made, tuple(prepared.make_block.components.patterns[name].expected_signal)


@pytest.mark.parametrize("name", PATTERNS)
def test_cents_tell_nothing_but_by_declaration(name: str) -> None:
    judged = 0
    for world in WORLDS:
        found = compared(world, name)
        if found is None or (world == "shop" and name in BY_PRICE):
            continue
        runs, signal = found
        assert runs.judged, f"{world}: some role has enough episodes"
        assert not [leak.told for leak in runs.leaks("amount", ("amount", *signal))], world
        judged += 1
    assert judged, "it fits some world"


@pytest.mark.parametrize("world", WORLDS)
def test_declared_cents_are_a_signal(world: str) -> None:
    """What gift cards declare is so: without the declaration it would be found."""
    found = compared(world, "gift_card_drain")
    assert found is not None
    leaks = found[0].leaks("amount", ("amount",))
    assert {leak.feature.name for leak in leaks} >= {"cents"}
