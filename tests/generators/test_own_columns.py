"""A generator's own columns and tables go everywhere that the built-in ones go."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import synth
from synth.check.verify import verify
from synth.config.catalog import load_catalog
from synth.errors import ConfigError, RunError
from tests.generators import shops
from tests.outputs import read_manifest

PLUGIN = Path(shops.__file__)
OWN = [column.name for column in shops.Shops.columns]
FIELDS = "columns.fields=[" + ",".join(
    f"{{name: {name}, source: {name}}}"
    for name in ["event_id", "time", "card_number", "amount", "fraud_label", "role", *OWN]
)
RECIPE = (
    "generator=shops",
    "scenario=[card_chain,bread_thief]",
    "scenario.card_chain.ratio=0.1",
    "population.cards=50",
    "block_rows=300",
    "timeline.end=2022-01-04",
    FIELDS + "]",
)
GENUINE = tuple(word for word in RECIPE[:-1] if not word.startswith("scenario"))


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synth.generate(*RECIPE, plugin_files=[PLUGIN])


def test_every_row_has_them(frame: pd.DataFrame) -> None:
    assert len(frame) == 1010
    assert frame.fraud_label.sum() == 110
    assert frame["items"].between(1, 8).all()
    assert set(frame.online) == {0, 1}
    assert set(frame.shop.dropna()) == set(shops.NAMES)
    assert (frame.settled - frame.time).eq(pd.Timedelta(days=1)).all()
    assert 0 < frame.score.isna().mean() < 0.2
    assert 0.1 < frame.shop.isna().mean() < 0.3


def test_a_pattern_that_knows_nothing_of_them_is_completed(frame: pd.DataFrame) -> None:
    chains = frame[frame.role.isin(["head", "follower"])]
    assert len(chains) == 100
    assert chains.shop.nunique() == len(shops.NAMES)


def test_a_pattern_may_set_one_and_leaves_the_others(frame: pd.DataFrame) -> None:
    thefts = frame[frame.role == "theft"]
    assert len(thefts) == 10
    assert set(thefts.shop) == {"bakery, bread & more"}
    assert thefts["items"].nunique() > 1


@pytest.mark.parametrize("sink", ["parquet", "csv", "jsonl"])
def test_they_are_written_and_verified_in_every_format(sink: str, tmp_path: Path, frame: pd.DataFrame) -> None:
    uri = str(tmp_path / "out")
    result = synth.run(*RECIPE, f"sink={sink}", f"sink.{sink}.uri={uri}", plugin_files=[PLUGIN])
    report = verify(uri, catalog=load_catalog([PLUGIN]))
    assert report.ok, report.failed
    assert {c.name for c in report.checks if c.ok is True} >= {"digest of transactions", "digest of shops", "counts"}
    [unruled] = [c for c in report.checks if c.name == "scenario bread_thief"]
    assert (unruled.ok, unruled.detail) == (None, "BreadThief has no check of its own")
    pd.testing.assert_frame_equal(result.to_pandas(), frame, check_dtype=False)
    entities = result.to_pandas("shops")
    assert entities.shop.tolist() == list(shops.NAMES)
    assert entities.opened.between(1950, 2019).all()
    manifest = read_manifest(tmp_path / "out")
    assert manifest["plugins"] == {"shops": ""}


def test_all_formats_hold_the_same(tmp_path: Path) -> None:
    sinks = [f"sink.{sink}.uri={tmp_path / sink}" for sink in ("csv", "jsonl", "parquet")]
    result = synth.run(*RECIPE, "sink=[csv,jsonl,parquet]", *sinks, plugin_files=[PLUGIN])
    assert {manifest["digest"] for manifest in result.manifests.values()} == {result.digest}


def test_a_view_cannot_show_what_the_generator_lacks() -> None:
    with pytest.raises(ConfigError) as refused:
        synth.generate("columns.fields=[{name: s, source: shopp}]", "generator=shops", plugin_files=[PLUGIN])
    assert "no event column named 'shopp' (did you mean 'shop'?)" in str(refused.value)
    with pytest.raises(ConfigError, match="no event column named 'shop'"):
        synth.generate("columns.fields=[{name: s, source: shop}]")


def test_a_pattern_that_sets_a_column_needs_a_generator_that_has_it() -> None:
    with pytest.raises(RunError, match="BreadThief does not fit the generator UniformGenerator: column 'shop' is not"):
        synth.generate("scenario=bread_thief", "generator.transactions=1000", plugin_files=[PLUGIN])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('Column("items", "int64"', 'Column("amount", "int64"', "a column 'amount', which exists already"),
        ('Column("items", "int64"', 'Column("items", "string"', "'items': a string needs categories"),
        ('Column("items", "int64"', 'Column("items", "decimal"', "'items' of type 'decimal'; there are int64"),
        ('Column("items", "int64"', 'Column("my items", "int64"', "'my items': a name has letters"),
        ('"goods in the basket"', '"goods in the basket", nullable=False, categories=("a",)', "nothing else may"),
        ('"", "observable", "goods', '"", "truth", "goods', "with role truth"),
        ('"items": rng', '"itemz": rng', "column 'items' is left out"),
        ("rng.integers(1, 9, size=rows)", "rng.random(rows)", "is float64 of shape .* not int64"),
        ("rng.integers(1, 9, size=rows)", "rng.integers(1, 9, size=3)", "of shape .3,., not int64 of shape"),
        ("rng.integers(-1, len(NAMES)", "rng.integers(-1, 9", "names a category that does not exist"),
        ('"what a rule engine said", nullable=True', '"score"', "'score' has empty values, but is not nullable"),
        ("time_us + 86_400_000_000", "time_us + 1", "'settled' holds times that are no whole seconds"),
        ('Entities("shops"', 'Entities("labels"', "a table 'labels': the name is taken"),
        ('"opened": years}', '"opened": years[1:]}', "table 'shops' with columns of"),
    ],
)
@pytest.mark.parametrize("recipe", [RECIPE[:-1], GENUINE], ids=["fraud", "genuine"])
def test_a_broken_generator_is_named(recipe: tuple[str, ...], old: str, new: str, told: str, tmp_path: Path) -> None:
    text = PLUGIN.read_text()
    assert old in text
    (tmp_path / "broken.py").write_text(text.replace(old, new))
    with pytest.raises(RunError, match=told) as caught:
        synth.generate(*recipe, plugin_files=[tmp_path / "broken.py"])
    assert "generator" in str(caught.value)


def test_a_generator_with_columns_has_to_complete_fraud(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(PLUGIN.read_text().replace("    def complete(", "    def other("))
    with pytest.raises(RunError, match=r"generator .* no method complete"):
        synth.generate(*RECIPE[:-1], plugin_files=[tmp_path / "broken.py"])
    assert len(synth.generate(*GENUINE, plugin_files=[tmp_path / "broken.py"]))


def test_a_pattern_alone_cannot_fill_half_a_column(tmp_path: Path) -> None:
    text = PLUGIN.read_text().replace('{"shop": zeros + 1}', '{"shop": zeros[1:]}')
    (tmp_path / "broken.py").write_text(text)
    with pytest.raises(RunError, match=r"'shop' is int64 of shape \(9,\)"):
        synth.generate(*RECIPE, plugin_files=[tmp_path / "broken.py"])


def test_without_fraud_the_genuine_rows_are_the_same(frame: pd.DataFrame) -> None:
    recipe: list[Any] = [o for o in RECIPE if not o.startswith("scenario")]
    control = synth.generate(*recipe, "scenario=bread_thief", plugin_files=[PLUGIN])
    genuine = control[control.fraud_label == 0].reset_index(drop=True)
    alone = synth.generate(*recipe, plugin_files=[PLUGIN])
    np.testing.assert_array_equal(genuine.score, alone.score)
    np.testing.assert_array_equal(genuine["items"], alone["items"])


def test_the_generator_is_told_what_patterns_set_and_nothing_else(tmp_path: Path) -> None:
    text = PLUGIN.read_text()
    asks = """        assert set(fraud.own) == {"shop", "items"}, fraud.own
        assert -1 in fraud.own["shop"]
        return fraud.completed("""
    sets = '{"shop": zeros + 1, "items": zeros + 3}'
    for old, new in (("        return fraud.completed(", asks), ('{"shop": zeros + 1}', sets)):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (tmp_path / "asking.py").write_text(text)
    frame = synth.generate(*RECIPE, plugin_files=[tmp_path / "asking.py"])
    assert set(frame[frame.role == "theft"]["items"]) == {3}
