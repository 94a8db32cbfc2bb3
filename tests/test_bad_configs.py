"""Every configuration error: found before a byte is written, told in full, with the place that somebody can go to."""

import re
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from synth.errors import Problem
from tests.bad_configs.cases import CASES
from tests.bad_configs.messages import HERE, expected, refusal

ROOT = str(HERE.parent.parent)


LIBRARIES = re.compile(r"pydantic|omegaconf|hydra|traceback|DictConfig|NoneType|\bInput\b", re.IGNORECASE)
PLACE = re.compile(r"command line: |(synth:)?conf/[\w/]+\.yaml:\d+")


def param(name: str) -> ParameterSet:
    gap = CASES[name].gap
    return pytest.param(
        name, marks=pytest.mark.xfail(reason=gap, raises=(AssertionError, RuntimeWarning)) if gap else ()
    )


def check_text(name: str, text: str) -> None:
    assert text == expected(name).read_text(encoding="utf-8")
    assert not LIBRARIES.search(text)
    assert ROOT not in text
    if name != "no_sink":
        assert "no sink is chosen" not in text
    if name.endswith("_not_chosen"):
        assert "choose it first" in text


def check_problem(problem: Problem) -> None:
    assert problem.message
    assert "\n" not in problem.message + problem.hint + problem.allowed
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
