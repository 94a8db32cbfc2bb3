"""What ``synth plan`` and ``synth doctor`` tell of a cluster before anything is sent there, with a real broker."""

import time
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from tests.cli import commands
from tests.kafka.broker import PASSWORD, USER, Broker
from tests.kafka.consumer import consume, wait_for_messages
from tests.kafka.streams import SMALL, cli, into, start

pytestmark = pytest.mark.server

DAY_MS = 86_400_000
SLOWLY = ("clock=rate", "clock.rate.segments=[{events_per_s: 2000}]")
Found = dict[str, list[tuple[str, str]]]


def make_topic(broker: Broker, name: str, partitions: int = 4, **config: str) -> None:
    settings = {key.replace("_", "."): value for key, value in ({"retention_ms": "-1"} | config).items()}
    admin = AdminClient({"bootstrap.servers": broker.address})
    [made] = admin.create_topics([NewTopic(name, partitions, 1, config=settings)]).values()
    made.result()


def topics(broker: Broker) -> set[str]:
    return set(AdminClient({"bootstrap.servers": broker.address}).list_topics(timeout=30).topics)


def look(address: str, topic: str, *words: str, cwd: Path, env: dict[str, str] | None = None) -> Found:
    """What the plan shows: what was checked → (state, message and what to do)."""
    answer = cli("plan", *SMALL, *into(address, topic), *words, "--json", cwd=cwd, env=env)
    assert (answer.code, answer.err) == (0, "")
    assert PASSWORD not in answer.out
    found: Found = {}
    for each in answer.envelope["data"]["sinks"]["kafka"]["findings"]:
        assert "\n" not in each["message"] + each["hint"]
        found.setdefault(each["what"], []).append((each["state"], f"{each['message']}; {each['hint']}"))
    return found


def states(found: Found) -> dict[str, list[str]]:
    return {what: [state for state, _ in each] for what, each in found.items()}


def test_all_is_well_and_nothing_is_made(kafka: Broker, tmp_path: Path) -> None:
    before = topics(kafka)
    found = look(kafka.address, "well", "sink.kafka.side_topics=[labels]", cwd=tmp_path)
    well = {"broker": ["ok"], "access": ["ok"], "topic 'well'": ["ok"], "topic 'well.labels'": ["ok"]}
    assert states(found) == well
    assert "will be made with 4 partitions, and keep messages for ever" in found["topic 'well'"][0][1]
    cluster = AdminClient({"bootstrap.servers": kafka.address}).list_topics(timeout=30).cluster_id
    assert f"{kafka.address} answers: cluster {cluster}, 1 broker" in found["broker"][0][1]
    assert topics(kafka) == before
    make_topic(kafka, "well")
    assert "has 4 partitions" in look(kafka.address, "well", cwd=tmp_path)["topic 'well'"][0][1]


def test_a_doctor_shows_the_results_and_fails_with_them(kafka: Broker, tmp_path: Path) -> None:
    words = (*SMALL, *into(kafka.address, "doctor"))
    answer = cli("doctor", *words, cwd=tmp_path)
    assert (answer.code, answer.err) == (0, ""), answer.out
    assert "plugin kafka" in answer.out
    assert "sink kafka, topic 'doctor'" in answer.out
    answer = cli("doctor", *words, "sink.kafka.create=false", cwd=tmp_path)
    assert answer.code == 3
    assert answer.one_line().endswith("sink kafka, topic 'doctor', sink kafka, topic 'doctor.synth'")


def test_a_topic_is_missing_and_may_not_be_made(kafka: Broker, tmp_path: Path) -> None:
    found = look(kafka.address, "absent", "sink.kafka.create=false", cwd=tmp_path)
    for topic, partitions in (("absent", 4), ("absent.synth", 1)):
        [(state, told)] = found[f"topic {topic!r}"]
        assert state == "failure"
        assert (
            f"does not exist; set sink.kafka.create=true, or make it: kafka-topics.sh --create --topic {topic}" in told
        )
        assert f"--partitions {partitions} " in told


def test_a_topic_has_fewer_partitions_than_wanted(kafka: Broker, tmp_path: Path) -> None:
    make_topic(kafka, "in_two", 2)
    [(state, told)] = look(kafka.address, "in_two", cwd=tmp_path)["topic 'in_two'"]
    assert (state, "has 2 partitions, not the 4 of sink.kafka.partitions" in told) == ("warning", True)
    for fewer in (1, 2):
        words = (f"sink.kafka.partitions={fewer}",)
        assert states(look(kafka.address, "in_two", *words, cwd=tmp_path))["topic 'in_two'"] == ["ok"]


def test_a_short_retention_matters_for_events_as_they_will_be_sent(kafka: Broker, tmp_path: Path) -> None:
    make_topic(kafka, "short", retention_ms=str(7 * DAY_MS))
    [(_, _), (state, told)] = look(kafka.address, "short", cwd=tmp_path)["topic 'short'"]
    assert state == "warning"
    assert "keeps messages for 7.0 days by their event times" in told
    assert "clock=rebased shifts the events to now" in told
    for remedy in ("clock=rebased", "sink.kafka.timestamps=emit"):
        assert states(look(kafka.address, "short", remedy, cwd=tmp_path))["topic 'short'"] == ["ok"]
    old = ("clock=rebased", "clock.live_from=2022-01-20")
    assert states(look(kafka.address, "short", *old, cwd=tmp_path))["topic 'short'"] == ["ok", "warning"]
    made = look(kafka.address, "not-yet", "sink.kafka.retention_h=24", cwd=tmp_path)["topic 'not-yet'"]
    assert [state for state, _ in made] == ["ok", "warning"]


