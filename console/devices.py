"""An officer's device registers for calls: the page explains, asks, and hands the subscription on with a ticket.

The ticket, which proves to the notifier whose device this is, never reaches the page: the desk adds it.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from console.pages import render_for
from console.web import Refused, Visitor, check_csrf, desk_of, visitor
from schemas.process import log
from schemas.process.clock import now_utc
from schemas.records.base import World
from schemas.signing import ticket

routes = APIRouter()
STATIC_WORKER = Path(__file__).with_name("static") / "sw.js"
Who = Annotated[Visitor, Depends(visitor)]
TICKET_LIFE = timedelta(minutes=5)
NOT_SET = "通知サーバーのアドレス（SONAE_API_URL）が設定されていません。運用担当に知らせてください。"
NO_ANSWER = "通知サーバーが応答しません。しばらくしてから、もう一度登録してください。"


class Registration(msgspec.Struct):
    """What the page sends: the browser's PushSubscription and whether drills may ring, too."""

    subscription: dict[str, Any]
    drills: bool = False


@routes.get("/device")
async def show(request: Request, who: Who) -> Response:
    """The page that explains before it asks."""
    return render_for(
        request, who, World.ACTUAL, "device.html", {"ready": desk_of(request).settings.api_url is not None}
    )


@routes.get("/sw.js")
async def worker() -> Response:
    """The service worker, at the root so that it may show pushes for the whole desk."""
    return FileResponse(STATIC_WORKER, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@routes.get("/device/key")
async def key(request: Request, who: Who) -> Response:
    """The notifier's VAPID key, which the browser needs to subscribe."""
    del who
    return await _notifier(request, "GET", "/vapid")


@routes.post("/device")
async def register(request: Request, who: Who) -> Response:
    """Hand a subscription to the notifier, with the desk's word for whose it is."""
    check_csrf(who, request.headers.get("x-csrf-token", ""))
    try:
        asked = msgspec.json.decode(await request.body(), type=Registration)
    except msgspec.DecodeError as error:
        raise Refused(400, f"登録の内容を読めません: {error}") from error
    body = {
        "subscription": asked.subscription,
        "places": list(who.towns),
        "lang": "ja",
        "drills": asked.drills,
        "ticket": ticket(desk_of(request).settings.key(), who.officer.id, now_utc() + TICKET_LIFE),
    }
    return await _notifier(request, "POST", "/subscriptions", body)


async def _notifier(request: Request, method: str, path: str, body: dict[str, Any] | None = None) -> Response:
    address = desk_of(request).settings.api_url
    if not address:
        return JSONResponse({"text": NOT_SET}, 503)
    try:
        async with httpx.AsyncClient(base_url=address, timeout=10.0, trust_env=False) as client:
            answer = await client.request(method, path, json=body)
    except httpx.HTTPError as error:
        log.get_logger().warning("the notifier does not answer", error=type(error).__name__)
        return JSONResponse({"text": NO_ANSWER}, 502)
    return Response(answer.content, answer.status_code, media_type="application/json")
