"""Messages of the sink for Kafka in Avro and Protobuf, read with schemas that a reader finds in the control topic."""

import json
import os
import pickle
import struct
import urllib.request
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import fastavro
import pyarrow as pa
import pytest

pytest.importorskip("confluent_kafka", reason="no confluent-kafka: pip install --group dev")
from fastavro.read import SchemaResolutionError
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import synth
from synth.tables.batch import Batch
from synth.tables.column import Column
from synth.tables.table import Field, Table
from tests.kafka.broker import Broker
from tests.kafka.consumer import consume, values
from tests.kafka.registry import run_registry
from tests.kafka.streams import SMALL, cli, into

ROWS = 4000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAIVE_EPOCH = EPOCH.replace(tzinfo=None)

EVERY_TYPE = Table(
    "odd",
    tuple(
        Field(
            name,
            Column(name, arrow, "", "observable", "a column", nullable=nullable, free_text=name == "said"),
            text_format,
        )
        for name, arrow, nullable, text_format in (
            ("small", "int8", False, "plain"),
            ("large", "int64", True, "plain"),
            ("share", "double", True, "plain"),
            ("said", "string", True, "plain"),
            ("yes", "bool", False, "plain"),
            ("day", "date32[day]", True, "plain"),
            ("moment", "timestamp[us, tz=UTC]", False, "iso"),
            ("naive", "timestamp[us]", True, "iso"),
            ("paid", "decimal128(18, 2)", True, "decimal"),
            ("id", "string", False, "uuid"),
        )
    ),
)
_PLAIN_ROWS: list[dict[str, Any]] = [
    {"small": -128, "large": 2**63 - 1, "share": 0.1, "said": 'ä\n"', "yes": True, "day": date(1969, 12, 31)},
    {"small": 0, "large": None, "share": None, "said": None, "yes": False, "day": None},
    {"small": 127, "large": -(2**63), "share": -0.0, "said": "", "yes": False, "day": date(2026, 1, 1)},
]
ROWS_OF_EVERY_TYPE = [
    row | {"moment": moment, "naive": naive, "paid": paid, "id": UUID(int=2**127 + 5 * i)}
    for i, (row, moment, naive, paid) in enumerate(
        zip(
            _PLAIN_ROWS,
            [datetime(1969, 7, 20, 20, 17, tzinfo=UTC), EPOCH, datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)],
            [NAIVE_EPOCH - timedelta(days=164, seconds=1), None, NAIVE_EPOCH + timedelta(days=20_000)],
            [Decimal("604.30"), None, Decimal("9999999999999999.99")],
            strict=True,
        )
    )
]


def odd_batch() -> Batch:
    texts = [row | {"id": str(row["id"])} for row in ROWS_OF_EVERY_TYPE]
    native = pa.RecordBatch.from_pylist(texts, schema=EVERY_TYPE.schema)
    return Batch(EVERY_TYPE, native, {})


def read_avro(schema: str, messages: list[bytes]) -> list[dict[str, Any]]:
    parsed: Any = fastavro.parse_schema(json.loads(schema))
    read: Any = fastavro.schemaless_reader
    return [read(BytesIO(message), parsed, None) for message in messages]


