"""What became of one job's recipients, as it happens: ends to Redis and `outcomes`, the rest to `jobs-retry`."""

import asyncio
import contextlib
import dataclasses
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from notifier.delivery.known import Known
from notifier.plan import key_of
from schemas.kafka import Publisher
from schemas.records.base import content_id
from schemas.records.delivered import DeliveryJob, JobOutcome, RecipientEnd

RETRY_STEP = timedelta(seconds=1)
"""Recipients whose time comes within one step go on in one job."""

_NOTE_S = 0.02


class Sheet:
    """One job's sheet. `close` returns once all of it is acknowledged; only then may the job's offset be committed."""

    def __init__(self, job: DeliveryJob, known: Known, publisher: Publisher, now: Callable[[], datetime]) -> None:
        self._job = job
        self._known = known
        self._publisher = publisher
        self._now = now
        self._unnoted: list[RecipientEnd] = []
        self._unwritten: list[RecipientEnd] = []
        self._over = asyncio.Event()
        self._later: dict[int, list[tuple[datetime, str]]] = defaultdict(list)

    def ended(self, end: RecipientEnd) -> None:
        """A recipient reached its end."""
        self._unnoted.append(end)
        self._unwritten.append(end)

    def repeated(self, end: RecipientEnd) -> None:
        """A recipient had this end before: the outcome that said so may not have been written."""
        self._unwritten.append(end)

    def later(self, subscriber: str, at: datetime) -> None:
        """A recipient is to be tried again at `at`."""
        self._later[int(at.timestamp() / RETRY_STEP.total_seconds())].append((at, subscriber))

    @asynccontextmanager
    async def kept(self, progress_s: float) -> AsyncIterator[None]:
        """While the job runs: remember ends at once, write progress every `progress_s`."""
        noting = asyncio.create_task(self._every(_NOTE_S, self._note))
        writing = asyncio.create_task(self._every(progress_s, self._write))
        try:
            yield
        finally:
            # Told, not cancelled: a cancelled write would lose the ends that it holds (and may survive the cancel).
            self._over.set()
            await asyncio.gather(noting, writing)

    async def close(self) -> None:
        """Write what is left, acknowledged."""
        await self._note()
        await self._write()
        for waiting in self._later.values():
            retry = self._retry(waiting)
            await self._publisher.send("jobs-retry", key_of(retry), retry)

    async def _every(self, seconds: float, write: Callable[[], Awaitable[None]]) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), seconds)
            await write()

    async def _note(self) -> None:
        if self._unnoted:
            ends, self._unnoted = self._unnoted, []
            await self._known.remember(self._job, ends)

    async def _write(self) -> None:
        if self._unwritten:
            ends, self._unwritten = self._unwritten, []
            await self._publisher.send("outcomes", self._job.order_id, self._outcome(ends))

    def _outcome(self, ends: Iterable[RecipientEnd]) -> JobOutcome:
        job, listed = self._job, tuple(sorted(ends, key=lambda end: end.subscriber))
        return JobOutcome(
            id=content_id("outcome", job.id, *(f"{end.subscriber}:{end.end}" for end in listed)),
            job_id=job.id,
            world=job.world,
            origin=job.origin,
            municipality=job.municipality,
            plan_id=job.plan_id,
            order_id=job.order_id,
            revision=job.revision,
            bucket=job.bucket,
            attempt=job.attempt,
            ends=listed,
            trace=job.trace,
            made_at=self._now(),
        )

    def _retry(self, waiting: list[tuple[datetime, str]]) -> DeliveryJob:
        job = self._job
        recipients = tuple(sorted(subscriber for _, subscriber in waiting))
        return dataclasses.replace(
            job,
            id=content_id("retry", job.plan_id, job.bucket, job.attempt + 1, *recipients),
            attempt=job.attempt + 1,
            not_before=max(at for at, _ in waiting),
            recipients=recipients,
            made_at=self._now(),
        )
