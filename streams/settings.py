"""Settings of *watch* and *decide*."""

from pydantic import Field, field_validator

from schemas.process.settings import Settings
from schemas.signing import public_key


class StreamsSettings(Settings):
    """What both apps read; docs/settings.md lists each."""

    verify_key: str = Field(
        description="the console's public key: what people say and it did not sign is refused",
        json_schema_extra={"make": "`python -m schemas keys signing`, with the desk's SONAE_SIGNING_KEY"},
    )

    @field_validator("verify_key")
    @classmethod
    def _is_a_key(cls, text: str) -> str:
        try:
            public_key(text)
        except ValueError as error:
            raise ValueError(
                "must be 32 bytes in unpadded base64url, as `schemas.signing.new_key_pair` makes"
            ) from error
        return text
