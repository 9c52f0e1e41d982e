"""A feed as an HTTP response that ends with its reader, counted per partner."""

from collections import Counter
from collections.abc import AsyncIterator

from sse_starlette import EventSourceResponse, ServerSentEvent

from notifier.broadcast.sse import SEND_TIMEOUT_S, Feed, heartbeat


def stream_of(feed: Feed, readers: Counter[str], partner: str, heartbeat_s: float) -> EventSourceResponse:
    """The response, with a comment every `heartbeat_s`. A reader that takes nothing for SEND_TIMEOUT_S is cut off."""
    response = EventSourceResponse(
        _counted(feed, readers, partner),
        ping=heartbeat_s,
        ping_message_factory=heartbeat,
        send_timeout=SEND_TIMEOUT_S,
        sep="\n",
    )
    # The stream's end is the connection's end: a reader that was let go must notice at once.
    response.headers["Connection"] = "close"
    return response


async def _counted(feed: Feed, readers: Counter[str], partner: str) -> AsyncIterator[ServerSentEvent]:
    readers[partner] += 1
    try:
        async for event in feed.events():
            yield event
    finally:
        readers[partner] -= 1
