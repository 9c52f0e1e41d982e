"""An office at work against push services that answer as they are told; the clock is the test's."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifier.delivery.errand import Errand, Site, priority_of
from notifier.delivery.hearing import Clock
from notifier.delivery.letters import Letters, Links
from notifier.delivery.office import Office
from notifier.delivery.remembered import Alike
from notifier.delivery.wrapping import Heads
from notifier.guard import Latest
from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webpush.encrypt import Receiver, prepare
from notifier.webpush.keys import VapidKey, VapidTokens, new_vapid_key
from notifier.webpush.transport import Head, Heard, Post
from schemas.records.base import World
from schemas.records.decided import Order
from schemas.records.delivered import DeliveryJob
from tests.deliveries import an_entry, an_order

TOKENS = VapidTokens(VapidKey.of(new_vapid_key()), "mailto:desk@city.example.jp")
POINT = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
AUTH = os.urandom(16)
AGREED = prepare(Receiver.of_raw(POINT, AUTH), b"salt" * 4)
WELL, HANGS = "https://push.example", "https://hangs.example"
CREATED = Answer(201, {})


@dataclass
class Service:
    """A transport whose services answer at once; those of `silent` origins answer when told."""

    answer: Answer | NetworkFault = CREATED
    silent: set[str] = field(default_factory=set)
    held: list[tuple[Sequence[Post], Heard]] = field(default_factory=list)
    posts: list[tuple[str, Head, Post]] = field(default_factory=list)

    def post(self, origin: str, head: Head, posts: Sequence[Post], heard: Heard) -> None:
        """As the contract says."""
        self.posts += [(origin, head, post) for post in posts]
        if origin in self.silent:
            self.held.append((posts, heard))
        else:
            asyncio.get_running_loop().call_soon(heard, [(post.handle, self.answer) for post in posts])

    def give_up(self) -> None:
        """Whoever was not answered timed out."""
        for posts, heard in self.held:
            heard([(post.handle, NetworkFault(Fault.TIMEOUT, "5 s")) for post in posts])
        self.held.clear()

    async def close(self) -> None:
        """Nothing to give back."""


@dataclass
class Revisions:
    """What is newest, always fresh; and a memory that forgets."""

    newest: dict[str, Latest] = field(default_factory=dict)

    def latest(self, order_id: str) -> Latest | None:
        """The newest revision."""
        return self.newest.get(order_id)

    async def refresh(self, order_ids: Iterable[str]) -> None:
        """Nothing grows old here."""

    async def keep(self, notes: Mapping[str, bytes]) -> None:
        """Nothing is kept."""


@dataclass
class Paper:
    """A sheet that only collects."""

    ends: dict[str, Alike] = field(default_factory=dict)
    again: dict[str, datetime] = field(default_factory=dict)

    def ended(self, alike: Alike) -> None:
        """Nobody ends twice."""
        assert not set(alike.names) & (set(self.ends) | set(self.again))
        self.ends |= dict.fromkeys(alike.names, alike)

    def later(self, names: list[str], at: datetime) -> None:
        """Nobody who ended comes back."""
        assert not set(names) & (set(self.ends) | set(self.again))
        self.again |= dict.fromkeys(names, at)

    def notes(self) -> bytes:
        """Nothing."""
        return b""


@dataclass
class Scene:
    """An office at work."""

    office: Office
    service: Service
    revisions: Revisions
    moment: float = 0.0

    def send(self, job: DeliveryJob, origin: str = WELL, count: int = 100) -> tuple[Errand, Paper]:
        """A job with so many recipients at one origin."""
        paper, letters = Paper(), Letters(job, Links("https://sonae.example.jp", "https://desk.example.jp"), b"k" * 32)
        errand = Errand(job, letters, paper, priority_of(job, overtakes=False), "topic")  # type: ignore[arg-type]
        site = Site(origin, origin.removeprefix("https://"), TOKENS.key.key_id, False)
        entries = [
            an_entry(
                f"{job.id[:4]}{n:018}", f"{origin}/send/{n}?q=1", POINT, AUTH, TOKENS.key.key_id, "ja", True, AGREED
            )
            for n in range(count)
        ]
        self.office.take(errand, {site: entries})
        return errand, paper


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """For the block; a fault of the office comes out here."""
    service, revisions, began = Service(), Revisions(), datetime.now(UTC)
    made: Scene

    def now() -> datetime:
        return began + timedelta(seconds=made.moment)

    clock = Clock(now, lambda: made.moment, lambda: 0.5)
    heads = Heads({TOKENS.key.key_id: TOKENS})
    made = Scene(Office(World.ACTUAL, revisions, revisions, service, heads, clock), service, revisions)
    running = asyncio.create_task(made.office.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def order(**changed: object) -> Order:
    """An order of this very moment."""
    now = datetime.now(UTC)
    return an_order(**({"issued_at": now, "deliver_until": now + timedelta(hours=1)} | changed))


async def soon(event: asyncio.Event) -> None:
    """It happens within a moment."""
    await asyncio.wait_for(event.wait(), 5)
