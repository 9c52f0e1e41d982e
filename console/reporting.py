"""What people see in the field: a small form whose reports are signed and go to the detectors as they are."""

from datetime import timedelta
from typing import Annotated

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from console import words
from console.pages import render_for
from console.web import (
    Refused,
    Visitor,
    check_csrf,
    check_town,
    desk_of,
    new_nonce,
    origin_of,
    view_of,
    visitor,
)
from schemas.process.clock import now_utc
from schemas.records.base import Hazard, Trace, World, content_id
from schemas.records.observed import Report, ReportKind
from schemas.reference import areas, municipalities
from schemas.signing import sign

routes = APIRouter()
Who = Annotated[Visitor, Depends(visitor)]
MAX_TEXT = 500
MINUTES_AGO = (0, 5, 10, 20, 30, 60, 120)
HAZARD_OF = {ReportKind.PRECURSOR: Hazard.LANDSLIDE, ReportKind.SLIDE: Hazard.LANDSLIDE}
NOT_SENT = "報告を記録できたか確かめられません。一覧に出ていなければ、30秒ほど待ってからもう一度送ってください。"


@routes.get("/report/{world}")
async def show(request: Request, world: World, who: Who, sent: str = "") -> Response:
    """The form, and what was reported before."""
    view = view_of(request, world)
    mine = [report for report in view.reports.values() if report.municipality in who.towns]
    context = {
        "areas": [areas()[code] for town in who.towns for code in municipalities()[town].areas],
        "seen": [(kind.value, word) for kind, word in words.REPORTS.items() if kind is not ReportKind.OTHER]
        + [*words.DETAILS.items(), (ReportKind.OTHER.value, words.REPORTS[ReportKind.OTHER])],
        "minutes": MINUTES_AGO,
        "reports": sorted(mine, key=lambda report: report.observed_at, reverse=True)[:30],
        "sent": sent,
        "nonce": new_nonce(),
    }
    return render_for(request, who, world, "report.html", context)


@routes.post("/report/{world}")
async def send(
    request: Request,
    world: World,
    who: Who,
    csrf: Annotated[str, Form()] = "",
    nonce: Annotated[str, Form()] = "",
    area: Annotated[str, Form()] = "",
    seen: Annotated[str, Form()] = ReportKind.OTHER.value,
    hazard: Annotated[Hazard, Form()] = Hazard.FLOOD,
    minutes: Annotated[int, Form(ge=0, le=720)] = 0,
    text: Annotated[str, Form(max_length=MAX_TEXT)] = "",
) -> Response:
    """Sign it and write it; the form sent twice is one report."""
    check_csrf(who, csrf)
    found = areas().get(area)
    if found is None:
        raise Refused(400, "見た場所の区域を選んでください。")
    town = check_town(who, found.municipality)
    kind, detail = kind_of(seen)
    if kind is ReportKind.OTHER and not detail and not text.strip():
        raise Refused(400, "「その他」のときは、見たことを書いてください。")
    desk, made_at = desk_of(request), now_utc()
    report_id = content_id("report", world, who.officer.id, nonce, area, kind, *([detail] if detail else []), text)
    report = Report(
        id=report_id,
        world=world,
        origin=origin_of(desk, view_of(request, world), town),
        municipality=town,
        area=area,
        hazard=hazard_of(kind, detail, hazard),
        kind=kind,
        text=text.strip(),
        officer=who.officer.id,
        observed_at=who.now - timedelta(minutes=minutes),
        signature=b"",
        trace=Trace(report_id, made_at),
        made_at=made_at,
        detail=detail,
    )
    try:
        await desk.sender.send("reports", town, sign(desk.settings.key(), report))
    except KafkaError as error:
        raise Refused(503, NOT_SENT) from error
    await desk.barrier()
    return RedirectResponse(f"/report/{world}?sent={report_id}", 303)


def kind_of(seen: str) -> tuple[ReportKind, str]:
    """What the form said as kind and detail; raises Refused for a word that it does not offer."""
    if seen in words.DETAILS:
        return ReportKind.OTHER, seen
    if seen not in set(ReportKind):
        raise Refused(400, "見たことを選んでください。")
    return ReportKind(seen), ""


def hazard_of(kind: ReportKind, detail: str, chosen: Hazard) -> Hazard:
    """Which hazard a report is about: what was seen decides, and where that leaves a choice, the officer."""
    possible = words.DETAIL_HAZARDS.get(detail, (chosen,))
    return HAZARD_OF.get(kind) or (chosen if chosen in possible else possible[0])
