"""Settings of a choice that somebody else has taken away: without effect where a file made them, an error otherwise."""

from pathlib import Path

import pytest

from synth.config.compose import Composed, compose, value_at
from synth.config.recipe import load_recipe
from synth.errors import ConfigError

NO_ORDERS = "generator.standing=null"

#: What the preset below sets, by the choice that it is set for.
PRESET = """\
# @package _global_
# A preset
defaults:
  - override /population: tiny
  - override /generator: spending
  - override /scenario: [card_chain, stolen_card]
  - override /columns: payments
  - override /sink: [csv]

generator:
  contactless: 0.3
population:
  merchants: {number: 90}
scenario:
  card_chain: {mode: add, chain_length: {min: 4}}
sink:
  csv: {uri: data/raw}
seed: 5
"""
SET = {
    "generator.contactless": ("generator", "uniform"),
    "population.merchants.number": ("population", "visa"),
    "scenario.card_chain.mode": ("scenario", "[stolen_card]"),
    "scenario.card_chain.chain_length.min": ("scenario", "[]"),
    "sink.csv.uri": ("sink", "parquet"),
}


@pytest.fixture(autouse=True)
def presets(tmp_path: Path) -> Path:
    folder = tmp_path / "experiment"
    folder.mkdir()
    (folder / "preset.yaml").write_text(PRESET)
    (folder / "above.yaml").write_text("# @package _global_\n# Above\ndefaults:\n  - preset\n\nseed: 6\n")
    return tmp_path


def composed(presets: Path, *overrides: str) -> Composed:
    return compose(overrides, config_dirs=[presets])


@pytest.mark.parametrize("preset", ["preset", "above"])
@pytest.mark.parametrize("path", SET)
class TestAPreset:
    def test_sets_what_it_chooses(self, path: str, preset: str, presets: Path) -> None:
        found = composed(presets, f"experiment={preset}")
        assert value_at(found.config, path) is not None
        assert found.origins[path].startswith((presets / "experiment/preset.yaml").as_posix())
        assert not found.inert

    def test_sets_nothing_for_what_the_command_line_takes_away(self, path: str, preset: str, presets: Path) -> None:
        group, option = SET[path]
        plain = composed(presets, f"{group}={option}")
        found = composed(presets, f"experiment={preset}", f"{group}={option}")
        assert found.config.get(group, {}) == plain.config.get(group, {})
        assert path in found.inert
        assert all(name.startswith(f"{group}.") for name in found.inert)
        assert found.config["seed"] == (5 if preset == "preset" else 6)

    def test_sets_nothing_for_what_another_file_takes_away(self, path: str, preset: str, presets: Path) -> None:
        group, option = SET[path]
        chosen = option if option.startswith("[") or group != "sink" else f"[{option}]"
        text = f"# @package _global_\n# Last\ndefaults:\n  - {preset}\n  - override /{group}: {chosen}\n"
        (presets / "experiment" / "last.yaml").write_text(text)
        found = composed(presets, "experiment=last")
        assert found.config == composed(presets, f"experiment={preset}", f"{group}={chosen}").config
        assert path in found.inert

    def test_the_command_line_cannot_set_it_then(self, path: str, preset: str, presets: Path) -> None:
        group, option = SET[path]
        with pytest.raises(ConfigError) as caught:
            load_recipe([f"experiment={preset}", f"{group}={option}", f"{path}=1"], config_dirs=[presets])
        assert caught.value.problems[0].where == f"command line: {path}=1"


def test_what_nobody_ever_chose_is_an_error(presets: Path) -> None:
    text = "# @package _global_\n# Odd\ndefaults:\n  - preset\n\nscenario:\n  card_chian: {ratio: 0.1}\n"
    (presets / "experiment" / "odd.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"scenario\.card_chian has no kind"):
        load_recipe(["experiment=odd", "scenario=[]"], config_dirs=[presets])


class TestAmounts:
    """A law beside a generator that prices by itself."""

    @pytest.mark.parametrize("override", ["amount=lognormal", "amount=buckets", "amount.buckets.0.low=0.02"])
    def test_the_command_line_is_refused(self, override: str) -> None:
        with pytest.raises(ConfigError) as caught:
            load_recipe(["experiment=tiny", override])
        assert ("amount", f"command line: {override}") in {(p.path, p.where) for p in caught.value.problems}

    @pytest.mark.parametrize(
        "setting",
        [
            "defaults:\n  - tiny\n  - override /amount: gamma\n",
            "defaults:\n  - tiny\n\namount:\n  buckets: [{share: 1, low: 1, high: 9}]\n",
        ],
    )
    def test_a_file_that_chooses_both_is_refused(self, setting: str, presets: Path) -> None:
        (presets / "experiment" / "own.yaml").write_text(f"# @package _global_\n# Own\n{setting}")
        with pytest.raises(ConfigError) as caught:
            load_recipe(["experiment=own"], config_dirs=[presets])
        [problem] = caught.value.problems
        assert problem.path.startswith("amount")
        assert "own.yaml" in problem.where

    def test_a_file_that_chose_it_for_another_generator_is_not(self) -> None:
        recipe, _, _ = load_recipe(
            ["experiment=notebook", "generator=spending", "population=tiny", "columns=full", "scenario=[]", NO_ORDERS]
        )
        assert recipe.idle == {"amount"}

    def test_the_root_s_own_choice_is_nobody_s(self) -> None:
        recipe, _, _ = load_recipe(["experiment=tiny"])
        assert recipe.idle == {"amount"}
        recipe, _, _ = load_recipe(["amount=gamma"])
        assert not recipe.idle


class TestColumnsOfAnotherGenerator:
    def test_one_error_names_the_generators_that_make_them(self) -> None:
        with pytest.raises(ConfigError) as caught:
            load_recipe(["experiment=tiny", "generator=uniform"])
        [problem] = caught.value.problems
        assert problem.path == "columns"
        assert problem.hint == "choose generator=spending, or another view"

    def test_what_no_generator_makes_is_an_error_of_its_own(self) -> None:
        with pytest.raises(ConfigError) as caught:
            load_recipe(["+columns.add.x=custmer_id", "+columns.add.y=cutsomer_id"])
        assert [problem.path for problem in caught.value.problems] == ["columns.add.x", "columns.add.y"]
