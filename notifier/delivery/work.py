"""One delivery job: every recipient reaches an end or goes on to `jobs-retry`, both acknowledged before it is done."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from notifier.delivery.errand import NOWHERE, Errand, priority_of
from notifier.delivery.known import Known, StaleError
from notifier.delivery.letters import Letters, Links, stopped
from notifier.delivery.office import Office
from notifier.delivery.remembered import Remembered
from notifier.delivery.sheet import Sheet
from notifier.delivery.sorting import sort
from notifier.entries import Entry
from notifier.guard import Asked, Latest, stops_job
from notifier.recipients import Broken
from notifier.webpush.send import topic_of
from schemas.kafka import Publisher
from schemas.process.log import get_logger
from schemas.records.delivered import DeliveryJob

PROGRESS_S = 1.0
FEW = 64
"""For an urgent job of so few that nobody began, all questions are asked at once. If the guard then stops it, so many
key agreements were taken in vain; with more, that would be a loss."""

Entries = dict[str, Entry | Broken]


@dataclass(frozen=True, slots=True)
class Opened:
    """A job whose recipients have places, or wait for them: `intake.Begun`."""

    worker: "Worker"
    errand: Errand

    async def placed(self) -> None:
        """Nobody waits for a place any more."""
        await self.errand.out.wait()

    async def over(self) -> None:
        """Everybody was heard of, and all of it is acknowledged."""
        await self.worker.finish(self.errand)

    def hand_on(self) -> None:
        """Who waits for a place goes on in `jobs-retry`."""
        self.worker.office.hand_on(self.errand)


@dataclass(frozen=True, slots=True)
class Worker:
    """Runs jobs of one world. It shares nothing with other workers but Redis and Kafka. `now` is real time."""

    office: Office
    known: Known
    remembered: Remembered
    publisher: Publisher
    ring: frozenset[str]
    links: Links
    receipt_key: bytes
    now: Callable[[], datetime]
    running: dict[str, asyncio.Event] = field(default_factory=dict)

    async def urgent(self, job: DeliveryJob, again: bool) -> Opened:
        """Its recipients overtake others wherever they wait. `again`: a worker that died may have begun it."""
        return await self._begin(job, again, overtakes=True)

    async def ordinary(self, job: DeliveryJob, again: bool) -> Opened:
        """Its recipients let urgent ones pass."""
        return await self._begin(job, again, overtakes=False)

    async def finish(self, errand: Errand) -> None:
        """Outcomes as they come; returns once all of it is acknowledged."""
        try:
            await _progress(errand)
            self.office.close(errand)
            await errand.sheet.close()
        finally:
            self.running.pop(errand.job.id).set()
        job = errand.job
        get_logger().info("job done", order=job.order_id, revision=job.revision, job=job.id, trace=job.trace.id)

    async def _begin(self, job: DeliveryJob, again: bool, overtakes: bool) -> Opened:
        """Returns as soon as everybody who is to be sent to waits for a place; nothing was sent until then."""
        # The same job again has the same key, so it comes to this very worker: after the first, all of it is repeated.
        while (same := self.running.get(job.id)) is not None:
            await same.wait()
        self.running[job.id] = asyncio.Event()
        try:
            with self.office.hurry() if overtakes else contextlib.nullcontext():
                errand = await self.known.patiently(partial(self._open, job, again, overtakes))
        except BaseException:
            self.running.pop(job.id).set()
            raise
        return Opened(self, errand)

    async def _open(self, job: DeliveryJob, again: bool, overtakes: bool) -> Errand:
        letters = Letters(job, self.links, self.receipt_key)
        sheet = Sheet(job, self.remembered, self.publisher, self.now)
        errand = Errand(job, letters, sheet, priority_of(job, overtakes), topic_of(job.order_id), again)
        fresh = overtakes and not again and job.attempt == 0 and len(job.recipients) <= FEW
        ends, latest, entries = await asyncio.gather(
            self.remembered.of(job.id, job.recipients),
            self.known.ask(job.order_id),
            self._entries(job) if fresh else _nobody(),
        )
        known: set[str] = set()
        for alike in ends:
            sheet.repeated(alike)
            known.update(alike.names)
        waiting = [name for name in job.recipients if name not in known]
        reason = stops_job(Asked(job, self.office.world, latest, self.now()))
        if reason is None:
            await self._send(errand, waiting, entries)
        elif waiting:
            errand.ended(waiting, NOWHERE, stopped(reason), self.now())
        errand.settle()
        return errand

    async def _entries(self, job: DeliveryJob) -> Entries:
        return await self.known.recipients(job, list(job.recipients))

    async def _send(self, errand: Errand, waiting: list[str], entries: Entries | None) -> None:
        office, job = self.office, errand.job
        if entries is None:
            entries = await self.known.recipients(job, waiting)
        asked = Asked(job, office.world, await self._latest(job.order_id), self.now())
        found = sort(asked, errand.letters, self.ring, waiting, entries)
        for (host, ended), names in found.ended.items():
            errand.ended(names, host, ended, self.now())
        office.take(errand, found.stacks)

    async def _latest(self, order_id: str) -> Latest | None:
        try:
            return self.known.latest(order_id)
        except StaleError:
            return await self.known.ask(order_id)


async def _nobody() -> None:
    """Nobody's entries are read yet."""


async def _progress(errand: Errand) -> None:
    """Outcomes and retries as they come, until everybody was heard of."""
    while not errand.over.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PROGRESS_S):
                await errand.over.wait()
        if not errand.over.is_set():
            await errand.sheet.write()
