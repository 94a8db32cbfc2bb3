"""Whether the run's amount law decides on what a generator makes is as the generator says."""

from dataclasses import replace

import pytest

from synth.config.compose import list_options
from synth.config.recipe import Recipe, load_recipe
from synth.engine.prepare import prepare

PEOPLE = {
    "spending": ("population=tiny", "generator.standing=null"),
    "handbook": (
        *("population=handbook", "population.cards=60", "population.customers.number=60"),
        *("population.merchants.number=90", "population.merchants.terminals=90"),
    ),
}


def amounts(recipe: Recipe) -> list[float]:
    return [float(a) for a in prepare(recipe).make_block(0).batches["transactions"].native.column("amount").to_pylist()]


@pytest.mark.parametrize("option", [option.name for option in list_options()["generator"]])
def test_a_law_changes_amounts_where_the_generator_takes_it(option: str) -> None:
    words = [f"generator={option}", "generator.transactions=1000", "timeline.end=2022-01-20", *PEOPLE.get(option, ())]
    recipe, _, _ = load_recipe([*words, "columns.fields=[{name: amount, source: amount}]"])
    pareto, _, _ = load_recipe(["amount=pareto"])
    assert (amounts(replace(recipe, amount=pareto.amount)) != amounts(recipe)) is recipe.generator.make().takes_amount
