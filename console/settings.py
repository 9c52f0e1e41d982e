"""The console's settings, on top of what every program reads."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, field_validator

from schemas.process.settings import Settings
from schemas.signing import private_key

REPLAY_BANNER = "再生 REPLAY ― 記録の再生です。いま起きている災害ではありません。"


class ConsoleSettings(Settings):
    """What `python -m console serve` reads."""

    signing_key: str = Field(
        description="Ed25519 private key that signs decisions, 32 bytes in base64url",
        json_schema_extra={"make": "`python -m schemas keys signing`"},
    )
    officers: Path = Field(
        description="read-only TOML file of officers' accounts",
        json_schema_extra={"make": "docs/install.md shows it, `python -m console hash` makes each password_hash"},
    )
    console_secret: str = Field(
        min_length=32,
        description="secret of session cookies, at least 32 characters",
        json_schema_extra={"make": "`python -m schemas keys session`"},
    )
    console_port: int = Field(default=8710, ge=1, le=65535, description="port of the desk")
    console_url: str = Field(
        default="http://127.0.0.1:8710", pattern=r"^https?://", description="public address of the desk"
    )
    api_url: str | None = Field(default=None, description="the notifier's API, where officers' devices register")
    public_url: str = Field(default="", description="public address of the residents' pages: where the desk links to")
    banner: str = Field(default=REPLAY_BANNER, description="what every page says above replayed records")
    console_history_days: int = Field(default=30, ge=1, le=400, description="days of bulletins and deliveries read")
    console_deliver_minutes: int = Field(default=180, ge=5, le=1440, description="proposed time to send an order")

    @field_validator("signing_key")
    @classmethod
    def _is_key(cls, value: str) -> str:
        try:
            private_key(value)
        except ValueError as error:
            raise ValueError(f"is no Ed25519 private key in base64url: {error}") from error
        return value

    @field_validator("officers")
    @classmethod
    def _is_file(cls, value: Path) -> Path:
        if not value.is_file():
            raise ValueError(f"{value} is not a file: write one [[officer]] table per account")
        return value

    def key(self) -> Ed25519PrivateKey:
        """The key that signs for every officer who is signed in."""
        return private_key(self.signing_key)


class PublicSettings(Settings):
    """What `python -m console publish` and `pages` read: no secret is among them."""

    public_dir: Path = Field(
        description="folder of the public pages: `publish` writes it, `pages` serves it",
        json_schema_extra={"make": "`mkdir -p /srv/sonae/public`, its owner who runs `publish` and `notifier cap`"},
    )
    public_port: int = Field(default=8720, ge=0, le=65535, description="port that `pages` serves the folder on")
    public_towns: str = Field(
        default="", description="municipalities that the pages name when no order is in force, codes, comma separated"
    )
    api_public_url: str = Field(default="", description="the notifier's API as residents' browsers reach it")
    districts: Path | None = Field(default=None, description="folder of the municipalities' files of their districts")
    shelters: Path | None = Field(default=None, description="folder of the municipalities' files of their shelters")

    def towns(self) -> tuple[str, ...]:
        """The municipalities to name."""
        return tuple(sorted(code.strip() for code in self.public_towns.split(",") if code.strip()))


class BeatSettings(ConsoleSettings):
    """What `python -m console beat` reads: the desk's settings, for it speaks for a device of its own."""

    api_url: str = Field(description="the notifier's API, where the link test's own device registers")
    beat_municipality: str = Field(
        description="municipality whose test world the link test uses, five digits: one without officers"
    )
    beat_port: int = Field(default=8730, ge=0, le=65535, description="port of the link test's feed and push endpoint")
    beat_url: str = Field(
        default="http://127.0.0.1:8730", pattern=r"^https?://[^/]+$", description="address of the link test for others"
    )
    public_dir: Path | None = Field(default=None, description="folder of the public pages: the status page goes there")
