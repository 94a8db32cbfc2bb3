"""Numbers in conf/ are told apart: those that docs/sources.md lists, and proposals, which bear a dagger."""

import re
from pathlib import Path

import pytest
import yaml

from synth.cli.describe import explain
from synth.config.catalog import load_catalog

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"\| ([a-z_]+/[a-z_]+) \| ([\w.]+) \| ([\d.]+) \|")
ROWS = ROW.findall((ROOT / "docs/sources.md").read_text(encoding="utf-8"))
OPTIONS = sorted([*ROOT.glob("conf/*/*.yaml"), *ROOT.glob("plugins/*/conf/*/*.yaml")])
MARKED = [path for path in OPTIONS if "†" in path.read_text(encoding="utf-8")]
TOPIC = re.compile(r"^# units and ranges: synth describe (\w+)$", re.MULTILINE)


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 30


@pytest.mark.parametrize(("file", "key", "number"), ROWS, ids=lambda text: text)
def test_a_number_of_the_page_is_that_of_the_file(file: str, key: str, number: str) -> None:
    value = yaml.safe_load((ROOT / f"conf/{file}.yaml").read_text(encoding="utf-8"))
    for step in key.split("."):
        value = value[int(step)] if step.isdecimal() else value[step]
    assert value == float(number)


@pytest.mark.parametrize("path", MARKED, ids=lambda path: path.stem)
def test_a_file_with_a_dagger_says_what_it_means(path: Path) -> None:
    assert "# † a proposal without a source; the sources of other numbers: docs/sources.md" in path.read_text("utf-8")


@pytest.mark.parametrize("path", OPTIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_file_of_values_says_where_their_units_and_ranges_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    group, kind = path.parent.name, yaml.safe_load(text).get("kind")
    topics = TOPIC.findall(text)
    if group == "experiment":  # it sets values of others
        assert topics == []
        return
    assert topics == [kind or group]
    assert "keys" in explain(topics[0], load_catalog(), [])