def read_protobuf(schema: str, messages: list[bytes]) -> list[dict[str, Any]]:
    """Reads with a message type that is made from the text of the schema, by a parser of this test's own."""
    file = descriptor_pb2.FileDescriptorProto(name="read.proto", package="read", syntax="proto3")
    message_type = file.message_type.add(name="Row")
    lines = [line.partition("//")[0].split() for line in schema.splitlines() if "=" in line and line.startswith("  ")]
    for words in lines:
        made = message_type.field.add(name=words[-3], number=int(words[-1].rstrip(";")), label=1)
        made.type = getattr(made, f"TYPE_{words[-4].upper()}")
        if words[0] == "optional":
            made.proto3_optional, made.oneof_index = True, len(message_type.oneof_decl)
            message_type.oneof_decl.add(name=f"_{words[-3]}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    row = message_factory.GetMessageClass(pool.FindMessageTypeByName("read.Row"))
    read = [row.FromString(message) for message in messages]
    optional = {words[-3] for words in lines if words[0] == "optional"}
    names = [words[-3] for words in lines]
    return [
        {name: None if name in optional and not each.HasField(name) else getattr(each, name) for name in names}
        for each in read
    ]


def test_avro_holds_every_type_and_null() -> None:
    from synth_kafka.formats import make_format

    made = pickle.loads(pickle.dumps(make_format("avro")))
    assert read_avro(made.schema(EVERY_TYPE), made.encode(odd_batch())) == ROWS_OF_EVERY_TYPE


def test_protobuf_holds_every_type_and_null() -> None:
    from synth_kafka.formats import make_format

    made = pickle.loads(pickle.dumps(make_format("protobuf")))
    read = read_protobuf(made.schema(EVERY_TYPE), made.encode(odd_batch()))
    assert read == [row | _as_protobuf(row) for row in ROWS_OF_EVERY_TYPE]


def _as_protobuf(row: dict[str, Any]) -> dict[str, Any]:
    """What has no type there: days and microseconds since 1970, decimals and UUIDs as texts."""
    since = {"moment": EPOCH, "naive": NAIVE_EPOCH}
    times = {name: row[name] and (row[name] - epoch) // timedelta(microseconds=1) for name, epoch in since.items()}
    paid = None if row["paid"] is None else str(row["paid"])
    return times | {"day": row["day"] and (row["day"] - EPOCH.date()).days, "paid": paid, "id": str(row["id"])}


def test_json_holds_decimals_exactly_and_naive_times_without_a_zone() -> None:
    from synth_kafka.formats import make_format

    rows = [json.loads(line, parse_float=Decimal) for line in make_format("json").encode(odd_batch())]
    for row, wanted in zip(rows, ROWS_OF_EVERY_TYPE, strict=True):
        assert (row["paid"], row["id"]) == (wanted["paid"], str(wanted["id"]))
        assert row["naive"] == (wanted["naive"] and wanted["naive"].isoformat(timespec="seconds"))


def test_json_escapes_its_line_breaks() -> None:
    from synth_kafka.formats import make_format

    table = Table("odd", (Field("said", Column("said", "string", "", "observable", "x", free_text=True), "plain"),))
    texts = ["a\nb", '"', "ä\\", "", "\r\n\t"]
    native = pa.RecordBatch.from_arrays([pa.array(texts)], schema=table.schema)
    assert [json.loads(line)["said"] for line in make_format("json").encode(Batch(table, native, {}))] == texts


def test_a_reader_of_a_view_that_has_gained_columns_reads_what_came_before() -> None:
    from synth_kafka.formats import make_format

    names = [field.name for field in EVERY_TYPE.fields]
    before = Table("odd", EVERY_TYPE.fields[:1])
    native = odd_batch().native.select(["small"])
    written = make_format("avro").encode(Batch(before, native, {}))
    gained: Any = fastavro.parse_schema(json.loads(make_format("avro", names).schema(EVERY_TYPE)))
    old: Any = fastavro.parse_schema(json.loads(make_format("avro").schema(before)))
    read: Any = fastavro.schemaless_reader
    rows = [read(BytesIO(message), old, gained) for message in written]
    missing = dict.fromkeys(names[1:])
    assert rows == [{"small": row["small"], **missing} for row in ROWS_OF_EVERY_TYPE]
    plain: Any = fastavro.parse_schema(json.loads(make_format("avro").schema(EVERY_TYPE)))
    with pytest.raises(SchemaResolutionError):
        read(BytesIO(written[0]), old, plain)


@pytest.mark.parametrize("name", ["avro", "protobuf"])
def test_columns_that_may_be_missing_are_sent_as_they_are(name: Any) -> None:
    from synth_kafka.formats import make_format

    made = pickle.loads(pickle.dumps(make_format(name, [field.name for field in EVERY_TYPE.fields])))
    read = read_avro if name == "avro" else read_protobuf
    assert read(made.schema(EVERY_TYPE), made.encode(odd_batch())) == [
        row | (_as_protobuf(row) if name == "protobuf" else {}) for row in ROWS_OF_EVERY_TYPE
    ]


@pytest.mark.parametrize("field", EVERY_TYPE.fields, ids=lambda field: field.name)
def test_a_key_in_avro_is_the_value_of_its_column(field: Field) -> None:
    from synth_kafka.formats import make_key_format

    keys = pickle.loads(pickle.dumps(make_key_format("avro")))
    schema: Any = fastavro.parse_schema(json.loads(keys.schema(field)))
    read: Any = fastavro.schemaless_reader
    made = keys.encode(odd_batch().native.column(field.name), field)
    assert [key and read(BytesIO(key), schema, None) for key in made] == [r[field.name] for r in ROWS_OF_EVERY_TYPE]


@pytest.mark.server
def test_a_reader_finds_the_schema_of_the_keys(kafka: Broker, tmp_path: Path) -> None:
    words = (*SMALL, "columns=full", *into(kafka.address, "keyed"), "sink.kafka.key=amount_minor")
    answer = cli("stream", *words, "sink.kafka.key_format=avro", "sink.kafka.side_topics=[labels]", cwd=tmp_path)
    assert answer.code == 0, answer.err
    control = {message.key or b"": message.value or b"" for message in consume(kafka.address, "keyed.synth")}
    schemas = {key: json.loads(value) for key, value in control.items() if b"schema:" in key}
    assert schemas == {b"key-schema:keyed": "long", b"key-schema:keyed.labels": "long"}
    for topic, column in (("keyed", "amount_minor"), ("keyed.labels", "event_id")):
        for message in consume(kafka.address, topic):
            read: Any = fastavro.schemaless_reader
            assert read(BytesIO(message.key or b""), "long", None) == json.loads(message.value or b"")[column]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["sink.kafka.subjects=record"], "sink.kafka.subjects: only a registry's schemas of messages have subjects"),
        (["sink.kafka.subjects=recrod"], "did you mean 'record'?"),
        (["sink.kafka.optional=[amount]"], "sink.kafka.optional: JSON has no schema"),
        (["sink.kafka.key=null", "sink.kafka.key_format=avro"], "sink.kafka.key_format: messages have no key"),
    ],
)
def test_settings_without_an_effect_are_refused(words: list[str], told: str, tmp_path: Path) -> None:
    answer = cli("validate", "sink=kafka", *words, cwd=tmp_path)
    assert answer.code == 2
    assert told in answer.err


