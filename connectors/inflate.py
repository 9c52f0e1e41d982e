"""Bytes off the wire → the body: whole gzip or plain, never more than the limit, whatever a small gzip swells to."""

import zlib
from collections.abc import AsyncIterator

GZIP = zlib.MAX_WBITS | 16
MOST_ON_THE_WAY = 8_000_000
"""Bytes as they come: they are kept compressed, in one message of the topic `raw` (8 MiB)."""


class TooLarge(Exception):
    """The body is longer than the limit."""


class Garbage(Exception):
    """The body is not what Content-Encoding says, or a part of it."""


async def read_body(raw: AsyncIterator[bytes], encoding: str, limit: int) -> bytes:
    """The whole body. An HTTP client takes the half of a gzip for a whole one; here its end has to be there."""
    if encoding in ("", "identity"):
        return await _plain(raw, min(limit, MOST_ON_THE_WAY))
    if encoding not in ("gzip", "x-gzip"):
        raise Garbage(f"Content-Encoding {encoding[:40]!r} was not asked for")
    return await _gzip(raw, limit)


async def _plain(raw: AsyncIterator[bytes], limit: int) -> bytes:
    body = bytearray()
    async for part in raw:
        body += part
        if len(body) > limit:
            raise TooLarge
    return bytes(body)


async def _gzip(raw: AsyncIterator[bytes], limit: int) -> bytes:
    inflating, body, came = zlib.decompressobj(GZIP), bytearray(), 0
    try:
        async for part in raw:
            came += len(part)
            body += inflating.decompress(part, limit + 1 - len(body))
            if len(body) > limit or came > MOST_ON_THE_WAY:
                raise TooLarge
    except zlib.error as error:
        raise Garbage(f"the body does not decompress: {error}") from error
    if not inflating.eof or inflating.unused_data:
        raise Garbage("the body is no whole gzip")
    return bytes(body)
