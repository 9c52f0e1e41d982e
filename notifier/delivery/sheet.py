"""What became of one job's recipients, as it happens: ends to Redis and `outcomes`, the rest to `jobs-retry`."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from notifier.delivery.remembered import Alike, Remembered, packed
from notifier.plan import key_of
from schemas.kafka import Publisher
from schemas.outcomes import AlikeEnds, grouped
from schemas.records.base import content_id
from schemas.records.delivered import DeliveryJob, JobOutcome

RETRY_STEP = timedelta(seconds=1)
"""Recipients whose time comes within one step go on in one job."""


class Sheet:
    """One job's sheet. `close` returns once all of it is acknowledged; only then may the job's offset be committed."""

    def __init__(
        self, job: DeliveryJob, remembered: Remembered, publisher: Publisher, now: Callable[[], datetime]
    ) -> None:
        self._job = job
        self._remembered = remembered
        self._publisher = publisher
        self._now = now
        self._places = {name: place for place, name in enumerate(job.recipients)}
        self._unnoted: list[Alike] = []
        self._unwritten: list[Alike] = []
        self._later: dict[int, list[tuple[datetime, list[str]]]] = defaultdict(list)

    def ended(self, alike: Alike) -> None:
        """Recipients reached their end."""
        self._unnoted.append(alike)
        self._unwritten.append(alike)

    def repeated(self, alike: Alike) -> None:
        """Recipients had this end before: the outcome that said so may not have been written."""
        if alike.end is not None:
            self._unwritten.append(alike)

    def later(self, names: list[str], at: datetime) -> None:
        """Recipients are to be tried again at `at`."""
        self._later[int(at.timestamp() / RETRY_STEP.total_seconds())].append((at, names))

    def notes(self) -> bytes:
        """What is to be remembered since the last call."""
        ends, self._unnoted = self._unnoted, []
        return b"".join(packed(alike, self._places) for alike in ends)

    async def write(self) -> None:
        """Progress: the ends and the retries since the last call, acknowledged."""
        if self._unwritten:
            ends, self._unwritten = self._unwritten, []
            await self._publisher.send("outcomes", self._job.order_id, self._outcome(ends))
        later, self._later = self._later, defaultdict(list)
        for waiting in later.values():
            retry = self._retry(waiting)
            await self._publisher.send("jobs-retry", key_of(retry), retry)
        handed_on = tuple(name for waiting in later.values() for _, names in waiting for name in names)
        if handed_on:
            await self._note(packed(Alike(handed_on, None, None, None, self._now()), self._places))

    async def close(self) -> None:
        """Write what is left, acknowledged."""
        await self._note(self.notes())
        await self.write()

    async def _note(self, note: bytes) -> None:
        if note:
            await self._remembered.keep({self._job.id: note})

    def _outcome(self, ends: Iterable[Alike]) -> JobOutcome:
        job, listed = self._job, tuple(ends)
        outcome = JobOutcome(
            id=content_id("outcome", job.id, *(f"{alike.end}:{','.join(alike.names)}" for alike in listed)),
            job_id=job.id,
            world=job.world,
            origin=job.origin,
            municipality=job.municipality,
            plan_id=job.plan_id,
            order_id=job.order_id,
            revision=job.revision,
            bucket=job.bucket,
            attempt=job.attempt,
            ends=(),
            trace=job.trace,
            made_at=self._now(),
        )
        return grouped(
            outcome,
            (
                AlikeEnds(one.names, one.end, one.status, one.detail, job.attempt + 1, one.at)
                for one in listed
                if one.end
            ),
        )

    def _retry(self, waiting: list[tuple[datetime, list[str]]]) -> DeliveryJob:
        job = self._job
        recipients = tuple(sorted(name for _, names in waiting for name in names))
        return dataclasses.replace(
            job,
            id=content_id("retry", job.plan_id, job.bucket, job.attempt + 1, *recipients),
            attempt=job.attempt + 1,
            not_before=max(at for at, _ in waiting),
            recipients=recipients,
            made_at=self._now(),
        )
