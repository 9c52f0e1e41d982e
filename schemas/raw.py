"""Finding in the Kafka topic `raw` the whole bytes of which a dead letter keeps only the beginning."""

import gzip
import hashlib

from schemas.codec import Codec, Unreadable
from schemas.kafka import Where, read_to_end
from schemas.records.observed import RawPayload


async def whole(where: Where, sha256: str) -> bytes | None:
    """The fetched bytes with this sha256, or None if `raw` keeps none. Reads the topic through: minutes for 30 days."""
    codec = Codec(RawPayload, None)
    async for message in read_to_end(where, where.name("raw", None)):
        try:
            payload = codec.decode(message.value)
        except Unreadable:
            continue
        if payload.sha256 == sha256:
            return plain(payload)
    return None


def plain(payload: RawPayload) -> bytes:
    """The bytes as they were fetched; raises ValueError if they are not those that the record names."""
    body = gzip.decompress(payload.body) if payload.encoding == "gzip" else payload.body
    if hashlib.sha256(body).hexdigest() != payload.sha256:
        raise ValueError(f"raw payload {payload.id}: its bytes are not those of its sha256")
    return body
