"""House rules that no linter knows: plugins come through the front door, and a type of arrays is named once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted([*ROOT.glob("plugins/**/*.py"), *ROOT.glob("synth/cli/scaffold/my_*.py")])


def imported(path: Path) -> Iterator[str]:
    """The modules of synth that a file imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from (name for name in names if name.partition(".")[0] == "synth")


def test_there_are_plugins() -> None:
    assert len(FILES) > 50


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_plugin_imports_from_synth_alone(path: Path) -> None:
    allowed = {"synth", "synth.testing"} if "tests" in path.parts else {"synth"}
    assert set(imported(path)) <= allowed


def named_array_types(path: Path) -> Iterator[str]:
    """The names that a module gives to a type of NumPy arrays, for type checkers alone included."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    inner = [each for node in body for each in (node.body if isinstance(node, ast.If) else [node])]
    for node in inner:
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith(("npt.NDArray[", "np.ndarray")):
            yield from map(ast.unparse, node.targets)


def test_array_types_are_named_in_one_module() -> None:
    named = {
        path.relative_to(ROOT).as_posix(): names
        for path in [*ROOT.glob("synth/**/*.py"), *ROOT.glob("tests/**/*.py")]
        if (names := [*named_array_types(path)])
    }
    assert [*named] == ["synth/arrays.py"], named
    assert {"Int64", "Float", "Mask"} <= {*named["synth/arrays.py"]}
