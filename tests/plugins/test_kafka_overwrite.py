"""What ``--overwrite`` meets in a real cluster: whatever may refuse does so while the old events are still there."""

import json
import os
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

import synth
from tests.kafka.broker import PASSWORD, Broker
from tests.kafka.consumer import consume
from tests.kafka.registry import run_registry
from tests.kafka.secure import GUEST, SecureBroker
from tests.kafka.streams import SMALL, cli, into

pytestmark = pytest.mark.server


def admin(broker: Broker) -> AdminClient:
    return AdminClient({"bootstrap.servers": broker.address})


def configure(broker: Broker, topic: str, **values: str) -> None:
    """Changes settings of a topic that is there."""
    entries = [
        ConfigEntry(key.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
        for key, value in values.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    client = admin(broker)
    for future in client.incremental_alter_configs([resource]).values():
        future.result()


def make_topic(broker: Broker, name: str) -> None:
    client = admin(broker)
    for future in client.create_topics([NewTopic(name, 1, 1)]).values():
        future.result()


def seen(broker: Broker, topic: str) -> list[bytes | None]:
    return sorted((message.value for message in consume(broker.address, topic)), key=str)


def refuse(broker: Broker, topic: str, told: str, *words: str, cwd: Path, env: dict[str, str] | None = None) -> str:
    """A stream and a doctor say the same of it, and the stream that is there stays; returns what was told."""
    before, control = seen(broker, topic), seen(broker, f"{topic}.synth")
    assert before
    answer = cli("stream", *words, "--overwrite", cwd=cwd, env=env)
    assert (answer.code, answer.out) == (3, ""), answer.err
    line = answer.one_line()
    assert told in line
    assert PASSWORD not in line
    assert (seen(broker, topic), seen(broker, f"{topic}.synth")) == (before, control)
    answer = cli("doctor", *words, "--overwrite", cwd=cwd, env=env)
    assert answer.code == 3
    assert told.partition(": ")[2] in answer.out
    return line


def test_a_message_that_the_topic_does_not_take(kafka: Broker, tmp_path: Path) -> None:
    words = (*SMALL, *into(kafka.address, "narrow"))
    assert cli("stream", *words, cwd=tmp_path).code == 0
    configure(kafka, "narrow", max_message_bytes="300")
    wide = (*words, "seed=5", "columns=full")
    told = "topic 'narrow': takes 300 bytes at a time, and a message of this stream has "
    line = refuse(kafka, "narrow", told, *wide, cwd=tmp_path)
    assert cli("run", *wide, "--overwrite", cwd=tmp_path).one_line() == line
    answer = cli("plan", *wide, "--overwrite", "--json", cwd=tmp_path)
    states = [each["state"] for each in answer.envelope["data"]["sinks"]["kafka"]["findings"]]
    assert (answer.code, states.count("failure")) == (0, 1)
    largest = int(line.partition(" has ")[2].partition(";")[0])
    configure(kafka, "narrow", max_message_bytes=str(largest))
    assert cli("stream", *wide, "--overwrite", cwd=tmp_path).code == 0
    assert len(consume(kafka.address, "narrow")) == 4000


def test_a_message_of_the_last_block_is_too_large(kafka: Broker, tmp_path: Path) -> None:
    """The first rows of the stream are near the limit, and one far behind them is beyond it."""
    words = (*SMALL, *into(kafka.address, "later"), "columns=full")
    assert cli("stream", *words, cwd=tmp_path).code == 0
    lengths = [len(message.value or b"") + len(message.key or b"") for message in consume(kafka.address, "later")]
    first = max(lengths[:10])
    assert first < max(lengths)
    configure(kafka, "later", max_message_bytes="100")
    whole = int(cli("stream", *words, "--overwrite", cwd=tmp_path).one_line().partition(" has ")[2].partition(";")[0])
    configure(kafka, "later", max_message_bytes=str(whole - 1))
    refuse(kafka, "later", f"topic 'later': takes {whole - 1:,} bytes at a time", *words, cwd=tmp_path)


def test_a_control_topic_that_takes_no_checkpoint_of_all_blocks(kafka: Broker, tmp_path: Path) -> None:
    words = (*SMALL, *into(kafka.address, "blocks"))
    assert cli("stream", *words, cwd=tmp_path).code == 0
    configure(kafka, "blocks.synth", max_message_bytes="30000")
    many = (*words, "seed=5", "block_rows=10")
    told = "topic 'blocks.synth': takes 30,000 bytes at a time, and the last checkpoint of this stream has "
    refuse(kafka, "blocks", told, *many, cwd=tmp_path)


def test_a_topic_that_kafka_takes_for_another_one(kafka: Broker, tmp_path: Path) -> None:
    words = (*SMALL, *into(kafka.address, "clash.a"))
    assert cli("stream", *words, cwd=tmp_path).code == 0
    make_topic(kafka, "clash_a_labels")
    more = (*words, "seed=5", "sink.kafka.side_topics=[labels]")
    told = "topic 'clash.a.labels': cannot be made: Kafka: Topic 'clash.a.labels' collides with existing topic: "
    told += "clash_a_labels"
    refuse(kafka, "clash.a", told, *more, cwd=tmp_path)


def test_two_sinks_whose_topics_kafka_takes_for_one(kafka: Broker, tmp_path: Path) -> None:
    two = (
        f"+sink.more={{kind: kafka, servers: '{kafka.address}', topic: two_a, side_topics: [], format: json, "
        "registry: null, key: null, timestamps: event, create: true, partitions: 1, retention_h: null, timeout_s: 60}"
    )
    answer = cli("validate", *SMALL, *into(kafka.address, "two.a"), two, cwd=tmp_path)
    assert answer.code == 2
    assert "two_a" in answer.err


def test_a_topic_that_is_only_compacted(kafka: Broker, tmp_path: Path) -> None:
    words = (*SMALL, *into(kafka.address, "compacted"))
    assert cli("stream", *words, cwd=tmp_path).code == 0
    # Nothing is compacted while the test looks: not until a message is 30 days old.
    configure(kafka, "compacted", cleanup_policy="compact", min_compaction_lag_ms=str(30 * 86_400_000))
    told = "topic 'compacted': is only compacted: Kafka deletes no messages of it, and --overwrite empties the topic; "
    refuse(kafka, "compacted", told, *words, "seed=5", cwd=tmp_path)


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("sink.kafka.topic=..", "Kafka has no topic named '..'"),
        ("sink.kafka.side_topics=[synth]", "holds the stream's checkpoint, and no table"),
    ],
)
def test_a_topic_that_cannot_be(override: str, told: str, tmp_path: Path) -> None:
    answer = cli("validate", *SMALL, *into("localhost:9", "any"), override, cwd=tmp_path)
    assert (answer.code, told in answer.err) == (2, True), answer.err


