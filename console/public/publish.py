"""`python -m console publish`: writes the public pages on each change of an order, and their time every minute.

It writes nothing before it has read everything, and nothing that takes a published order back (folder.Emptier).
While Kafka is away the pages keep their time, and their readers see how old it is.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta

from console.public import site
from console.public.book import Book
from console.public.folder import Busy, Folder, check_nothing_is_taken_back
from console.public.pulse import beat
from console.public.tail import Tail, following
from console.resident.site import Wanted, files
from console.settings import PublicSettings
from schemas.kafka import Publisher, Where
from schemas.process import log
from schemas.process.clock import Clock, clock_from, now_utc
from schemas.process.health import Check, Health
from schemas.records.base import World

EVERY = timedelta(seconds=60)
PATIENCE = timedelta(seconds=1)
STUCK = timedelta(minutes=2)
LATE = timedelta(minutes=3)
AT_ONCE = 25
"""A change waits no longer than PATIENCE for Kafka's word that nothing is missing; a reader that stands still for STUCK
ends the process; pages whose time is older than LATE are not ready."""


class Stuck(RuntimeError):
    """Kafka answers, but nothing is read: the process must end and start anew."""


class Press:
    """Turns the book into files, beside `fixed` ones. `told` is None until everything has been read once."""

    def __init__(self, book: Book, folder: Folder, look: site.Look, fixed: Mapping[str, bytes]) -> None:
        self.told: site.Told | None = None
        self.refreshed_at: datetime | None = None
        self._book, self._folder, self._look, self._fixed = book, folder, look, fixed
        self._past: list[tuple[World, str]] = []

    def open(self, told: site.Told) -> None:
        """The first edition: refuses (Emptier) where the folder knows more; `catch_up` writes what ended long ago."""
        for world in World:
            known = {order: self._book.revisions(world, order)[-1].revision for order in self._book.ids(world)}
            check_nothing_is_taken_back(self._folder.published(world), known, world)
        self._past = list(self._book.touched())
        self._folder.put(self._fixed)
        self._folder.offer(site.STATUS, site.no_status())
        self.refresh(told)

    def refresh(self, told: site.Told) -> None:
        """What changed, and everything that carries the present time."""
        current = [(world, order.id) for world in World for order in self._book.in_force(world)]
        self._print(dict.fromkeys([*self._book.touched(), *current]), {*self._book.worlds_touched(), *World}, told)
        self.refreshed_at = told.checked_at

    def update(self, told: site.Told) -> None:
        """What changed, at once: other orders' pages get the new time at the next refresh."""
        self._print(self._book.touched(), self._book.worlds_touched(), told)

    def catch_up(self) -> None:
        """A few of the pages that a new process has not looked at yet: orders that ended long ago."""
        assert self.told is not None
        if self._past:
            self._print(self._past[:AT_ONCE], (), self.told)
            del self._past[:AT_ONCE]

    def _print(self, orders: Iterable[tuple[World, str]], worlds: Iterable[World], told: site.Told) -> None:
        """Orders' pages first, and last the lists that lead to them."""
        files: dict[str, bytes] = {}
        for world, order in orders:
            files |= site.of_order(self._book, world, order, told, self._look)
        for world in worlds:
            files |= site.lists(self._book, world, told, self._look)
        written = self._folder.put(files)
        self.told = told
        log.get_logger().info("public pages written", files=written, as_of=told.as_of.isoformat())


async def body(settings: PublicSettings, health: Health) -> None:
    """Publish until cancelled. Kafka's silence is waited out; a folder that would become poorer ends the process."""
    book, folder, clock = Book(), Folder(settings.public_dir), clock_from(settings.clock)
    look = site.Look(settings.towns(), replay=bool(settings.clock), resident=bool(settings.api_public_url))
    press = Press(book, folder, look, _fixed(settings))
    health.checks["pages"] = _fresh(press)
    with ExitStack() as held:
        await _alone(folder, held, health)
        publisher = Publisher(Where.of(settings))
        await publisher.start()
        try:
            async with following(publisher.where, book) as tail, asyncio.TaskGroup() as group:
                group.create_task(beat(lambda: press.told, health, publisher))
                group.create_task(_run(tail, press, clock, health))
        finally:
            await publisher.stop()
            await clock.close()


async def _run(tail: Tail, press: Press, clock: Clock, health: Health) -> None:
    changed_at: datetime | None = None
    read_at = now_utc()
    while True:
        health.progress()
        now = now_utc()
        if await tail.read():
            changed_at, read_at = changed_at or now, now
        whole = press.refreshed_at is None or now - press.refreshed_at >= EVERY
        if changed_at is None and not whole:
            await asyncio.to_thread(press.catch_up)
            continue
        missing = await tail.missing()
        if missing and now - read_at > STUCK:
            raise Stuck(f"{missing} orders wait, and none was read for {STUCK}")
        if missing == 0:
            told = site.Told(await clock.now(), now_utc())
            await asyncio.to_thread(_edition(press, whole), told)
            changed_at = None
        elif press.told and changed_at and now - changed_at > PATIENCE:
            await asyncio.to_thread(press.update, press.told)
            changed_at = None
        else:
            await asyncio.sleep(0.1 if missing else 1.0)


def _edition(press: Press, whole: bool) -> Callable[[site.Told], None]:
    if press.told is None:
        return press.open
    return press.refresh if whole else press.update


def _fixed(settings: PublicSettings) -> dict[str, bytes]:
    """What no order changes: style and script of these pages, and the residents' application if it has an API."""
    if not settings.api_public_url:
        log.get_logger().warning("SONAE_API_PUBLIC_URL is not set: nobody can subscribe on the public pages")
        return site.assets()
    wanted = Wanted(settings.api_public_url, settings.districts, settings.shelters)
    return site.assets() | files(wanted, lambda refused: log.get_logger().error("file refused", reason=refused))


async def _alone(folder: Folder, held: ExitStack, health: Health) -> None:
    """Hold the folder, waiting for as long as another publisher does: a second one stands by."""
    waits = False
    while True:
        health.progress()
        try:
            held.enter_context(folder.alone())
        except Busy as busy:
            if not waits:
                log.get_logger().info("standing by", reason=str(busy))
            waits = True
            await asyncio.sleep(1.0)
        else:
            return


def _fresh(press: Press) -> Check:
    async def check() -> bool:
        return press.told is not None and now_utc() - press.told.checked_at < LATE

    return check
