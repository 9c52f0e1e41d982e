"""What `python -m schemas` reads beside the settings that every program shares."""

from pathlib import Path

from pydantic import Field

from schemas.process.settings import Settings


class SchemasSettings(Settings):
    """Read by `sync` and `acls` alone."""

    schema_registry: str | None = Field(default=None, description="address of a Confluent-compatible schema registry")
    partners: Path | None = Field(default=None, description="TOML of the partners: whom `acls` lets in")