# rights


def allow(broker: Broker, kind: ResourceType, name: str, *operations: AclOperation) -> None:
    """Lets the guest do something with all that begins with a name."""
    bindings = [
        AclBinding(kind, name, ResourcePatternType.PREFIXED, f"User:{GUEST}", "*", operation, AclPermissionType.ALLOW)
        for operation in operations
    ]
    client = admin(broker)
    for future in client.create_acls(bindings).values():
        future.result()


@pytest.mark.slow
def test_a_user_who_may_write_and_not_delete_or_create(secure_kafka: SecureBroker, tmp_path: Path) -> None:
    given = {"username": GUEST, "password": PASSWORD, "ca": secure_kafka.ca}
    env = {f"SYNTH_KAFKA_{key.upper()}": str(value) for key, value in given.items()}
    words = (*SMALL, *into(secure_kafka.broker.sasl_address, "owned"))
    allow(
        secure_kafka.broker, ResourceType.TOPIC, "owned", AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE
    )
    allow(secure_kafka.broker, ResourceType.TOPIC, "owned", AclOperation.DESCRIBE_CONFIGS)
    allow(secure_kafka.broker, ResourceType.TRANSACTIONAL_ID, "synth-owned", AclOperation.WRITE, AclOperation.DESCRIBE)
    answer = cli("stream", *words, cwd=tmp_path, env=env)
    assert answer.code == 3
    assert "topic 'owned': cannot be made: this user may not" in answer.one_line()
    assert cli("stream", *SMALL, *into(secure_kafka.broker.address, "owned"), cwd=tmp_path).code == 0
    told = "topic 'owned': this user lacks the right to delete, and --overwrite empties the topic"
    refuse(secure_kafka.broker, "owned", told, *words, "seed=5", cwd=tmp_path, env=env)
    more = (*words, "seed=5", "sink.kafka.side_topics=[labels]")
    refuse(
        secure_kafka.broker,
        "owned",
        "topic 'owned.labels': cannot be made: this user may not",
        *more,
        cwd=tmp_path,
        env=env,
    )
    allow(secure_kafka.broker, ResourceType.TOPIC, "owned", AclOperation.DELETE, AclOperation.CREATE)
    assert cli("stream", *more, "--overwrite", cwd=tmp_path, env=env).code == 0
    assert len(consume(secure_kafka.broker.address, "owned")) == 4000


# the registry


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("SYNTH_KAFKA_FULL") != "1", reason="fetches 140 MB: SYNTH_KAFKA_FULL=1 does it")
@pytest.mark.parametrize("name", ["avro", "protobuf"])
def test_a_schema_that_the_registry_does_not_take(name: str, kafka: Broker, tmp_path: Path) -> None:
    with run_registry(tmp_path) as address:
        topic = f"incompatible-{name}"
        words = (*SMALL, *into(kafka.address, topic), f"sink.kafka.format={name}", f"sink.kafka.registry={address}")
        assert cli("stream", *words, cwd=tmp_path).code == 0
        put(f"{address}/config/{topic}-value", {"compatibility": "BACKWARD"})
        told = f"the schema registry {address} has a schema '{topic}-value' with which that of this stream is not "
        told += "compatible: name another topic"
        refuse(kafka, topic, told, *words, "seed=5", "columns=full", cwd=tmp_path)
        assert cli("stream", *words, "seed=5", "--overwrite", cwd=tmp_path).code == 0
        put(f"{address}/config/{topic}-value", {"compatibility": "NONE"})
        assert cli("stream", *words, "seed=6", "columns=full", "--overwrite", cwd=tmp_path).code == 0


def put(address: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    request.method = "PUT"
    with urllib.request.urlopen(request):
        pass


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("SYNTH_KAFKA_FULL") != "1", reason="fetches 140 MB: SYNTH_KAFKA_FULL=1 does it")
def test_a_registry_that_refuses_at_the_last_moment_loses_no_event(
    kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody was asked before: registering itself comes before the topic is emptied."""
    from synth_kafka import preflight, sink

    monkeypatch.setattr(sink, "require_compatible", lambda *args, **options: None)
    monkeypatch.setattr(preflight, "require_compatible", lambda *args, **options: None)
    with run_registry(tmp_path) as address:
        words = [*SMALL, *into(kafka.address, "moment"), "sink.kafka.format=avro", f"sink.kafka.registry={address}"]
        synth.run(*words)
        before = seen(kafka, "moment")
        put(f"{address}/config/moment-value", {"compatibility": "BACKWARD"})
        with pytest.raises(synth.RefusedError, match="says no: 409"):
            synth.run(*words, "seed=5", "columns=full", overwrite=True)
        assert seen(kafka, "moment") == before
