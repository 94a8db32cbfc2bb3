"""The sink for Kafka where not everybody is let in: users and certificates, over TLS, with a real broker of its own."""

from pathlib import Path

import pytest

pytest.importorskip("confluent_kafka", reason="no confluent-kafka: pip install --group dev")

from tests.kafka.broker import PASSWORD
from tests.kafka.consumer import consume, values
from tests.kafka.secure import ADMIN, GUEST, SecureBroker
from tests.kafka.streams import SMALL, cli, into

pytestmark = [pytest.mark.server, pytest.mark.slow]

ROWS = 4000


def user(secure_kafka: SecureBroker, name: str = ADMIN, **more: str | Path) -> dict[str, str]:
    """The environment of a user; ``more`` without the prefix, and in small letters."""
    given = {"username": name, "password": PASSWORD, "ca": secure_kafka.ca, **more}
    return {f"SYNTH_KAFKA_{key.upper()}": str(value) for key, value in given.items()}


def certificate(secure_kafka: SecureBroker, **more: str | Path) -> dict[str, str]:
    """The environment of somebody with a certificate."""
    own = {"certificate": secure_kafka.certificate, "key": secure_kafka.key, "key_password": PASSWORD}
    given = {"ca": secure_kafka.ca, **own, **more}
    return {f"SYNTH_KAFKA_{key.upper()}": str(value) for key, value in given.items() if value}


def refuse(address: str, env: dict[str, str], told: str, *, cwd: Path) -> None:
    """A stream that is not let in: one line, and no secret in it."""
    answer = cli("stream", *SMALL, *into(address, "refused"), cwd=cwd, env=env)
    assert (answer.code, answer.out) == (3, "")
    assert told in answer.one_line()
    assert PASSWORD not in answer.err


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_a_stream_of_a_user_arrives(mechanism: str, secure_kafka: SecureBroker, tmp_path: Path) -> None:
    address, topic = secure_kafka.broker.sasl_address, f"by-{mechanism}"
    env = user(secure_kafka) if mechanism == "PLAIN" else user(secure_kafka, mechanism=mechanism)
    answer = cli("stream", *SMALL, *into(address, topic), "--debug", cwd=tmp_path, env=env)
    assert answer.code == 0, answer.err
    seen = consume(address, topic, secure_kafka.reader())
    assert {message.partition for message in seen} == {0, 1, 2, 3}
    values(seen, rows=ROWS)
    kept = b"".join(message.value or b"" for message in consume(address, f"{topic}.synth", secure_kafka.reader()))
    assert b"fingerprint" in kept
    assert PASSWORD not in answer.out + answer.err + kept.decode()


def test_a_stream_with_a_certificate_arrives(secure_kafka: SecureBroker, tmp_path: Path) -> None:
    env = certificate(secure_kafka)
    answer = cli("stream", *SMALL, *into(secure_kafka.broker.mutual_address, "mutual"), cwd=tmp_path, env=env)
    assert answer.code == 0, answer.err
    values(consume(secure_kafka.broker.sasl_address, "mutual", secure_kafka.reader()), rows=ROWS)
    assert PASSWORD not in answer.out + answer.err


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_doctor_says_how_a_user_is_let_in(mechanism: str, secure_kafka: SecureBroker, tmp_path: Path) -> None:
    words = (*SMALL, *into(secure_kafka.broker.sasl_address, "asked"))
    answer = cli("doctor", *words, cwd=tmp_path, env=user(secure_kafka, mechanism=mechanism))
    assert (answer.code, answer.err) == (0, "")
    assert f"SASL_SSL, the user of SYNTH_KAFKA_USERNAME is let in by {mechanism}" in answer.out
    assert "topic 'asked'" in answer.out
    assert PASSWORD not in answer.out


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_a_wrong_password(mechanism: str, secure_kafka: SecureBroker, tmp_path: Path) -> None:
    env = user(secure_kafka, password=f"no{PASSWORD}", mechanism=mechanism)
    refuse(secure_kafka.broker.sasl_address, env, "Kafka refuses the user: see SYNTH_KAFKA_USERNAME", cwd=tmp_path)


def test_a_broker_whose_certificate_is_not_trusted(secure_kafka: SecureBroker, tmp_path: Path) -> None:
    told = "see SYNTH_KAFKA_SECURITY, SYNTH_KAFKA_CA for who signed the certificate, and whether it names this host"
    port = secure_kafka.broker.ports["sasl"]
    for address, ca in (
        (secure_kafka.broker.sasl_address, secure_kafka.other_ca),
        (f"localhost:{port}", secure_kafka.ca),
    ):
        refuse(address, user(secure_kafka, ca=ca), f"no encrypted connection to {address}: {told}", cwd=tmp_path)


def test_one_side_encrypts_and_the_other_does_not(secure_kafka: SecureBroker, tmp_path: Path) -> None:
    refuse(secure_kafka.broker.sasl_address, {}, "hangs up: it may want a user, or encryption", cwd=tmp_path)
    env = {"SYNTH_KAFKA_CA": str(secure_kafka.ca)}
    refuse(secure_kafka.broker.address, env, f"no encrypted connection to {secure_kafka.broker.address}", cwd=tmp_path)


def test_a_certificate_is_missing_or_its_key_is_locked(secure_kafka: SecureBroker, tmp_path: Path) -> None:
    address = secure_kafka.broker.mutual_address
    told = f"{address} does not take the client's certificate, or misses one: see SYNTH_KAFKA_CERTIFICATE"
    refuse(address, {"SYNTH_KAFKA_CA": str(secure_kafka.ca)}, told, cwd=tmp_path)
    told = "the file of SYNTH_KAFKA_KEY holds no key in PEM that SYNTH_KAFKA_KEY_PASSWORD opens"
    for password in (f"no{PASSWORD}", ""):
        refuse(address, certificate(secure_kafka, key_password=password), told, cwd=tmp_path)
    told = "the file of SYNTH_KAFKA_CA holds no certificate in PEM"
    refuse(address, certificate(secure_kafka, ca=secure_kafka.key), told, cwd=tmp_path)


def test_a_user_without_rights_is_told_before_the_first_message(secure_kafka: SecureBroker, tmp_path: Path) -> None:
    address, guest = secure_kafka.broker.sasl_address, user(secure_kafka, GUEST)
    told = "topic 'refused': this user lacks the right to write; the cluster's ACLs give it"
    refuse(address, guest, told, cwd=tmp_path)
    answer = cli("doctor", *SMALL, *into(address, "refused"), cwd=tmp_path, env=guest)
    assert answer.code == 3
    assert "topic 'refused.synth'  this user lacks the right to read and write" in answer.out
    assert "will be made" not in answer.out
