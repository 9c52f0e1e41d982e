"""The event stream as sse-starlette's documentation writes it: a queue and a generator for each reader."""

import asyncio
import os
from collections.abc import AsyncIterator

import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from notifier.broadcast.event import event_of
from notifier.broadcast.position import Stream
from schemas.codec import Codec
from schemas.kafka import Where, tail_consumer
from schemas.records.base import World
from schemas.records.decided import Order

QUEUES: set[asyncio.Queue[tuple[str, str]]] = set()


async def events(_request: Request) -> EventSourceResponse:
    """One reader."""

    async def told() -> AsyncIterator[ServerSentEvent]:
        queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        QUEUES.add(queue)
        try:
            yield ServerSentEvent(comment="from here")
            while True:
                number, data = await queue.get()
                yield ServerSentEvent(data, event="orders", id=number)
        finally:
            QUEUES.discard(queue)

    return EventSourceResponse(told())


async def ready(_request: Request) -> JSONResponse:
    """It serves."""
    return JSONResponse({"ok": True})


async def follow(where: Where) -> None:
    """Every order, as JSON made once, into every queue."""
    codec: Codec[Order] = Codec(Order, World.ACTUAL)
    consumer = await tail_consumer(where, where.name("orders", World.ACTUAL), from_start=False)
    async for message in consumer:
        event = event_of(Stream(World.ACTUAL, "orders", message.partition), message.offset, codec.decode(message.value))
        for queue in QUEUES:
            queue.put_nowait((f"{message.partition}.{message.offset}", event.data))


async def main() -> None:
    """Serve until ended."""
    app = Starlette(routes=[Route("/events", events), Route("/readyz", ready)])
    port = int(os.environ["SONAE_BROADCAST_PORT"])
    config = uvicorn.Config(app, port=port, log_level="error", access_log=False, backlog=4096)
    where = Where(os.environ["SONAE_KAFKA_BOOTSTRAP"], os.environ["SONAE_NAMESPACE"])
    async with asyncio.TaskGroup() as group:
        group.create_task(follow(where))
        group.create_task(uvicorn.Server(config).serve())


if __name__ == "__main__":
    asyncio.run(main())
