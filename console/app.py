"""The console as a web application, and the process around it: reader, decider, pages."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException
from uvicorn import Config

from console import (
    again,
    calls,
    devices,
    duty,
    jsonapi,
    ledger_kafka,
    live,
    measuring,
    moved,
    policies,
    proposing,
    reporting,
    signin,
    sources,
    steps,
)
from console import desk as desk_pages
from console.changes import Changes
from console.decisions import Decider
from console.headers import Headers
from console.officers import Officers
from console.pages import render
from console.projection import Projection
from console.pulse import Roundtrip, beat
from console.reader import Reader
from console.sessions import Attempts, Sessions
from console.settings import ConsoleSettings
from console.web import Desk, NotReady, NotSignedIn, Refused, desk_of, public_of
from schemas.kafka import Publisher, Where
from schemas.process import log
from schemas.process.clock import clock_from, now_utc
from schemas.process.health import Check, Health, QuietServer

STATIC = Path(__file__).with_name("static")
PAGES = (
    *(
        again,
        calls,
        desk_pages,
        devices,
        duty,
        ledger_kafka,
        live,
        measuring,
        moved,
        policies,
        proposing,
        reporting,
        signin,
        sources,
    ),
    steps,
)
"""Modules with pages. `steps` takes any remaining word behind a case's address, so it stands last."""


def create_app(desk: Desk, health: Health) -> FastAPI:
    """All pages and the JSON API of one desk."""
    app = FastAPI(title="Sonae desk", docs_url=None, redoc_url=None, openapi_url=None, routes=[*health.routes()])
    app.state.desk = desk
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for module in (jsonapi, *PAGES):
        app.include_router(module.routes)
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(NotReady, _not_ready)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(StarletteHTTPException, _no_page)
    app.add_exception_handler(RequestValidationError, _no_page)
    app.add_exception_handler(httpx.HTTPError, _clock_gone)
    app.add_exception_handler(Exception, _fault)
    app.add_middleware(Headers, sessions=desk.sessions, secure=desk.settings.console_url.startswith("https"))
    return app


async def body(settings: ConsoleSettings, officers: Officers, health: Health) -> None:
    """Serve until cancelled. A fault of Kafka or of the clock ends the process; sessions outlive it."""
    publisher, clock = Publisher(Where.of(settings)), clock_from(settings.clock)
    projection, changes = Projection(), Changes()
    decider = Decider(settings.key(), publisher, {world: view.verdict_of for world, view in projection.worlds.items()})
    history = timedelta(days=settings.console_history_days)
    heard = (decider.heard, changes.heard, Roundtrip(now_utc()).heard)
    reader = Reader(Where.of(settings), projection, history, heard)
    fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    desk = Desk(
        settings=settings,
        officers=officers,
        sessions=Sessions(settings.console_secret),
        attempts=Attempts(),
        projection=projection,
        decider=decider,
        sender=publisher,
        clock=clock,
        changes=changes,
        ready=reader.caught_up.is_set,
        read_at=lambda: reader.current_at,
        barrier=reader.barrier,
        fault=lambda error: None if fault.done() else fault.set_exception(error),
    )
    health.checks["kafka"] = _linked(desk)
    await publisher.start()
    try:
        await _until_fault(settings, desk, health, reader, fault)
    finally:
        await publisher.stop()
        await clock.close()


async def _until_fault(
    settings: ConsoleSettings, desk: Desk, health: Health, reader: Reader, fault: "asyncio.Future[None]"
) -> None:
    config = Config(
        create_app(desk, health),
        host=settings.host,
        port=settings.console_port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=3,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(reader.run(health.progress))
        group.create_task(QuietServer(config).serve())
        group.create_task(beat(desk))
        await fault


def _linked(desk: Desk) -> Check:
    async def check() -> bool:
        return desk.ready() and desk.linked()

    return check


async def _not_signed_in(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": "not signed in: POST /api/session"}, 401)
    if request.method != "GET":
        return render(request, "message.html", {"title": "サインインし直してください", "text": EXPIRED}, 401)
    return RedirectResponse(f"/signin?next={request.url.path}", 303)


async def _fault(request: Request, error: Exception) -> Response:
    """Our own fault in one request: the officer is told, the log gets it, the others go on."""
    log.get_logger().error("request failed", path=request.url.path, error=repr(error), exc_info=error)
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": "the desk failed to do this: see its log"}, 500)
    return render(request, "message.html", {"title": "表示できませんでした", "text": BROKEN}, 500)


async def _clock_gone(request: Request, error: Exception) -> Response:
    """Without the scenario's clock nobody knows what time it is: the process ends after this answer."""
    desk_of(request).fault(error)
    return await _fault(request, error)


async def _not_ready(request: Request, _error: Exception) -> Response:
    headers = {"Retry-After": "3"}
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": "still reading: try again in a few seconds"}, 503, headers)
    response = render(request, "message.html", {"title": "読み込み中です", "text": STARTING, "reload": 3}, 503)
    response.headers.update(headers)
    return response


async def _no_page(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": "there is no such address, or a part of it is none we know"}, 404)
    return render(
        request, "message.html", {"title": "このページはありません", "text": NO_PAGE, **_resident(request)}, 404
    )


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": error.text}, error.status)
    context = {"title": "できませんでした", "text": error.text, **_resident(request)}
    return render(request, "message.html", context, error.status)


def _resident(request: Request) -> dict[str, bool]:
    return {"resident": public_of(request)}


NO_PAGE = "アドレス（URL）が違うか、古くなっています。下から開き直してください。"
BROKEN = "この画面を作れませんでした。一覧から開き直してください。続くときは運用担当に知らせてください。"
EXPIRED = "サインインの有効期限が切れました。別のタブでサインインしてから、この画面に戻ってもう一度操作してください。"
STARTING = "記録を読み込んでいます。数秒後に自動で開き直します。空の一覧は表示しません。"
