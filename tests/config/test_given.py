"""A recipe as a mapping: which of its sections stand, what is resolved, and where its mistakes are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

import synth
from synth.config.compose import Composed, compose
from synth.config.recipe import load_recipe
from synth.errors import ConfigError, Problem

PARETO = {"kind": "pareto", "alpha": 1.5, "low": 1.0, "high": 9.0}


def problems_of(given: Mapping[Any, Any], *overrides: str) -> list[Problem]:
    with pytest.raises(ConfigError) as refused:
        load_recipe(overrides, given=given)
    return list(refused.value.problems)


def same(given: Mapping[str, Any], *overrides: str) -> Composed:
    """What a mapping makes, which is what the overrides make."""
    composed = compose([], given=given)
    assert composed.config == compose(overrides).config
    return composed


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("overrides", [[], ["scenario=[card_chain,stolen_card]", "sink=[]"], ["experiment=tiny"]])
@pytest.mark.parametrize("make", [dict, OmegaConf.create])
def test_a_whole_configuration_is_taken_as_it_is(make: Any, overrides: list[str]) -> None:
    whole = {"scenario": {}, "sink": {}} | compose(overrides).config
    assert {"scenario": {}, "sink": {}} | compose([], given=make(whole)).config == whole


def test_what_is_left_out_is_the_default() -> None:
    composed = same({"seed": 5, "timeline": {"end": "2022-02-01"}}, "seed=5", "timeline.end=2022-02-01")
    assert composed.origins["seed"] == "the given mapping"
    assert composed.origins["block_rows"] == compose([]).origins["block_rows"]
    assert composed.choices["population"] == "visa"


def test_a_section_stands_in_the_place_of_the_default_option() -> None:
    composed = compose([], given={"amount": PARETO, "scenario": {"mine": {"kind": "card_chain"}}, "sink": {}})
    assert composed.config["amount"] == PARETO
    assert composed.config["scenario"] == {"mine": {"kind": "card_chain"}}
    assert not composed.config["sink"]
    assert "amount" not in composed.choices


def test_text_chooses_options() -> None:
    given = {"population": "tiny", "scenario": ["card_chain"], "sink": "csv", "experiment": "drift"}
    same(given, "population=tiny", "scenario=[card_chain]", "sink=csv", "experiment=drift")
    same({"scenario": [], "seed": 1}, "seed=1")


def test_overrides_have_the_last_word() -> None:
    given = {"generator": "spending", "seed": 1, "scenario": {"card_chain": {"kind": "card_chain", "ratio": 0.1}}}
    composed = compose(["generator=uniform", "seed=2", "scenario.card_chain.ratio=0.2"], given=given)
    assert composed.config["generator"] == compose([]).config["generator"]
    assert (composed.config["seed"], composed.config["scenario"]["card_chain"]["ratio"]) == (2, 0.2)
    assert composed.origins["seed"] == "command line: seed=2"
    more = compose(["+scenario@scenario.second=card_chain"], given=given).config["scenario"]
    assert list(more) == ["card_chain", "second"]


def test_a_folder_of_choices_serves_a_mapping_too(tmp_path: Path) -> None:
    (tmp_path / "mine/amount").mkdir(parents=True)
    (tmp_path / "mine/amount/cheap.yaml").write_text("kind: pareto\n")
    assert compose([], given={"amount": "cheap"}, config_dirs=[tmp_path / "mine"]).config["amount"] == {
        "kind": "pareto"
    }


TEXTS = [
    "1e3",
    "2022-01-01",
    "0x1f",
    "yes",
    "null",
    "",
    " x",
    "a: b",
    "é\U0001f600",
    "\x7f\t",
    "%Y",
    "~",
    "a" * 300,
    "\\",
]


@pytest.mark.parametrize("text", TEXTS)
def test_values_stay_what_they_are(text: str) -> None:
    values = {"text": text, "numbers": [1, -2.5, 1e-07, float("inf"), True, None], text or "key": {"deep": (text,)}}
    read = compose([], given={"columns": values}).config["columns"]
    assert read["text"] == text
    assert read["numbers"] == [1, -2.5, 1e-07, float("inf"), True, None]
    assert read[text or "key"] == {"deep": [text]}


@pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")  # its new name is not that of 2.3
def test_references_of_the_host_are_resolved_by_the_host() -> None:
    OmegaConf.register_new_resolver("hosts_own", lambda: "out/${x}", replace=True)
    host = OmegaConf.create(
        {
            "root": "s3://b\\\\\\${literal}",
            "laws": {"cheap": PARETO},
            "synth": {
                "amount": "${laws.cheap}",
                "sink": {"csv": {"kind": "csv", "uri": "${root}", "b": "${hosts_own:}"}},
            },
        }
    )
    composed = compose([], given=host.synth)
    assert composed.config["amount"] == PARETO
    assert composed.config["sink"]["csv"]["uri"] == host.root
    assert composed.config["sink"]["csv"]["b"] == "out/${x}"
    OmegaConf.clear_resolver("hosts_own")


@pytest.mark.parametrize("make", [dict, OmegaConf.create])
def test_what_comes_from_the_environment_is_asked_for_late(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given = make({"seed": "${oc.decode:${oc.env:SYNTH_TEST_SEED}}", "block_rows": "${seed}"})
    monkeypatch.setenv("SYNTH_TEST_SEED", "12")
    assert load_recipe([], given=given)[0].run.seed == 12
    given = make({"sink": {"csv": {"kind": "csv", "uri": "${oc.env:SYNTH_TEST_PLACE}"}}})
    missing = problems_of(given)[0]
    assert missing.message == "'sink.csv.uri' needs the environment variable 'SYNTH_TEST_PLACE', which is not set"


def test_every_mistake_is_told_at_once_with_its_path() -> None:
    given = {
        "seed": "x",
        "generator": {"transactions": 3},
        "scenario": {"card_chain": {"kind": "card_chain", "ratio": 2}},
        "lr": 0.1,
    }
    found = problems_of(given, "block_rows=0")
    told = {problem.path: problem.where for problem in found}
    assert told.pop("block_rows") == "command line: block_rows=0"
    assert set(told) >= {"seed", "generator", "scenario.card_chain.ratio", "lr"}
    assert set(told.values()) == {"the given mapping"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"seed": Path("x"), "generator": {"a": {1: 2}}},
         ["'seed' holds a PosixPath; only text, numbers, true, false and null are allowed",
          "the key 1 of 'generator.a' is not text"]),
        ({"synth": {}, "seed": b"x"},
         ["'synth' is no key of a recipe",
          "'seed' holds a bytes; only text, numbers, true, false and null are allowed"]),
        ({"defaults": ["a"], "hydra": {}},
         ["'defaults' is no key of a recipe", "'hydra' is no key of a recipe"]),
        (OmegaConf.create({"seed": "${nowhere}", "block_rows": "${seed}"}),
         ["'seed' cannot be resolved: Interpolation key 'nowhere' not found",
          "'block_rows' cannot be resolved: Interpolation key 'nowhere' not found"]),
        (OmegaConf.create({"seed": "???"}), ["'seed' needs a value"]),
        ({"seed": "???"}, ["'seed' needs a value"]),
        ({"generator": {"_target_": "os.system"}},
         ["'generator._target_' is not allowed: a configuration cannot name code; "
          "synth looks components up by 'kind'"]),
        ({"scenario": ["card_chian"], "generator": "gan"},
         ["no scenario named 'card_chian'", "no generator named 'gan'"]),
    ],
)  # fmt: skip
def test_what_is_no_recipe(given: Any, told: list[str]) -> None:
    found = problems_of(given)
    assert sorted(problem.message for problem in found) == sorted(told)
    assert {problem.where for problem in found} == {"the given mapping"}


SMALL = ("generator.transactions=300", "block_rows=1000", "population.cards=50")


def test_run_and_generate_take_texts_lists_and_a_mapping() -> None:
    frame = synth.generate(*SMALL, "seed=3")
    given = {"seed": 3, "block_rows": 1000}
    for words in ([list(SMALL), given], [given, *SMALL], [OmegaConf.create(given), SMALL], [[*SMALL, "seed=3"]]):
        assert synth.generate(*words).equals(frame)
    assert synth.run(given, *SMALL, "sink.parquet.uri=out").rows == 300


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([3], "a recipe is made of texts such as 'seed=3' and one mapping, not of a int"),
        ([["seed=3", None]], "a recipe is made of texts such as 'seed=3' and one mapping, not of a NoneType"),
        ([{}, {}], "a recipe is one mapping, not 2 (merge them)"),
    ],
)
def test_what_is_neither(words: list[Any], told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        synth.generate(*words)
    assert str(refused.value) == f"error: {told}"
