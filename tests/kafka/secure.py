"""A broker that lets in by user and password, or by certificate, and encrypts both."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.kafka.broker import PASSWORD, Broker
from tests.kafka.certificates import Authority

#: Who may do all, and who may do nothing but come in.
ADMIN, GUEST = "alice", "bob"
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

_SETTINGS = f"""
listeners=PLAIN://127.0.0.1:{{plain}},SASL://127.0.0.1:{{sasl}},MUTUAL://127.0.0.1:{{mutual}},\\
  CONTROLLER://127.0.0.1:{{controller}}
advertised.listeners=PLAIN://127.0.0.1:{{plain}},SASL://127.0.0.1:{{sasl}},MUTUAL://127.0.0.1:{{mutual}}
listener.security.protocol.map=PLAIN:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL,CONTROLLER:PLAINTEXT
listener.name.sasl.sasl.enabled.mechanisms={",".join(MECHANISMS)}
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  user_{ADMIN}="{PASSWORD}" user_{GUEST}="{PASSWORD}";
listener.name.sasl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.mutual.ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location={{directory}}/keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location={{directory}}/synth-test-ca.pem
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:{ADMIN};User:CN=client
"""


@dataclass(frozen=True)
class SecureBroker:
    """The broker, and the files that its clients need.

    Attributes:
        ca, other_ca: the authority that signed the broker's certificate, and one that did not.
        certificate, key: a client's; the key is locked with ``PASSWORD``.
    """

    broker: Broker
    ca: Path
    other_ca: Path
    certificate: Path
    key: Path

    def reader(self) -> Mapping[str, str]:
        """Settings of a client that shares nothing with the sink's."""
        user = {"sasl.username": ADMIN, "sasl.password": PASSWORD, "sasl.mechanism": "SCRAM-SHA-512"}
        return {"security.protocol": "SASL_SSL", "ssl.ca.location": str(self.ca), **user}


@contextmanager
def run_secure_kafka() -> Iterator[SecureBroker]:
    """A broker of one's own, gone afterwards with all that it held."""
    directory = Path(tempfile.mkdtemp(prefix="synth-kafka-"))
    broker = None
    try:
        authority, other = Authority(directory, "synth-test-ca"), Authority(directory, "another-ca")
        certificate, key = authority.issue("broker")
        (directory / "keystore.pem").write_bytes(key.read_bytes() + certificate.read_bytes())
        users = [f"{name}=[name={ADMIN},password={PASSWORD}]" for name in MECHANISMS if name != "PLAIN"]
        broker = Broker.make(directory, settings=_SETTINGS, users=users)
        broker.start()
        yield SecureBroker(broker, authority.file, other.file, *authority.issue("client", PASSWORD))
    finally:
        if broker is not None:
            broker.kill()
        shutil.rmtree(directory, ignore_errors=True)
