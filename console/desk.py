"""The officers' pages to read: the list of what is open, and one page per hazard and municipality."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from console import cards, charts, draft, words
from console.audience import Audience
from console.cards import Subject
from console.deliveries import Counts
from console.pages import area_name, render_for
from console.projection import WorldView
from console.resending import is_in_time
from console.seen import cautions, seen_of
from console.timeline import as_csv, timeline
from console.web import Refused, Visitor, check_town, desk_of, new_nonce, reached_by, view_of, visitor
from schemas.levels import DRILL_MARK
from schemas.process.clock import now_utc
from schemas.records.base import Hazard, World
from schemas.records.decided import Verdict
from schemas.records.observed import Bulletin, Reading
from schemas.stations import Gauge, gauges

routes = APIRouter()
Who = Annotated[Visitor, Depends(visitor)]
CHANGES_MIN = (10, 30, 60)


@dataclass(frozen=True, slots=True)
class Plot:
    """One gauge as the page shows it. `changes` are metres over the last minutes; None where it was not measured."""

    gauge: Gauge
    wide: charts.Chart
    narrow: charts.Chart
    latest: Reading | None
    changes: tuple[tuple[int, float | None], ...]
    to_next: tuple[str, float] | None


@routes.get("/")
async def home() -> Response:
    """The desk."""
    return RedirectResponse("/desk/actual", 303)


@routes.get("/desk/{world}")
async def listing(request: Request, world: World, who: Who) -> Response:
    """Everything open in the officer's municipalities."""
    view, desk = view_of(request, world), desk_of(request)
    context = {
        "rows": cards.rows(view, who.towns),
        "unreadable": cards.unreadable(desk.projection, who.towns)[:20],
        "own_unreadable": len(desk.projection.unreadable),
        "silences": [(town, s) for town in who.towns for s in _silences(view, town)],
        "as_of": {town: view.recommendations[town].as_of for town in who.towns if town in view.recommendations},
    }
    return render_for(request, who, world, "list.html", context)


@routes.get("/case/{case_id}")
async def case(request: Request, case_id: str, who: Who, world: World = World.ACTUAL) -> Response:
    """The page of a case's hazard."""
    view = view_of(request, world)
    found = view.cases.get(case_id)
    if found is None:
        raise Refused(404, "この案件は見つかりません。一覧から開き直してください。")
    town = check_town(who, view.case_town[case_id])
    return RedirectResponse(f"/desk/{world}/{town}/{found.hazard}", 303)


@routes.get("/desk/{world}/{municipality}/{hazard}")
async def page(
    request: Request, world: World, municipality: str, hazard: Hazard, who: Who, done: str = "", again: str = ""
) -> Response:
    """One hazard in one municipality: why, what is in force, what to do next. `done` names the step just taken."""
    view, desk = view_of(request, world), desk_of(request)
    subject = cards.subject(view, check_town(who, municipality), hazard)
    verdict, reach = view.verdict_of.get(done), _reach(request, subject)
    context = {
        "s": subject,
        "plots": plots(view, subject, who.now),
        "telegrams": telegrams(view, subject),
        "events": timeline(view, desk.officers, municipality, hazard),
        "approvers": cards.approvers(desk.officers, municipality, subject.case) if subject.case else (),
        "actions": draft.allowed_actions(subject),
        "suggested": draft.suggested_order(subject),
        "approval_sentence": approval_sentence(view, subject, reach.words(now_utc()) if reach else ""),
        "reach": reach,
        "sending": sending(subject, now_utc()),
        "cautions": cautions(subject, who.now, now_utc()),
        "seen": seen_of(subject),
        "older": older(view, subject),
        "asked": again == "sent",
        "verdict": verdict if _concerns(verdict, municipality) else None,
        "returned": _return_reason(view, subject),
        "nonce": new_nonce(),
    }
    return render_for(request, who, world, "subject.html", context)


@routes.get("/desk/{world}/{municipality}/{hazard}/timeline.csv")
async def timeline_csv(request: Request, world: World, municipality: str, hazard: Hazard, who: Who) -> Response:
    """Who did what when, for the record."""
    view, officers = view_of(request, world), desk_of(request).officers
    events = timeline(view, officers, check_town(who, municipality), hazard)
    name = f"sonae-{world}-{municipality}-{hazard}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    # The mark before the first byte tells Excel that this is UTF-8.
    return Response("\ufeff" + as_csv(events), media_type="text/csv; charset=utf-8", headers=headers)


