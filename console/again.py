"""What is done again about an order in force: its sending is extended, or tried again for those it did not reach."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from console import cards, draft
from console.cards import Subject
from console.decisions import Step
from console.officers import Role
from console.pages import render_for
from console.phrases import Incomplete
from console.proposing import MINUTES, submit
from console.resending import TRIED_AGAIN, is_in_time, resend_of
from console.stepping import take
from console.steps import PLACE, after
from console.web import Refused, Visitor, check_csrf, check_role, check_town, desk_of, new_nonce, view_of, visitor
from schemas.process.clock import now_utc
from schemas.records.base import Hazard, World
from schemas.records.decided import DecisionKind, Order

routes = APIRouter()
Who = Annotated[Visitor, Depends(visitor)]
NOTHING = "発令中の避難情報がありません。案件の画面を開き直してください。"
PENDING = "この案件には承認前の案があります。先に承認するか却下してください。"
NOBODY = "送り直す相手がいないか、送信がもう終わっています。続けて知らせるときは「送信を延ばす」を使ってください。"
UNSURE_AGAIN = (
    "送り直しを記録できたか確かめられません（記録システムが応答しません）。"
    "30秒ほど待って案件の画面を開き直してください。"
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A form's own fields."""

    csrf: Annotated[str, Form()] = ""
    nonce: Annotated[str, Form()] = ""
    minutes: Annotated[str, Form()] = ""
    revision: Annotated[str, Form()] = ""


@routes.get(PLACE + "/extend")
async def ask_extension(request: Request, world: World, municipality: str, hazard: Hazard, who: Who) -> Response:
    """For how long; the words stay what they are."""
    check_role(who, Role.AUTHOR)
    subject = cards.subject(view_of(request, world), check_town(who, municipality), hazard)
    order = _in_force(subject)
    context = {
        "s": subject,
        "order": order,
        "minutes": MINUTES,
        "chosen_minutes": desk_of(request).settings.console_deliver_minutes,
        "over": order.deliver_until <= now_utc(),
        "nonce": new_nonce(),
    }
    return render_for(request, who, world, "extend.html", context)


@routes.post(PLACE + "/extend")
async def extend(
    request: Request, world: World, municipality: str, hazard: Hazard, who: Who, asked: Annotated[_Asked, Depends()]
) -> Response:
    """Propose the same order with a later end of sending, and submit exactly that. A second officer approves it."""
    check_csrf(who, asked.csrf)
    subject = cards.subject(view_of(request, world), check_town(who, municipality), hazard)
    order = _in_force(subject)
    if not asked.minutes.isdigit():
        raise Refused(400, "送信を続ける時間を選んでください。")
    try:
        proposal = draft.extension_of(order, _until(int(asked.minutes)), now_utc())
    except Incomplete as problem:
        raise Refused(400, f"{problem}。「変更の案を作る」で作り直してください。") from problem
    step = Step(
        world=world,
        municipality=municipality,
        kind=DecisionKind.PROPOSE,
        nonce=asked.nonce,
        hazard=hazard,
        case_id=order.case_id,
        proposal=proposal,
        content=asked.minutes,
    )
    decider, officer = desk_of(request).decider, who.officer.id
    if subject.pending and decider.verdict_on(step, officer) is None and not decider.is_under_way(step, officer):
        raise Refused(409, PENDING)
    return after(await submit(request, who, step, await take(request, who, step)), world, municipality, hazard)


@routes.get(PLACE + "/resend")
async def ask_resend(request: Request, world: World, municipality: str, hazard: Hazard, who: Who) -> Response:
    """The first of the two clicks."""
    subject = cards.subject(view_of(request, world), check_town(who, municipality), hazard)
    order = _failing(subject)
    return render_for(request, who, world, "resend.html", {"s": subject, "order": order, "nonce": new_nonce()})


@routes.post(PLACE + "/resend")
async def resend(
    request: Request, world: World, municipality: str, hazard: Hazard, who: Who, asked: Annotated[_Asked, Depends()]
) -> Response:
    """Sign the wish and write it; the planner carries it out, or says in its log why not."""
    check_csrf(who, asked.csrf)
    check_role(who, Role.AUTHOR, Role.APPROVER)
    subject = cards.subject(view_of(request, world), check_town(who, municipality), hazard)
    order = _failing(subject)
    if asked.revision != str(order.revision):
        raise Refused(409, "新しい版が出ています。案件の画面を開き直してください。")
    desk = desk_of(request)
    record = resend_of(order, who.officer.id, TRIED_AGAIN, now_utc(), desk.settings.key(), asked.nonce)
    try:
        await desk.sender.send("resends", municipality, record)
    except KafkaError as error:
        if not error.retriable:
            desk.fault(error)
        raise Refused(503, UNSURE_AGAIN) from error
    return RedirectResponse(f"/desk/{world}/{municipality}/{hazard}?again=sent", 303)


def _in_force(subject: Subject) -> Order:
    if subject.order is None or not subject.order.in_force:
        raise Refused(409, NOTHING)
    return subject.order


def _failing(subject: Subject) -> Order:
    """The order whose sending can be tried again for somebody."""
    order, counts = subject.order, subject.counts
    if order is None or counts is None or not counts.failing or not is_in_time(order, now_utc()):
        raise Refused(409, NOBODY)
    return order


def _until(minutes: int) -> datetime:
    return (now_utc() + timedelta(minutes=minutes)).replace(microsecond=0)
