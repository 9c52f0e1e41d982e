"""Both transports, and the way that a test makes one."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from notifier.webpush.curl import CurlTransport
from notifier.webpush.http2.sending import Http2Transport
from notifier.webpush.transport import Reach
from tests.integration.conformance.ledger import Ledger

Way = type[CurlTransport] | type[Http2Transport]
WAYS = pytest.mark.parametrize("way", [CurlTransport, Http2Transport], ids=["curl", "http2"])


@contextlib.asynccontextmanager
async def ledger(
    way: Way, origin: str, ca: Path | None, *, connections: int = 4, timeout_s: float = 5.0
) -> AsyncIterator[Ledger]:
    """A transport for the block, and the ledger of what goes through it."""
    transport = way(Reach(local=True, ca=ca), connections, timeout_s)
    try:
        yield Ledger(transport, origin)
    finally:
        await transport.close()
