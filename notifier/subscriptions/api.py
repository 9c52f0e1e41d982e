"""The door over HTTP: routes, limits, faults. What is said there is in `routes.py`."""

import asyncio

from aiokafka.errors import KafkaError
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.middleware.cors import CORSMiddleware
from uvicorn import Config

from notifier.index_seal import Unopened, opener_of
from notifier.pages import IndexIncomplete
from notifier.pulse import beat
from notifier.settings import NotifierSettings
from notifier.store import connect
from notifier.subscriptions.answers import no, status_of
from notifier.subscriptions.endpoint import Hosts, Refused
from notifier.subscriptions.rate import Rate
from notifier.subscriptions.receipt import Heard
from notifier.subscriptions.routes import BAD_RECEIPTS, KNOCKS, TEST_EVERY_S, WINDOW_S, Api, Rates
from notifier.subscriptions.seal import sealer_of
from notifier.subscriptions.selftest import Tester
from notifier.subscriptions.shelf import Shelf
from notifier.subscriptions.validate import Door
from notifier.subscriptions.visitors import Proxies
from notifier.webpush.choose import transport_of
from notifier.webpush.keys import VapidKey, tokens_of
from notifier.webpush.transport import Transport
from schemas import reference
from schemas.kafka import Publisher, Where
from schemas.process.health import Health, QuietServer
from schemas.process.log import get_logger
from schemas.signing import public_key


def create_app(api: Api, origins: tuple[str, ...], health: Health) -> FastAPI:
    """The application: four routes, the health pages, and answers to what goes wrong."""
    app = FastAPI(
        title="Sonae subscriptions", docs_url=None, redoc_url=None, openapi_url=None, routes=[*health.routes()]
    )
    routes = APIRouter()
    routes.add_api_route("/subscriptions", api.subscribe, methods=["POST"])
    routes.add_api_route("/subscriptions/{subscriber}", api.leave, methods=["DELETE"])
    routes.add_api_route("/subscriptions/{subscriber}", api.show, methods=["GET"])
    routes.add_api_route("/subscriptions/{subscriber}/test", api.test, methods=["POST"])
    routes.add_api_route("/vapid", api.show_vapid, methods=["GET"])
    routes.add_api_route("/receipts", api.receive, methods=["POST"])
    app.include_router(routes)
    app.middleware("http")(api.limited)
    app.add_middleware(
        CORSMiddleware, allow_origins=list(origins), allow_methods=["POST", "DELETE", "GET"],
        allow_headers=["authorization", "content-type"], max_age=3600,
    )  # fmt: skip
    _answer_faults(app, api)
    return app


def _answer_faults(app: FastAPI, api: Api) -> None:
    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return no(status_of(error.code), error.code, error.text)

    async def faulty(_request: Request, error: Exception) -> Response:
        if not api.fault.done():
            api.fault.set_exception(error)
        return no(503, "not_stored", "This could not be stored: try again in a few seconds.", retry_after=5)

    async def unread(_request: Request, error: Exception) -> Response:
        get_logger().warning("the index does not answer", error=type(error).__name__)
        return no(503, "not_ready", "This cannot be looked up now: try again in a few seconds.", retry_after=5)

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(KafkaError, faulty)
    app.add_exception_handler(TimeoutError, faulty)
    for fault in (IndexIncomplete, Unopened, RedisError):
        app.add_exception_handler(fault, unread)


async def body(settings: NotifierSettings, health: Health) -> None:
    """Serve until cancelled; a fault of Kafka ends the process, and the supervisor starts it anew."""
    publisher, redis, transport = Publisher(Where.of(settings)), connect(settings.redis_url), transport_of(settings)
    await publisher.start()
    health.checks["kafka"] = publisher.answers
    fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    app = create_app(_api(settings, publisher, redis, transport, fault), settings.listed("cors_origins"), health)
    config = Config(
        app, host=settings.host, port=settings.api_port, log_config=None, access_log=False, lifespan="off",
        proxy_headers=False,  # uvicorn would believe every neighbour: `Proxies` says whom we believe
    )  # fmt: skip
    serving = asyncio.create_task(QuietServer(config).serve())
    beating = asyncio.create_task(beat("api", None, settings, health, publisher))
    try:
        await asyncio.wait({serving, fault}, return_when=asyncio.FIRST_COMPLETED)
        await (fault if fault.done() else serving)
    finally:
        serving.cancel()
        beating.cancel()
        await transport.close()
        await redis.aclose()
        await publisher.stop()


def _api(
    settings: NotifierSettings, publisher: Publisher, redis: Redis, transport: Transport, fault: "asyncio.Future[None]"
) -> Api:
    sealing = settings.sealing_key, settings.listed("sealing_keys_old")
    ring = tokens_of(settings.vapid_key, settings.listed("vapid_keys_old"), settings.vapid_subject)
    return Api(
        door=Door(Hosts(settings.listed("push_hosts"), settings.local), reference.areas_of, reference.municipality_of),
        sealer=sealer_of(*sealing),
        vapid=VapidKey.of(settings.vapid_key),
        desk=public_key(settings.verify_key) if settings.verify_key else None,
        publisher=publisher,
        shelf=Shelf(redis, opener_of(*sealing), settings.namespace),
        tester=Tester(transport, ring, settings.public_url, settings.local),
        proxies=Proxies.of(settings.listed("trusted_proxy")),
        rates=Rates(
            addresses=Rate(settings.address_rate, WINDOW_S),
            endpoints=Rate(KNOCKS, WINDOW_S),
            tests=Rate(1, TEST_EVERY_S),
            liars=Rate(BAD_RECEIPTS, WINDOW_S),
        ),
        heard=Heard(),
        fault=fault,
    )
