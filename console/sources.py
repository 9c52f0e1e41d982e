"""The sources panel: every feed and program with the age of its content, and whether it is still heard of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from console.audience import PREFIX
from console.pages import render_for
from console.projection import Projection
from console.sourcewords import advice_of, name_of
from console.web import Visitor, desk_of, view_of, visitor
from schemas.process.clock import now_utc
from schemas.records.base import World
from schemas.records.plumbing import Heartbeat

routes = APIRouter()
Who = Annotated[Visitor, Depends(visitor)]
SILENT = timedelta(seconds=90)
"""Programs beat every 10 to 30 s of real time; one not heard of for longer than this is shown as silent."""

FEEDING = "connectors"
STATES = {
    "ok": "正常",
    "waiting": "準備中",
    "stale": "更新の遅れ",
    "frozen": "止まっている疑い",
    "failing": "取得失敗",
    "silent": "応答なし",
}


@dataclass(frozen=True, slots=True)
class Source:
    """One line of the panel. `state` is the source's own word, or `silent` when it is no longer heard of.

    `advice`: what that asks of an officer, "" for nothing; `is_feed`: it brings what others say.
    """

    beat: Heartbeat
    state: str
    word: str
    name: str
    advice: str
    is_feed: bool


@routes.get("/sources/{world}")
async def show(request: Request, world: World, who: Who) -> Response:
    """All sources, those in trouble first."""
    desk, view = desk_of(request), view_of(request, world)
    context = {
        "sources": sources(desk.projection, now_utc()),
        "polls": [(town, poll) for town in who.towns for poll in view.gauges.polls(town)],
        "read_at": desk.read_at(),
        "real_now": now_utc(),
        "unreadable": sorted(desk.projection.unreadable.items()),
    }
    return render_for(request, who, world, "sources.html", context)


def sources(projection: Projection, now: datetime) -> tuple[Source, ...]:
    """The newest heartbeat of each; `now` is real time."""
    beats = [beat for beat in projection.heartbeats.values() if not beat.source.startswith(PREFIX)]
    found = [_source(beat, now) for beat in beats]
    return tuple(sorted(found, key=lambda s: (s.state == "ok", s.beat.program, s.beat.source, s.beat.world or "")))


def _source(beat: Heartbeat, now: datetime) -> Source:
    state = "silent" if now - beat.made_at > SILENT else beat.state
    is_feed = beat.program == FEEDING
    advice = advice_of(state, is_feed=is_feed)
    return Source(beat, state, STATES.get(state, state), name_of(beat.source), advice, is_feed)
