"""The ledger of one order revision off Kafka, streamed: of each topic the one partition that holds the order."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, TypeVar

from aiokafka.partitioner import murmur2
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from console.ledger_csv import HEADER, Ledger, as_csv
from console.web import Refused, Visitor, check_town, desk_of, view_of, visitor
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.kafka import Where, read_to_end, tail_consumer
from schemas.records.base import World
from schemas.records.delivered import JobOutcome, Plan, Receipt

Record = TypeVar("Record")
Who = Annotated[Visitor, Depends(visitor)]
routes = APIRouter()


class NotPlanned(LookupError):
    """Nobody was told of this revision; the sentence says in which world was looked."""


@routes.get("/orders/{order_id}/{revision}/ledger.csv")
async def ledger_csv(
    request: Request, order_id: str, revision: int, who: Who, world: World = World.ACTUAL
) -> StreamingResponse:
    """One row a recipient, for the officers of its municipality."""
    order = view_of(request, world).orders.get(order_id, {}).get(revision)
    if order is None:
        raise Refused(404, "この番号の発令はありません。")
    check_town(who, order.municipality)
    name = f"sonae-{world}-{order.municipality}-{order_id[:8]}-{revision}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    found = lines(Where.of(desk_of(request).settings), world, order_id, revision)
    return StreamingResponse(found, media_type="text/csv; charset=utf-8", headers=headers)


async def lines(where: Where, world: World, order_id: str, revision: int) -> AsyncIterator[str]:
    """The file, some rows at a time."""
    ledger = await _begun(where, world, order_id, revision)
    async for text in _rows(where, world, ledger):
        yield text


async def write_file(where: Where, world: World, order_id: str, revision: int, file: Path) -> int:
    """The same into a file, whole or not at all; returns how many recipients it has. Raises NotPlanned."""
    ledger, count = await _begun(where, world, order_id, revision), -1
    if not ledger.plans:
        raise NotPlanned(
            f"there is no plan for order {order_id} revision {revision} in the world {world} (SONAE_WORLD)"
        )
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("w", encoding="utf8", newline="") as out:
            async for text in _rows(where, world, ledger):
                count += text.count("\n")
                out.write(text)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return count


async def _begun(where: Where, world: World, order_id: str, revision: int) -> Ledger:
    """What has to be known before the first outcome. Outcomes are read twice only where somebody was tried again."""
    ledger = Ledger(order_id, revision)
    async for plan in _of_order(where, world, "plans", Plan, order_id):
        ledger.take_plan(plan)
    async for receipt in _of_order(where, world, "receipts", Receipt, order_id):
        ledger.take_receipt(receipt)
    if any(plan.resends for plan in ledger.plans.values()):
        async for outcome in _of_order(where, world, "outcomes", JobOutcome, order_id):
            ledger.take_again(outcome)
    return ledger


async def _rows(where: Where, world: World, ledger: Ledger) -> AsyncIterator[str]:
    yield as_csv([HEADER])
    async for outcome in _of_order(where, world, "outcomes", JobOutcome, ledger.order_id):
        yield as_csv(ledger.rows(outcome))
    yield as_csv(ledger.still_open())


async def _of_order(where: Where, world: World, name: str, kind: type[Record], order_id: str) -> AsyncIterator[Record]:
    """This order's records of a topic that is keyed by order."""
    codec, physical = Codec(kind, world), where.name(name, world)
    key = order_id.encode()
    async for message in read_to_end(where, physical, [await _partition(where, physical, key)]):
        if message.key != key:
            continue
        try:
            yield codec.decode(message.value)
        except (Unreadable, WrongWorld):  # whoever counts it parked it
            continue


async def _partition(where: Where, physical: str, key: bytes) -> int:
    """Where producers put this key."""
    consumer = await tail_consumer(where, physical)
    try:
        count = len(consumer.assignment())
    finally:
        await consumer.stop()
    return int((murmur2(key) & 0x7FFFFFFF) % count)
