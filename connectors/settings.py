"""What the connectors read from the environment."""

from pathlib import Path

from pydantic import Field

from connectors.rows import DEFAULT_FEEDS
from schemas.process.settings import Settings

VERSION = "0.1"


class ConnectorSettings(Settings):
    """The shared settings, and which feeds to poll."""

    feeds: Path = Field(default=DEFAULT_FEEDS, description="rows of sources, instead of connectors/feeds.toml")
    contact: str = Field(
        default="", pattern=r"^[\x20-\x7e]*$", description="address in the User-Agent, for whom a source wants to reach"
    )

    push_port: int = Field(default=8084, ge=0, le=65535, description="port of POST /push/<source>, if a row has one")
    push_tokens: Path | None = Field(default=None, description="TOML of SHA-256 hashes of the tokens that may push")

    @property
    def agent(self) -> str:
        """The User-Agent: sources ask for one that says who calls."""
        return f"Sonae/{VERSION} (municipal disaster alerting{'; ' + self.contact if self.contact else ''})"
