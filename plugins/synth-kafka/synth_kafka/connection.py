"""How to reach the cluster: where it is from the configuration, who we are from the environment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from synth import RefusedError
from synth.errors import nearest
from synth_kafka.errors import DECISIVE, explained

#: Environment variable → librdkafka's name of the setting.
_VARIABLES = {
    "SYNTH_KAFKA_SECURITY": "security.protocol",
    "SYNTH_KAFKA_MECHANISM": "sasl.mechanism",
    "SYNTH_KAFKA_USERNAME": "sasl.username",
    "SYNTH_KAFKA_PASSWORD": "sasl.password",
    "SYNTH_KAFKA_CA": "ssl.ca.location",
    "SYNTH_KAFKA_CERTIFICATE": "ssl.certificate.location",
    "SYNTH_KAFKA_KEY": "ssl.key.location",
    "SYNTH_KAFKA_KEY_PASSWORD": "ssl.key.password",
}
_FILES = ("SYNTH_KAFKA_CA", "SYNTH_KAFKA_CERTIFICATE", "SYNTH_KAFKA_KEY")
_CHOICES = {
    "SYNTH_KAFKA_SECURITY": ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    "SYNTH_KAFKA_MECHANISM": ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
}
_ANSWER_S = 10


class Connection:
    """Settings of a client, and the last thing that the client said was wrong."""

    def __init__(self, servers: str) -> None:
        self.servers = servers
        self.trouble: KafkaError | None = None

    def settings(self) -> dict[str, Any]:
        """What every client needs.

        Raises:
            RefusedError: the environment says something that cannot be.
        """
        given = {name: os.environ[name] for name in _VARIABLES if os.environ.get(name)}
        _require_sense(given)
        found: dict[str, Any] = {_VARIABLES[name]: value for name, value in given.items()}
        if "sasl.username" in found:
            found = {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN"} | found
        elif "ssl.ca.location" in found:
            found = {"security.protocol": "SSL"} | found
        return found | {"bootstrap.servers": self.servers, "error_cb": self._note, "log_level": 0}

    def _note(self, error: KafkaError) -> None:
        if self.trouble is None or self.trouble.code() not in DECISIVE:
            self.trouble = error

    def why(self, error: KafkaError, topic: str) -> str:
        """An error in words; where it only says that time ran out, the reason."""
        vague = error.code() in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._MSG_TIMED_OUT)
        known = self.trouble if vague and self.trouble is not None else error
        return explained(known, servers=self.servers, topic=topic)

    @contextmanager
    def explaining(self, topic: str) -> Iterator[None]:
        """Turns what the client raises into a refusal that tells the reason."""
        try:
            yield
        except KafkaException as error:
            raise RefusedError(self.why(error.args[0], topic)) from error

    def admin(self) -> AdminClient:
        """A client that asks and creates, once a broker has answered.

        Raises:
            KafkaException: none did.
        """
        client = AdminClient(self.settings())
        try:
            client.list_topics(timeout=_ANSWER_S)
        finally:
            client.poll(0)
        return client


def _require_sense(given: dict[str, str]) -> None:
    for name, allowed in _CHOICES.items():
        if name in given and given[name] not in allowed:
            hint = nearest(given[name].upper(), allowed)
            told = f"{name} is none of {', '.join(allowed)}" + (f" ({hint})" if hint else "")
            raise RefusedError(told)
    for name in _FILES:
        if name in given and not os.access(given[name], os.R_OK):
            raise RefusedError(f"{name} names no file that can be read")
    if ("SYNTH_KAFKA_USERNAME" in given) != ("SYNTH_KAFKA_PASSWORD" in given):
        raise RefusedError("SYNTH_KAFKA_USERNAME and SYNTH_KAFKA_PASSWORD go together: one is not set")
