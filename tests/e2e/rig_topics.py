"""Everything that the topics of one world hold, read once from the start to the end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from schemas.codec import Codec, Unreadable, WrongWorld, record_types
from schemas.kafka import Where, read_to_end
from schemas.records.base import World
from schemas.topics import topic

Record = TypeVar("Record")
LOOK_AGAIN_S = 1.0
READ = (
    *("readings", "bulletins", "detections", "recommendation-log", "decisions", "verdicts", "calls", "orders"),
    *("plans", "outcomes", "subscriptions", "dead-letters", "watch-state", "case-state"),
)


@dataclass(frozen=True, slots=True)
class Logged:
    """One record, and when the broker wrote it down (epoch seconds)."""

    record: Any
    at: float


@dataclass(frozen=True, slots=True)
class Topics:
    """All records by topic, in the order of each partition."""

    by_name: dict[str, list[Logged]]

    def of(self, name: str) -> list[Any]:
        """The records of one topic."""
        return [logged.record for logged in self.by_name[name]]

    def times(self, name: str) -> list[float]:
        """When the broker wrote each of them."""
        return [logged.at for logged in self.by_name[name]]


async def read_topics(
    where: Where, world: World = World.ACTUAL, names: tuple[str, ...] = READ, junk: bool = False
) -> Topics:
    """All of these topics as they are now. `junk`: leave out what cannot be read, which is else an error."""
    return Topics({name: await _read(where, name, None if topic(name).once else world, junk) for name in names})


async def _read(where: Where, name: str, world: World | None, junk: bool) -> list[Logged]:
    codec: Codec[Any] = Codec(record_types()[topic(name).record], world)
    found = []
    async for message in read_to_end(where, where.name(name, world)):
        try:
            found.append(Logged(codec.decode(message.value), message.timestamp / 1000))
        except (Unreadable, WrongWorld):
            if not junk and message.value is not None:
                raise
    return found


async def eventually(
    look: Callable[[], Awaitable[Record]], true: Callable[[Record], bool], seconds: float
) -> tuple[Record, bool]:
    """Look until it is true or the time is over; what was seen last, and whether it was true."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while True:
        found = await look()
        if true(found) or loop.time() > ends:
            return found, true(found)
        await asyncio.sleep(LOOK_AGAIN_S)
