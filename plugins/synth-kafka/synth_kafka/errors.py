"""What Kafka and its client say, as one line that tells what to do."""

from confluent_kafka import KafkaError

from synth.errors import on_one_line

_AWAY = "no broker of {servers} answers: is Kafka running, and is sink.kafka.servers right?"
_REFUSED = "Kafka refused user or password: SYNTH_KAFKA_USERNAME and SYNTH_KAFKA_PASSWORD say who you are"
_FENCED = "another producer writes this part of topic {topic!r} now: only one at a time may"
_FORBIDDEN = "this user may not {what}: the cluster's ACLs say so"
_ENCRYPTION = "no encrypted connection to {servers}: SYNTH_KAFKA_CA names the file of the authority that signed it"
_TOO_LARGE = "a message is larger than topic {topic!r} takes: raise its max.message.bytes, or show fewer columns"

_WORDS = {
    KafkaError._TRANSPORT: _AWAY,
    KafkaError._ALL_BROKERS_DOWN: _AWAY,
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
    KafkaError.INVALID_TIMESTAMP: "topic {topic!r} takes no times so far from now: see message.timestamp.after.max.ms "
    "and message.timestamp.before.max.ms, or choose sink.kafka.timestamps=emit",
    KafkaError.INVALID_TRANSACTION_TIMEOUT: "sink.kafka.timeout_s is more than the broker's transaction.max.timeout.ms",
    KafkaError.NOT_ENOUGH_REPLICAS: "too few replicas of topic {topic!r} are in sync to keep an event",
    KafkaError.POLICY_VIOLATION: "the cluster's policy forbids this topic",
}

#: What says the most about why a broker cannot be reached; a later, vaguer report does not replace it.
DECISIVE = (KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED, KafkaError._SSL)


def explained(error: KafkaError, *, servers: str, topic: str) -> str:
    """One line: what is wrong and what to do; what the client said in brackets."""
    said = on_one_line(error.str() or error.name())
    words = _WORDS.get(error.code())
    return f"{words.format(servers=servers, topic=topic)} ({error.name()})" if words else f"Kafka: {said}"
