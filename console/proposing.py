"""The proposal: a form of choices and blanks, a preview as residents will see it, then one decision or two."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from console import cards, wording
from console.cards import Subject
from console.decisions import Answer, Step
from console.draft import Draft, allowed_actions, order_types, proposal_of, starting_point
from console.officers import Role
from console.pages import render_for
from console.phrases import WRITTEN, Incomplete, language_name
from console.preview import previews, told
from console.seen import against, anew, changed, seen_of
from console.stepping import take
from console.steps import PLACE, after
from console.web import (
    Refused,
    Visitor,
    check_csrf,
    check_role,
    check_town,
    desk_of,
    new_nonce,
    reached_by,
    view_of,
    visitor,
)
from schemas.process.clock import now_utc
from schemas.records.base import Hazard, OrderType, World
from schemas.records.decided import Action, DecisionKind
from schemas.reference import Area, areas, municipalities

routes = APIRouter()
Who = Annotated[Visitor, Depends(visitor)]
MINUTES = (30, 60, 120, 180, 360, 720, 1440)


@routes.get(PLACE + "/propose")
async def form(
    request: Request, world: World, municipality: str, hazard: Hazard, who: Who, action: Action | None = None
) -> Response:
    """The form, filled with what the rules call for."""
    check_role(who, Role.AUTHOR)
    subject = cards.subject(view_of(request, world), check_town(who, municipality), hazard)
    wanted = action if action in allowed_actions(subject) else None
    draft = starting_point(subject, wanted, who.now, _until(request, None))
    return _form_page(request, who, subject, draft, "")


@routes.post(PLACE + "/preview")
async def preview(request: Request, world: World, municipality: str, hazard: Hazard, who: Who) -> Response:
    """The texts as residents will see them, or the form again with what is missing."""
    form = await request.form()
    check_csrf(who, str(form.get("csrf", "")))
    subject = cards.subject(view_of(request, world), check_town(who, municipality), hazard)
    draft = draft_of(form, subject, _until(request, form))
    try:
        proposal = proposal_of(draft, now_utc())
    except Incomplete as problem:
        return _form_page(request, who, subject, draft, str(problem), 400)
    if moved := changed(str(form.get("seen", "")), subject):
        return _form_page(request, who, subject, draft, moved, 409)
    if form.get("edit"):
        return _form_page(request, who, subject, draft, "")
    places, reach = (
        wording.places(draft.about(), "ja"),
        reached_by(request, world, municipality, draft.areas, draft.districts),
    )
    context = {
        "s": subject,
        "draft": draft,
        "proposal": proposal,
        "previews": previews(proposal.texts, world),
        "told": told(proposal, hazard, places, subject.order if subject.active_case else None, world),
        "places": places,
        "lacking": _without_shelter(draft),
        "against": against(subject, proposal),
        "seen": seen_of(subject),
        "case_id": _case_of(form, subject) or "",
        "reach": reach.words(now_utc()) if reach else "",
        "nonce": str(form.get("nonce") or new_nonce()),
    }
    return render_for(request, who, world, "preview.html", context)


@routes.post(PLACE + "/propose")
async def propose(request: Request, world: World, municipality: str, hazard: Hazard, who: Who) -> Response:
    """Propose, and with `then=submit` submit exactly that."""
    form = await request.form()
    check_csrf(who, str(form.get("csrf", "")))
    subject = cards.subject(view_of(request, world), check_town(who, municipality), hazard)
    draft = draft_of(form, subject, _until(request, form))
    try:
        proposal = proposal_of(draft, now_utc())
    except Incomplete as problem:
        return _form_page(request, who, subject, draft, str(problem), 400)
    proposing = Step(
        world=world,
        municipality=municipality,
        kind=DecisionKind.PROPOSE,
        nonce=str(form.get("nonce", "")),
        hazard=hazard,
        case_id=_case_of(form, subject),
        proposal=proposal,
        content=proposal,
    )
    if moved := anew(desk_of(request).decider, proposing, who.officer.id, str(form.get("seen", "")), subject):
        return _form_page(request, who, subject, draft, moved, 409)
    answer = await take(request, who, proposing)
    if form.get("then") == "submit":
        answer = await submit(request, who, proposing, answer)
    return after(answer, world, municipality, hazard)


async def submit(request: Request, who: Visitor, proposed: Step, answer: Answer) -> Answer:
    """Submit what was just accepted; else leave the answer as it is."""
    case = answer.verdict.case if answer.verdict and answer.verdict.accepted else None
    if case is None:
        return answer
    step = Step(
        world=proposed.world,
        municipality=proposed.municipality,
        kind=DecisionKind.SUBMIT,
        nonce=proposed.nonce,
        hazard=proposed.hazard,
        case_id=case.id,
        digest=case.digest,
    )
    return await take(request, who, step)


def draft_of(form: FormData, subject: Subject, until: datetime) -> Draft:
    """The draft that a form describes; raises Refused for what no form of ours can hold."""
    try:
        action, order_type = Action(str(form.get("action"))), OrderType(str(form.get("order_type")))
    except ValueError as error:
        raise Refused(400, "種類を読み取れません。案の画面を開き直してください。") from error
    town = municipalities()[subject.municipality]
    chosen = tuple(str(area) for area in form.getlist("areas"))
    names = (line.strip() for line in str(form.get("districts", "")).replace("、", "\n").splitlines())
    return Draft(
        municipality=subject.municipality,
        hazard=subject.hazard,
        action=action,
        order_type=order_type,
        areas=() if set(chosen) == set(town.areas) else chosen,
        districts=tuple(dict.fromkeys(name for name in names if name)),
        blanks=_blanks(form),
        deliver_until=until,
        recommendation_id=subject.recommendation_id,
        note=str(form.get("note", "")),
    )


def _case_of(form: FormData, subject: Subject) -> str | None:
    """The case that stood on the form, so that the same form sent twice is one step; without a word, today's."""
    if "case_id" in form:
        return str(form["case_id"]) or None
    return subject.active_case.id if subject.active_case else None


