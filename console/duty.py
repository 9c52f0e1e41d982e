"""Who is woken first, second, third: the duty roster of each municipality."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from console.decisions import Step
from console.pages import render_for
from console.stepping import take
from console.web import Refused, Visitor, check_csrf, check_town, desk_of, new_nonce, view_of, visitor
from schemas.records.base import World
from schemas.records.decided import DecisionKind

routes = APIRouter()
Who = Annotated[Visitor, Depends(visitor)]
PLACES = 6


@routes.get("/duty/{world}")
async def show(request: Request, world: World, who: Who, done: str = "") -> Response:
    """One form per municipality."""
    view, desk = view_of(request, world), desk_of(request)
    towns = [(town, view.duty.get(town, ()), desk.officers.of(town)) for town in who.towns]
    context = {"towns": towns, "places": PLACES, "verdict": view.verdict_of.get(done), "nonce": new_nonce()}
    return render_for(request, who, world, "duty.html", context)


@routes.post("/duty/{world}/{municipality}")
async def change(request: Request, world: World, municipality: str, who: Who) -> Response:
    """A new order of officers; empty places are left out."""
    form = await request.form()
    check_csrf(who, str(form.get("csrf", "")))
    known = {officer.id for officer in desk_of(request).officers.of(check_town(who, municipality))}
    chosen = tuple(dict.fromkeys(str(form.get(f"place-{n}", "")) for n in range(PLACES)))
    duty = tuple(officer for officer in chosen if officer)
    if not set(duty) <= known:
        raise Refused(400, "この市町村の職員でない人が選ばれています。選び直してください。")
    step = Step(
        world=world,
        municipality=municipality,
        kind=DecisionKind.SET_DUTY,
        nonce=str(form.get("nonce", "")),
        duty=duty,
    )
    answer = await take(request, who, step)
    if answer.verdict is None:
        return RedirectResponse(f"/decision/{world}/{answer.decision_id}?back=/duty/{world}", 303)
    return RedirectResponse(f"/duty/{world}?done={answer.decision_id}", 303)
