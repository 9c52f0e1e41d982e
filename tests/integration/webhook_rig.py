"""A partner's endpoint that answers as a test says, and the role that delivers to it."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web
from standardwebhooks.webhooks import Webhook as Verifier

from notifier.settings import NotifierSettings
from notifier.webhooks import app
from notifier.webhooks.standing import STANDING, Standing
from schemas.kafka import Publisher, Where
from schemas.partners import KINDS
from schemas.records.base import World
from tests.integration.notifier_orders import order
from tests.integration.notifier_rig import create_topics, records, role, settings_for, until

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLDER = "whsec_" + "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
ACKNOWLEDGE: tuple[int, dict[str, str]] = (204, {})


@dataclass(slots=True)
class Post:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes
    answered: int

    @property
    def told(self) -> Any:
        """Its JSON, once the independent library has verified the newest secret's signature."""
        return Verifier(SECRET).verify(self.body, self.headers)

    @property
    def order(self) -> str:
        """Which order it tells of."""
        return str(self.told["record"]["id"])


@dataclass(slots=True)
class Endpoint:
    """Answers by turn; when none is left, it acknowledges."""

    port: int
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """One POST."""
        status, headers = self.answers.pop(0) if self.answers else ACKNOWLEDGE
        sent = {name.lower(): value for name, value in request.headers.items()}
        self.posts.append(Post(sent, await request.read(), status))
        return web.Response(status=status, headers=headers)

    def acknowledged(self) -> list[str]:
        """The orders that it took, in the order in which it took them."""
        return [post.order for post in self.posts if post.answered == 204]

    async def took(self, count: int) -> list[str]:
        """Wait until it took so many."""

        async def enough() -> bool:
            return len(self.acknowledged()) >= count

        await until(enough, f"{count} acknowledged, there are {self.acknowledged()}")
        return self.acknowledged()


@contextlib.asynccontextmanager
async def endpoint(port: int) -> AsyncIterator[Endpoint]:
    """Listening for the length of the block."""
    made = Endpoint(port)
    server = web.Application()
    server.router.add_post("/hook", made.answer)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield made
    finally:
        await runner.cleanup()


@dataclass(slots=True)
class Hooks:
    """The topics of a test, and what feeds and runs the role."""

    settings: NotifierSettings
    publisher: Publisher
    fire: Endpoint
    state: Endpoint

    @property
    def where(self) -> Where:
        """The test's cluster and prefix."""
        return Where.of(self.settings)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The role, once it has kept where each partner begins."""
        async with role(app, self.settings) as health:
            await until(lambda: _ready(health), "the role follows")
            await until(self._began, "each partner's place is kept")
            yield

    async def order(self, name: str, world: World = World.ACTUAL, municipality: str = "14205", **more: Any) -> None:
        """One order into the topic."""
        record = order(id=name, municipality=municipality, world=world, **more)
        await self.publisher.send("orders", municipality, record)

    async def standing(self, partner: str = "fire") -> Standing:
        """The newest that the topic says of a partner."""
        cursors = await records(self.where, "cursors", None)
        mine = [cursor.value for cursor in cursors if cursor.owner == f"{STANDING}{partner}"]
        return msgspec.json.decode(mine[-1], type=Standing) if mine else Standing()

    async def _began(self) -> bool:
        return all([(await self.standing(partner)).position is not None for partner in ("fire", "state")])


async def _ready(health: Any) -> bool:
    answers = await health.ready()
    return bool(answers) and all(answers.values())


def partners_toml(fire: int, state: int) -> str:
    """`fire` follows real orders of Fujisawa, while its secret is changed; `state` everything, drills too."""
    return f"""
[[partner]]
id = "fire"
name = "藤沢市消防局"
municipalities = ["14205"]
[partner.webhook]
url = "http://127.0.0.1:{fire}/hook"
kinds = ["orders"]
secrets = ["{SECRET}", "{OLDER}"]

[[partner]]
id = "state"
name = "神奈川県"
municipalities = ["*"]
worlds = ["actual", "exercise"]
[partner.webhook]
url = "http://127.0.0.1:{state}/hook"
secrets = ["{SECRET}"]
"""


@contextlib.asynccontextmanager
async def hooks(
    kafka: str, redis_url: str, namespace: str, free_port: Callable[[], int], folder: Path
) -> AsyncIterator[Hooks]:
    """Topics, two endpoints, and a hand that writes."""
    file = folder / "partners.toml"
    async with endpoint(free_port()) as fire, endpoint(free_port()) as state:
        file.write_text(partners_toml(fire.port, state.port), encoding="utf8")
        settings = settings_for(kafka, redis_url, namespace, partners=file, heartbeat_s=0.5)
        create_topics(Where.of(settings), [*KINDS, "cursors"])
        publisher = Publisher(Where.of(settings))
        await publisher.start()
        try:
            yield Hooks(settings, publisher, fire, state)
        finally:
            await publisher.stop()
