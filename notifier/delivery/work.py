"""One delivery job: every recipient reaches an end or goes on to `jobs-retry`, both acknowledged before it is done."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from notifier.delivery.known import Known
from notifier.delivery.mail import Links, Mail, stopped
from notifier.delivery.sheet import Sheet
from notifier.delivery.tell import tell
from notifier.guard import Asked, stops_job
from notifier.pages import Entry
from notifier.webpush.send import Ended, Later, Sender
from notifier.webpush.transport import site_of
from schemas.kafka import Publisher
from schemas.process.log import get_logger
from schemas.records.base import World
from schemas.records.delivered import DeliveryJob, End, RecipientEnd

PROGRESS_S = 1.0
NOWHERE = "-"


@dataclass(frozen=True, slots=True)
class Worker:
    """Runs jobs of one world. It shares nothing with other workers but Redis and Kafka. `now` is real time."""

    world: World
    known: Known
    publisher: Publisher
    sender: Sender
    links: Links
    receipt_key: bytes
    now: Callable[[], datetime]
    running: dict[str, asyncio.Event] = field(default_factory=dict)

    async def urgent(self, job: DeliveryJob) -> None:
        """Its parcels overtake others wherever they wait."""
        await self._once(job, overtakes=True)

    async def ordinary(self, job: DeliveryJob) -> None:
        """Its parcels let urgent ones pass."""
        await self._once(job, overtakes=False)

    async def _once(self, job: DeliveryJob, overtakes: bool) -> None:
        # The same job again has the same key, so it comes to this very worker: after the first, all of it is repeated.
        while (same := self.running.get(job.id)) is not None:
            await same.wait()
        over = self.running[job.id] = asyncio.Event()
        try:
            await self._run(job, overtakes)
        finally:
            del self.running[job.id]
            over.set()

    async def _run(self, job: DeliveryJob, overtakes: bool) -> None:
        sheet = Sheet(job, self.known, self.publisher, self.now)
        ends, asked = await asyncio.gather(self.known.ends(job), self._asked(job))
        for end in ends.values():
            sheet.repeated(end)
        waiting = [subscriber for subscriber in job.recipients if subscriber not in ends]
        reason = stops_job(asked)
        if reason is not None:
            for subscriber in waiting:
                sheet.ended(self._end(job, subscriber, NOWHERE, stopped(reason)))
        else:
            async with sheet.kept(PROGRESS_S):
                await self._send_all(job, waiting, sheet, overtakes)
        await sheet.close()
        get_logger().info("job done", order=job.order_id, revision=job.revision, job=job.id, trace=job.trace.id)

    async def _send_all(self, job: DeliveryJob, waiting: list[str], sheet: Sheet, overtakes: bool) -> None:
        entries = await self.known.entries(job)
        mail = Mail(job, self.sender, self.links, self.receipt_key)
        async with asyncio.TaskGroup() as group:
            for subscriber in waiting:
                entry = entries.get(subscriber)
                if entry is None:
                    gone = Ended(End.GONE, None, "no longer subscribed", "unsubscribed")
                    sheet.ended(self._end(job, subscriber, NOWHERE, gone))
                else:
                    group.create_task(self._one(job, mail, entry, sheet, overtakes))

    async def _one(self, job: DeliveryJob, mail: Mail, entry: Entry, sheet: Sheet, overtakes: bool) -> None:
        result = await mail.deliver(entry, lambda: self._asked(job), overtakes)
        host = site_of(entry.endpoint).host
        if isinstance(result, Later):
            tell(job, host, result)
            sheet.later(entry.subscriber, result.at)
        else:
            sheet.ended(self._end(job, entry.subscriber, host, result))

    async def _asked(self, job: DeliveryJob) -> Asked:
        latest = await self.known.latest(job.order_id)
        return Asked(job, self.world, latest, self.now())

    def _end(self, job: DeliveryJob, subscriber: str, host: str, ended: Ended) -> RecipientEnd:
        at = self.now()
        tell(job, host, ended, at)
        return RecipientEnd(subscriber, ended.end, ended.status, ended.detail, job.attempt + 1, at)
