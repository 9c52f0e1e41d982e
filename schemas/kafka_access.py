"""How a client proves to Kafka who it is, in the words of each client library. The password is never shown."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.process.settings import Settings


@dataclass(frozen=True, slots=True)
class Access:
    """Protocol, mechanism, user and password, and the CA that signed the brokers' certificates (None: the system's)."""

    protocol: str = "PLAINTEXT"
    mechanism: str = "SCRAM-SHA-512"
    user: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Access":
        """From a program's settings."""
        password = settings.kafka_password.get_secret_value()
        return cls(
            settings.kafka_security_protocol, settings.kafka_mechanism, settings.kafka_user, password, settings.kafka_ca
        )

    @property
    def sasl(self) -> bool:
        """Whether a user and a password are asked for."""
        return self.protocol.startswith("SASL")

    def tls(self) -> ssl.SSLContext | None:
        """Verifies the broker and its name; None where the line is not encrypted."""
        if not self.protocol.endswith("SSL"):
            return None
        return ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))

    def aiokafka(self) -> dict[str, Any]:
        """Keyword arguments of aiokafka's clients."""
        known: dict[str, Any] = {"security_protocol": self.protocol, "ssl_context": self.tls()}
        if self.sasl:
            known |= {"sasl_mechanism": self.mechanism, "sasl_plain_username": self.user}
            known |= {"sasl_plain_password": self.password}
        return known

    def confluent(self) -> dict[str, str]:
        """Settings of librdkafka."""
        known = {"security.protocol": self.protocol}
        if self.sasl:
            known |= {"sasl.mechanism": self.mechanism, "sasl.username": self.user, "sasl.password": self.password}
        return known if self.ca is None else known | {"ssl.ca.location": str(self.ca)}
