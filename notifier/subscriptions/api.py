"""The door over HTTP: subscribe, leave, the VAPID key, receipts. Nothing personal is logged, counted or answered."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiokafka.errors import KafkaError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.middleware.cors import CORSMiddleware
from uvicorn import Config

from notifier.pulse import beat
from notifier.receipts import subscriber_of
from notifier.settings import NotifierSettings
from notifier.subscriptions.endpoint import Hosts, Refused
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.rate import Rate
from notifier.subscriptions.receipt import Reported, receipt_of
from notifier.subscriptions.seal import Sealer, sealer_of, subscriber_id
from notifier.subscriptions.store import erase, put
from notifier.subscriptions.validate import Door, Wanted, validate
from notifier.webpush.keys import VapidKey
from schemas import reference
from schemas.kafka import Publisher, Where
from schemas.process.clock import now_utc
from schemas.process.health import Health, QuietServer
from schemas.process.log import get_logger
from schemas.signing import BadTicket, check_ticket, public_key

MAX_BODY_BYTES = 8192
KNOCKS, WINDOW_S = 20, 60.0
"""A page subscribes again at every visit (pitfalls.md §3.2, iOS); more than this from one endpoint is no page."""


@dataclass(frozen=True, slots=True)
class Api:
    """What the routes work with. `fault` is set by the first fault of Kafka: the process ends after the answer."""

    door: Door
    sealer: Sealer
    vapid: VapidKey
    desk: Ed25519PublicKey | None
    publisher: Publisher
    rate: Rate
    fault: "asyncio.Future[None]"

    async def subscribe(self, request: Request) -> Response:
        """POST /subscriptions: 201 with the subscriber's id and the token that lets them leave."""
        wanted = validate(await _body(request), self.door)
        subscriber = subscriber_id(wanted.endpoint)
        if not self.rate.allow(subscriber, asyncio.get_running_loop().time()):
            return _no(429, "too_often", "Too many requests for this device: try again in a minute.", retry_after=60)
        profile = self._profile(wanted)
        await put(self.publisher, self.sealer, profile, now_utc())
        get_logger().info("subscribed", host=self.door.hosts.rule_of(_host(wanted.endpoint)), places=len(wanted.places))
        return JSONResponse({"subscriber": subscriber, "token": self.sealer.leave_token(subscriber)}, 201)

    async def leave(self, request: Request) -> Response:
        """DELETE /subscriptions/{subscriber}: 204 once it is written; the same again is 204, too."""
        subscriber = str(request.path_params["subscriber"])
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.sealer.may_leave(subscriber, token):
            return _no(401, "token_wrong", "This token does not belong to this subscriber.")
        await erase(self.publisher, subscriber, now_utc())
        get_logger().info("left")
        return Response(status_code=204)

    async def show_vapid(self, _request: Request) -> Response:
        """GET /vapid: what a browser needs as applicationServerKey."""
        return JSONResponse({"public_key": self.vapid.public_text, "key_id": self.vapid.key_id})

    async def receive(self, request: Request) -> Response:
        """POST /receipts: what a device that got a push reports about it; 204."""
        said = Reported.of(await _body(request))
        whose = (subscriber_of(key, said.receipt, said.world, said.id, said.rev) for key in self.sealer.receipt_keys)
        subscriber = next((one for one in whose if one is not None), None)
        if subscriber is None:
            return _no(401, "receipt_wrong", "This receipt token was not made for this message.")
        record = receipt_of(said, subscriber, now_utc())
        await self.publisher.send("receipts", record.order_id, record)
        return Response(status_code=204)

    def _profile(self, wanted: Wanted) -> Profile:
        officer = None if wanted.ticket is None else self._officer(wanted.ticket)
        return Profile.of(wanted, self.vapid.key_id, officer)

    def _officer(self, ticket: str) -> str:
        if self.desk is None:
            raise Refused("ticket_unknown", "This server knows no desk: officers' devices cannot register here.")
        try:
            return check_ticket(self.desk, ticket, now_utc())
        except BadTicket as error:
            raise Refused("ticket_wrong", f"{error}.") from error


def create_app(api: Api, origins: tuple[str, ...], health: Health) -> FastAPI:
    """The application: four routes, the health pages, and answers to what goes wrong."""
    app = FastAPI(
        title="Sonae subscriptions", docs_url=None, redoc_url=None, openapi_url=None, routes=[*health.routes()]
    )
    routes = APIRouter()
    routes.add_api_route("/subscriptions", api.subscribe, methods=["POST"])
    routes.add_api_route("/subscriptions/{subscriber}", api.leave, methods=["DELETE"])
    routes.add_api_route("/vapid", api.show_vapid, methods=["GET"])
    routes.add_api_route("/receipts", api.receive, methods=["POST"])
    app.include_router(routes)
    app.add_middleware(
        CORSMiddleware, allow_origins=list(origins), allow_methods=["POST", "DELETE", "GET"],
        allow_headers=["authorization", "content-type"], max_age=3600,
    )  # fmt: skip
    _answer_faults(app, api)
    return app


def _answer_faults(app: FastAPI, api: Api) -> None:
    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        status = 413 if error.code == "too_large" else 403 if error.code.startswith("ticket") else 400
        return _no(status, error.code, error.text)

    async def faulty(_request: Request, error: Exception) -> Response:
        if not api.fault.done():
            api.fault.set_exception(error)
        return _no(503, "not_stored", "This could not be stored: try again in a few seconds.", retry_after=5)

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(KafkaError, faulty)
    app.add_exception_handler(TimeoutError, faulty)


async def body(settings: NotifierSettings, health: Health) -> None:
    """Serve until cancelled; a fault of Kafka ends the process, and the supervisor starts it anew."""
    publisher = Publisher(Where.of(settings))
    await publisher.start()
    health.checks["kafka"] = publisher.answers
    fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    app = create_app(_api(settings, publisher, fault), settings.listed("cors_origins"), health)
    config = Config(app, host=settings.host, port=settings.api_port, log_config=None, access_log=False, lifespan="off")
    serving = asyncio.create_task(QuietServer(config).serve())
    beating = asyncio.create_task(beat("api", None, settings, health, publisher))
    try:
        await asyncio.wait({serving, fault}, return_when=asyncio.FIRST_COMPLETED)
        await (fault if fault.done() else serving)
    finally:
        serving.cancel()
        beating.cancel()
        await publisher.stop()


def _api(settings: NotifierSettings, publisher: Publisher, fault: "asyncio.Future[None]") -> Api:
    hosts = Hosts(settings.listed("push_hosts"), settings.local)
    return Api(
        door=Door(hosts, reference.areas_of, reference.municipality_of),
        sealer=sealer_of(settings.sealing_key, settings.listed("sealing_keys_old")),
        vapid=VapidKey.of(settings.vapid_key),
        desk=public_key(settings.verify_key) if settings.verify_key else None,
        publisher=publisher,
        rate=Rate(KNOCKS, WINDOW_S),
        fault=fault,
    )


async def _body(request: Request) -> bytes:
    """The request's body, read no further than its limit."""
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > MAX_BODY_BYTES:
            raise Refused("too_large", f"The request is larger than {MAX_BODY_BYTES} bytes.")
    return bytes(taken)


def _no(status: int, code: str, text: str, retry_after: int | None = None) -> JSONResponse:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse({"code": code, "text": text}, status, headers=headers)


def _host(endpoint: str) -> str:
    return urlsplit(endpoint).hostname or ""
