"""The packaged sink for Kafka, seen from outside: real streams, a real broker, readers of their own."""

import json
import pickle
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

import synth
from synth.config.recipe import load_recipe
from synth.contracts.sink import SinkJob
from synth.engine.prepare import prepare
from tests.cli import commands
from tests.kafka.broker import PASSWORD, USER, Broker
from tests.kafka.consumer import consume, values, wait_for_messages
from tests.kafka.streams import SMALL, cli, into, start
from tests.outputs import read_manifest, table_file

pytestmark = pytest.mark.server

ROWS = 4000
CONSOLE = "org.apache.kafka.tools.consumer.ConsoleConsumer"
#: A stream that is disturbed: slow at first; what goes on needs no clock.
LONG = ("generator.transactions=30000",)
SLOWLY = ("clock=rate", "clock.rate.segments=[{events_per_s: 3000}]")


def make_topics(broker: Broker, *names: str, **config: str) -> None:
    config = {"retention_ms": "-1"} | config
    settings = {key.replace("_", "."): value for key, value in config.items()}
    admin = AdminClient({"bootstrap.servers": broker.address})
    for future in admin.create_topics([NewTopic(name, 2, 1, config=settings) for name in names]).values():
        future.result()


def batch_lines(place: Path, table: str = "transactions") -> list[bytes]:
    """What a run of the same recipe writes as JSON lines."""
    if not place.exists():
        synth.run(*SMALL, "sink=jsonl", f"sink.jsonl.uri={place}")
    return table_file(place, table).read_bytes().splitlines()


@pytest.fixture
def running(kafka: Broker) -> Iterator[Broker]:
    """The broker, which the test may kill: it runs again afterwards."""
    yield kafka
    if kafka.process is None:
        kafka.start()


# the messages


def test_a_topic_holds_the_lines_of_a_run_with_keys_times_and_headers(kafka: Broker, tmp_path: Path) -> None:
    answer = cli("stream", *SMALL, *into(kafka.address, "plain"), cwd=tmp_path)
    assert answer.code == 0, answer.err
    seen = consume(kafka.address, "plain")
    lines = batch_lines(tmp_path / "batch")
    assert values(seen, rows=ROWS) == lines
    manifest = read_manifest(tmp_path / "batch")
    assert {(message.headers["run"], message.headers["part"]) for message in seen} == {
        (manifest["fingerprint"][:16], "0")
    }
    partitions: dict[bytes | None, set[int]] = {}
    for message in seen:
        row = json.loads(message.value or b"")
        assert message.key == row["cc_num"].encode()
        assert time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(message.time_ms / 1000)) == row["datetime"]
        partitions.setdefault(message.key, set()).add(message.partition)
    assert {len(where) for where in partitions.values()} == {1}
    assert {message.partition for message in seen} == {0, 1, 2, 3}
    for partition in range(4):
        sequence = [message.sequence for message in seen if message.partition == partition]
        assert sequence == sorted(sequence)


def test_a_run_writes_into_a_topic_too(kafka: Broker, tmp_path: Path) -> None:
    words = (*SMALL, *into(kafka.address, "run"), "sink.kafka.side_topics=[labels,episodes]", "sink.kafka.key=null")
    assert cli("run", *words, cwd=tmp_path).code == 0
    for topic, table in (("run", "transactions"), ("run.labels", "labels"), ("run.episodes", "episodes")):
        lines = batch_lines(tmp_path / "batch", table)
        assert values(consume(kafka.address, topic), rows=len(lines)) == lines
    assert {message.key for message in consume(kafka.address, "run")} == {None}


def test_a_strangers_consumer_reads_it(kafka: Broker, tmp_path: Path) -> None:
    assert cli("stream", *SMALL, *into(kafka.address, "strange"), cwd=tmp_path).code == 0
    words = ("--bootstrap-server", kafka.address, "--topic", "strange", "--from-beginning")
    told = kafka.tool(CONSOLE, *words, "--isolation-level", "read_committed", "--max-messages", str(ROWS))
    lines = [line for line in told.splitlines() if line.startswith("{")]
    assert sorted(lines) == sorted(line.decode() for line in batch_lines(tmp_path / "batch"))


