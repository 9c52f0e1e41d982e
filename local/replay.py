"""The feed replay server: speaks HTTP as the sources do, keeps the scenario's clock, misbehaves on demand.

What it serves comes from loopback, so connectors mark it `origin=replay` in every record.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from local import wire
from local.scenario import JST, Scenario
from local.scenario_clock import ScenarioClock
from schemas.process.health import KEEP_IDLE_S

SHORT_FEED, LONG_FEED = timedelta(hours=1), timedelta(days=7)
FEEDS = frozenset({"atom", "stage"})
MODES = ("500", "slow", "truncated", "stale", "garbage")
GARBAGE = b"\x00\xff<html>Service Temporarily Unavailable" + bytes(range(256))
SLOW_S = 8.0


@dataclass(slots=True)
class Fault:
    """One misbehaviour: for paths under `prefix`, `count` more times."""

    prefix: str
    mode: str
    count: int


@dataclass(slots=True)
class Replay:
    """What the handlers share: scenario, clock, recorded bytes, faults, and the last good answer of each path."""

    scenario: Scenario
    clock: ScenarioClock
    folder: Path | None = None
    faults: list[Fault] = field(default_factory=list)
    answered: dict[str, bytes] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)

    def fault(self, path: str) -> str | None:
        """The misbehaviour due on this path, if any; uses it up."""
        for fault in self.faults:
            if path.startswith(fault.prefix) and fault.count > 0:
                fault.count -= 1
                return fault.mode
        return None


async def feed(request: Request) -> Response:
    """An Atom feed: high-frequency (the last hour) or long (`_l`). Only `extra` carries telegrams here."""
    replay: Replay = request.app.state.replay
    name = request.path_params["name"]
    reach = LONG_FEED if name.endswith("_l") else SHORT_FEED
    if not name.startswith("extra"):
        reach = timedelta(seconds=-1)
    body, changed = wire.atom_feed(replay.scenario, str(request.base_url).rstrip("/"), replay.clock.now, reach)
    if name == "extra":
        await replay.clock.read("atom")
    return await answer(request, body, changed, "application/xml")


async def telegram(request: Request) -> Response:
    """One telegram by its name, once it is published."""
    replay: Replay = request.app.state.replay
    found = [t for t in replay.scenario.telegrams if t.name == request.path_params["name"] and t.at <= replay.clock.now]
    if not found:
        return Response(status_code=404)
    return await answer(request, wire.telegram_xml(found[0]), found[0].at, "application/xml")


async def stage_time(request: Request) -> Response:
    """Which 10-minute slot is current."""
    replay: Replay = request.app.state.replay
    body = wire.stage_time(replay.scenario, replay.clock.now)
    if body == replay.answered.get("stage"):
        await replay.clock.read("stage")  # the slot is known: nobody will ask for its file again
    return await answer(request, body, replay.clock.now, "application/json")


async def stage_file(request: Request) -> Response:
    """One station's file of one slot; 404 while it is not published."""
    replay: Replay = request.app.state.replay
    words = request.path_params
    gauges = {gauge.station: gauge for gauge in replay.scenario.gauges}
    try:
        slot = datetime.strptime(words["day"] + words["time"], "%Y%m%d%H%M").replace(tzinfo=JST)
    except ValueError:
        return Response(status_code=404)
    gauge = gauges.get(words["station"])
    body = wire.stage_file(gauge, slot, replay.clock.now) if gauge else None
    replay.answered["stage"] = wire.stage_time(replay.scenario, replay.clock.now)
    await replay.clock.read("stage")
    return Response(status_code=404) if body is None else await answer(request, body, slot, "application/json")


async def recorded(request: Request) -> Response:
    """Recorded bytes from the folder, as they are."""
    replay: Replay = request.app.state.replay
    if replay.folder is None:
        return Response("no folder of recorded data was given", status_code=404)
    path = (replay.folder / request.path_params["path"]).resolve()
    if not path.is_relative_to(replay.folder.resolve()) or not path.is_file():
        return Response(status_code=404)
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return await answer(request, path.read_bytes(), changed, "application/octet-stream")


async def clock(request: Request) -> Response:
    """Scenario time; `after` and `wait` make it a long poll."""
    replay: Replay = request.app.state.replay
    if "after" in request.query_params:
        after = datetime.fromisoformat(request.query_params["after"])
        words = request.query_params
        await replay.clock.wait_after(after, min(float(words.get("wait", "0")), 60.0), words.get("who", ""))
    last = replay.clock.next_moment is None
    return JSONResponse(
        {"now": replay.clock.now.isoformat(), "running": not replay.clock.held, "ended": last, "real_time": False}
    )


