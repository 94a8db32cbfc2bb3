"""Forms of columns: the decimal of an amount, the UUID of an id, the time without a zone; in every sink of files."""

import json
import uuid
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_series_equal

import synth
from synth.check.reader import open_output
from synth.check.stats import measure
from synth.check.verify import verify
from synth.config.catalog import load_catalog
from synth.config.recipe import load_recipe
from synth.contracts.hookspecs import SinkSpec
from synth.engine.prepare import prepare
from synth.errors import ConfigError
from synth.stream.deliveries import shifted
from synth.tables.arrow import decimals_to_arrow
from synth.tables.column import FORMAT_TYPES
from synth.tables.declared import EVENT_COLUMNS
from synth.tables.texts import uuid4_texts, uuid_texts
from synth.tables.types import arrow_type
from synth.tables.views import FieldConfig
from tests.tables.shown_forms import every_form, override

ROOT = Path(__file__).resolve().parents[2]
#: Packages of their own; those of the wheel are installed.
PLUGINS = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
SMALL = ("scenario=card_chain", "generator.transactions=1500", "block_rows=400", "population.cards=200")
NEW = ("tid_uuid", "time_iso_naive", "amount_decimal")

#: Sinks whose places no test of this file can read, and the tests that look into them.
ELSEWHERE = {"postgres": "plugins/test_postgres.py", "kafka": "plugins/test_kafka_formats.py", "stdout": "sink=jsonl"}


def kinds() -> list[str]:
    catalog = load_catalog(PLUGINS)
    found = [name for name in catalog.names("sink") if isinstance(catalog.find("sink", name), SinkSpec)]
    assert {*ELSEWHERE} < {*found}
    return sorted({*found} - {*ELSEWHERE})


def make(kind: str, place: Path, *words: str) -> synth.RunResult:
    return synth.run(*SMALL, f"sink={kind}", f"sink.{kind}.uri={place}", *words, plugin_files=PLUGINS)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The same rows in the forms that columns have unasked."""
    fields = ", ".join(f"{{name: {name}, source: {name}}}" for name in EVENT_COLUMNS)
    return make("parquet", tmp_path_factory.mktemp("plain"), f"columns.fields=[{fields}]").to_pandas()


@pytest.mark.parametrize("first", [NEW, ()], ids=["new forms first", "in order"])
@pytest.mark.parametrize("kind", kinds())
def test_every_form_is_written_read_back_and_verified(
    kind: str, first: tuple[str, ...], plain: pd.DataFrame, tmp_path: Path
) -> None:
    fields = every_form(first)
    result = make(kind, tmp_path / "out", override(fields))
    catalog = load_catalog(PLUGINS)
    report = verify(str(tmp_path / "out"), catalog=catalog)
    assert not [f"{check.name}: {check.detail}" for check in report.checks if not check.ok]
    output = open_output(str(tmp_path / "out"), catalog)
    for field in fields:
        column = EVENT_COLUMNS[field.source]
        kept = FORMAT_TYPES.get(field.format or "", "timestamp[us]" if field.naive else column.arrow)
        assert str(output.schema("transactions").field(field.name).type) == kept
    found = output.to_pandas()
    for field in fields:
        declared = plain[field.source].map(as_version_4) if field.format == "uuid4" else plain[field.source]
        assert_series_equal(as_declared(found[field.name], field), declared, check_names=False)
    assert measure(str(tmp_path / "out"), catalog=catalog)["rows"]["found"] == result.rows
    labels = output.to_pandas("labels")
    shown = next(field.name for field in fields if field.source == "tid")
    assert labels[shown].tolist() == found[shown][labels["event_id"]].tolist()


def as_declared(column: "pd.Series[Any]", field: FieldConfig) -> "pd.Series[Any]":
    """The values in the form that the column has unasked."""
    if field.naive:
        return column.dt.tz_localize(UTC)
    if field.format == "decimal":
        return column.astype(float)
    return column.map(lambda text: uuid.UUID(text).hex) if field.format == "uuid" else column


def as_version_4(digits: str) -> str:
    """A UUID of version 4 with the digits of an md5, by Python's own library."""
    return str(uuid.UUID(hex=digits, version=4))


def test_what_text_files_print(tmp_path: Path) -> None:
    words = override(every_form(NEW))
    for kind in ("csv", "jsonl"):
        make(kind, tmp_path / kind, words)
    printed = pd.read_csv(next((tmp_path / "csv").glob("transactions*")), dtype=str)
    assert (printed["amount_decimal"] == printed["amount_fixed2"]).all()
    assert (printed["time_iso_naive"] + "Z" == printed["time_iso"]).all()
    assert (printed["time_epoch_ms_naive"] == printed["time_epoch_ms"]).all()
    assert [str(uuid.UUID(text)) for text in printed["tid_plain"]] == printed["tid_uuid"].tolist()
    with next((tmp_path / "jsonl").glob("transactions*")).open() as file:
        rows = [json.loads(line, parse_float=Decimal) for line in file]
    assert [str(row["amount_decimal"]) for row in rows] == printed["amount_decimal"].tolist()
    assert [row["tid_uuid"] for row in rows] == printed["tid_uuid"].tolist()


@given(st.lists(st.integers(0, 10**18 - 1)))
def test_minor_units_as_decimals(minor: list[int]) -> None:
    made = decimals_to_arrow(np.array(minor, dtype=np.int64), arrow_type("decimal128(18, 2)"))
    made.validate(full=True)
    assert made.to_pylist() == [Decimal(each).scaleb(-2) for each in minor]


