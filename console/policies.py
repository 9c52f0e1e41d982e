"""Policies: what a municipality decides beforehand. One officer signs, another approves, anyone may revoke."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from console import cards, wording
from console.criteria import check_named, criteria, of_hazard
from console.decisions import Answer, Step
from console.draft import order_types
from console.pages import render_for
from console.phrases import WRITTEN, Incomplete
from console.projection import WorldView
from console.proposing import draft_of
from console.stepping import take
from console.web import Refused, Visitor, check_csrf, check_town, desk_of, new_nonce, view_of, visitor
from schemas.levels import WITHOUT_EVACUATION, level_of
from schemas.process.clock import now_utc
from schemas.records.base import Hazard, World, content_id
from schemas.records.decided import Action, DecisionKind, Policy
from schemas.reference import areas, municipalities
from schemas.signing import digest_of

routes = APIRouter()
Who = Annotated[Visitor, Depends(visitor)]
VALID_DAYS = (30, 90, 180, 365)


@routes.get("/policies/{world}")
async def show(request: Request, world: World, who: Who, done: str = "") -> Response:
    """What is in force and what waits for its second signature."""
    view = view_of(request, world)
    context = {
        "towns": [(town, view.policies.get(town, ()), _pending(view, town)) for town in who.towns],
        "verdict": view.verdict_of.get(done),
        "nonce": new_nonce(),
        "digest_of": digest_of,
        "criteria": criteria(),
    }
    return render_for(request, who, world, "policies.html", context)


@routes.get("/policies/{world}/{municipality}/new")
async def new(
    request: Request, world: World, municipality: str, who: Who, hazard: Hazard = Hazard.LANDSLIDE
) -> Response:
    """The form for one hazard."""
    return _form_page(request, who, world, check_town(who, municipality), hazard, "")


@routes.post("/policies/{world}/{municipality}/sign")
async def sign(request: Request, world: World, municipality: str, who: Who) -> Response:
    """The first signature."""
    form = await request.form()
    check_csrf(who, str(form.get("csrf", "")))
    town, hazard = check_town(who, municipality), Hazard(str(form.get("hazard", "")))
    try:
        policy = policy_of(form, view_of(request, world), town, hazard, who.now)
    except Incomplete as problem:
        return _form_page(request, who, world, town, hazard, str(problem), 400)
    step = Step(
        world=world,
        municipality=town,
        kind=DecisionKind.SIGN_POLICY,
        nonce=str(form.get("nonce", "")),
        hazard=hazard,
        digest=digest_of(policy),
        policy=policy,
        policy_id=policy.id,
    )
    return _after(await take(request, who, step), world)


@routes.post("/policies/{world}/{municipality}/{word}")
async def settle(request: Request, world: World, municipality: str, word: str, who: Who) -> Response:
    """The second signature, or the end of a policy."""
    form = await request.form()
    check_csrf(who, str(form.get("csrf", "")))
    kinds = {"approve": DecisionKind.APPROVE_POLICY, "revoke": DecisionKind.REVOKE_POLICY}
    if word not in kinds:
        raise Refused(404, "この操作はありません。")
    if word == "approve" and form.get("understood") != "yes":
        raise Refused(400, "確認の欄に印がありません。内容を読んで印を付けてから、もう一度押してください。")
    step = Step(
        world=world,
        municipality=check_town(who, municipality),
        kind=kinds[word],
        nonce=str(form.get("nonce", "")),
        digest=str(form.get("digest", "")) or None,
        policy_id=str(form.get("policy_id", "")),
    )
    return _after(await take(request, who, step), world)


def policy_of(form: FormData, view: WorldView, town: str, hazard: Hazard, now: datetime) -> Policy:
    """The policy that a form describes; `now` is event time. Raises Incomplete."""
    draft = draft_of(form, cards.subject(view, town, hazard), now_utc())
    rules = tuple(dict.fromkeys(str(form.get("rules", "")).replace("、", " ").replace(",", " ").split()))
    minutes, days = str(form.get("minutes", "")), str(form.get("days", ""))
    check_named(rules, hazard, level_of(draft.order_type))
    if not minutes.isdigit() or not days.isdigit():
        raise Incomplete("期間を選んでください")
    texts = wording.write(draft.about(), draft.blanks)
    valid_until = now + timedelta(days=int(days))
    parts = (town, hazard, draft.order_type, rules, draft.areas, draft.districts, texts, valid_until.date())
    return Policy(
        id=f"P-{content_id('policy', *parts)[:8]}",
        municipality=town,
        hazard=hazard,
        rules=rules,
        areas=draft.areas,
        order_type=draft.order_type,
        level=level_of(draft.order_type),
        districts=draft.districts,
        texts=texts,
        deliver_minutes=int(minutes),
        valid_until=valid_until,
        note=draft.note.strip(),
    )


def _pending(view: WorldView, town: str) -> list[tuple[Policy, str]]:
    """What waits for a second signature, with who gave the first."""
    signers = {d.policy.id: d.officer for d in view.decisions.values() if d.policy is not None}
    return [(policy, signers[policy.id]) for policy in view.pending_policies(town)]


def _form_page(
    request: Request, who: Visitor, world: World, town: str, hazard: Hazard, problem: str, status: int = 200
) -> Response:
    subject = wording.Subject(town, hazard, Action.ISSUE, order_types(hazard)[-1], (), ())
    context = {
        "town": town,
        "hazard": hazard,
        "hazards": [h for h in Hazard if h not in WITHOUT_EVACUATION and h is not Hazard.OTHER],
        "problem": problem,
        "order_types": order_types(hazard),
        "areas": [areas()[code] for code in municipalities()[town].areas],
        "criteria": of_hazard(hazard),
        "fields": _fields(subject),
        "suggested": wording.suggested(None, None),
        "minutes": (30, 60, 120, 180, 360),
        "days": VALID_DAYS,
        "chosen_minutes": desk_of(request).settings.console_deliver_minutes,
        "nonce": new_nonce(),
    }
    return render_for(request, who, world, "policy_new.html", context, status)


def _fields(subject: wording.Subject) -> dict[str, list[wording.Blank]]:
    """The blanks of all order types by language."""
    found: dict[str, dict[str, wording.Blank]] = {lang: {} for lang in WRITTEN}
    for kind in order_types(subject.hazard):
        for blank in wording.blanks(wording.with_type(subject, kind)):
            found[blank.lang].setdefault(blank.name, blank)
    return {lang: list(blanks.values()) for lang, blanks in found.items()}


def _after(answer: Answer, world: World) -> Response:
    back = f"/policies/{world}"
    if answer.verdict is None:
        return RedirectResponse(f"/decision/{world}/{answer.decision_id}?back={back}", 303)
    return RedirectResponse(f"{back}?done={answer.decision_id}", 303)