@pytest.mark.server
@pytest.mark.parametrize("name", ["avro", "protobuf"])
def test_a_reader_finds_the_schema_and_reads_what_a_run_makes(name: str, kafka: Broker, tmp_path: Path) -> None:
    words = (*SMALL, "columns=full", *into(kafka.address, name), f"sink.kafka.format={name}")
    answer = cli("stream", *words, "sink.kafka.side_topics=[labels]", cwd=tmp_path)
    assert answer.code == 0, answer.err
    schemas = {
        (message.key or b"").decode(): (message.value or b"").decode()
        for message in consume(kafka.address, f"{name}.synth")
    }
    read = read_avro if name == "avro" else read_protobuf
    rows = read(schemas[f"schema:{name}"], values(consume(kafka.address, name), rows=ROWS))
    expected = synth.generate(*SMALL, "columns=full").to_dict("records")
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        at = row["time"] if name == "avro" else EPOCH + timedelta(microseconds=row["time"])
        assert at == wanted["time"]
        for column in ("event_id", "card_number", "amount_minor", "amount", "fraud_label", "tid"):
            assert row[column] == wanted[column]
    labels = read(schemas[f"schema:{name}.labels"], [m.value or b"" for m in consume(kafka.address, f"{name}.labels")])
    assert sorted(label["event_id"] for label in labels) == [row["event_id"] for row in rows if row["fraud_label"]]


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("SYNTH_KAFKA_FULL") != "1", reason="fetches 140 MB: SYNTH_KAFKA_FULL=1 does it")
def test_a_registry_knows_the_schemas_by_the_numbers_in_the_messages(kafka: Broker, tmp_path: Path) -> None:
    with run_registry(tmp_path) as address:
        for name, read in (("avro", read_avro), ("protobuf", read_protobuf)):
            topic = f"registered-{name}"
            words = (*SMALL, *into(kafka.address, topic), f"sink.kafka.format={name}", f"sink.kafka.registry={address}")
            answer = cli("plan", *words, cwd=tmp_path)
            assert f"registry: {address} answers" in answer.out
            answer = cli("stream", *words, "sink.kafka.side_topics=[labels]", cwd=tmp_path)
            assert answer.code == 0, answer.err
            for each, rows in ((topic, ROWS), (f"{topic}.labels", None)):
                seen = consume(kafka.address, each)
                framed = values(seen, rows=len(seen) if rows is None else rows)
                [(magic, number)] = {struct.unpack(">bI", message[:5]) for message in framed}
                with urllib.request.urlopen(f"{address}/schemas/ids/{number}") as found:
                    schema = json.load(found)["schema"]
                rest = [message[5:].removeprefix(b"\0" if name == "protobuf" else b"") for message in framed]
                keys = {"transactions": "cc_num", "labels": "event_id"}
                key = keys["labels" if rows is None else "transactions"]
                told = sorted(str(row[key]).encode() for row in read(schema, rest))
                assert (magic, told) == (0, sorted(message.key or b"" for message in seen))
    words = (*SMALL, *into(kafka.address, "unregistered"), "sink.kafka.format=avro", f"sink.kafka.registry={address}")
    answer = cli("stream", *words, cwd=tmp_path)
    assert answer.code == 3
    assert answer.one_line().startswith(f"error: the schema registry {address} does not answer: is sink.kafka.registry")


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("SYNTH_KAFKA_FULL") != "1", reason="fetches 140 MB: SYNTH_KAFKA_FULL=1 does it")
def test_a_registry_has_keys_names_of_records_and_views_that_gain_columns(kafka: Broker, tmp_path: Path) -> None:
    with run_registry(tmp_path) as address:
        registry = ("sink.kafka.format=avro", f"sink.kafka.registry={address}")
        for strategy, subject in (
            ("topic", "by-topic-value"),
            ("record", "synth.transactions"),
            ("topic_record", "by-topic_record-synth.transactions"),
        ):
            topic = f"by-{strategy}"
            words = (*SMALL, *into(kafka.address, topic), *registry, "sink.kafka.key_format=avro")
            answer = cli("stream", *words, f"sink.kafka.subjects={strategy}", cwd=tmp_path)
            assert answer.code == 0, answer.err
            seen = consume(kafka.address, topic)
            for side, name in (("value", subject), ("key", f"{topic}-key")):
                heads = {getattr(message, side)[:5] for message in seen}
                with urllib.request.urlopen(f"{address}/subjects/{name}/versions/latest") as found:
                    assert heads == {struct.pack(">bI", 0, json.load(found)["id"])}

        with urllib.request.urlopen(
            urllib.request.Request(
                f"{address}/config",
                data=b'{"compatibility": "FULL"}',
                method="PUT",
                headers={"Content-Type": "application/json"},
            )
        ):
            pass
        words = (*SMALL, *into(kafka.address, "by-topic"), *registry, "sink.kafka.key_format=avro", "--overwrite")
        refused = cli("stream", *words, "+columns.add.booked=time", cwd=tmp_path)
        assert refused.code == 3
        assert "sink.kafka.optional=[booked] lets it take what the view has gained" in refused.one_line()
        answer = cli("stream", *words, "+columns.add.booked=time", "sink.kafka.optional=[booked]", cwd=tmp_path)
        assert answer.code == 0, answer.err
