"""Live updates: a page hears that something of its municipalities changed, and fetches itself again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sse_starlette import EventSourceResponse

from console.changes import Changes
from console.web import Visitor, desk_of, visitor
from schemas.records.base import World

routes = APIRouter()
EVERY_S, PING_S = 1.0, 15


@routes.get("/live/{world}")
async def live(request: Request, world: World, who: Annotated[Visitor, Depends(visitor)]) -> Response:
    """Server-Sent Events: `change`, at most one a second."""
    return EventSourceResponse(_events(desk_of(request).changes, world, who.towns), ping=PING_S)


async def _events(changes: Changes, world: World, towns: tuple[str, ...]) -> AsyncIterator[dict[str, str]]:
    seen = changes.version(world, towns)
    yield {"event": "hello", "data": str(seen)}
    while True:
        await asyncio.sleep(EVERY_S)
        now = changes.version(world, towns)
        if now != seen:
            seen = now
            yield {"event": "change", "data": str(seen)}