def test_tables_that_come_once_come_first_and_emit_times_are_of_today(kafka: Broker, tmp_path: Path) -> None:
    recipe = ("columns=full", "population=tiny", "population.profile=faker", "sink.kafka.timestamps=emit")
    words = (*SMALL, *recipe, *into(kafka.address, "once"), "sink.kafka.side_topics=[cards,customers]")
    began_ms = time.time() * 1000 - 1000
    assert cli("stream", *words, cwd=tmp_path).code == 0
    synth.run(*SMALL, *recipe[:3], "sink=jsonl", f"sink.jsonl.uri={tmp_path / 'batch'}")
    for table in ("cards", "customers"):
        lines = batch_lines(tmp_path / "batch", table)
        seen = consume(kafka.address, f"once.{table}")
        assert values(seen, rows=len(lines)) == lines
        assert all(json.loads(m.value or b"")[f"{table[:-1]}_id"] == int(m.key or b"") for m in seen)
    assert all(message.time_ms >= began_ms for message in consume(kafka.address, "once"))


def test_a_copy_of_an_open_sink_makes_the_same_messages(
    kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, _, _ = load_recipe([*SMALL, *into(kafka.address, "copied")])
    prepared = prepare(recipe)
    sink = recipe.sinks["kafka"].make(SinkJob("", prepared.make_block.tables, (), len(prepared.plan.rows_b), False))
    sink.check(resume=False)
    assert "copied" not in AdminClient({"bootstrap.servers": kafka.address}).list_topics(timeout=10).topics
    assert sink.open((), fingerprint="a" * 64, resume=False) is None
    batch = prepared.make_block(0).batches["transactions"]
    assert pickle.loads(pickle.dumps(sink)).encode(batch) == sink.encode(batch)
    sink.abort()
    sink.abort()


# stopping and going on


def test_ctrl_c_stops_at_a_mark_and_resume_goes_on(kafka: Broker, tmp_path: Path) -> None:
    words = (*SMALL, *LONG, *into(kafka.address, "stopped"))
    with start(*words, *SLOWLY, cwd=tmp_path) as process:
        wait_for_messages(kafka.address, "stopped", 2000)
        process.send_signal(signal.SIGINT)
        answer = commands.finish(process)
    assert answer.code == 130, answer.err
    sent = int(re.findall(r"interrupted after ([\d,]+) events", answer.err)[0].replace(",", ""))
    assert len(consume(kafka.address, "stopped")) == sent
    answer = cli("stream", *words, "--resume", cwd=tmp_path)
    assert answer.code == 0, answer.err
    values(consume(kafka.address, "stopped"), rows=30_000)


def test_a_topic_that_holds_a_stream_is_refused_and_overwrite_empties_it(kafka: Broker, tmp_path: Path) -> None:
    words = (*SMALL, *into(kafka.address, "twice"))
    assert cli("stream", *words, cwd=tmp_path).code == 0
    for more, told in (
        ([], "topic 'twice' holds a stream already: it is complete, or empty the topic with --overwrite"),
        (["--resume"], "the stream in topic 'twice' is complete: there is nothing to resume"),
    ):
        answer = cli("stream", *words, *more, cwd=tmp_path)
        assert (answer.code, answer.one_line()) == (3, f"error: {told}")
    assert len(consume(kafka.address, "twice")) == ROWS
    assert cli("stream", *words, "seed=5", "--overwrite", cwd=tmp_path).code == 0
    seen = consume(kafka.address, "twice")
    assert values(seen, rows=ROWS) != batch_lines(tmp_path / "batch")
    assert len({message.headers["run"] for message in seen}) == 1


def test_another_recipe_cannot_go_on_and_a_second_producer_shuts_the_first_out(kafka: Broker, tmp_path: Path) -> None:
    words = (*SMALL, *LONG, *into(kafka.address, "fenced"))
    with start(*words, "clock=rate", "clock.rate.segments=[{events_per_s: 500}]", cwd=tmp_path) as first:
        wait_for_messages(kafka.address, "fenced", 500)
        answer = cli("stream", *words, "seed=9", "--resume", cwd=tmp_path)
        assert answer.code == 3
        assert "topic 'fenced' holds the stream of another recipe: it cannot go on here" in answer.err
        assert first.poll() is None
        with start(*words, "--resume", cwd=tmp_path) as second:
            answer = commands.finish(first)
            assert answer.code == 4, answer.err
            told = "another producer writes this part of topic 'fenced' now: only one at a time may"
            assert told in answer.err, answer.err
            assert "rdkafka" not in answer.err
            assert commands.finish(second).code == 0
    values(consume(kafka.address, "fenced"), rows=30_000)


# what goes wrong


def test_no_broker(tmp_path: Path) -> None:
    answer = cli("stream", *SMALL, *into("127.0.0.1:1", "nowhere"), cwd=tmp_path)
    assert answer.code == 3
    assert answer.one_line().startswith("error: no broker of 127.0.0.1:1 answers: is Kafka running, and is sink.kafka")


def test_a_topic_that_is_missing_and_may_not_be_made(kafka: Broker, tmp_path: Path) -> None:
    answer = cli("stream", *SMALL, *into(kafka.address, "missing"), "sink.kafka.create=false", cwd=tmp_path)
    assert answer.code == 3
    told = "topic 'missing' does not exist: set sink.kafka.create=true, or make it: kafka-topics.sh --create"
    assert told in answer.one_line()
    assert "missing" not in AdminClient({"bootstrap.servers": kafka.address}).list_topics(timeout=10).topics


@pytest.mark.parametrize(
    ("command", "code", "topic", "setting", "told"),
    [
        ("stream", 3, "tight", {"max_message_bytes": "100"}, "topic 'tight': takes 100 bytes at a time, and a message"),
        ("run", 3, "tiny", {"max_message_bytes": "100"}, "topic 'tiny': takes 100 bytes at a time, and a message"),
        ("run", 3, "today", {"message_timestamp_before_max_ms": "1000"}, "takes no message from more than 1 s ago"),
    ],
)
def test_messages_that_the_topic_refuses(
    command: str, code: int, topic: str, setting: dict[str, str], told: str, kafka: Broker, tmp_path: Path
) -> None:
    make_topics(kafka, topic, **setting)
    words = (*into(kafka.address, topic), "sink.kafka.partitions=2")
    answer = cli(command, "--quiet", *SMALL, *words, cwd=tmp_path)
    assert (answer.code, answer.out) == (code, "")
    assert told in answer.one_line()
    assert consume(kafka.address, topic) == []


def test_a_topic_that_takes_small_batches_only_gets_them(kafka: Broker, tmp_path: Path) -> None:
    make_topics(kafka, "small", max_message_bytes="4000")
    assert cli("stream", *SMALL, *into(kafka.address, "small"), cwd=tmp_path).code == 0
    values(consume(kafka.address, "small"), rows=ROWS)


@pytest.mark.parametrize("user", [{}, {"SYNTH_KAFKA_USERNAME": USER, "SYNTH_KAFKA_PASSWORD": "no" + PASSWORD}])
def test_who_may_not_enter_is_told_so_without_the_password(user: dict[str, str], kafka: Broker, tmp_path: Path) -> None:
    env = {"SYNTH_KAFKA_SECURITY": "SASL_PLAINTEXT", **user} if user else {}
    answer = cli("stream", *SMALL, *into(kafka.sasl_address, "private"), cwd=tmp_path, env=env)
    assert answer.code == 3
    told = "Kafka refuses the user: see SYNTH_KAFKA_USERNAME" if user else "hangs up: it may want a user, or encryption"
    assert told in answer.one_line()
    assert PASSWORD not in answer.err + answer.out


def test_who_may_enter_leaves_the_password_nowhere(kafka: Broker, tmp_path: Path) -> None:
    env = {
        "SYNTH_KAFKA_SECURITY": "SASL_PLAINTEXT",
        "SYNTH_KAFKA_USERNAME": USER,
        "SYNTH_KAFKA_PASSWORD": PASSWORD,
    }
    answer = cli("stream", *SMALL, *into(kafka.sasl_address, "private"), "--debug", cwd=tmp_path, env=env)
    assert answer.code == 0, answer.err
    kept = b"".join(message.value or b"" for message in consume(kafka.address, "private.synth"))
    assert b"fingerprint" in kept
    assert PASSWORD not in answer.err + answer.out + kept.decode()


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"SYNTH_KAFKA_USERNAME": "me"}, "SYNTH_KAFKA_USERNAME and SYNTH_KAFKA_PASSWORD go together: one is not set"),
        ({"SYNTH_KAFKA_SECURITY": "SASL"}, "SYNTH_KAFKA_SECURITY is none of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"),
        ({"SYNTH_KAFKA_KEY": "/dev/null"}, "SYNTH_KAFKA_CERTIFICATE and SYNTH_KAFKA_KEY go together: one is not set"),
        ({"SYNTH_KAFKA_MECHANISM": "PLAIN"}, "SYNTH_KAFKA_MECHANISM says how a user is let in: set SYNTH_KAFKA_USER"),
        ({"SYNTH_KAFKA_SECURITY": "SASL_SSL"}, "SYNTH_KAFKA_SECURITY=SASL_SSL lets a user in: set SYNTH_KAFKA_USERN"),
        (
            {"SYNTH_KAFKA_SECURITY": "SSL", "SYNTH_KAFKA_USERNAME": "me", "SYNTH_KAFKA_PASSWORD": PASSWORD},
            "SYNTH_KAFKA_SECURITY=SSL lets no user in: choose SASL_SSL",
        ),
        ({"SYNTH_KAFKA_CA": "/no/such/file"}, "SYNTH_KAFKA_CA names no file that can be read"),
    ],
)
def test_an_environment_that_makes_no_sense(env: dict[str, str], told: str, tmp_path: Path) -> None:
    answer = cli("stream", *SMALL, *into("127.0.0.1:1", "x"), cwd=tmp_path, env=env)
    assert answer.code == 3
    assert told in answer.one_line()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["sink.kafka.key=cc_nun"], 3, "the view shows no column 'cc_nun' (did you mean 'cc_num'?)"),
        (["sink.kafka.side_topics=[label]"], 3, "no table 'label' (did you mean 'labels'?)"),
        (["sink.kafka.servers=kafka://me:hunter2canary@host"], 2, "sink.kafka.servers"),
        (["sink.kafka.topic=a b"], 2, "sink.kafka.topic"),
        (["sink.kafka.registry=http://localhost:1"], 2, "JSON is sent without a schema"),
        (
            ["sink.kafka.format=avro", "sink.kafka.key=null", "columns.fields=[{name: a.b, source: time}]"],
            3,
            "Avro has no column named 'a.b'",
        ),
    ],
)
def test_mistakes_are_told_before_a_broker_is_asked(words: list[str], code: int, told: str, tmp_path: Path) -> None:
    answer = cli("stream", *SMALL, *into("127.0.0.1:1", "x"), *words, cwd=tmp_path)
    assert (answer.code, answer.out) == (code, "")
    assert told in answer.err
    assert commands.CANARY not in answer.err


