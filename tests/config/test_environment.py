"""Values of the environment in a recipe: used, and never printed."""

import pytest

from synth.config.recipe import load_recipe
from synth.errors import ConfigError

CANARY = "sw0rdfish"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    monkeypatch.setenv("NUMBER", "774411")
    monkeypatch.setenv("BROKEN", f"[{CANARY}")


CHAIN = ("scenario=[card_chain]",)


@pytest.mark.parametrize(
    "overrides",
    [
        ["seed=${oc.env:CANARY}"],
        ["timeline.end=${oc.env:CANARY}"],
        [*CHAIN, "scenario.card_chain.mode=${oc.env:CANARY}"],
        ["+vars.x=${oc.env:CANARY}", "runner.workers=${vars.x}"],
        ["sink.parquet.uri=ftp://${oc.env:CANARY}/x"],
        ["+columns.add.x=${oc.env:CANARY}"],
        ["columns.drop=['${oc.env:CANARY}']"],
        ['seed="${oc.decode:${oc.env:BROKEN}}"'],
        ["block_rows=-${oc.env:NUMBER}"],
        [*CHAIN, 'scenario.card_chain.chain_length.min="${oc.decode:${oc.env:NUMBER}}"'],
        [*CHAIN, 'scenario.card_chain.interval_s={min: "${oc.decode:${oc.env:NUMBER}}", max: 60}'],
    ],
    ids=" ".join,
)
def test_a_value_that_turns_out_wrong_is_not_printed(overrides: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_recipe(overrides)
    text = str(caught.value)
    assert "${" in text
    assert "cannot read the override" not in text
    for value in (CANARY, "774411", "774,411"):
        assert value not in text


def test_a_truth_hides_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAG", "true")
    with pytest.raises(ConfigError) as caught:
        load_recipe(['+vars.flag="${oc.decode:${oc.env:FLAG}}"', "block_rows=0"])
    [problem] = caught.value.problems
    assert problem.allowed_in_words == "a whole number from 1 to 20,000,000"


def test_text_for_a_number_names_the_way_to_a_number() -> None:
    with pytest.raises(ConfigError) as caught:
        load_recipe([*CHAIN, "scenario.card_chain.ratio=${oc.env:RATIO,0.003}"])
    [problem] = caught.value.problems
    cure = problem.hint.partition(": ")[2]
    assert cure == "${oc.decode:${oc.env:RATIO,0.003}}"
    recipe, _, _ = load_recipe([*CHAIN, f'scenario.card_chain.ratio="{cure}"'])
    assert recipe.scenarios["card_chain"].config.ratio == 0.003


def test_free_values_are_for_others_and_no_part_of_the_recipe() -> None:
    recipe, _, _ = load_recipe(["+vars={n: 5, deep: {er: 7}}", "seed=${vars.n}", "population.cards=${vars.deep.er}"])
    plain, _, _ = load_recipe(["seed=5", "population.cards=7"])
    assert recipe.fingerprint == plain.fingerprint
    assert "vars" not in recipe.content
