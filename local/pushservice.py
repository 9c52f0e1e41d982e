"""A virtual push service: RFC 8030 endpoints for virtual devices that decrypt, show, misbehave and can be looked at.

`POST /push/<device>` is what senders use. The rest steers and watches: `POST /devices` makes devices,
`PATCH /devices/<id>` changes one, `GET /devices`, `GET /devices/<id>`, `GET /counts`, and `GET /pushes?after=N&wait=S`,
which waits for what happens next.
"""

import asyncio
import re
from dataclasses import asdict
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.browser import Shown
from local.devices import KINDS, Behaviour, Device, Devices
from local.ports import LOOPBACK
from local.vapidcheck import RefusedError, VapidCheck
from schemas.process.clock import now_utc
from schemas.process.health import KEEP_IDLE_S

MOST_BYTES = 4096
LONGEST_TTL_S = 30 * 86_400
LONGEST_WAIT_S = 30.0
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_URGENCIES = ("very-low", "low", "normal", "high")


class PushService:
    """The devices, and a numbered list of everything that was answered and shown."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.devices = Devices()
        self.happened: list[dict[str, Any]] = []
        self._vapid = VapidCheck()
        self._news = asyncio.Condition()

    def application(self) -> Starlette:
        """The web application."""
        return Starlette(
            routes=[
                Route("/push/{device}", self.push, methods=["POST"]),
                Route("/devices", self.make, methods=["POST"]),
                Route("/devices", self.list_devices),
                Route("/devices/{device}", self.change, methods=["PATCH"]),
                Route("/devices/{device}", self.one),
                Route("/counts", self.counts),
                Route("/pushes", self.pushes),
                Route("/healthz", self.healthz),
            ]
        )

    async def push(self, request: Request) -> Response:
        """RFC 8030 §5: one message for one device."""
        device = self.devices.by_id.get(request.path_params["device"])
        if device is None:
            return Response("no such subscription", 404)
        body = await request.body()
        refused = self._refusal(request, device, body)
        if refused is not None:
            return await self._answered(device, refused)
        behaviour, device.behaviour = device.behaviour, device.behaviour.used()
        if behaviour.kind == "hang":
            await request.receive()  # after the body this says only one thing: the client gave up
            return await self._answered(device, Response(status_code=504))
        await asyncio.sleep(behaviour.delay_s)
        if KINDS[behaviour.kind] != 201:
            return await self._answered(device, _told(behaviour))
        ttl_s = min(int(request.headers["ttl"]), LONGEST_TTL_S)
        shown = device.accept(body, ttl_s, request.headers.get("topic"))
        location = f"{self.address}/message/{len(self.happened)}"
        answer = Response(status_code=201, headers={"Location": location, "TTL": str(ttl_s)})
        return await self._answered(device, answer, shown, request)

    async def make(self, request: Request) -> Response:
        """`{count, application_key?, label?, behaviour?}` → the PushSubscription of each new device."""
        wish = await request.json()
        try:
            behaviour = Behaviour(**wish.get("behaviour", {}))
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 422)
        made = self.devices.make(
            int(wish.get("count", 1)), wish.get("application_key"), wish.get("label", ""), behaviour, self._endpoint
        )
        return JSONResponse(made, 201)

    async def change(self, request: Request) -> Response:
        """`{behaviour?, online?}` of one device; coming online shows what waited."""
        device = self.devices.by_id.get(request.path_params["device"])
        if device is None:
            return JSONResponse({"error": "no such device"}, 404)
        wish = await request.json()
        if "behaviour" in wish:
            device.behaviour = Behaviour(**wish["behaviour"])
        if wish.get("online") is False:
            device.online = False
        if wish.get("online"):
            for shown in device.connect():
                await self._happen(device, 0, shown, {})
        return JSONResponse(device.view())

    async def list_devices(self, request: Request) -> Response:
        """Every device, or those with `?label=`."""
        label = request.query_params.get("label")
        found = [device for device in self.devices.by_id.values() if label in (None, device.label)]
        return JSONResponse([device.view() for device in found])

    async def one(self, request: Request) -> Response:
        """One device."""
        device = self.devices.by_id.get(request.path_params["device"])
        return JSONResponse(device.view()) if device else JSONResponse({"error": "no such device"}, 404)

    async def counts(self, _request: Request) -> Response:
        """Sums over all devices."""
        return JSONResponse(self.devices.counts())

    async def pushes(self, request: Request) -> Response:
        """What happened from number `after` on; waits up to `wait` seconds for something to happen."""
        after = int(request.query_params.get("after", 0))
        wait_s = min(float(request.query_params.get("wait", 0)), LONGEST_WAIT_S)
        async with self._news:
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait_for(lambda: len(self.happened) > after)
            except TimeoutError:
                return JSONResponse([])
        return JSONResponse(self.happened[after:])

    async def healthz(self, _request: Request) -> Response:
        """It runs."""
        return JSONResponse({"ok": True})

    def _endpoint(self, device: str) -> str:
        return f"{self.address}/push/{device}"

    def _refusal(self, request: Request, device: Device, body: bytes) -> Response | None:
        why = _malformed(request)
        if why is not None:
            return Response(why, 400)
        try:
            self._vapid.check(request.headers.get("authorization"), self.address, device.application_key)
        except RefusedError as error:
            return Response(str(error), error.status)
        return Response(f"{len(body)} bytes, at most {MOST_BYTES}", 413) if len(body) > MOST_BYTES else None

    async def _answered(
        self, device: Device, answer: Response, shown: Shown | None = None, request: Request | None = None
    ) -> Response:
        device.answers[str(answer.status_code)] += 1
        names = ("ttl", "urgency", "topic")
        headers = {name: request.headers.get(name) for name in names} if request else {}
        await self._happen(device, answer.status_code, shown, headers)
        return answer

    async def _happen(self, device: Device, status: int, shown: Shown | None, headers: dict[str, str | None]) -> None:
        async with self._news:
            self.happened.append(
                {
                    "n": len(self.happened),
                    "device": device.id,
                    "label": device.label,
                    "status": status,
                    "at": now_utc().isoformat(),
                    "shown": asdict(shown) if shown else None,
                    "repeats": device.browser.repeats,
                    **headers,
                }
            )
            self._news.notify_all()


def serve(port: int) -> None:
    """Serve on loopback until SIGTERM or Ctrl-C."""
    app = PushService(f"http://{LOOPBACK}:{port}").application()
    uvicorn.run(
        app, host=LOOPBACK, port=port, log_level="warning", access_log=False,
        timeout_graceful_shutdown=1, timeout_keep_alive=KEEP_IDLE_S,
    )  # fmt: skip


def _told(behaviour: Behaviour) -> Response:
    headers = {"Retry-After": behaviour.retry_after} if behaviour.retry_after is not None else {}
    if behaviour.kind == "redirect":
        headers["Location"] = behaviour.location
    return Response(f"told to: {behaviour.kind}", KINDS[behaviour.kind] or 500, headers)


def _malformed(request: Request) -> str | None:
    headers = request.headers
    if not headers.get("ttl", "").isdecimal():
        return "TTL is missing or no number of seconds (RFC 8030 §5.2)"
    if headers.get("content-encoding") != "aes128gcm":
        return "Content-Encoding is not aes128gcm (RFC 8291)"
    if "topic" in headers and not _TOPIC.fullmatch(headers["topic"]):
        return "Topic is not 1 to 32 characters of base64url (RFC 8030 §5.4)"
    if headers.get("urgency", "normal") not in _URGENCIES:
        return "Urgency is none of RFC 8030 §5.3"
    return None