@dataclass(frozen=True, slots=True)
class Sending:
    """How long the order in force is still sent, and whether what failed may be tried again."""

    over: bool
    left: str
    may_resend: bool


def sending(subject: Subject, now: datetime) -> Sending:
    """`now` is real time, as the end of sending is."""
    order = subject.order
    if order is None:
        return Sending(False, "", False)
    minutes = max(0, int((order.deliver_until - now).total_seconds() // 60))
    left = f"{minutes // 60}時間{minutes % 60}分" if minutes >= 60 else f"{minutes}分"
    return Sending(order.in_force and order.deliver_until <= now, left, is_in_time(order, now))


def older(view: WorldView, subject: Subject) -> tuple[tuple[int, Counts], ...]:
    """The boards of the order's earlier revisions, newest first."""
    order = subject.order
    if order is None:
        return ()
    found = [(number, view.ledger.counts(order.id, number)) for number in range(order.revision - 1, 0, -1)]
    return tuple((number, counts) for number, counts in found if counts is not None)


def _reach(request: Request, subject: Subject) -> Audience | None:
    proposal = subject.case.proposal if subject.case else None
    return (
        reached_by(request, subject.world, subject.municipality, proposal.areas, proposal.districts)
        if proposal
        else None
    )


def approval_sentence(view: WorldView, subject: Subject, reach: str) -> str:
    """What an approver ticks: order, areas, and how many devices it reaches, counted now."""
    proposal = subject.case.proposal if subject.case else None
    if proposal is None:
        return ""
    where = "、".join(area_name(a) for a in proposal.areas) or f"{subject.town}全域"
    where += f"（{'、'.join(proposal.districts)}）" if proposal.districts else ""
    reach = f"登録端末 {reach}" if reach else "登録端末（台数は送信の計画時に確定）"
    done = words.DONE[proposal.action].format(where=where, order=words.order_word(proposal.order_type, proposal.level))
    return f"{DRILL_MARK[view.world]}{done}、{reach}に知らせることを確認しました。"


def plots(view: WorldView, subject: Subject, now: datetime) -> tuple[Plot, ...]:
    """A chart for every gauge that the evidence, a trend or a silence names."""
    known = gauges()
    refs = [e.ref for called in subject.called for hit in called.hits for e in hit.evidence]
    refs += [silence.subject for silence in subject.silences] + [trend.subject for trend in subject.trends]
    stations = dict.fromkeys(ref for ref in refs if ref in known)
    return tuple(_plot(known[station], view.gauges.series(station), now) for station in stations)


def _plot(gauge: Gauge, readings: tuple[Reading, ...], now: datetime) -> Plot:
    drawn = charts.chart(readings, gauge.thresholds, now)
    value = drawn.last.value if drawn.last else None
    return Plot(
        gauge=gauge,
        wide=drawn,
        narrow=charts.chart(readings, gauge.thresholds, now, charts.NARROW),
        latest=readings[-1] if readings else None,
        changes=tuple((minutes, charts.change(readings, minutes)) for minutes in CHANGES_MIN),
        to_next=None if value is None else charts.to_next(value, gauge.thresholds),
    )


def telegrams(view: WorldView, subject: Subject) -> tuple[Bulletin, ...]:
    """The telegrams that the evidence rests on, newest first."""
    refs = {e.ref for called in subject.called for hit in called.hits for e in hit.evidence}
    found = [view.bulletins[ref] for ref in refs if ref in view.bulletins]
    return tuple(sorted(found, key=lambda bulletin: bulletin.reported_at, reverse=True))


def _silences(view: WorldView, town: str) -> tuple[object, ...]:
    recommendation = view.recommendations.get(town)
    return recommendation.silences if recommendation else ()


def _concerns(verdict: Verdict | None, municipality: str) -> bool:
    return verdict is not None and verdict.municipality == municipality


def _return_reason(view: WorldView, subject: Subject) -> str | None:
    """Why the last proposal came back, as long as no newer step was taken."""
    case = subject.case
    if case is None or case.returned_by is None:
        return None
    reasons = [
        d for d in view.decisions.values() if d.case_id == case.id and d.reason and d.officer == case.returned_by
    ]
    return max(reasons, key=lambda d: d.decided_at).reason if reasons else None
