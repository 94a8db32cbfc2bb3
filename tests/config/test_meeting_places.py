"""Where two sinks write: never into one place, nor one within another's, whatever kinds of sinks they are."""

from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from synth.config.catalog import load_catalog
from synth.config.part import SinkPart, sink_problems
from synth.config.recipe import load_recipe
from synth.contracts.hookspecs import SinkSpec
from synth.errors import ConfigError

PLUGINS = sorted(path.parent for path in (Path(__file__).parents[2] / "plugins").glob("*/pyproject.toml"))


@cache
def placed() -> dict[str, SinkPart]:
    """A sink of each kind that has a place."""
    catalog = load_catalog(PLUGINS)
    kinds = [
        name
        for name in catalog.names("sink")
        if isinstance(spec := catalog.find("sink", name), SinkSpec) and spec.place
    ]
    return {kind: load_recipe([f"sink={kind}"], plugin_files=PLUGINS)[0].sinks[kind] for kind in kinds}


def problems(one: tuple[str, str], other: tuple[str, str]) -> list[str]:
    parts = {}
    for name, (kind, uri) in (("one", one), ("other", other)):
        part = placed()[kind]
        parts[name] = replace(part, config=replace(part.config, uri=uri))
    return [problem.message for problem in sink_problems(None, parts) if "one" in problem.message]


@pytest.mark.parametrize("root", ["runs/a", "s3://bucket/runs/a"])
def test_no_sink_writes_within_the_place_of_another(root: str) -> None:
    kinds = [*placed()]
    assert {"csv", "parquet", "jsonl", "delta", "iceberg", "duckdb"} < {*kinds}
    for first, second in product(kinds, kinds):
        assert problems((first, root), (second, f"{root}/"))[0].startswith(
            "sinks 'one' and 'other' write into the same"
        )
        for outer, inner in ((root, f"{root}/b"), (f"{root}/b", root), (root, f"{root}/b/../b/c")):
            if ".." in inner and inner.startswith("s3://"):
                continue  # it is no place
            [told] = problems((first, outer), (second, inner))
            assert "which lies within" in told
            assert "sink.one.uri" in told
            assert "sink.other.uri" in told
        assert not problems((first, root), (second, f"{root}b"))
        assert not problems((first, f"{root}/b"), (second, f"{root}/c"))


def test_a_bucket_holds_all_prefixes_and_links_are_followed(tmp_path: Path) -> None:
    assert "which lies within" in problems(("csv", "s3://bucket"), ("parquet", "s3://bucket/x"))[0]
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert problems(("csv", f"{tmp_path}/real"), ("parquet", f"{tmp_path}/link/b"))
    assert not problems(("csv", "s3://bucket"), ("parquet", "bucket"))


def test_it_is_told_with_the_configuration() -> None:
    words = ["sink=[parquet,csv]", "sink.parquet.uri=runs/a", "sink.csv.uri=runs/a/b"]
    with pytest.raises(ConfigError) as caught:
        load_recipe(words)
    assert "sink.csv.uri is 'runs/a/b', which lies within 'runs/a', that of sink.parquet.uri" in str(caught.value)
