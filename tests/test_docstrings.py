"""Every public name says what it is: its arguments, shapes, errors; and the examples of functions run."""

import ast
import doctest
import inspect
import re
import textwrap
import typing
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hydra.core.config_store import ConfigStore

import synth
import synth.testing
from synth.contracts.overridable import Overridable
from tests.test_house import named_array_types

ROOT = Path(__file__).resolve().parents[1]
FACES: tuple[ModuleType, ...] = (synth, synth.testing)
NAMES = {f"{face.__name__}.{name}": getattr(face, name) for face in FACES for name in sorted(face.__all__)}
FUNCTIONS = {name: value for name, value in NAMES.items() if inspect.isfunction(value)}
CLASSES = {name: value for name, value in NAMES.items() if inspect.isclass(value)}
VALUES = sorted({*NAMES} - {*FUNCTIONS} - {*CLASSES} - {"synth.__version__"})

ARRAYS = {*named_array_types(ROOT / "synth/arrays.py")}
SHAPE = re.compile(r"\(\w[\w +]*,(?: \w+)?\)|\bas those of\b|\bfrom ``role``")
DTYPE = re.compile(r"u?int\d+|float64|bool|values?\b|texts\b|\bas those of\b|index")


def sections(documented: object) -> dict[str, str]:
    """Heading → the text below it, with the summary and what follows it under ''."""
    parts = re.split(
        r"^(Args|Returns|Yields|Raises|Attributes):$", inspect.getdoc(documented) or "", flags=re.MULTILINE
    )
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


def entries(text: str) -> dict[str, str]:
    """Name → what a section says of it; ``x, y: …`` are two names."""
    found: dict[str, str] = {}
    for names, said in re.findall(r"^    ([*\w][\w, *]*): (.*(?:\n {5,}.*)*)", text, re.MULTILINE):
        found |= dict.fromkeys((name.strip(" *") for name in names.split(",")), said)
    return found


def raised(function: Callable[..., Any]) -> set[str]:
    """The exceptions that the body of a function raises itself, by name."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = (node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise))
    return {call.func.id for call in calls if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}


def methods(cls: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public methods and properties that a class defines."""
    for name, member in vars(cls).items():
        called = member.fget if isinstance(member, property) else getattr(member, "func", member)
        called = getattr(called, "__func__", called)
        if not name.startswith("_") and inspect.isfunction(called):
            yield name, called


def annotation(text: object) -> set[str]:
    """The names in an annotation."""
    return set(re.findall(r"\w+", text if isinstance(text, str) else ""))


