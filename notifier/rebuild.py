"""A lost ledger, read again from Kafka: the newest orders, plans, the jobs' recipients, and their ends."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from notifier.ledger import KEPT_S, Ledger
from notifier.plan import with_rows
from notifier.roll import Rolls, mark_ends, pack, unpack
from notifier.standing import Mark
from notifier.tally import marks_of
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.kafka import Where, read_to_end
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.records.base import World
from schemas.records.decided import Call, Order
from schemas.records.delivered import Bucket, DeliveryJob, JobOutcome, Plan, PlanState
from schemas.topics import topic

Record = TypeVar("Record")
JOBS_KEPT = timedelta(days=topic("jobs").retention_days)


@dataclass(slots=True)
class Roll:
    """One job's recipients and what became of each."""

    row: Bucket
    packed: bytes
    marks: bytearray


@dataclass(slots=True)
class Book:
    """What the topics say of one plan."""

    plan: Plan
    rolls: dict[str, Roll] = field(default_factory=dict)
    subject: Order | Call | None = None
    complete: bool = False

    def put(self, job: DeliveryJob) -> None:
        """A job that was sent."""
        if job.id not in self.rolls:
            row = Bucket(job.id, job.municipality, job.bucket, len(job.recipients))
            self.rolls[job.id] = Roll(row, pack(job.recipients), bytearray([Mark.OPEN]) * len(job.recipients))
            self.subject = job.order or job.call

    def end(self, outcome: JobOutcome) -> None:
        """Ends, wherever their recipients lie; who is in no job that the topics still have gets a roll here."""
        ends = marks_of(outcome)
        own = self.rolls.get(outcome.job_id)
        places = [own] if own else [roll for roll in self.rolls.values() if roll.row.bucket == outcome.bucket]
        for roll in places:
            _, rest = mark_ends(unpack(roll.packed), roll.marks, ends)
            left = set(rest)
            ends = [(name, mark) for name, mark in ends if name in left]
            if not ends:
                return
        found = dict(reversed(ends))
        row = Bucket(outcome.job_id, outcome.municipality, outcome.bucket, len(found))
        marks = bytearray(found[name] for name in sorted(found))
        self.rolls[f"{outcome.job_id}/{outcome.id}"] = Roll(row, pack(sorted(found)), marks)

    def is_whole(self, now: datetime) -> bool:
        """Whether everyone planned is known, or it was so long ago that the topics no longer have all of its jobs."""
        known = sum(roll.row.count for roll in self.rolls.values())
        return self.complete or known >= self.plan.audience or now - self.plan.made_at > JOBS_KEPT


async def rebuild(where: Where, world: World, ledger: Ledger) -> None:
    """Write everything anew. What was not sent to its end is left partial: its order comes again, or it is settled."""
    get_logger().warning("rebuilding the ledger of orders from its topics", world=world)
    relevant = await _orders(where, world, ledger)
    books = await _plans(where, world, relevant)
    for name in ("jobs", "jobs-urgent"):
        async for job in _read(where, world, name, DeliveryJob, books):
            if job.plan_id in books[job.order_id]:
                books[job.order_id][job.plan_id].put(job)
    async for outcome in _read(where, world, "outcomes", JobOutcome, books):
        if outcome.plan_id in books[outcome.order_id]:
            books[outcome.order_id][outcome.plan_id].end(outcome)
    for of_order in books.values():
        for book in sorted(of_order.values(), key=lambda book: (book.plan.revision, book.plan.made_at)):
            await _write(ledger, book)


async def _orders(where: Where, world: World, ledger: Ledger) -> set[str]:
    """The newest revision of each; returns those that still matter: in force, or lifted some days ago at most."""
    newest: dict[str, Order] = {}
    async for order in _read(where, world, "orders", Order):
        known = newest.get(order.id)
        if known is None or (known.revision, known.made_at) <= (order.revision, order.made_at):
            newest[order.id] = order
    since = now_utc() - timedelta(seconds=KEPT_S)
    for order in newest.values():
        await ledger.put_order(order)
    return {order.id for order in newest.values() if order.in_force or order.made_at > since}


async def _plans(where: Where, world: World, relevant: set[str]) -> dict[str, dict[str, Book]]:
    since = now_utc() - timedelta(seconds=KEPT_S)
    books: dict[str, dict[str, Book]] = defaultdict(dict)
    async for plan in _read(where, world, "plans", Plan):
        if plan.order_id not in relevant and plan.made_at < since:
            continue
        if plan.state is PlanState.COMPLETE and plan.id in books[plan.order_id]:
            books[plan.order_id][plan.id].complete = True
        else:
            done = plan.state is PlanState.COMPLETE
            books[plan.order_id][plan.id] = Book(plan, complete=done)
    return dict(books)


async def _write(ledger: Ledger, book: Book) -> None:
    """One plan: as it was if everyone is known, else with those who are."""
    rolls = list(book.rolls.values())
    await ledger.forget_draft(book.plan.id)
    for number, roll in enumerate(rolls):
        await ledger.put_roll(book.plan.id, number, roll.packed, bytes(roll.marks))
    edges = [name for roll in rolls for names in [unpack(roll.packed)] for name in (names[0], names[-1])]
    whole = book.is_whole(now_utc())
    plan = with_rows(book.plan, [roll.row for roll in rolls], book.plan.digest)
    opened = sum(roll.marks.count(Mark.OPEN) for roll in rolls)
    await ledger.seal(plan, edges, book.subject if whole else None, opened, len(rolls), Rolls())
    if whole:
        await ledger.finish(plan)
    if book.complete:
        await ledger.complete(plan)


async def _read(
    where: Where, world: World, name: str, kind: type[Record], wanted: dict[str, Any] | None = None
) -> AsyncIterator[Record]:
    """All that can be read; with `wanted`, only what is keyed by one of these orders."""
    codec = Codec(kind, world)
    async for message in read_to_end(where, where.name(name, world)):
        if wanted is not None and (message.key or b"").decode().split(":")[0] not in wanted:
            continue
        try:
            yield codec.decode(message.value)
        except (Unreadable, WrongWorld) as error:  # it was parked when it first came
            get_logger().warning("left out", topic=message.topic, offset=message.offset, reason=str(error))
