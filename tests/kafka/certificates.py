"""Certificates for tests: an authority, what it signs, and another authority that signed nothing."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


class Authority:
    """Signs certificates with a key of its own, which nothing else knows.

    Attributes:
        file: its certificate, for those who are to trust it.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self._directory, self._name = directory, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._sign(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0))
        self.file = directory / f"{name}.pem"
        self.file.write_bytes(self._certificate.public_bytes(Encoding.PEM))

    def issue(self, name: str, password: str = "") -> tuple[Path, Path]:
        """The files of a certificate and of its key, which a password protects; it is good for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
        certificate = self._sign(own, key, address)
        files = self._directory / f"{name}.crt", self._directory / f"{name}.key"
        files[0].write_bytes(certificate.public_bytes(Encoding.PEM) + self._certificate.public_bytes(Encoding.PEM))
        lock: KeySerializationEncryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
        return files

    def _sign(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(self._name, name, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - _DAY).not_valid_after(now + _DAY)
        return builder.add_extension(extension, critical=True).sign(self._key, SHA256())
