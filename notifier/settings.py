"""The notifier's settings: one set for all of its roles; each role says at its start what it misses."""

import base64
import binascii
import ipaddress
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from notifier.webpush.subject import checked_subject
from schemas.process.settings import Settings, unset

PUSH_HOSTS = "fcm.googleapis.com,updates.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"

JOB_TOPICS = ("jobs-urgent", "jobs", "jobs-retry")


class MissingSetting(ValueError):
    """A role was started without what it cannot work without."""


class NotifierSettings(Settings):
    """Environment variables of `python -m notifier`."""

    api_port: int = Field(default=8081, ge=0, le=65535, description="port of the subscriptions API")
    broadcast_port: int = Field(default=8082, ge=0, le=65535, description="port of the partners' event stream")
    vapid_key: str = Field(
        default="",
        description="VAPID private key: 32 bytes, unpadded base64url",
        json_schema_extra={"make": "`python -m schemas keys vapid`"},
    )
    vapid_keys_old: str = Field(
        default="", description="former VAPID private keys, comma separated: they sign for who subscribed under them"
    )
    vapid_subject: str = Field(
        default="",
        description="VAPID contact: a real mailto: or https: address",
        json_schema_extra={"make": "mailto: and an address that an operator reads"},
    )
    sealing_key: str = Field(
        default="",
        description="key that subscriptions are sealed with: 32 bytes, unpadded base64url",
        json_schema_extra={"make": "`python -m schemas keys sealing`"},
    )
    sealing_keys_old: str = Field(default="", description="former sealing keys, comma separated: they only open")
    verify_key: str = Field(
        default="",
        description="the console's public key: 32 bytes, unpadded base64url",
        json_schema_extra={"make": "`python -m schemas keys signing`, with the desk's SONAE_SIGNING_KEY"},
    )
    push_hosts: str = Field(default=PUSH_HOSTS, description="push services, comma separated; `*.` means any name below")
    push_transport: Literal["http2", "curl"] = Field(
        default="http2", description="how pushes leave: our own HTTP/2 writer, or libcurl"
    )
    deliver_topics: str = Field(
        default="jobs-urgent,jobs,jobs-retry",
        description="topics that a delivery worker takes jobs from, comma separated",
    )
    push_connections: int = Field(default=16, ge=1, le=256, description="most connections to one push service")
    push_ca: Path | None = Field(
        default=None, description="PEM of an authority that vouches for push services of a local set-up"
    )
    trusted_proxy: str = Field(
        default="",
        description="addresses or networks of the reverse proxies whose X-Forwarded-For is believed, comma separated",
    )
    address_rate: int = Field(
        default=120, ge=1, description="requests a minute that one client address may make of the subscriptions API"
    )
    refill_share: float = Field(
        default=0.25, gt=0, le=1, description="share of a core that making key agreements beforehand may take"
    )
    cors_origins: str = Field(default="", description="origins of pages that may subscribe, comma separated")
    partners: Path | None = Field(
        default=None,
        description="TOML of the partners: who may follow what, and over which ways",
        json_schema_extra={"make": "docs/partners.md shows it; an empty file lets nobody in"},
    )
    heartbeat_s: float = Field(
        default=10.0,
        gt=0,
        le=60,
        description="seconds between comments on a silent event stream, and of partners' heartbeats",
    )
    beat_municipality: str = Field(
        default="", description="municipality of the link test: partners are told of its beats; empty: of none"
    )
    console_url: str = Field(default="", description="public address of the desk: where a call's push leads")
    public_url: str = Field(
        default="", description="public address of the residents' page: where an order's push leads"
    )
    public_dir: Path | None = Field(
        default=None,
        description="folder of the public pages: CAP and Atom files go there",
        json_schema_extra={"make": "`mkdir -p /srv/sonae/public`, its owner who runs `publish` and `notifier cap`"},
    )
    cap_domain: str = Field(
        default="sonae.example", pattern=r"^[a-z0-9.-]+$", description="domain of the senders' names in CAP"
    )
    cap_key: Path | None = Field(default=None, description="RSA key (PEM) that signs CAP alerts and feeds")
    cap_certificate: Path | None = Field(default=None, description="certificate (PEM) of that key: what readers pin")

    @field_validator("deliver_topics")
    @classmethod
    def _are_job_topics(cls, value: str) -> str:
        named = [part.strip() for part in value.split(",")]
        if unknown := [name for name in named if name not in JOB_TOPICS]:
            raise ValueError(f"{unknown[0]} is none of {', '.join(JOB_TOPICS)}")
        return value

    @field_validator("trusted_proxy")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for part in _parts(value):
            try:
                ipaddress.ip_network(part)
            except ValueError as error:
                raise ValueError(f"{part} is no address and no network such as 10.0.0.0/8") from error
        return value

    @field_validator("vapid_key", "vapid_keys_old", "sealing_key", "sealing_keys_old", "verify_key")
    @classmethod
    def _are_keys(cls, value: str) -> str:
        for part in _parts(value):
            try:
                raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
            except binascii.Error as error:
                raise ValueError("this is not base64url") from error
            if len(raw) != 32:
                raise ValueError(f"a key is 32 bytes in base64url, this is {len(raw)}")
        return value

    @field_validator("vapid_subject")
    @classmethod
    def _is_contact(cls, value: str) -> str:
        return checked_subject(value) if value else value

    def required(self, *names: str) -> None:
        """Raises MissingSetting with one sentence for the first of these that is empty."""
        for name in names:
            if not getattr(self, name):
                raise MissingSetting(unset(type(self), name))

    def listed(self, name: str) -> tuple[str, ...]:
        """A comma-separated setting as its parts."""
        return _parts(str(getattr(self, name)))


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())