def _without_shelter(draft: Draft) -> tuple[str, ...]:
    """Languages whose text names no shelter although the Japanese one does."""
    named = [lang for lang in WRITTEN if draft.blanks.get(lang, {}).get("shelter")]
    return tuple(language_name(lang) for lang in WRITTEN if named and lang not in named)


def _blanks(form: FormData) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {lang: {} for lang in WRITTEN}
    for field, value in form.items():
        prefix, _, rest = field.partition(".")
        lang, _, name = rest.partition(".")
        if prefix == "blank" and lang in found:
            found[lang][name] = " ".join(str(value).split())
    return found


def _until(request: Request, form: FormData | None) -> datetime:
    """Real time: as the preview fixed it, else the chosen minutes from now."""
    fixed = str(form.get("deliver_until", "")) if form is not None and not form.get("edit") else ""
    chosen = str(form.get("minutes", "")) if form is not None else ""
    if fixed:
        try:
            return datetime.fromisoformat(fixed)
        except ValueError as error:
            raise Refused(400, "送信期限を読み取れません。案の画面を開き直してください。") from error
    minutes = int(chosen) if chosen.isdigit() else desk_of(request).settings.console_deliver_minutes
    return (now_utc() + timedelta(minutes=minutes)).replace(microsecond=0)


def _form_page(
    request: Request, who: Visitor, subject: Subject, draft: Draft, problem: str, status: int = 200
) -> Response:
    context = {
        "s": subject,
        "draft": draft,
        "problem": problem,
        "actions": allowed_actions(subject),
        "order_types": order_types(subject.hazard),
        "areas": _areas(subject),
        "fields": _fields(draft),
        "minutes": MINUTES,
        "chosen_minutes": desk_of(request).settings.console_deliver_minutes,
        "seen": seen_of(subject),
        "case_id": subject.active_case.id if subject.active_case else "",
        "nonce": new_nonce(),
    }
    return render_for(request, who, subject.world, "propose.html", context, status)


def _areas(subject: Subject) -> tuple[Area, ...]:
    return tuple(areas()[code] for code in municipalities()[subject.municipality].areas)


def _fields(draft: Draft) -> dict[str, tuple[wording.Blank, ...]]:
    """The blanks of every order type that may still be chosen, by language, each once."""
    about = draft.about()
    kinds = (draft.order_type,) if draft.action in (Action.LIFT, Action.CORRECT) else order_types(draft.hazard)
    found: dict[tuple[str, str], wording.Blank] = {}
    for kind in kinds:
        for blank in wording.blanks(wording.with_type(about, kind)):
            known = found.get((blank.lang, blank.name))
            if known is None or (blank.required and not known.required):
                found[blank.lang, blank.name] = blank
    return {lang: tuple(b for b in found.values() if b.lang == lang) for lang in WRITTEN}
