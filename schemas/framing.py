"""Confluent framing: one zero byte, a 4-byte big-endian schema id, the Avro body. Nothing else knows these bytes.

Without a registry the id derives from the schema's content, at or above 2^30, so it never meets a registry's number.
"""

import hashlib
import struct
from typing import Any

from fastavro.schema import to_parsing_canonical_form

MAGIC = 0
HEADER = struct.Struct(">bI")
DERIVED_FROM = 2**30


class Unframed(ValueError):
    """The bytes do not begin with a Confluent header."""


def derived_id(schema: dict[str, Any]) -> int:
    """The id of a schema in `[2^30, 2^31)`: 30 bits of SHA-256 over its parsing canonical form."""
    canonical = to_parsing_canonical_form(schema).encode()
    return DERIVED_FROM + int.from_bytes(hashlib.sha256(canonical).digest()[:4], "big") % DERIVED_FROM


def frame(schema_id: int, body: bytes) -> bytes:
    """Header and body."""
    return HEADER.pack(MAGIC, schema_id) + body


def unframe(message: bytes) -> tuple[int, bytes]:
    """(schema id, body); raises Unframed."""
    if len(message) < HEADER.size:
        raise Unframed(f"{len(message)} bytes are too few for a Confluent header of {HEADER.size}")
    magic, schema_id = HEADER.unpack_from(message)
    if magic != MAGIC:
        raise Unframed(f"the first byte is {magic}, not {MAGIC}")
    return schema_id, message[HEADER.size :]