def annotations_of(function: Callable[..., Any]) -> dict[str, set[str]]:
    """Parameter, or ``return`` → the names in its annotation, as they stand in the source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    made = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    named = {each.arg: each.annotation for each in [*made.args.posonlyargs, *made.args.args, *made.args.kwonlyargs]}
    return {name: annotation(ast.unparse(each)) for name, each in (named | {"return": made.returns}).items() if each}


def fields_of(cls: type) -> dict[str, str]:
    """The public fields that a class declares, with their annotations as they stand in the source."""
    made = next(
        node for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(cls)))) if isinstance(node, ast.ClassDef)
    )
    named = (node for node in made.body if isinstance(node, ast.AnnAssign))
    found = {ast.unparse(node.target): ast.unparse(node.annotation) for node in named}
    return {name: kind for name, kind in found.items() if not name.startswith("_")}


def test_there_is_a_public_face() -> None:
    assert len(FUNCTIONS) > 15
    assert len(CLASSES) > 70
    assert len(VALUES) > 4


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_says_what_it_takes_gives_and_raises(name: str) -> None:
    function, told = FUNCTIONS[name], sections(FUNCTIONS[name])
    assert told[""].strip()
    assert {*inspect.signature(function).parameters} == {*entries(told.get("Args", ""))}
    told_by_type = {"None", *(cls.__name__ for cls in CLASSES.values())}
    if not annotations_of(inspect.unwrap(function))["return"] <= told_by_type:
        assert told.get("Returns", told.get("Yields", "")).strip()
    assert raised(inspect.unwrap(function)) <= {*entries(told.get("Raises", ""))}


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_says_what_its_attributes_are(name: str) -> None:
    cls = CLASSES[name]
    assert vars(cls).get("__doc__"), "no docstring of its own"
    told = {key: said for base in cls.__mro__ for key, said in entries(sections(base).get("Attributes", "")).items()}
    for field, kind in fields_of(cls).items():
        assert field in told or "description=" in kind or described(cls, field), field
        if annotation(kind) & ARRAYS:
            assert SHAPE.search(told[field]), f"{field} has no shape"
            assert DTYPE.search(told[field]), f"{field} has no type"
    own = entries(sections(cls).get("Attributes", "")) if vars(cls).get("__doc__") else {}
    assert not [each for each in own if not is_there(cls, each)]
    assert {each.name for each in vars(cls).values() if isinstance(each, Overridable)} <= {*told}


def described(cls: type, field: str) -> bool:
    """Whether a field of a config says what it is beside its range."""
    return "description" in repr(typing.get_type_hints(cls, include_extras=True)[field])


def is_there(cls: type, name: str) -> bool:
    """Whether a class has an attribute, declares it, or sets it where it begins."""
    declared = {each for base in cls.__mro__ for each in vars(base).get("__annotations__", {})}
    begun = [vars(base).get("__init__") for base in cls.__mro__]
    names = {each for init in begun if inspect.isfunction(init) for each in init.__code__.co_names}
    return name in declared | names or any(name in vars(base) for base in cls.__mro__)


#: A check raises ``Broken`` for its rule: its docstring is the rule.
METHODS = {
    f"{name}.{each}": called
    for name, cls in CLASSES.items()
    for each, called in methods(cls)
    if not each.startswith("test_")
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_says_what_it_does_its_shapes_and_what_it_raises(name: str) -> None:
    method, told = METHODS[name], sections(METHODS[name])
    assert told[""].strip()
    assert raised(method) - {"NotImplementedError"} <= {*entries(told.get("Raises", ""))}
    if annotations_of(method).get("return", set()) & ARRAYS:
        assert SHAPE.search(inspect.getdoc(method) or ""), "no shape"


@pytest.mark.parametrize("name", VALUES)
def test_a_value_says_what_it_is(name: str) -> None:
    stub = ast.parse((ROOT / "synth/__init__.pyi").read_text())
    homes = {each.name: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for each in node.names}
    name = name.removeprefix("synth.")
    text = (ROOT / f"synth/{str(homes[name]).replace('.', '/')}.py").read_text()
    body = ast.parse(text).body
    named = (ast.Assign, ast.AnnAssign)
    at = next(
        i
        for i, node in enumerate(body)
        if isinstance(node, named) and ast.unparse(node).split(":")[0].split(" =")[0] == name
    )
    after = body[at + 1]
    below = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str)
    assert below or text.splitlines()[body[at].lineno - 2].startswith("#: ")


def examples(named: Mapping[str, Callable[..., Any]]) -> dict[str, doctest.DocTest]:
    """The examples of some objects, by name; those of ``synth.run`` make what others look at."""
    finder = doctest.DocTestFinder(recurse=False)
    found = {
        name: finder.find(inspect.unwrap(value), name, globs={"synth": synth, "np": np})
        for name, value in named.items()
    }
    return {name: tests[0] for name, tests in found.items() if tests and tests[0].examples}


EXAMPLES = examples({**FUNCTIONS, **CLASSES, **METHODS})


def failed(test: doctest.DocTest) -> str:
    """What the examples print that they do not promise; empty where they keep their word."""
    told: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.append, clear_globs=False)
    return "".join(told)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which the example of ``synth.run`` was run."""
    place = tmp_path_factory.mktemp("examples")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert failed(EXAMPLES["synth.run"]) == ""
    return place


def test_every_function_has_an_example() -> None:
    assert sorted({*FUNCTIONS} - {*EXAMPLES}) == []


@pytest.mark.parametrize("name", sorted({*EXAMPLES} - {"synth.run"}))
def test_an_example_keeps_its_word(name: str, ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ConfigStore.instance()
    monkeypatch.setattr(store, "repo", deepcopy(store.repo))
    monkeypatch.chdir(ran)
    assert failed(EXAMPLES[name]) == ""


def test_an_example_that_is_wrong_is_found() -> None:
    def wrong() -> None:
        """Adds.

        >>> 1 + 1
        3
        """

    assert "Got:\n    2" in failed(examples({"wrong": wrong})["wrong"])
