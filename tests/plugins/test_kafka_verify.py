"""``synth verify kafka://…``: what is in the topics is what the recipe makes, and every fault of messages is told."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from synth_kafka.reading.keys import partitions_of
from synth_kafka.reading.messages import TopicMessages

from tests.cli.commands import CANARY, Answer
from tests.kafka.broker import Broker
from tests.kafka.consumer import Seen, consume, wait_for_messages
from tests.kafka.streams import SMALL, cli, into, start

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("kafka")]

ROWS, PARTITIONS = 4000, 4
TRUTH = "sink.kafka.side_topics=[labels,episodes]"
Found = dict[str, tuple[bool | None, str]]


def verify(kafka: Broker, topic: str, cwd: Path) -> Answer:
    return cli("verify", "--json", f"kafka://{kafka.address}/{topic}", cwd=cwd)


def checks_of(answer: Answer) -> Found:
    return {each["name"]: (each["ok"], each["detail"]) for each in json.loads(answer.out)["data"]["checks"]}


def stream(kafka: Broker, topic: str, cwd: Path, *words: str) -> None:
    answer = cli("stream", *SMALL, *into(kafka.address, topic), *words, cwd=cwd)
    assert answer.code == 0, answer.err


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("json", ()),
        ("avro", ("sink.kafka.format=avro", "columns=full", "sink.kafka.key_format=avro")),
        ("protobuf", ("sink.kafka.format=protobuf", "columns=full", "sink.kafka.partitions=7")),
        ("keyless", ("sink.kafka.key=null", "sink.kafka.partitions=2")),
        ("noisy", ("sink.kafka.side_topics=[labels,episodes,noise]", "noise=network", "columns=full")),
    ],
)
def test_a_whole_stream_is_what_the_recipe_makes(
    kafka: Broker, tmp_path: Path, topic: str, words: tuple[str, ...]
) -> None:
    stream(kafka, f"verify-whole-{topic}", tmp_path, TRUTH, *words)
    answer = verify(kafka, f"verify-whole-{topic}", tmp_path)
    found = checks_of(answer)
    assert answer.code == 0, answer.err
    for table in ("transactions", "labels", "episodes"):
        assert found[f"rows of {table}"][0], table
        assert found[f"digest of {table}"][0] is (None if (topic, table) == ("noisy", "transactions") else True)
    for name in ("", ".labels", ".episodes"):
        assert found[f"messages in 'verify-whole-{topic}{name}'"][0]


def test_what_was_not_sent_is_not_checked_and_the_rest_is(kafka: Broker, tmp_path: Path) -> None:
    stream(kafka, "verify-alone", tmp_path)
    answer = verify(kafka, "verify-alone", tmp_path)
    found = checks_of(answer)
    assert answer.code == 0, answer.err
    assert found["digest of transactions"][0]
    assert found["time order"][0]
    assert found["rows of labels"] == (None, "it went to no topic: sink.kafka.side_topics=[labels] sends it, too")
    assert found["truth"] == (None, "labels and episodes cannot be read")
    assert found["messages in 'verify-alone'"][1].startswith("4,000 messages in 4 partitions")
    text = cli("verify", f"kafka://{kafka.address}/verify-alone", cwd=tmp_path).out
    assert "not checked" in text


def test_a_run_can_be_verified_too_and_its_fraud_can_be_counted(kafka: Broker, tmp_path: Path) -> None:
    answer = cli("run", *SMALL, TRUTH, *into(kafka.address, "verify-ran"), cwd=tmp_path)
    assert answer.code == 0, answer.err
    assert verify(kafka, "verify-ran", tmp_path).code == 0
    counted = cli("stats", "--json", f"kafka://{kafka.address}/verify-ran", cwd=tmp_path)
    assert counted.code == 0, counted.err


def test_of_parts_every_message_is_looked_at_and_no_order_is_made_up(kafka: Broker, tmp_path: Path) -> None:
    for part in ("0", "1"):
        stream(kafka, "verify-parts", tmp_path, TRUTH, "--parts", "2", "--part", part)
        answer = verify(kafka, "verify-parts", tmp_path)
        if part == "0":
            assert answer.code == 3
            assert "part 1 of its stream has not begun" in answer.err
    found = checks_of(answer)
    assert answer.code == 0, answer.err
    assert found["digest of transactions"][0] is None
    assert "2 parts sent them" in found["digest of transactions"][1]
    assert found["messages in 'verify-parts'"][1].startswith("4,000 messages")
    assert found["digest of labels"][0]


# what is wrong with messages


@pytest.fixture(scope="module")
def good(kafka: Broker, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Seen], list[Seen]]:
    """The messages of a stream, and those of its control topic."""
    stream(kafka, "verify-good", tmp_path_factory.mktemp("good"))
    return consume(kafka.address, "verify-good"), consume(kafka.address, "verify-good.synth")


def put(kafka: Broker, topic: str, messages: Sequence[Seen], partitions: int = PARTITIONS) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.address})
    new = NewTopic(topic, partitions, 1, config={"retention.ms": "-1"})
    admin.create_topics([new])[topic].result()
    producer = Producer({"bootstrap.servers": kafka.address, "linger.ms": 20})
    for each in messages:
        headers: list[tuple[str, str | bytes | None]] = [(name, value.encode()) for name, value in each.headers.items()]
        producer.produce(topic, each.value, each.key, each.partition, headers=headers, timestamp=each.time_ms)
    producer.flush(30)


def other_run(message: Seen) -> Seen:
    return replace(message, headers=message.headers | {"run": "0" * 16})


def swapped(seen: list[Seen]) -> list[Seen]:
    """The last two of a partition change places."""
    places = [place for place, each in enumerate(seen) if each.partition == 2][-2:]
    first, second = (seen[place] for place in places)
    return [second if each is first else first if each is second else each for each in seen]


FAULTS: dict[str, tuple[Callable[[list[Seen]], list[Seen]], str]] = {
    "lost": (lambda seen: [each for each in seen if each.sequence not in (17, 18)], "2 lost, first sequence 17"),
    "tail": (lambda seen: [each for each in seen if each.sequence < 3990], "10 lost, first sequence 3990"),
    "doubled": (lambda seen: [*seen, seen[5]], "1 come twice, first at offset"),
    "foreign": (lambda seen: [*seen, other_run(seen[5])], "1 of another run, or of none, first at offset"),
    "bare": (lambda seen: [*seen, replace(seen[5], headers={})], "1 of another run, or of none, first at offset"),
    "more": (
        lambda seen: [*seen, replace(seen[5], headers=seen[5].headers | {"sequence": "4000"})],
        "1 more than the run sent, first at offset",
    ),
    "moved": (
        lambda seen: [replace(each, partition=(each.partition + (each.sequence == 7)) % PARTITIONS) for each in seen],
        "1 where their key does not belong",
    ),
    "order": (swapped, "1 before one that was made earlier, first at offset"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_messages_is_told_with_its_place(
    kafka: Broker, tmp_path: Path, good: tuple[list[Seen], list[Seen]], fault: str
) -> None:
    change, words = FAULTS[fault]
    put(kafka, f"verify-bad-{fault}", change(good[0]))
    put(kafka, f"verify-bad-{fault}.synth", good[1], 1)
    answer = verify(kafka, f"verify-bad-{fault}", tmp_path)
    assert answer.code == 1
    ok, detail = checks_of(answer)[f"messages in 'verify-bad-{fault}'"]
    assert ok is False
    assert words in detail


def test_a_changed_value_has_another_digest(kafka: Broker, tmp_path: Path, good: tuple[list[Seen], list[Seen]]) -> None:
    value = json.loads(good[0][9].value or b"")
    changed = replace(good[0][9], value=json.dumps(value | {"amount": value["amount"] + 1}).encode())
    put(kafka, "verify-changed", [changed, *(each for each in good[0] if each is not good[0][9])])
    put(kafka, "verify-changed.synth", good[1], 1)
    found = checks_of(verify(kafka, "verify-changed", tmp_path))
    assert found["digest of transactions"][0] is False
    broken = replace(good[0][9], value=b"not json")
    put(kafka, "verify-broken", [broken, *(each for each in good[0] if each is not good[0][9])])
    put(kafka, "verify-broken.synth", good[1], 1)
    answer = verify(kafka, "verify-broken", tmp_path)
    assert answer.code == 1
    assert "cannot be read" in checks_of(answer)["rows of transactions"][1]


def test_a_transaction_that_nobody_ended_is_told(
    kafka: Broker, tmp_path: Path, good: tuple[list[Seen], list[Seen]]
) -> None:
    put(kafka, "verify-open", good[0])
    put(kafka, "verify-open.synth", good[1], 1)
    producer = Producer({"bootstrap.servers": kafka.address, "transactional.id": "nobody-ends-it"})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce("verify-open", b"{}", partition=1)
    producer.flush(30)
    try:
        answer = verify(kafka, "verify-open", tmp_path)
    finally:
        producer.abort_transaction(30)
    assert answer.code == 1
    assert (
        "in a transaction that nobody has ended, first at offset" in checks_of(answer)["messages in 'verify-open'"][1]
    )
    assert verify(kafka, "verify-open", tmp_path).code == 0


def test_partitions_that_are_ahead_wait_and_few_messages_are_held(
    kafka: Broker, good: tuple[list[Seen], list[Seen]]
) -> None:
    """One partition holds a tenth of the rows, another one the rest: the tenth would be read long before."""
    made = sorted(good[0], key=lambda each: each.sequence)
    uneven = [replace(each, partition=int(each.sequence % 10 == 0), key=None) for each in made]
    put(kafka, "verify-uneven", uneven, 2)
    run = uneven[0].headers["run"]
    messages = TopicMessages({"bootstrap.servers": kafka.address}, "verify-uneven", run=run, parts={0: ROWS}, ahead=50)
    values, held = list[bytes](), 0
    for some in messages.values():
        values += some
        held = max(held, messages.held)
    assert values == [each.value for each in made]
    assert not messages.faults.found
    assert held <= 150  # 400 where nobody waits


# what is no whole run


def test_an_unfinished_stream_says_how_far_it_is(kafka: Broker, tmp_path: Path) -> None:
    words = ("clock=rate", "clock.rate.segments=[{events_per_s: 300}]")
    with start(*SMALL, *words, *into(kafka.address, "verify-slow"), cwd=tmp_path) as process:
        wait_for_messages(kafka.address, "verify-slow", 400)
        answer = verify(kafka, "verify-slow", tmp_path)
        process.kill()
    assert answer.code == 3
    assert "holds no whole run: its stream has sent" in answer.err
    assert "synth stream … --resume" in answer.err


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("kafka://{address}/nowhere", "there is no topic 'nowhere'"),
        ("kafka://{address}/verify-goood", "did you mean"),
        ("kafka://127.0.0.1:9/topic", "no broker of 127.0.0.1:9 answers"),
        ("kafka://{address}", "is no uri of Kafka: give kafka://host:port/topic"),
        ("kafka://me:hunter2canary@{address}/verify-good", "SYNTH_KAFKA_PASSWORD"),
        ("kafka://{address}/verify-good?password=hunter2canary", "SYNTH_KAFKA_PASSWORD"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line_without_secrets(
    kafka: Broker, good: object, tmp_path: Path, uri: str, words: str
) -> None:
    answer = cli("verify", uri.format(address=kafka.address), cwd=tmp_path)
    assert answer.code == 3
    assert words in " ".join(answer.err.split())
    assert CANARY not in answer.out + answer.err


def test_a_topic_of_others_holds_no_run(kafka: Broker, tmp_path: Path, good: tuple[list[Seen], list[Seen]]) -> None:
    put(kafka, "verify-others", good[0][:3])
    answer = verify(kafka, "verify-others", tmp_path)
    assert answer.code == 3
    assert "there is no topic 'verify-others.synth'" in answer.err


# the partitioner


def test_keys_belong_where_javas_own_clients_put_them() -> None:
    """As Kafka's own test, UtilsTest.testMurmur2, has it: hash -> the lower 31 bits of it, in 2**31 partitions."""
    known = {
        b"21": -973932308,
        b"foobar": -790332482,
        b"a-little-bit-long-string": -985981536,
        b"a-little-bit-longer-string": -1486304829,
        b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
        b"abc": 479470107,
    }
    found = partitions_of([*known], 2**31)
    assert found.tolist() == [value & 0x7FFFFFFF for value in known.values()]
