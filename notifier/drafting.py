"""A plan on paper: recipients go to the ledger bucket by bucket, and none of it is seen before it is sealed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from notifier.ledger import Entry, Ledger
from notifier.plan import chunks_of, digest_of, row_of, with_rows
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

    async def add(self, place: str, bucket: int, names: Sequence[str]) -> None:
        """Recipients of one page, sorted; who is kept is left out."""
        new = [name for name in names if name not in self.kept] if self.kept else names
        chunks, first = chunks_of({(place, bucket): new}), len(self.rows)
        self.rows += [row_of(self.plan.id, chunk) for chunk in chunks]
        self.digests += [chunk.digest for chunk in chunks]
        self.edges += [name for chunk in chunks for name in (chunk.names[0], chunk.names[-1])]
        self.added += len(new)
        for start in range(0, len(chunks), _ROLLS_AT_ONCE):
            rolls = [chunk.names for chunk in chunks[start : start + _ROLLS_AT_ONCE]]
            await self.ledger.put_rolls(self.plan.id, first + start, rolls, Mark.WAITING)

    async def seal(self, subject: Order | Call) -> Plan:
        """The plan, which from now on is carried out or settled, whoever dies."""
        plan = with_rows(self.plan, self.rows, digest_of(self.digests))
        await self.ledger.seal(plan, self.edges, subject, self.added, self.sent)
        return plan


async def begin_draft(ledger: Ledger, plan: Plan) -> Draft:
    """An empty draft; or one that keeps the jobs of a partial plan of this id, which had been sent before a loss."""
    entry = await ledger.entry(plan.id)
    if entry is None:
        await ledger.forget_draft(plan.id)
        return Draft(ledger, plan)
    return await _continued(ledger, plan, entry)


async def _continued(ledger: Ledger, plan: Plan, entry: Entry) -> Draft:
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
    )
