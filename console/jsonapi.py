"""The desk for scripts: the same session, the same checks, the same decisions as its pages, as JSON.

POST /api/session signs in and returns the csrf token that every other POST names in `X-CSRF-Token`.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from console import cards
from console.decisions import Answer, Step
from console.draft import Draft, proposal_of, starting_point
from console.phrases import WRITTEN, Incomplete
from console.signin import sign_in, sign_out, who_json
from console.stepping import take
from console.web import Refused, Visitor, check_csrf, check_town, desk_of, new_nonce, view_of, visitor
from schemas.process.clock import now_utc
from schemas.records.base import Hazard, OrderType, World
from schemas.records.decided import Action, DecisionKind, Policy, Proposal, Text
from schemas.signing import ticket

routes = APIRouter(prefix="/api")
Who = Annotated[Visitor, Depends(visitor)]
TICKET_LIFE = timedelta(minutes=5)


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """Body of POST /api/session."""

    officer: str
    password: str


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """A proposal as a script asks for it. What is left out is taken from the recommendation and the templates."""

    action: Action | None = None
    order_type: OrderType | None = None
    areas: tuple[str, ...] | None = None
    districts: tuple[str, ...] = ()
    blanks: dict[str, dict[str, str]] = {}
    texts: tuple[Text, ...] = ()
    deliver_until: datetime | None = None
    deliver_minutes: int | None = None
    note: str = ""


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Body of POST /api/decisions. Send the same `nonce` again and it is the same decision."""

    world: World
    municipality: str
    kind: DecisionKind
    nonce: str | None = None
    hazard: Hazard | None = None
    case_id: str | None = None
    proposal: Wanted | None = None
    digest: str | None = None
    reason: str | None = None
    call_id: str | None = None
    duty: tuple[str, ...] = ()
    policy: Policy | None = None
    policy_id: str | None = None


@routes.post("/session")
async def begin(request: Request) -> Response:
    """Sign in: 200 with the csrf token, 401 for a wrong password, 429 after too many."""
    asked = await _body(request, SignIn)
    session = await sign_in(request, asked.officer, asked.password)
    return _json(who_json(desk_of(request), session))


@routes.get("/session")
async def current(request: Request, who: Who) -> Response:
    """Who is signed in, and the csrf token."""
    return _json(who_json(desk_of(request), who.session))


@routes.delete("/session")
async def end(request: Request, who: Who) -> Response:
    """Sign out."""
    _check(request, who)
    return sign_out(Response(status_code=204))


@routes.post("/ticket")
async def device_ticket(request: Request, who: Who) -> Response:
    """The desk's proof for the notifier that a device is this officer's; short-lived."""
    _check(request, who)
    return _json({"ticket": ticket(desk_of(request).settings.key(), who.officer.id, now_utc() + TICKET_LIFE)})


@routes.get("/cases")
async def cases(request: Request, who: Who, world: World = World.ACTUAL) -> Response:
    """What the list shows: recommendations, cases, orders in force with counts, calls, unreadable telegrams."""
    view, desk = view_of(request, world), desk_of(request)
    mine = [case for case in view.cases.values() if view.case_town[case.id] in who.towns]
    orders = [order for order in cards.in_force(view) if order.municipality in who.towns]
    return _json(
        {
            "at": who.now,
            "world": world,
            "recommendations": [r for town, r in view.recommendations.items() if town in who.towns],
            "cases": [_case_json(request, world, case.id) for case in mine],
            "orders_in_force": orders,
            "calls": cards.open_calls(view, who.towns),
            "unreadable": [letter.id for letter in cards.unreadable(desk.projection, who.towns)],
            "duty": {town: view.duty.get(town, ()) for town in who.towns},
        }
    )


@routes.get("/cases/{case_id}")
async def case(request: Request, who: Who, case_id: str, world: World = World.ACTUAL) -> Response:
    """One case with its municipality, its order and the order's delivery counts."""
    check_town(who, view_of(request, world).case_town.get(case_id, ""))
    return _json(_case_json(request, world, case_id))


