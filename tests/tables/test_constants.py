"""Columns that say the same in every row: in every sink, read back, verified, and beside the others unchanged."""

from pathlib import Path

import pytest

from synth import run
from synth.check.stats import measure
from synth.check.verify import verify
from synth.config.catalog import load_catalog

SMALL = ("scenario=card_chain", "generator.transactions=1500", "block_rows=400", "population.cards=200")
CONSTANTS = {"region": "EU", "batch": 7, "rate": 1.5, "odd": 'a,"b', "large": 2**53 + 1}
ADDED = (
    '+columns.add={region: {value: EU}, batch: {value: 7}, rate: {value: 1.5}, odd: {value: "a,\\"b"}, '
    "large: {value: 9007199254740993}}"
)


@pytest.mark.parametrize("sink", ["csv", "jsonl", "parquet"])
def test_they_are_written_and_read_back(sink: str, tmp_path: Path) -> None:
    place = f"{tmp_path}/out"
    found = run(*SMALL, ADDED, f"sink={sink}", f"sink.{sink}.uri={place}").to_pandas()
    for name, value in CONSTANTS.items():
        assert set(found[name]) == {value}
    assert verify(place, catalog=load_catalog()).ok
    assert measure(place, catalog=load_catalog())["rows"]["found"] == len(found)
    plain = run(*SMALL, f"sink={sink}", f"sink.{sink}.uri={tmp_path}/plain").to_pandas()
    assert found.drop(columns=list(CONSTANTS)).equals(plain)


def test_a_view_can_list_them(tmp_path: Path) -> None:
    fields = "columns.fields=[{name: id, source: event_id}, {name: where, value: EU}, {name: when, source: time}]"
    found = run(*SMALL, fields, "columns.rename={}", f"sink.parquet.uri={tmp_path}/out").to_pandas()
    assert list(found.columns) == ["id", "where", "when"]
    assert set(found["where"]) == {"EU"}
