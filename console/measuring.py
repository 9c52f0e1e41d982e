"""The page of what is measured: every station of the officer's municipalities, with ages and doubts."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from console.measured import sections
from console.pages import render_for
from console.web import Visitor, view_of, visitor
from schemas.records.base import World

routes = APIRouter()
Who = Annotated[Visitor, Depends(visitor)]


@routes.get("/measured/{world}")
async def show(request: Request, world: World, who: Who) -> Response:
    """Gauges, rain, dams, roads."""
    return render_for(
        request, who, world, "measured.html", {"sections": sections(view_of(request, world), who.towns, who.now)}
    )
