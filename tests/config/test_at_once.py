"""Mistakes of all kinds in one recipe are told together; what only follows from one of them is not."""

import itertools
from pathlib import Path

import pytest

from synth.config.recipe import load_recipe
from synth.errors import ConfigError

#: Override → the path that is told; each found in another step of composing and checking.
MISTAKES = {
    "seed=1=2": "seed",
    "amount=gama": "amount",
    "sink=[parquett]": "sink",
    "noise.x=1": "noise.x",
    "block_rows=0": "block_rows",
    "generator.transactions=-1": "generator.transactions",
    "timeline.end=2021-01-01": "timeline.end",
    "columns.drop=[nothing]": "columns.drop.0",
    "+stray=1": "stray",
    "runner.workers=${nowhere}": "runner.workers",
}


def paths(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_recipe(overrides)
    return [problem.path for problem in caught.value.problems]


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(MISTAKES, 2)))
def test_two_mistakes_are_told_together(one: str, other: str) -> None:
    assert sorted(paths(one, other)) == sorted([MISTAKES[one], MISTAKES[other]])


def test_all_mistakes_are_told_together() -> None:
    assert sorted(paths(*MISTAKES)) == sorted(MISTAKES.values())


@pytest.mark.parametrize(
    ("wrong", "follows"),
    [
        ("scenario=[card_chian]", "scenario.card_chian.ratio=0.1"),
        ("generator=spendng", "columns=payments"),
        ("population=retail", "generator=spending"),
        ("scenario=[card_chian]", "reporting=week"),
    ],
)
def test_what_follows_from_a_mistake_is_not_told(wrong: str, follows: str) -> None:
    assert paths(wrong, follows) == [wrong.partition("=")[0]]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("generator: {currency: {countries: {NO: NOK, US: USD}}}", "generator.currency.countries.NO"),
        ("population: {1: 2}", "population.1"),
        ("on: true", "on"),
    ],
)
def test_a_key_that_is_no_text_is_told_once(body: str, wrong: str, tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    choices = "defaults: [override /population: retail_us, override /generator: spending, override /columns: payments]"
    (tmp_path / "experiment" / "mine.yaml").write_text(f"# @package _global_\n{choices}\n{body}\n")
    with pytest.raises(ConfigError) as caught:
        load_recipe(["experiment=mine"], config_dirs=[tmp_path])
    assert [problem.path for problem in caught.value.problems] == [wrong]
