"""A plan on paper: recipients go to the ledger bucket by bucket, and none of it is seen before it is sealed.

A small plan is written in one step: its recipients, its record, and that its jobs may be sent from now on.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from notifier.ledger import Entry, Ledger
from notifier.plan import chunks_of, digest_of, row_of, with_rows
from notifier.roll import Rolls
from notifier.standing import Mark
from schemas.records.decided import Call, Order
from schemas.records.delivered import Bucket, Plan

_ROLLS_AT_ONCE = 64


@dataclass(slots=True)
class Draft:
    """One plan being drafted. `kept` are recipients of jobs that were sent before a loss: they stay as they are."""

    ledger: Ledger
    plan: Plan
    kept: frozenset[str] = frozenset()
    rows: list[Bucket] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    sent: int = 0
    added: int = 0
    written: int = 0
    unwritten: list[Sequence[str]] = field(default_factory=list)
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def add(self, place: str, bucket: int, names: Sequence[str]) -> None:
        """Recipients of one page, sorted; who is kept is left out."""
        new = [name for name in names if name not in self.kept] if self.kept else names
        chunks = chunks_of({(place, bucket): new})
        self.rows += [row_of(self.plan.id, chunk) for chunk in chunks]
        self.digests += [chunk.digest for chunk in chunks]
        self.edges += [name for chunk in chunks for name in (chunk.names[0], chunk.names[-1])]
        self.unwritten += [chunk.names for chunk in chunks]
        self.added += len(new)
        while len(self.unwritten) >= _ROLLS_AT_ONCE:
            async with self.alone:  # the first of them sweeps away what another draft left
                await self._write()

    async def seal(self, subject: Order | Call, opens: bool = False) -> Entry | None:
        """The plan, which from now on is carried out or settled, whoever dies; None where it has to be read again.

        `opens`: nothing stops it, so that all of its jobs may be sent at once.
        """
        plan = with_rows(self.plan, self.rows, digest_of(self.digests))
        names, anew = tuple(self.unwritten), self.written == 0
        last = Rolls(self.written, names, Mark.OPEN if opens and anew else Mark.WAITING, anew)
        opened = await self.ledger.seal(plan, self.edges, subject, self.added, self.sent, last)
        return Entry(plan, subject, opened, 0, self.added, False, False, False, names) if anew else None

    async def _write(self) -> None:
        names, self.unwritten = self.unwritten[:_ROLLS_AT_ONCE], self.unwritten[_ROLLS_AT_ONCE:]
        if names:
            rolls = Rolls(self.written, names, Mark.WAITING, anew=self.written == 0)
            self.written += len(names)
            await self.ledger.put_rolls(self.plan.id, rolls)


async def begin_draft(ledger: Ledger, plan: Plan, entry: Entry | None) -> Draft:
    """An empty draft; or one that keeps the jobs of a partial plan of this id, which had been sent before a loss."""
    if entry is None:
        return Draft(ledger, plan)
    rows = entry.plan.buckets
    rolls = await ledger.rolls(plan.id, range(len(rows)))
    return Draft(
        ledger,
        replace(plan, made_at=entry.plan.made_at),
        kept=frozenset(name for names, _ in rolls for name in names),
        rows=list(rows),
        digests=[entry.plan.digest],
        edges=[name for names, _ in rolls for name in (names[0], names[-1])],
        sent=len(rows),
        written=len(rows),
    )
