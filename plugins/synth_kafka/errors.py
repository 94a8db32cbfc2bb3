"""Turns the errors of Kafka and its client into one line that says what to do."""

import re

from confluent_kafka import KafkaError

from synth import on_one_line

_AWAY = "no broker of {servers} answers: is Kafka running, and is sink.kafka.servers right?"
_HANGS_UP = (
    "{servers} hangs up: it may want a user, or encryption; SYNTH_KAFKA_USERNAME and SYNTH_KAFKA_SECURITY say so"
)
_REFUSED = "Kafka refuses the user: see SYNTH_KAFKA_USERNAME, SYNTH_KAFKA_PASSWORD and SYNTH_KAFKA_MECHANISM"
_FENCED = "another producer writes this part of topic {topic!r} now: only one at a time may"
_FORBIDDEN = "this user may not {what}: the cluster's ACLs say so"
_ENCRYPTION = (
    "no encrypted connection to {servers}: see SYNTH_KAFKA_SECURITY, SYNTH_KAFKA_CA for who signed the certificate, "
    "and whether it names this host"
)
_TOO_LARGE = "a message is larger than topic {topic!r} takes: raise its max.message.bytes, or show fewer columns"
_TIME = (
    "topic {topic!r} takes no such message; mostly it is the time, which may not be so far from now: see its "
    "message.timestamp.before.max.ms and message.timestamp.after.max.ms, or choose sink.kafka.timestamps=emit"
)

_WORDS = {
    KafkaError._TRANSPORT: _AWAY,
    KafkaError._ALL_BROKERS_DOWN: _HANGS_UP,
    KafkaError._RESOLVE: _AWAY,
    KafkaError._TIMED_OUT: _AWAY,
    KafkaError._MSG_TIMED_OUT: _AWAY,
    KafkaError.BROKER_NOT_AVAILABLE: _AWAY,
    KafkaError._AUTHENTICATION: _REFUSED,
    KafkaError.SASL_AUTHENTICATION_FAILED: _REFUSED,
    KafkaError._SSL: _ENCRYPTION,
    KafkaError._FENCED: _FENCED,
    KafkaError.PRODUCER_FENCED: _FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH: _FENCED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED: _FORBIDDEN.format(what="use topic {topic!r}"),
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: _FORBIDDEN.format(what="change the cluster"),
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: _FORBIDDEN.format(what="make transactions named synth-*"),
    KafkaError.UNKNOWN_TOPIC_OR_PART: "topic {topic!r} is gone",
    KafkaError._UNKNOWN_TOPIC: "topic {topic!r} is gone",
    KafkaError.MSG_SIZE_TOO_LARGE: _TOO_LARGE,
    KafkaError.RECORD_LIST_TOO_LARGE: _TOO_LARGE,
    KafkaError.INVALID_TIMESTAMP: _TIME,
    KafkaError.INVALID_RECORD: _TIME,
    KafkaError.INVALID_TRANSACTION_TIMEOUT: "sink.kafka.timeout_s is more than the broker's transaction.max.timeout.ms",
    KafkaError.NOT_ENOUGH_REPLICAS: "too few replicas of topic {topic!r} are in sync to keep an event",
    KafkaError.POLICY_VIOLATION: "the cluster's policy forbids this topic",
}

_HANDSHAKE = re.compile("SSL handshake failed")

#: What OpenSSL says when the other side does not like, or misses, our certificate; with TLS 1.3 after the handshake.
_ALERT = re.compile(r"alert (bad certificate|certificate \w+|unknown ca|unsupported certificate)")
_CERTIFICATE = (
    "{servers} does not take the client's certificate, or misses one: see SYNTH_KAFKA_CERTIFICATE and SYNTH_KAFKA_KEY"
)

#: What librdkafka says when it cannot use a file.
_FILE = re.compile(r"(ssl\.(?:ca|certificate|key)\.location) failed")
_FILES = {
    "ssl.ca.location": "the file of SYNTH_KAFKA_CA holds no certificate in PEM",
    "ssl.certificate.location": "the file of SYNTH_KAFKA_CERTIFICATE holds no certificate in PEM",
    "ssl.key.location": "the file of SYNTH_KAFKA_KEY holds no key in PEM that SYNTH_KAFKA_KEY_PASSWORD opens",
}

_RIGHTS = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
)

#: What librdkafka puts around its reasons: the broker in front, and how long it took behind.
_AROUND = re.compile(r"^(?:[a-z_]+://)?[^\s/]+:\d+/\w+: |\(after \d+ms in state \w+\)")


def explained(error: KafkaError, *, servers: str, topic: str) -> str:
    """One line: what is wrong and what to do, with the client's own words in brackets."""
    said = on_one_line(_AROUND.sub("", error.str() or error.name()))
    words = _words_of(error)
    if words is None:
        return f"Kafka: {said}"
    message = words.format(servers=servers, topic=topic)
    return message if error.code() == KafkaError._ALL_BROKERS_DOWN else f"{message} ({said})"


def _words_of(error: KafkaError) -> str | None:
    said = error.str()
    if file := _FILE.search(said):
        return _FILES[file[1]]
    if _ALERT.search(said):
        return _CERTIFICATE
    return _ENCRYPTION if _HANDSHAKE.search(said) else _WORDS.get(error.code())


def subject_of(error: KafkaError) -> str:
    """What an error is about: ``access`` where somebody is not let in, else ``broker``."""
    refused = is_decisive(error) or error.code() in (KafkaError._ALL_BROKERS_DOWN, *_RIGHTS)
    return "access" if refused else "broker"


def is_vague(error: KafkaError) -> bool:
    """Whether an error only says that nobody answered, or nothing worked; another one then has the reason."""
    return error.code() in (
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
        KafkaError._MSG_TIMED_OUT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._STATE,
    )


def is_decisive(error: KafkaError) -> bool:
    """Whether asking again leads nowhere."""
    refused = error.code() in (KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED, KafkaError._SSL)
    return refused or any(sign.search(error.str()) for sign in (_HANDSHAKE, _ALERT, _FILE))