@pytest.mark.slow
def test_a_broker_that_comes_back_in_time_is_waited_for(running: Broker, tmp_path: Path) -> None:
    with start(*SMALL, *LONG, *into(running.address, "back"), *SLOWLY, cwd=tmp_path) as process:
        wait_for_messages(running.address, "back", 2000)
        running.kill()
        time.sleep(1)
        running.start()
        answer = commands.finish(process)
    assert answer.code == 0, answer.err
    values(consume(running.address, "back"), rows=30_000)


@pytest.mark.slow
def test_a_broker_that_stays_away_ends_the_stream_which_can_go_on(running: Broker, tmp_path: Path) -> None:
    words = (*SMALL, *LONG, *into(running.address, "gone"), "sink.kafka.timeout_s=3")
    with start(*words, *SLOWLY, cwd=tmp_path) as process:
        wait_for_messages(running.address, "gone", 2000)
        running.kill()
        answer = commands.finish(process)
    assert (answer.code, answer.out) == (4, "")
    error = answer.err.splitlines()[-1]
    assert error.startswith(f"error: no broker of {running.address} answers")
    assert "it goes on with: synth" in error
    running.start()
    answer = cli("stream", *words, "--resume", cwd=tmp_path)
    assert answer.code == 0, answer.err
    values(consume(running.address, "gone"), rows=30_000)


def test_messages_of_others_in_the_topic_stay(kafka: Broker, tmp_path: Path) -> None:
    make_topics(kafka, "shared")
    other = Producer({"bootstrap.servers": kafka.address})
    other.produce("shared", b"mine")
    other.flush()
    assert cli("stream", *SMALL, *into(kafka.address, "shared"), cwd=tmp_path).code == 0
    seen = consume(kafka.address, "shared")
    assert b"mine" in {message.value for message in seen}
    values([message for message in seen if message.headers], rows=ROWS)


def test_the_description_tells_what_the_option_does(tmp_path: Path) -> None:
    assert "A topic of Apache Kafka" in cli("list", "sink", cwd=tmp_path).out
    assert "timeout_s" in cli("describe", "kafka", cwd=tmp_path).out