@routes.get("/orders/{order_id}/deliveries")
async def deliveries(request: Request, who: Who, order_id: str, world: World = World.ACTUAL) -> Response:
    """The counts of every revision of an order."""
    view = view_of(request, world)
    revisions = view.orders.get(order_id)
    if not revisions:
        raise Refused(404, "この番号の発令はありません。")
    check_town(who, next(iter(revisions.values())).municipality)
    return _json({str(number): view.ledger.counts(order_id, number) for number in sorted(revisions)})


@routes.get("/decisions/{decision_id}")
async def decision(request: Request, who: Who, decision_id: str, world: World = World.ACTUAL) -> Response:
    """The verdict on a decision: 202 while there is none."""
    verdict = view_of(request, world).verdict_of.get(decision_id)
    if verdict is not None:
        check_town(who, verdict.municipality)
    return _answer(Answer(decision_id, verdict))


@routes.post("/decisions")
async def decide(request: Request, who: Who) -> Response:
    """Decide: 200 accepted, 409 refused (both with the verdict), 202 when no verdict came within 5 s."""
    _check(request, who)
    asked = await _body(request, Asked)
    if asked.proposal is not None:
        await desk_of(request).barrier()  # what is left out is filled in from the newest recommendation
    step = Step(
        world=asked.world,
        municipality=check_town(who, asked.municipality),
        kind=asked.kind,
        nonce=asked.nonce or new_nonce(),
        hazard=asked.hazard,
        case_id=asked.case_id,
        proposal=_proposal(request, who, asked),
        digest=asked.digest,
        reason=(asked.reason or "").strip() or None,
        call_id=asked.call_id,
        duty=asked.duty,
        policy=asked.policy,
        policy_id=asked.policy_id,
        content=msgspec.to_builtins(asked),
    )
    return _answer(await take(request, who, step))


def _proposal(request: Request, who: Visitor, asked: Asked) -> Proposal | None:
    if asked.proposal is None:
        return None
    if asked.hazard is None:
        raise Refused(400, "hazard がありません。提案には災害の種類が必要です。")
    try:
        return proposal_of(_draft(request, who, asked, asked.hazard, asked.proposal), now_utc())
    except Incomplete as error:
        raise Refused(400, str(error)) from error


def _draft(request: Request, who: Visitor, asked: Asked, hazard: Hazard, wanted: Wanted) -> Draft:
    minutes = wanted.deliver_minutes or desk_of(request).settings.console_deliver_minutes
    until = wanted.deliver_until or now_utc() + timedelta(minutes=minutes)
    subject = cards.subject(view_of(request, asked.world), asked.municipality, hazard)
    start = starting_point(subject, wanted.action, who.now, until)
    return Draft(
        municipality=asked.municipality,
        hazard=hazard,
        action=start.action,
        order_type=wanted.order_type or start.order_type,
        areas=start.areas if wanted.areas is None else wanted.areas,
        districts=wanted.districts or start.districts,
        blanks={lang: start.blanks[lang] | wanted.blanks.get(lang, {}) for lang in WRITTEN},
        deliver_until=until,
        recommendation_id=start.recommendation_id,
        note=wanted.note,
        texts=wanted.texts,
    )


def _case_json(request: Request, world: World, case_id: str) -> dict[str, Any]:
    view = view_of(request, world)
    found = view.cases[case_id]
    order = view.newest(found.order_id) if found.order_id else None
    return {
        "municipality": view.case_town[case_id],
        "case": found,
        "order": order,
        "deliveries": view.ledger.counts(order.id, order.revision) if order else None,
    }


def _answer(answer: Answer) -> JSONResponse:
    body = {"decision_id": answer.decision_id, "verdict": answer.verdict}
    if answer.verdict is None:
        body["text"] = "5秒以内に判定が届きません。GET /api/decisions/{decision_id} で確かめてください。"
        return _json(body, 202)
    return _json(body, 200 if answer.verdict.accepted else 409)


def _check(request: Request, who: Visitor) -> None:
    check_csrf(who, request.headers.get("x-csrf-token", ""))


async def _body(request: Request, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.DecodeError as error:
        raise Refused(400, f"JSON を読めません: {error}") from error


def _json(body: Any, status: int = 200) -> JSONResponse:
    return JSONResponse(msgspec.to_builtins(body), status)