@given(st.lists(st.uuids()))
def test_digits_as_uuids(ids: list[uuid.UUID]) -> None:
    digits = np.frombuffer("".join(each.hex for each in ids).encode(), dtype=np.uint8).reshape(-1, 32)
    assert uuid_texts(digits).to_arrow().to_pylist() == [str(each) for each in ids]
    assert uuid4_texts(digits).to_arrow().to_pylist() == [as_version_4(each.hex) for each in ids]


def test_a_view_may_call_a_uuid_what_a_side_table_calls_another_column(tmp_path: Path) -> None:
    """The notebook's clickstream: its events are called by UUIDs of version 4, and so are they in the labels."""
    words = (
        "experiment=clickstream",
        "columns=clickstream_uuid",
        "scenario=bot_checkout",
        "scenario.bot_checkout.ratio=0.01",
        "generator.transactions=3000",
    )
    synth.run(*words, f"sink.jsonl.uri={tmp_path}", "sink=jsonl")
    output = open_output(str(tmp_path))
    ids = [uuid.UUID(text) for text in output.to_pandas()["event_id"]]
    assert {(each.version, each.variant) for each in ids} == {(4, uuid.RFC_4122)}
    assert len({*ids}) == len(ids) > 3000
    labels = output.to_pandas("labels")
    assert len(labels)
    assert labels["tid"].tolist() == [str(ids[place]) for place in labels["event_id"]]
    report = verify(str(tmp_path), catalog=load_catalog())
    found = {check.name: check.ok for check in report.checks}
    assert report.ok
    assert found["ids unique"]
    file = next(tmp_path.glob("transactions*"))
    text = file.read_text()
    file.write_text(text.replace(str(ids[7]), str(uuid.UUID(int=ids[7].int ^ 1 << 76)), 1))
    broken = verify(str(tmp_path), catalog=load_catalog())
    assert "a UUID of version 4" in next(check.detail for check in broken.checks if check.name == "ids unique")


@pytest.mark.parametrize("kind", sorted({column.arrow for column in EVENT_COLUMNS.values()} | {*FORMAT_TYPES.values()}))
def test_a_type_has_the_name_that_it_is_found_by(kind: str) -> None:
    assert str(arrow_type(kind)) == kind


def test_all_forms_that_cannot_be_are_told_at_once() -> None:
    wrong = {
        "tid": "{source: tid, format: decimal}",
        "paid": "{source: amount, format: uuid}",
        "who": "{source: card_number, naive: true}",
        "when": "{source: time, format: '%H:%M %Z', naive: true}",
        "born": "{source: customers.birth_date, naive: true, format: decimal}",
    }
    added = ", ".join(f"{name}: {field}" for name, field in wrong.items())
    with pytest.raises(ConfigError) as caught:
        synth.generate("population=tiny", "population.profile=faker", "columns.drop=[tid]", f"+columns.add={{{added}}}")
    told = {problem.path: (problem.line, problem.allowed_in_words) for problem in caught.value.problems}
    assert told == {
        "columns.add.tid.format": (
            "columns.add.tid.format: column 'tid' has no format 'decimal'",
            "plain, uuid, uuid4",
        ),
        "columns.add.paid.format": (
            "columns.add.paid.format: column 'amount' has no format 'uuid'",
            "float, fixed2, decimal",
        ),
        "columns.add.who.naive": (
            "columns.add.who.naive: column 'card_number' is no time (it is string), "
            "so that it has no zone to leave out",
            "leave it out",
        ),
        "columns.add.when.format": (
            "columns.add.when.format: a naive time has no zone that %Z could print",
            "a format without %Z, or naive: false",
        ),
        "columns.add.born.format": (
            "columns.add.born.format: column 'customers.birth_date' has no format 'decimal'",
            "plain",
        ),
        "columns.add.born.naive": (
            "columns.add.born.naive: column 'customers.birth_date' is no time (it is date32[day]), "
            "so that it has no zone to leave out",
            "leave it out",
        ),
    }


def test_a_shifted_stream_shifts_naive_times_too() -> None:
    prepared = prepare(load_recipe([*SMALL, override(every_form())])[0])
    batch = prepared.make_block(0).batches["transactions"]
    week = 7 * 86_400_000_000
    made, moved = batch.native, shifted(batch, week).native
    for name in ("time_iso", "time_iso_naive"):
        shift = pc.subtract(moved.column(name).cast(pa.int64()), made.column(name).cast(pa.int64()))
        assert pc.unique(shift).to_pylist() == [week]
    assert moved.schema == made.schema


@pytest.mark.parametrize(
    ("name", "source", "table", "words"),
    [("role", "tid", "labels", ()), ("email", "card_number", "holders", ("population.profile=faker",))],
)
def test_a_side_table_keeps_its_own_name_where_the_views_is_taken(
    name: str, source: str, table: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    fields = f"columns.fields=[{{name: {name}, source: {source}}}, {{name: t, source: time}}]"
    make("parquet", tmp_path / "out", *words, fields)
    output = open_output(str(tmp_path / "out"))
    columns = [column["name"] for column in output.table(table)["columns"]]
    assert {source, name} <= {*columns}
    assert len(columns) == len({*columns})
    assert verify(str(tmp_path / "out"), catalog=load_catalog()).ok
