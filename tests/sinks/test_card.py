"""The data card of a place: it names every table and column, and its files where they are."""

import copy
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import synth
from synth.sinks.card import opening, pattern_of, write_card
from tests.outputs import manifest_file, read_manifest, table_files
from tests.worlds import EVERY_TABLE

FILES = [
    ("parquet",),
    *(("csv", f"layout={layout}", f"header={header}") for layout in ("file", "parts") for header in ("true", "false")),
    *(("jsonl", f"layout={layout}", "compression=gzip") for layout in ("file", "parts")),
]


@cache
def written(root: Path, sink: str, *options: str) -> tuple[Path, dict[str, Any]]:
    """A place and its manifest."""
    place = root / "-".join((sink, *options))
    words = [f"sink.{sink}.{option}" for option in options]
    synth.run(*EVERY_TABLE, f"sink={sink}", f"sink.{sink}.uri='{place}'", *words)
    return place, read_manifest(place)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cards")


@pytest.mark.parametrize("options", FILES, ids=" ".join)
def test_a_card_leads_to_every_file(options: tuple[str, ...], root: Path) -> None:
    place, manifest = written(root, *options)
    card = manifest_file(place).with_name("README.md")
    _, head, text = card.read_text(encoding="utf-8").split("---\n", 2)
    configs = {each["config_name"]: each for each in yaml.safe_load(head)["configs"]}
    assert list(configs) == list(manifest["tables"])
    assert [name for name, each in configs.items() if each.get("default")] == ["transactions"]
    for name, each in configs.items():
        found = {path.resolve() for path in card.parent.glob(each["data_files"])}
        found |= {path for path in [(card.parent / each["data_files"]).resolve()] if path.is_file()}
        assert found == {path.resolve() for path in table_files(place, name)}
        wanted = [column["name"] for column in manifest["tables"][name]["columns"]]
        assert each.get("names", wanted) == wanted
        assert ("names" in each) == ("header=false" in options)
        for column in wanted:
            assert f"| `{column}` |" in text
    assert manifest["digest"] in text
    assert yaml.safe_load(text.split("```yaml\n")[1].split("```")[0]) == manifest["recipe"]


@pytest.mark.parametrize("options", [*FILES, ("duckdb",), ("delta",)], ids=" ".join)
def test_the_line_that_opens_a_place_opens_it(options: tuple[str, ...], root: Path) -> None:
    place, manifest = written(root, *options)
    line = opening(manifest, str(place))
    assert line
    frame = eval(line, {"pd": pd, "synth": synth})
    assert list(frame.columns) == [column["name"] for column in manifest["tables"]["transactions"]["columns"]]
    assert len(frame) == manifest["counts"]["transactions"]
    shown = re.search(r"```python\n(.*?)```", manifest_file(place).with_name("README.md").read_text(), re.DOTALL)
    assert shown
    assert shown[1].startswith("import ")


def test_what_is_on_no_disk_is_opened_by_synth_or_not_at_all() -> None:
    files = [{"name": "transactions/part-00000.parquet"}]
    manifest = {"sink": {}, "tables": {"transactions": {"files": files}}}
    assert opening(manifest, "s3://bucket/raw") == 'synth.open("s3://bucket/raw").to_pandas()'
    assert opening({"sink": {}, "tables": {"transactions": {"files": []}}}, "kafka://x") is None


def test_patterns() -> None:
    assert pattern_of(["a/part-00000.csv.gz"]) == "a/part-00000.csv.gz"
    assert pattern_of(["a/part-00000.csv.gz", "a/part-00001.csv.gz"]) == "a/part-*.csv.gz"
    assert pattern_of(["a/part-00000.csv", "b/part-00000.csv"]) is None
    assert pattern_of([]) is None


def test_a_text_breaks_out_of_no_cell(root: Path) -> None:
    manifest = copy.deepcopy(written(root, "parquet")[1])
    manifest["tables"]["labels"]["columns"][0]["doc"] = "a | b\nc"
    assert "| a \\| b c |" in write_card(json.dumps(manifest).encode()).decode()


ARRANGED = {
    "whole": (),
    "by time": ("partition_by=[month,day]",),
    "by a column": ("partition_by=[channel]",),
    "by a column and time": ("partition_by=[channel,day]",),
    "by parts of time": ("+split={train: null, test: 2022-02-01}",),
}


@pytest.mark.parametrize("options", ARRANGED.values(), ids=ARRANGED)
def test_where_files_are_in_another_order_than_time_it_is_said(options: tuple[str, ...], tmp_path: Path) -> None:
    place = tmp_path / "out"
    words = [f"{'+' * option.startswith('+')}sink.parquet.{option.removeprefix('+')}" for option in options]
    result = synth.run("experiment=tiny", f"sink.parquet.uri='{place}'", *words)
    card = (place / "README.md").read_text()
    [line] = result.openings
    frame = eval(line, {"pd": pd})
    ordered = frame.time.is_monotonic_increasing
    assert ("folder by folder" in line, "folder by folder" in card) == (not ordered, not ordered)
    if not ordered:
        [key] = re.findall(r"sort by (\w+)$", line)
        assert f"sort by `{key}`." in card
        assert frame.sort_values(key).time.is_monotonic_increasing
