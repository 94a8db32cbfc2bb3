"""Plugins and what ``synth plugins new`` writes come through the front door: they import from ``synth`` alone."""

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
