"""Role `cap`: follows `orders` of every world in Kafka, and keeps notifier/cap/site.py's files in SONAE_PUBLIC_DIR.

Nothing is written before all that the topics hold was read: an empty feed never takes a good one's place.
"""

import asyncio
import sys
from pathlib import Path

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from notifier.cap.alert import Issuer
from notifier.cap.book import Book
from notifier.cap.feed import folder_of
from notifier.cap.sign import BadSigner, Signer
from notifier.cap.site import feeds_of, files_of_order
from notifier.parked import park
from notifier.polling import batches
from notifier.pulse import beat
from notifier.settings import NotifierSettings
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.kafka import Publisher, Where, answers, tail_consumer, up_to_now
from schemas.process.clock import now_utc
from schemas.process.files import replace_file
from schemas.process.health import Health
from schemas.process.log import get_logger
from schemas.records.base import World
from schemas.records.decided import Order


class OtherOrders(RuntimeError):
    """What lies on disk was not made from these topics."""


class Shelf:
    """The books of all worlds, and what of them is on disk."""

    def __init__(self, folder: Path, issuer: Issuer, signer: Signer | None) -> None:
        self._folder, self._issuer, self._signer = folder, issuer, signer
        self._books = {world: Book(world) for world in World}
        self._changed: dict[World, set[str]] = {world: set() for world in World}

    def take(self, order: Order) -> None:
        """One record of `orders`."""
        if self._books[order.world].take(order):
            self._changed[order.world].add(order.id)

    def check(self) -> None:
        """Raises OtherOrders if alerts lie there that the topics do not have: then nothing may be replaced."""
        for world, book in self._books.items():
            known = book.identifiers()
            for path in (self._folder / folder_of(world) / "cap").glob("*.xml"):
                if path.stem not in known:
                    raise OtherOrders(
                        f"{path} is an alert that `orders` does not have: is this another cluster? "
                        "Nothing was replaced; move the old files away, or set another SONAE_PUBLIC_DIR"
                    )

    def write(self, world: World) -> None:
        """What changed since, the alerts before the feeds that point to them."""
        book, changed = self._books[world], self._changed[world]
        for order_id in sorted(changed):
            for name, content in files_of_order(book, order_id, self._issuer, self._signer):
                replace_file(self._folder / name, content)
        if changed or not (self._folder / folder_of(world) / "alerts.atom").is_file():
            for name, content in feeds_of(book, self._issuer, self._signer, now_utc()):
                replace_file(self._folder / name, content)
        changed.clear()


class Follower:
    """Reads orders of all worlds, and has the shelf written whenever it is at the end of a world's topic."""

    def __init__(self, where: Where, publisher: Publisher, shelf: Shelf) -> None:
        self._publisher, self._shelf = publisher, shelf
        self._codecs = {where.name("orders", world): Codec(Order, world) for world in World}
        self._consumer: AIOKafkaConsumer | None = None
        self._worlds = {where.name("orders", world): world for world in World}
        self._where = where
        self.written = False

    async def answers(self) -> bool:
        """Whether all was read and written once, and Kafka answers."""
        return self.written and self._consumer is not None and await answers(self._consumer._client)

    async def begin(self) -> AIOKafkaConsumer:
        """All that the topics hold, read and written. Raises OtherOrders."""
        consumer = self._consumer = await tail_consumer(self._where, *self._codecs)
        async for message in up_to_now(consumer):
            await self._take(message)
        self._shelf.check()
        self._write(set(World))
        self.written = True
        return consumer

    async def follow(self, consumer: AIOKafkaConsumer) -> None:
        """What comes, until cancelled."""
        async for fetched in batches(consumer):
            self._write({await self._take(message) for messages in fetched.values() for message in messages})

    async def stop(self) -> None:
        """Close the consumer."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def _take(self, message: ConsumerRecord) -> World:
        world = self._worlds[message.topic]
        try:
            self._shelf.take(self._codecs[message.topic].decode(message.value))
        except (Unreadable, WrongWorld) as error:
            await park(self._publisher, message, world, error)
        return world

    def _write(self, worlds: set[World]) -> None:
        for world in sorted(worlds):
            self._shelf.write(world)


async def body(settings: NotifierSettings, health: Health) -> None:
    """Follow and write until cancelled."""
    assert settings.public_dir is not None
    where = Where.of(settings)
    publisher = Publisher(where)
    issuer = Issuer(settings.cap_domain, settings.public_url or settings.console_url)
    follower = Follower(where, publisher, Shelf(settings.public_dir, issuer, _signer(settings)))
    health.checks["orders"] = follower.answers
    await publisher.start()
    try:
        consumer = await follower.begin()
        async with asyncio.TaskGroup() as group:
            group.create_task(follower.follow(consumer))
            group.create_task(beat("cap", None, settings, health, publisher))
    except OtherOrders as error:
        print(f"notifier cap: {error}", file=sys.stderr)
        raise SystemExit(2) from error
    finally:
        await follower.stop()
        await publisher.stop()


def _signer(settings: NotifierSettings) -> Signer | None:
    """The signer, or one sentence and exit code 2: alerts that should be signed never go out unsigned by accident."""
    if settings.cap_key is None and settings.cap_certificate is None:
        get_logger().warning("alerts are not signed: set SONAE_CAP_KEY and SONAE_CAP_CERTIFICATE")
        return None
    if settings.cap_key is None or settings.cap_certificate is None:
        print("notifier cap: SONAE_CAP_KEY and SONAE_CAP_CERTIFICATE go together", file=sys.stderr)
        raise SystemExit(2)
    try:
        return Signer.load(settings.cap_key, settings.cap_certificate)
    except BadSigner as error:
        print(f"notifier cap: {error}", file=sys.stderr)
        raise SystemExit(2) from error