def test_a_topic_takes_no_messages_so_far_from_now(kafka: Broker, tmp_path: Path) -> None:
    make_topic(kafka, "limits", message_timestamp_before_max_ms=str(DAY_MS), message_timestamp_after_max_ms=str(DAY_MS))
    [_, (state, told)] = look(kafka.address, "limits", cwd=tmp_path)["topic 'limits'"]
    assert state == "failure"
    assert "takes no message from more than 24.0 hours ago, and the first events will be" in told
    ahead = ("timeline.start=2100-01-01", "timeline.end=2100-02-01")
    [_, (state, told)] = look(kafka.address, "limits", *ahead, cwd=tmp_path)["topic 'limits'"]
    assert state == "failure"
    assert "takes no message from more than 24.0 hours ahead, and the last ones will be" in told
    assert states(look(kafka.address, "limits", "clock=rebased", cwd=tmp_path))["topic 'limits'"] == ["ok"]
    answer = cli("stream", *SMALL, *into(kafka.address, "limits"), cwd=tmp_path)
    assert (answer.code, consume(kafka.address, "limits")) == (3, [])
    assert answer.one_line().startswith("error: sink 'kafka': topic 'limits': takes no message from more than 24.0")


def test_a_control_topic_that_forgets(kafka: Broker, tmp_path: Path) -> None:
    make_topic(kafka, "forgets.synth", 1, retention_ms=str(DAY_MS))
    [(state, told)] = look(kafka.address, "forgets", cwd=tmp_path)["topic 'forgets.synth'"]
    assert (state, "drops a stream's checkpoint after 24.0 hours" in told) == ("warning", True)


def test_a_stream_is_there_to_go_on_with_or_complete(kafka: Broker, tmp_path: Path) -> None:
    words = (*SMALL, *into(kafka.address, "there"))
    with start(*words, *SLOWLY, cwd=tmp_path) as process:
        wait_for_messages(kafka.address, "there", 1000)
        process.kill()
        process.communicate()
    [(state, told)] = look(kafka.address, "there", cwd=tmp_path)["stream"]
    assert state == "warning"
    assert "events of this very stream; go on with synth stream --resume, or empty the topic with --overwrite" in told
    [(state, told)] = look(kafka.address, "there", "seed=5", cwd=tmp_path)["stream"]
    assert (state, "topic 'there' holds the stream of another recipe" in told) == ("failure", True)
    answer = cli("stream", *words, "--resume", cwd=tmp_path)
    assert answer.code == 0, answer.err
    assert "very stream" not in answer.err
    [(state, told)] = look(kafka.address, "there", cwd=tmp_path)["stream"]
    assert state == "failure"
    assert "topic 'there' holds a stream already, and it is complete; empty the topic with --overwrite" in told
    answer = cli("run", "--dry-run", "--overwrite", *words, cwd=tmp_path)
    assert (answer.code, "holds one, which goes away first" in answer.out) == (0, True)


def test_no_broker_answers(tmp_path: Path) -> None:
    began_s = time.monotonic()
    found = look("127.0.0.1:1", "nowhere", "sink.kafka.key=cc_nun", cwd=tmp_path)
    assert states(found) == {"view": ["failure"], "broker": ["failure"]}
    assert "no broker of 127.0.0.1:1 answers: is Kafka running" in found["broker"][0][1]
    assert time.monotonic() - began_s < 60


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ({}, "hangs up: it may want a user, or encryption"),
        ({"SYNTH_KAFKA_USERNAME": USER, "SYNTH_KAFKA_PASSWORD": "no" + PASSWORD}, "Kafka refuses the user"),
        ({"SYNTH_KAFKA_USERNAME": USER}, "SYNTH_KAFKA_USERNAME and SYNTH_KAFKA_PASSWORD go together"),
    ],
)
def test_who_is_not_let_in(user: dict[str, str], told: str, kafka: Broker, tmp_path: Path) -> None:
    env = {"SYNTH_KAFKA_SECURITY": "SASL_PLAINTEXT", **user} if user else {}
    found = look(kafka.sasl_address, "private", cwd=tmp_path, env=env)
    assert states(found) == {"access": ["failure"]}
    assert told in found["access"][0][1]


def test_who_is_let_in(kafka: Broker, tmp_path: Path) -> None:
    user = {"SYNTH_KAFKA_USERNAME": USER, "SYNTH_KAFKA_PASSWORD": PASSWORD}
    env = {"SYNTH_KAFKA_SECURITY": "SASL_PLAINTEXT", **user}
    found = look(kafka.sasl_address, "private", cwd=tmp_path, env=env)
    assert found["access"] == [("ok", "SASL_PLAINTEXT, the user of SYNTH_KAFKA_USERNAME is let in by PLAIN; ")]


def test_a_registry_is_asked_too(kafka: Broker, tmp_path: Path) -> None:
    words = ("sink.kafka.format=avro", "sink.kafka.registry=http://127.0.0.1:1")
    [(state, told)] = look(kafka.address, "registry", *words, cwd=tmp_path)["registry"]
    assert (state, "the schema registry http://127.0.0.1:1 does not answer" in told) == ("failure", True)


@pytest.mark.parametrize("command", ["stream", "run"])
def test_the_warnings_are_told_before_the_first_message(command: str, kafka: Broker, tmp_path: Path) -> None:
    topic = f"told-{command}"
    make_topic(kafka, topic, 2, retention_ms=str(7 * DAY_MS))
    answer = cli(command, "--quiet", *SMALL, *into(kafka.address, topic), cwd=tmp_path)
    assert answer.code == 0
    lines = answer.err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"sink 'kafka': topic '{topic}': has 2 partitions, not the 4 of sink.kafka.partitions")
    assert lines[1].startswith(f"sink 'kafka': topic '{topic}': keeps messages for 7.0 days by their event times")
    assert commands.CANARY not in answer.err
