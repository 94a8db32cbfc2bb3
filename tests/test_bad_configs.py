"""Every configuration error: found before a byte is written, told in full, with the place that somebody can go to."""

import re
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from synth.config.catalog import HOOKS, MULTIPLE, load_catalog
from synth.config.compose import list_options
from synth.config.recipe import load_recipe
from synth.errors import ConfigError, Problem
from synth.tables.declared import EVENT_COLUMNS
from synth.tables.people import ENTITY_COLUMNS, LOOKUP_KEYS
from tests.bad_configs.cases import CASES
from tests.bad_configs.messages import HERE, expected, refusal
from tests.bad_configs.pinned import CATALOG, CHOICES, COLUMNS, KINDS, ROOT, hide_columns

REPOSITORY = str(HERE.parent.parent)


LIBRARIES = re.compile(r"pydantic|omegaconf|hydra|traceback|DictConfig|NoneType|\bInput\b", re.IGNORECASE)
PLACE = re.compile(r"command line: |(synth:)?conf/[\w/]+\.yaml:\d+")


def param(name: str) -> ParameterSet:
    gap = CASES[name].gap
    return pytest.param(
        name, marks=pytest.mark.xfail(reason=gap, raises=(AssertionError, RuntimeWarning)) if gap else ()
    )


def check_text(name: str, text: str) -> None:
    assert hide_columns(text) == expected(name).read_text(encoding="utf-8")
    assert not LIBRARIES.search(text)
    assert REPOSITORY not in text
    if name != "no_sink":
        assert "no sink is chosen" not in text
    if name.endswith("_not_chosen"):
        assert "choose it first" in text


def check_problem(problem: Problem) -> None:
    assert problem.message
    assert "\n" not in problem.message + problem.hint + problem.allowed_in_words
    assert PLACE.match(problem.where), "the place is missing"


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 100
    assert sorted(path.stem for path in HERE.glob("*.out")) == sorted(CASES)


@pytest.mark.parametrize("name", [param(name) for name in CASES])
def test_a_bad_configuration(name: str, tmp_path: Path) -> None:
    error = refusal(CASES[name], tmp_path)
    assert error is not None, "the configuration is taken"
    assert error.exit_code == (3 if CASES[name].planned else 2)
    assert error.problems
    for problem in error.problems:
        check_problem(problem)
    assert str(tmp_path) not in str(error)
    check_text(name, f"{error}\n")


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("several_at_once", 5),
        ("several_choices_at_once", 3),
        ("several_keys_at_once", 3),
        ("several_in_a_file", 3),
        ("several_scenarios_at_once", 2),
    ],
)
def test_all_are_told_at_once(name: str, count: int, tmp_path: Path) -> None:
    error = refusal(CASES[name], tmp_path)
    assert error is not None
    assert len(error.problems) == count


def test_no_secret_is_told(tmp_path: Path) -> None:
    assert "secret" not in str(refusal(CASES["uri_with_a_password"], tmp_path))


# what the corpus does not hold: the lists as they are today


def told_of(*overrides: str) -> Problem:
    with pytest.raises(ConfigError) as refused:
        load_recipe(overrides)
    [problem] = refused.value.problems
    return problem


@pytest.mark.parametrize("group", sorted(list_options()))
def test_every_option_of_today_is_allowed(group: str) -> None:
    roots = load_catalog().config_roots
    options = [option.name for option in list_options(plugin_roots=roots)[group]]
    assert set(CHOICES.get(group, options)) <= set(options)
    assert told_of(f"{group}=qqqq").allowed == tuple(options)
    assert told_of(f"{group}={options[0]}x").hint == f"did you mean '{options[0]}'?"


@pytest.mark.parametrize("group", HOOKS)
def test_every_kind_of_today_is_allowed(group: str) -> None:
    names = load_catalog().names(group)
    assert set(KINDS[group]) <= set(names)
    place = f"+{group}.mine.kind" if group in MULTIPLE else f"{group}.kind"
    assert told_of(f"{place}=qqqq").allowed == tuple(names)


def test_every_column_of_today_is_allowed() -> None:
    wrong = told_of("+columns.add.a=qqqq").allowed_in_words
    assert wrong.startswith(", ".join(EVENT_COLUMNS))
    assert hide_columns(wrong).startswith("<the event columns>")
    for table in LOOKUP_KEYS:
        columns = ENTITY_COLUMNS[table]
        listed = told_of("population=tiny", f"+columns.add.a={table}.qqqq").allowed_in_words
        assert listed == ", ".join(f"{table}.{name}" for name in columns)
        assert hide_columns(listed) == f"<the columns of {table}>"


def test_the_pinned_world_is_no_larger_than_its_lists() -> None:
    groups = {path.partition("/")[0] for path in ROOT.config_paths() if "/" in path}
    assert set(CHOICES) == groups
    assert {group: ROOT.options(group) for group in groups} == {g: sorted(names) for g, names in CHOICES.items()}
    assert {group: CATALOG.names(group) for group in HOOKS} == {g: sorted(names) for g, names in KINDS.items()}
    assert len(COLUMNS) == 1 + len(LOOKUP_KEYS)