async def clock_act(request: Request) -> Response:
    """hold {at?}, resume, advance {to}."""
    replay: Replay = request.app.state.replay
    words = await request.json() if await request.body() else {}
    try:
        match request.path_params["act"]:
            case "hold":
                await replay.clock.hold(datetime.fromisoformat(words["at"]) if "at" in words else None)
            case "resume":
                await replay.clock.resume()
            case "advance":
                await replay.clock.advance(datetime.fromisoformat(words["to"]))
            case other:
                return JSONResponse({"error": f"no act {other}: hold, resume or advance"}, 404)
    except (KeyError, ValueError) as error:
        return JSONResponse({"error": str(error)}, 400)
    return await clock(request)


async def misbehave(request: Request) -> Response:
    """{"prefix": "/developer", "mode": "500|slow|truncated|stale|garbage", "count": 3}."""
    replay: Replay = request.app.state.replay
    words = await request.json()
    if words.get("mode") not in MODES:
        return JSONResponse({"error": f"mode is one of {', '.join(MODES)}"}, 400)
    replay.faults.append(Fault(words.get("prefix", "/"), words["mode"], int(words.get("count", 1))))
    return JSONResponse({"faults": len(replay.faults)})


async def counts(request: Request) -> Response:
    """How often each path was asked for."""
    return JSONResponse(request.app.state.replay.requests)


async def answer(request: Request, body: bytes, changed: datetime, kind: str) -> Response:
    """200 with ETag and Last-Modified, or 304; or the misbehaviour that is due."""
    replay: Replay = request.app.state.replay
    path = request.url.path
    replay.requests[path] = replay.requests.get(path, 0) + 1
    fault = replay.fault(path)
    if fault == "stale":
        body = replay.answered.get(path, body)
    elif fault is not None:
        return await _misbehaved(fault, body, kind)
    else:
        replay.answered[path] = body
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "etag": etag,
        "last-modified": format_datetime(changed.astimezone(UTC), usegmt=True),
        "cache-control": "max-age=60",
    }
    if request.headers.get("if-none-match") == etag or _unchanged_since(request, changed):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


async def _misbehaved(mode: str, body: bytes, kind: str) -> Response:
    if mode == "500":
        return Response("Internal Server Error", status_code=500)
    if mode == "garbage":
        return Response(GARBAGE, media_type=kind)
    if mode == "slow":
        await asyncio.sleep(SLOW_S)
        return Response(body, media_type=kind)
    return StreamingResponse(_half(body), media_type=kind, headers={"content-length": str(len(body))})


async def _half(body: bytes) -> AsyncIterator[bytes]:
    """Half of what was promised; the server then drops the line."""
    yield body[: len(body) // 2]


def _unchanged_since(request: Request, changed: datetime) -> bool:
    """Whether If-Modified-Since (only used without If-None-Match, RFC 9110 §13.1.3) says that nothing changed."""
    since = request.headers.get("if-modified-since")
    if since is None or "if-none-match" in request.headers:
        return False
    return changed.replace(microsecond=0) <= parsedate_to_datetime(since)


def create_app(scenario: Scenario, folder: Path | None = None, speed: float | None = None) -> Starlette:
    """The server for one scenario; its clock starts held."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(app.state.replay.clock.run())
        yield
        running.cancel()

    feeds = frozenset(({"atom"} if scenario.telegrams else set()) | ({"stage"} if scenario.gauges else set()))
    app = Starlette(routes=_routes(), lifespan=lifespan)
    app.state.replay = Replay(scenario, ScenarioClock(scenario, feeds, speed), folder)
    return app


def _routes() -> list[Route]:
    stage = "/kawabou/file/files/tmlist/stg/{day}/{time}/{station}.json"
    return [
        Route("/developer/xml/feed/{name}.xml", feed),
        Route("/developer/xml/data/{name}", telegram),
        Route("/kawabou/file/system/tmCrntTime.json", stage_time),
        Route(stage, stage_file),
        Route("/recorded/{path:path}", recorded),
        Route("/clock", clock),
        Route("/clock/{act}", clock_act, methods=["POST"]),
        Route("/misbehave", misbehave, methods=["POST"]),
        Route("/counts", counts),
        Route("/healthz", lambda _request: Response("ok")),
    ]


def serve(scenario: Scenario, port: int, folder: Path | None, speed: float | None) -> None:
    """Serve on loopback until stopped."""
    app = create_app(scenario, folder, speed)
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False, timeout_keep_alive=KEEP_IDLE_S)
