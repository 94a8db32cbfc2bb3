"""What plugin authors copy is clean in pyright as it comes and in mypy --strict; so is every way to fill a contract."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins.authored import MISTAKEN, contracts, files

FILES = files()
CHECKED = [name for name in FILES if name.endswith(".py")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files as an author has them, and one with a mistake that a type checker has to find."""
    root = tmp_path_factory.mktemp("typed")
    for name, text in {**FILES, "mistaken/mistaken.py": MISTAKEN}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def pyright(place: Path) -> dict[str, list[str]]:
    """File → what pyright says of it, warnings too; it brings its node and asks the network nothing."""
    quiet = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    words = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson", "."]
    done = subprocess.run(words, cwd=place, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["summary"]["filesAnalyzed"] == len(CHECKED) + 1
    found: dict[str, list[str]] = {}
    for each in told["generalDiagnostics"]:
        name = Path(each["file"]).relative_to(place.resolve()).as_posix()
        found.setdefault(name, []).append(f"{each['range']['start']['line'] + 1}: {each['message']}")
    return found


@pytest.fixture(scope="module")
def mypy(place: Path) -> dict[str, list[str]]:
    """File → what mypy says of it, set as a package of ``synth plugins new`` sets it."""
    [settings] = place.glob("synth-other-sink/pyproject.toml")
    packages = [folder for folder in place.iterdir() if folder.name.startswith("synth-")]
    words = [sys.executable, "-m", "mypy", "--config-file", str(settings), "--explicit-package-bases", *CHECKED]
    done = subprocess.run(
        [*words, "mistaken/mistaken.py"],
        cwd=place,
        env={**os.environ, "MYPYPATH": os.pathsep.join(map(str, packages))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"(checked {len(CHECKED) + 1} source files)" in done.stdout, done.stdout
    found: dict[str, list[str]] = {}
    for name, line in re.findall(r"^([^:\n]+\.py):(.+)$", done.stdout, re.MULTILINE):
        found.setdefault(name, []).append(line)
    return found


def test_every_kind_of_file_is_there() -> None:
    wanted = {"README", "first_pattern", "examples", "new", "said", "configs", "synth-velocity", "synth-sqlite"}
    assert {name.partition("/")[0] for name in CHECKED} >= wanted
    assert len(CHECKED) > 50


@pytest.mark.parametrize("contract", contracts())
def test_a_contract_declares_nothing_that_a_property_cannot_override(contract: str) -> None:
    cls = contracts()[contract]
    assert [name for base in cls.__mro__ for name in vars(base).get("__annotations__", {}) if name[0] != "_"] == []


@pytest.mark.slow
@pytest.mark.xdist_group("typed")
@pytest.mark.parametrize("checker", ["pyright", "mypy"])
def test_nothing_is_told_but_the_mistake(checker: str, request: pytest.FixtureRequest) -> None:
    told = request.getfixturevalue(checker)
    assert "mistaken/mistaken.py" in told
    assert {name: lines for name, lines in told.items() if name != "mistaken/mistaken.py"} == {}
