"""The officers' steps from forms: submit, approve, return, reject, halt. Each is one signed decision."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from console import cards
from console.decisions import Answer, Step
from console.pages import render_for
from console.seen import recommended_anew
from console.stepping import take
from console.web import Refused, Visitor, check_csrf, check_town, new_nonce, reached_by, view_of, visitor
from schemas.records.base import Hazard, World
from schemas.records.decided import DecisionKind

routes = APIRouter()
Who = Annotated[Visitor, Depends(visitor)]
PLACE = "/desk/{world}/{municipality}/{hazard}"
BY_WORD = {
    "submit": DecisionKind.SUBMIT,
    "approve": DecisionKind.APPROVE,
    "return": DecisionKind.RETURN,
    "reject": DecisionKind.REJECT,
    "halt": DecisionKind.HALT,
}
FAR_OFF = "届く端末が {devices:,}台から {now:,}台に変わりました。案件の画面を開き直し、台数を確かめて承認してください。"
NOT_TICKED = "確認の欄に印がありません。内容を読んで印を付けてから、もう一度押してください。"


@routes.get(PLACE + "/halt")
async def ask_halt(request: Request, world: World, municipality: str, hazard: Hazard, who: Who) -> Response:
    """The first of the two clicks that stop sending."""
    subject = cards.subject(view_of(request, world), check_town(who, municipality), hazard)
    if subject.active_case is None or not subject.active_case.in_force:
        raise Refused(409, "止める送信がありません。案件の画面を開き直してください。")
    return render_for(request, who, world, "halt.html", {"s": subject, "nonce": new_nonce()})


@routes.post(PLACE + "/{word}")
async def step(
    request: Request,
    world: World,
    municipality: str,
    hazard: Hazard,
    word: str,
    who: Who,
    csrf: Annotated[str, Form()] = "",
    nonce: Annotated[str, Form()] = "",
    case_id: Annotated[str, Form()] = "",
    digest: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    understood: Annotated[str, Form()] = "",
    devices: Annotated[str, Form()] = "",
    seen: Annotated[str, Form()] = "",
) -> Response:
    """One step of a case."""
    check_csrf(who, csrf)
    kind = BY_WORD.get(word)
    if kind is None:
        raise Refused(404, "この操作はありません。")
    if kind is DecisionKind.APPROVE and understood != "yes":
        raise Refused(400, NOT_TICKED)
    if kind is DecisionKind.APPROVE:
        _check_basis(request, world, check_town(who, municipality), hazard, devices, seen)
    answer = await take(
        request,
        who,
        Step(
            world=world,
            municipality=municipality,
            kind=kind,
            nonce=nonce,
            hazard=hazard,
            case_id=case_id,
            digest=digest or None,
            reason=reason.strip() or None,
        ),
    )
    return after(answer, world, municipality, hazard)


def _check_basis(request: Request, world: World, municipality: str, hazard: Hazard, devices: str, seen: str) -> None:
    """What the approver read is compared with now: another recommendation, or far more devices, is read anew first."""
    subject = cards.subject(view_of(request, world), municipality, hazard)
    proposal = subject.case.proposal if subject.case else None
    if proposal is None:
        return  # nothing waits: decide says so, or knows this very step already
    if moved := recommended_anew(seen, subject):
        raise Refused(409, moved)
    now = reached_by(request, world, municipality, proposal.areas, proposal.districts)
    if now is not None and devices.isdigit() and now.is_far_from(int(devices)):
        raise Refused(409, FAR_OFF.format(devices=int(devices), now=now.devices))


def after(answer: Answer, world: World, municipality: str, hazard: Hazard) -> Response:
    """Back to the case with its verdict, or to the page that says what to do without one."""
    place = f"/desk/{world}/{municipality}/{hazard}"
    if answer.verdict is None:
        return RedirectResponse(f"/decision/{world}/{answer.decision_id}?back={place}", 303)
    return RedirectResponse(f"{place}?done={answer.decision_id}", 303)


@routes.get("/decision/{world}/{decision_id}")
async def waiting(request: Request, world: World, decision_id: str, who: Who, back: str = "/") -> Response:
    """What to do while a decision has no verdict; with one, back to the case."""
    inside = back if back.startswith("/") and not back.startswith("//") else "/"
    verdict = view_of(request, world).verdict_of.get(decision_id)
    if verdict is not None and verdict.municipality in who.towns:
        return RedirectResponse(f"{inside}?done={decision_id}", 303)
    return render_for(request, who, world, "waiting.html", {"decision_id": decision_id, "back": inside})
