"""What `python -m schemas` reads beside the settings that every program shares."""

from pydantic import Field

from schemas.process.settings import Settings


class SchemasSettings(Settings):
    """Read by `sync` alone."""

    schema_registry: str | None = Field(default=None, description="address of a Confluent-compatible schema registry")
