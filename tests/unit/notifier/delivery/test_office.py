"""The lanes of one worker, against push services that answer as they are told; the clock is the test's."""

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
from notifier.delivery.office import HURRY_S, Office
from notifier.delivery.remembered import Alike
from notifier.delivery.wrapping import Heads
from notifier.guard import Latest
from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webpush.encrypt import Receiver, prepare
from notifier.webpush.keys import VapidKey, VapidTokens, new_vapid_key
from notifier.webpush.transport import Head, Heard, Post
from schemas.records.base import OrderType, World
from schemas.records.decided import Order
from schemas.records.delivered import DeliveryJob, End
from tests.deliveries import a_job, an_entry, an_order

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


async def test_everybody_is_sent_to_once_under_one_head() -> None:
    """Path and query as the subscription has them; one Head object for requests that leave in the same second."""
    async with scene() as made:
        errand, paper = made.send(a_job(order()), count=150)
        made.moment = 0.1
        await soon(errand.over)
        assert {alike.end for alike in paper.ends.values()} == {End.ACCEPTED}
        assert len(paper.ends) == 150
        assert sorted(int(post.target.split(b"/")[2].split(b"?")[0]) for _, _, post in made.service.posts) == [
            *range(150)
        ]
        assert {post.target.split(b"?")[1] for _, _, post in made.service.posts} == {b"q=1"}
        assert len({id(head) for _, head, _ in made.service.posts}) == 1


async def test_level_four_overtakes_level_three() -> None:
    """It came later, and leaves before all who still wait."""
    async with scene() as made:
        calm, _ = made.send(a_job(order(level=3, order_type=OrderType.ELDERLY_EVACUATION), id="calm"), count=1000)
        urgent, _ = made.send(a_job(order(id="ur" * 16), id="urge"), count=50)
        made.moment = 0.1
        await soon(urgent.over)
        first = [str(post.handle)[:4] for _, _, post in made.service.posts[:50]]
        assert set(first) == {"urge"}
        async with asyncio.timeout(5):
            while not calm.over.is_set():  # its rate lets it leave as time goes on
                made.moment += 0.1
                await asyncio.sleep(0.001)


async def test_while_something_urgent_is_opened_nothing_else_leaves_but_not_for_ever() -> None:
    """Who is less urgent goes on when it is over, or when it takes too long."""
    async with scene() as made:
        with made.office.hurry():
            calm, _ = made.send(a_job(order(level=3, order_type=OrderType.ELDERLY_EVACUATION), id="calm"), count=10)
            urgent, _ = made.send(a_job(order(id="ur" * 16), id="urge"), count=10)
            await soon(urgent.over)
            assert not calm.out.is_set()
            made.moment = HURRY_S
            await soon(calm.over)
        with made.office.hurry():
            later, _ = made.send(a_job(order(level=3, order_type=OrderType.ELDERLY_EVACUATION), id="late"), count=10)
        await soon(later.over)


async def test_a_newer_revision_ends_what_waits_also_behind_a_service_that_hangs() -> None:
    """As superseded; what is under way has its own end."""
    async with scene() as made:
        made.service.silent = {HANGS}
        errand, paper = made.send(a_job(order()), origin=HANGS, count=1000)
        while not made.service.held:  # noqa: ASYNC110 - the office sets no event of ours
            await asyncio.sleep(0.001)
        job = errand.job
        made.revisions.newest[job.order_id] = Latest(2, False, datetime.now(UTC) + timedelta(hours=1))
        await soon(errand.out)
        made.service.give_up()
        await soon(errand.over)
        superseded = {name for name, alike in paper.ends.items() if alike.end is End.SUPERSEDED}
        assert len(superseded) >= 800
        assert len(superseded) + len(paper.again) == 1000


async def test_who_is_handed_on_waits_no_more_and_nobody_comes_back_twice() -> None:
    """Those under way are heard of here; the others go on in a job of their own, at once."""
    async with scene() as made:
        made.service.silent = {HANGS}
        errand, paper = made.send(a_job(order()), origin=HANGS, count=1000)
        while not made.service.held:  # noqa: ASYNC110 - the office sets no event of ours
            await asyncio.sleep(0.001)
        under_way = len(made.service.posts)
        made.office.hand_on(errand)
        made.office.hand_on(errand)
        assert errand.out.is_set()
        assert len(paper.again) == 1000 - under_way
        assert max(paper.again.values()) <= made.office.clock.now()
        made.service.give_up()
        await soon(errand.over)
        assert len(paper.again) == 1000
        assert len(made.service.posts) == under_way


async def test_who_hangs_holds_up_nobody_else() -> None:
    """The well ones are over while the others still wait; these go home after a moment and nobody is lost."""
    async with scene() as made:
        made.service.silent = {HANGS}
        stuck, paper = made.send(a_job(order(), id="stuck"), origin=HANGS, count=500)
        well, _ = made.send(a_job(order(id="0e" * 16), id="well"), count=100)
        made.moment = 0.1
        await soon(well.over)
        assert not stuck.out.is_set()
        made.moment = 1.5
        await soon(stuck.out)
        made.service.give_up()
        await soon(stuck.over)
        assert len(paper.again) == 500


async def test_a_token_that_is_not_believed_is_signed_anew() -> None:
    """401 and 403 are our fault: the next head is another one. Nobody is deleted."""
    async with scene() as made:
        made.service.answer = Answer(403, {}, "BadJwtToken")
        errand, paper = made.send(a_job(order()), count=1)
        await soon(errand.over)
        again, _ = made.send(a_job(order(id="0e" * 16)), count=1)
        await soon(again.over)
        assert {alike.end for alike in paper.ends.values()} == {End.FAILED}
        heads = [dict(head.fields)["authorization"] for _, head, _ in made.service.posts]
        assert heads[0] != heads[1]
