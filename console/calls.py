"""A call's page, which a push opens: what it is about, one button to answer, and the way to act."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from console import cards
from console.decisions import Step
from console.pages import render_for
from console.projection import Projection
from console.stepping import take
from console.web import Refused, Visitor, check_csrf, check_town, desk_of, new_nonce, visitor
from schemas.records.base import World
from schemas.records.decided import Call, DecisionKind

routes = APIRouter()
Who = Annotated[Visitor, Depends(visitor)]
ENDED = "この呼び出しは見つかりません。終わっているか、別の区分（本番・訓練・試験）のものです。一覧を開いてください。"


@routes.get("/call/{call_id}")
@routes.get("/calls/{call_id}")
async def show(request: Request, call_id: str, who: Who, done: str = "") -> Response:
    """The call and its subject in one look."""
    world, call = _find(desk_of(request).projection, call_id)
    view = desk_of(request).projection.worlds[world]
    context = {
        "call": call,
        "s": cards.subject(view, check_town(who, call.municipality), call.hazard),
        "verdict": view.verdict_of.get(done),
        "nonce": new_nonce(),
    }
    return render_for(request, who, world, "call.html", context)


@routes.post("/call/{call_id}")
async def acknowledge(
    request: Request,
    call_id: str,
    who: Who,
    csrf: Annotated[str, Form()] = "",
    nonce: Annotated[str, Form()] = "",
) -> Response:
    """Somebody is awake."""
    check_csrf(who, csrf)
    world, call = _find(desk_of(request).projection, call_id)
    step = Step(
        world=world,
        municipality=check_town(who, call.municipality),
        kind=DecisionKind.ACKNOWLEDGE,
        nonce=nonce,
        hazard=call.hazard,
        call_id=call.id,
    )
    answer = await take(request, who, step)
    place = f"/call/{call_id}"
    if answer.verdict is None:
        return RedirectResponse(f"/decision/{world}/{answer.decision_id}?back={place}", 303)
    return RedirectResponse(f"{place}?done={answer.decision_id}", 303)


def _find(projection: Projection, call_id: str) -> tuple[World, Call]:
    for world, view in projection.worlds.items():
        if call_id in view.calls:
            return world, view.calls[call_id]
    raise Refused(404, ENDED)
