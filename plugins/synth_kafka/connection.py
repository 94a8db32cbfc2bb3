"""Connects to the cluster: its address from the configuration, credentials from the environment."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from synth import RefusedError, nearest
from synth_kafka.errors import explained, is_decisive, is_vague

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
_PAIRS = (("SYNTH_KAFKA_USERNAME", "SYNTH_KAFKA_PASSWORD"), ("SYNTH_KAFKA_CERTIFICATE", "SYNTH_KAFKA_KEY"))
_CHOICES = {
    "SYNTH_KAFKA_SECURITY": ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    "SYNTH_KAFKA_MECHANISM": ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
}

#: How long the first answer of a broker may take; one that starts up needs some seconds.
_PATIENCE_S = 10.0
_STEP_S = 1.0


class Connection:
    """Settings of a client, and the last thing that the client said was wrong.

    Args:
        patience_s: how long the first answer of a broker may take.
    """

    def __init__(self, servers: str, *, patience_s: float = _PATIENCE_S) -> None:
        self.servers, self._patience_s = servers, patience_s
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
        elif "ssl.ca.location" in found or "ssl.certificate.location" in found:
            found = {"security.protocol": "SSL"} | found
        silent = logging.getLogger("librdkafka")
        silent.disabled = True  # it would write to the standard error; what matters of it comes as an error, too
        return found | {"bootstrap.servers": self.servers, "error_cb": self._note, "logger": silent}

    def _note(self, error: KafkaError) -> None:
        """Keeps the report that says the most: that all brokers are down only follows from an earlier one."""
        if self.trouble is None or (not is_decisive(self.trouble) and error.code() != KafkaError._ALL_BROKERS_DOWN):
            self.trouble = error

    def access(self) -> str:
        """How a broker that has answered let us in; names nobody."""
        settings = self.settings()
        message = [settings.get("security.protocol", "PLAINTEXT")]
        if "sasl.username" in settings:
            message.append(f"the user of SYNTH_KAFKA_USERNAME is let in by {settings['sasl.mechanism']}")
        elif "ssl.certificate.location" in settings:
            message.append("the certificate of SYNTH_KAFKA_CERTIFICATE is let in")
        else:
            message.append("nobody asks for a user")
        return ", ".join(message)

    def reason(self, error: KafkaError) -> KafkaError:
        """An error; where it only says that time ran out, what the client said before."""
        return self.trouble if is_vague(error) and self.trouble is not None else error

    def why(self, error: KafkaError, topic: str) -> str:
        """The reason in words."""
        return explained(self.reason(error), servers=self.servers, topic=topic)

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
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                client.list_topics(timeout=_STEP_S)
            except KafkaException:
                client.poll(_STEP_S / 10)
                if time.monotonic() > deadline or (self.trouble is not None and is_decisive(self.trouble)):
                    raise
            else:
                return client


def _require_sense(given: dict[str, str]) -> None:
    for name, allowed in _CHOICES.items():
        if name in given and given[name] not in allowed:
            hint = nearest(given[name].upper(), allowed)
            message = f"{name} is none of {', '.join(allowed)}" + (f" ({hint})" if hint else "")
            raise RefusedError(message)
    for name in _FILES:
        if name in given and not os.access(given[name], os.R_OK):
            raise RefusedError(f"{name} names no file that can be read")
    for one, other in _PAIRS:
        if (one in given) != (other in given):
            raise RefusedError(f"{one} and {other} go together: one is not set")
    user, security = "SYNTH_KAFKA_USERNAME" in given, given.get("SYNTH_KAFKA_SECURITY", "")
    if "SYNTH_KAFKA_MECHANISM" in given and not user:
        raise RefusedError("SYNTH_KAFKA_MECHANISM says how a user is let in: set SYNTH_KAFKA_USERNAME, too")
    if security and security.startswith("SASL") != user:
        message = "lets a user in: set SYNTH_KAFKA_USERNAME, too" if not user else "lets no user in: choose SASL_SSL"
        raise RefusedError(f"SYNTH_KAFKA_SECURITY={security} {message}")
