"""Role `beat` (Kafka: by its tail): serves the feed and the device, and says how routes stand."""

import asyncio
import sys
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
from aiokafka.errors import KafkaError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path
from uvicorn import Config

from console.beat.device import Device, Unopened
from console.beat.feed import atom, telegram, telegrams
from console.beat.page import page, status
from console.beat.partners import partners
from console.beat.rounds import Rounds
from console.beat.tail import Tail
from console.officers import Officers
from console.settings import BeatSettings
from schemas.kafka import Publisher, Where
from schemas.process import log
from schemas.process.clock import now_utc
from schemas.process.files import replace_file
from schemas.process.health import Health, QuietServer
from schemas.process.metrics import BEAT
from schemas.records.base import World
from schemas.records.plumbing import Heartbeat
from schemas.reference import areas, municipalities
from schemas.signing import ticket

SOURCE, OFFICER = "beat", "beat"
TOLD_EVERY_S = 10.0
TICKET_LIFE = timedelta(minutes=5)
MAX_PUSH_BYTES = 4096


class Beat:
    """The three doors of the role, and what it tells."""

    def __init__(
        self, settings: BeatSettings, tail: Tail, rounds: Rounds, device: Device, publisher: Publisher
    ) -> None:
        self._settings, self._tail, self._rounds, self._device = settings, tail, rounds, device
        self._publisher = publisher
        self._told: dict[str, str] = {}
        self._area = municipalities()[settings.beat_municipality].areas[0]

    def routes(self) -> list[Path]:
        """The feed, its telegrams, and the push endpoint."""
        push = self._device.endpoint.removeprefix(self._settings.beat_url)
        return [
            Path("/beat/feed.xml", self._feed),
            Path(push, self._push, methods=["POST"]),
            Path("/beat/{name}", self._telegram),
        ]

    async def register(self) -> None:
        """The device becomes one that calls of the test world reach; tried again until the notifier takes it."""
        body = {
            "subscription": self._device.subscription(),
            "places": [self._settings.beat_municipality],
            "lang": "ja",
            "drills": True,
        }
        async with httpx.AsyncClient(base_url=self._settings.api_url, timeout=10.0, trust_env=False) as client:
            while True:
                body["ticket"] = ticket(self._settings.key(), OFFICER, now_utc() + TICKET_LIFE)
                refused = await _posted(client, body)
                if refused is None:
                    return
                log.get_logger().warning("our device is not registered", reason=refused)
                await asyncio.sleep(TOLD_EVERY_S)

    async def tell(self) -> None:
        """How routes and partners stand, to whoever looks; until cancelled."""
        while True:
            now = now_utc()
            await self._tell(now)
            await asyncio.sleep(TOLD_EVERY_S)

    async def _tell(self, now: datetime) -> None:
        route = self._rounds.route(now)
        ways = partners(self._tail.partners, now, self._rounds.since)
        BEAT.labels("residents").set(route.whole_at.timestamp() if route.whole_at else 0)
        self._alarm("residents", "" if route.state == "ok" else route.text)
        for way in ways:
            BEAT.labels(way.source).set(way.last_at.timestamp() if way.last_at else 0)
            self._alarm(way.source, way.text if way.silent else "")
        if self._settings.public_dir is not None:
            replace_file(self._settings.public_dir / "status.html", page(route, ways, now).encode())
            replace_file(self._settings.public_dir / "status.json", msgspec.json.encode(status(route, ways, now)))
        silent = [f"{way.source} {way.text}" for way in ways if way.silent]
        state = "failing" if silent or route.state == "failing" else "ok"
        await self._beat(Heartbeat(
            source=SOURCE, program="console", world=World.TEST, state=state, text="; ".join([route.text, *silent]),
            tried_at=now, succeeded_at=route.whole_at, content_at=route.whole_at, records=len(ways), parked=0, at=now,
            made_at=now,
        ))  # fmt: skip

    async def _beat(self, record: Heartbeat) -> None:
        try:
            await self._publisher.send("heartbeats", SOURCE, record)
        except KafkaError as error:
            log.get_logger().warning("heartbeat not written", error=type(error).__name__)

    def _alarm(self, what: str, text: str) -> None:
        """Once when it begins, once when it is over."""
        before, self._told[what] = self._told.get(what, ""), text
        if text and not before:
            log.get_logger().error("a route is silent: act now", route=what, text=text)
        elif before and not text:
            log.get_logger().info("a route answers again", route=what)

    async def _feed(self, _request: Request) -> Response:
        listed = telegrams(now_utc(), self._prefecture)
        return Response(atom(listed, self._settings.beat_url), media_type="application/atom+xml")

    async def _telegram(self, request: Request) -> Response:
        asked = request.path_params["name"]
        found = next((one for one in telegrams(now_utc(), self._prefecture) if one.name == asked), None)
        if found is None:
            return Response(status_code=404)
        return Response(telegram(found, self._area, areas()[self._area].name), media_type="application/xml")

    async def _push(self, request: Request) -> Response:
        body = await request.body()
        if len(body) > MAX_PUSH_BYTES:
            return Response(status_code=413)
        try:
            message: dict[str, Any] = self._device.opened(body)
        except Unopened as error:
            log.get_logger().error("a push to our own device could not be opened", reason=str(error))
            return Response(status_code=201)
        self._rounds.pushed(str(message.get("id")), now_utc())
        return Response(status_code=201, headers={"Location": f"{self._device.endpoint}/1", "TTL": "0"})

    @property
    def _prefecture(self) -> str:
        return self._settings.beat_municipality[:2]


async def _posted(client: httpx.AsyncClient, body: dict[str, Any]) -> str | None:
    try:
        answer = await client.post("/subscriptions", json=body)
    except httpx.HTTPError as error:
        return type(error).__name__
    return None if answer.status_code == 201 else answer.text[:200]


async def body(settings: BeatSettings, officers: Officers, health: Health) -> None:
    """Beat until cancelled."""
    _check(settings, officers)
    where, rounds = Where.of(settings), Rounds(now_utc())
    publisher, tail = Publisher(where), Tail(where, settings.beat_municipality, rounds)
    device = Device.at(settings.beat_url, settings.console_secret)
    beat = Beat(settings, tail, rounds, device, publisher)
    health.checks["kafka"] = tail.answers
    app = Starlette(routes=[*health.routes(), *beat.routes()])
    config = Config(app, host=settings.host, port=settings.beat_port, log_config=None, access_log=False, lifespan="off")
    await publisher.start()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(QuietServer(config).serve())
            group.create_task(tail.follow())
            group.create_task(beat.register())
            group.create_task(beat.tell())
    finally:
        await publisher.stop()


def _check(settings: BeatSettings, officers: Officers) -> None:
    """A municipality whose officers would be called once a minute is one sentence and exit code 2."""
    town = settings.beat_municipality
    whose = [one.id for one in officers.by_id.values() if town in one.municipalities]
    told = ""
    if town not in municipalities():
        told = f"{town!r} is no municipality's code"
    elif whose:
        told = f"{town} has officers ({whose[0]}), who would be called once a minute: choose one without"
    if told:
        print(f"SONAE_BEAT_MUNICIPALITY: {told}", file=sys.stderr)
        raise SystemExit(2)
