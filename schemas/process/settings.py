"""Settings that every program shares: variables SONAE_…, typed; a wrong one stops the start with one sentence."""

import sys
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.records.base import World


class Settings(BaseSettings):
    """What every process reads. Programs subclass it in their own settings.py; docs/settings.md lists each."""

    model_config = SettingsConfigDict(env_prefix="SONAE_", frozen=True, extra="ignore")

    kafka_bootstrap: str = Field(default="127.0.0.1:9092", description="Kafka brokers, host:port, comma separated")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="how Kafka is spoken to"
    )
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        default="SCRAM-SHA-512", description="SASL mechanism"
    )
    kafka_user: str = Field(default="", description="SASL user: the program's name in topics.toml")
    kafka_password: SecretStr = Field(default=SecretStr(""), description="password of that user")
    kafka_ca: Path | None = Field(default=None, description="PEM of Kafka's CA (empty: the system's)")
    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0", description="Redis of the notifier's index, ledger and fences"
    )
    namespace: str = Field(default="", pattern=r"^[a-z0-9-]*$", description="prefix of every topic and group (tests)")
    world: World = Field(default=World.ACTUAL, description="the world of programs that run per world")
    clock: str | None = Field(default=None, description="address of the replay server whose scenario clock is followed")
    local: bool = Field(default=False, description="one machine, loopback only: allows a clock and loopback endpoints")
    instance: str = Field(default="0", description="stable name of this process among its equals (static membership)")
    health_port: int = Field(default=0, ge=0, le=65535, description="port of /metrics, /healthz, /readyz (0: any free)")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    schema_map: Path | None = Field(default=None, description="file of a registry's schema ids, by `schemas sync`")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="log threshold")

    def model_post_init(self, _context: object) -> None:
        """A scenario clock outside a local set-up would let a drill decide what time it is."""
        if self.clock and not self.local:
            raise ValueError("SONAE_CLOCK needs SONAE_LOCAL=1: scenario time never steers a real cluster")
        sasl = self.kafka_security_protocol.startswith("SASL")
        if sasl and not (self.kafka_user and self.kafka_password.get_secret_value()):
            raise ValueError("SONAE_KAFKA_SECURITY_PROTOCOL says SASL: set SONAE_KAFKA_USER and SONAE_KAFKA_PASSWORD")
        if self.local and not all(_loopback(part) for part in self.kafka_bootstrap.split(",")):
            raise ValueError("SONAE_LOCAL=1 needs a Kafka on loopback: a local set-up never joins a real cluster")


Kind = TypeVar("Kind", bound=Settings)


def load(kind: type[Kind]) -> Kind:
    """The settings, or one sentence on stderr and exit code 2."""
    try:
        return kind()
    except ValidationError as error:
        print(complaint(kind, error), file=sys.stderr)
    except ValueError as error:
        print(f"settings: {error}", file=sys.stderr)
    raise SystemExit(2)


def complaint(kind: type[Settings], error: ValidationError) -> str:
    """One sentence about the first setting that is wrong: which, what is wrong or what it is, and what makes one.

    A value is never in it: it may be a secret.
    """
    first = error.errors()[0]
    said = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f"settings: {said}"
    field = str(first["loc"][0])
    return unset(kind, field) if first["type"] == "missing" else f"SONAE_{field.upper()}: {said}{_made(kind, field)}"


def unset(kind: type[Settings], field: str) -> str:
    """One sentence about a setting that has no value."""
    return f"SONAE_{field.upper()} is not set: {kind.model_fields[field].description}{_made(kind, field)}"


def made_by(kind: type[Settings], field: str) -> str:
    """The command that makes a value, or where one is shown; "" for what needs neither."""
    extra = kind.model_fields[field].json_schema_extra
    return str(extra.get("make", "")) if isinstance(extra, dict) else ""


def _made(kind: type[Settings], field: str) -> str:
    how = made_by(kind, field)
    return f". Make one: {how}" if how else ""


def _loopback(address: str) -> bool:
    host = address.strip().rsplit(":", 1)[0].strip("[]")
    return host == "localhost" or host == "::1" or host.startswith("127.")
