"""The map is the land: rooms, rows and files of docs/architecture.md are those of the code."""

import re
import tomllib
from pathlib import Path

import pytest

from synth.config.catalog import HOOKS

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
ROWS = [re.findall(r"`(\w+)`", line.split("|")[1]) for line in PAGE.splitlines() if re.match(r"\| `\w+`", line)]
PATHS = sorted(set(re.findall(r"`((?:synth|conf|tests|plugins)/[\w./]*)`", PAGE)))


def layers() -> list[list[str]]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    [contract] = [contract for contract in config["contracts"] if contract["id"] == "layers"]
    return [re.split(r" [|:] ", layer) for layer in contract["layers"]]


def test_the_rooms_stand_in_the_order_of_the_contract() -> None:
    assert [sorted(row) for row in ROWS] == [sorted(layer) for layer in layers()]


def test_every_room_is_on_the_map() -> None:
    places = [path for path in (ROOT / "synth").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    assert {path.stem for path in places if not path.stem.startswith("__")} == {room for row in ROWS for room in row}


@pytest.mark.parametrize("path", PATHS)
def test_what_the_map_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_map_names_files() -> None:
    assert len(PATHS) > 20


def test_the_map_says_how_to_add_each_kind() -> None:
    told = re.findall(r"^\| ([\w ]+) \|", PAGE.partition("## How to add")[2], re.MULTILINE)
    assert set(HOOKS) <= set(told)


def test_the_map_is_short() -> None:
    assert len(PAGE.splitlines()) <= 80


@pytest.mark.parametrize("page", sorted((ROOT / "docs/decisions").glob("0*.md"))[1:], ids=lambda page: page.stem)
def test_a_decision_has_a_status(page: Path) -> None:
    status = page.read_text(encoding="utf-8").splitlines()[2]
    found = re.fullmatch(r"\d{4}-\d\d-\d\d · (?:proposed|accepted|(?:accepted; for .+ )?replaced by (.+))", status)
    assert found, status
    for number in re.findall(r"\d{4}", found[1] or ""):
        assert list(page.parent.glob(f"{number}-*.md"))
