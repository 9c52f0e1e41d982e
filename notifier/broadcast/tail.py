"""One Kafka consumer at the end of all topics that partners follow, shared by all readers of this process.

Readers of the same streams get the same bytes. What a reader has not taken is bounded: whoever reads too slowly is let
go and comes back with its Last-Event-ID. Nobody waits for it, and nothing is lost to it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import product

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from notifier.broadcast.event import Event, Told, told_of
from notifier.broadcast.partners import Wanted
from notifier.broadcast.position import Position, Stream, View
from notifier.broadcast.read import Decoder
from notifier.polling import batches
from schemas.kafka import Where, answers, tail_consumer
from schemas.records.base import World

QUEUE = 1000
OPEN_AT_ONCE = 8
LOOK_AGAIN_S = 0.02
Take = Callable[[Told], bool]


class Reader:
    """One that follows: what comes is queued (at most QUEUE), or goes to `take` at once, which says no when full."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.queue: deque[Told] = deque()
        self.lost = asyncio.Event()
        self._came = asyncio.Event()
        self._take: Take = self._keep

    def offer(self, told: Told) -> None:
        """Take it, or be lost."""
        if not self.lost.is_set() and not self._take(told):
            self.lost.set()
            self._came.set()

    def hand_to(self, take: Take) -> None:
        """From now on without a queue; what lies in it goes first."""
        self._take = take
        while self.queue:
            self.offer(self.queue.popleft())

    async def next(self) -> Told | None:
        """The oldest in the queue, once there is one; None when it was lost."""
        while not self.queue and not self.lost.is_set():
            self._came.clear()
            await self._came.wait()
        return None if self.lost.is_set() else self.queue.popleft()

    def _keep(self, told: Told) -> bool:
        self.queue.append(told)
        self._came.set()
        return len(self.queue) <= QUEUE


class _Group:
    """All readers that want the same."""

    def __init__(self, wanted: Wanted, view: View) -> None:
        self.wanted, self.view = wanted, view
        self.readers: dict[Reader, None] = {}

    def names(self) -> Iterator[tuple[World, str, str | None]]:
        """Under which world, kind and municipality it is found."""
        places = (None,) if self.wanted.municipalities is None else self.wanted.municipalities
        return product(self.wanted.worlds, self.wanted.kinds, places)


class Tail:
    """Positions and readers. Joining is one step without a pause, so a reader misses nothing and gets nothing twice."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.positions: Position = {}
        self.opening = asyncio.Semaphore(OPEN_AT_ONCE)
        """Held while a reader that missed something connects to Kafka: after a restart, many come at once."""
        self._consumer: AIOKafkaConsumer | None = None
        self._views: dict[tuple[Stream, ...], View] = {}
        self._groups: dict[Wanted, _Group] = {}
        self._named: dict[tuple[World, str, str | None], dict[_Group, None]] = {}

    async def answers(self) -> bool:
        """Whether it follows, and Kafka answers."""
        return self._consumer is not None and bool(self.positions) and await answers(self._consumer._client)

    def view(self, wanted: Wanted) -> View:
        """The streams in which records for `wanted` can lie; the same object for the same streams."""
        streams = tuple(sorted(self.decoder.streams_of(wanted, self.positions)))
        return self._views.setdefault(streams, View(streams))

    def join(self, reader: Reader) -> Position:
        """From these positions on, everything comes to the reader."""
        group = self._groups.get(reader.wanted)
        if group is None:
            group = self._groups[reader.wanted] = _Group(reader.wanted, self.view(reader.wanted))
            for name in group.names():
                self._named.setdefault(name, {})[group] = None
        group.readers[reader] = None
        return {stream: self.positions[stream] for stream in group.view.streams}

    def leave(self, reader: Reader) -> None:
        """Nothing more comes."""
        group = self._groups.get(reader.wanted)
        if group is None:
            return
        group.readers.pop(reader, None)
        if not group.readers:
            del self._groups[reader.wanted]
            for name in group.names():
                self._named[name].pop(group)

    async def follow(self, where: Where) -> None:
        """Read until cancelled."""
        consumer = await tail_consumer(where, *self.decoder.topics, from_start=False)
        self._consumer = consumer
        try:
            self.positions = await _positions(consumer, self.decoder)
            async for fetched in batches(consumer):
                for message in (message for messages in fetched.values() for message in messages):
                    self._hand_out(message)
        finally:
            await consumer.stop()

    async def reached(self, position: Position) -> None:
        """Wait until this tail is where a reader is already: another process may have been quicker."""
        while any(self.positions[s] < offset for s, offset in position.items()):  # noqa: ASYNC110 - rare, and short
            await asyncio.sleep(LOOK_AGAIN_S)

    def _hand_out(self, message: ConsumerRecord) -> None:
        stream = self.decoder.stream_of(message)
        event = self.decoder.event(message) if self._groups else None
        self.positions[stream] = message.offset + 1
        if event is not None:
            self._tell(event)

    def _tell(self, event: Event) -> None:
        """To every group that wants it; readers of one view get one and the same."""
        told: dict[View, Told] = {}
        for group in self._wanting(event):
            if group.view not in told:
                told[group.view] = told_of(event, group.view.id_at(self.positions))
            one = told[group.view]
            for reader in group.readers:
                reader.offer(one)

    def _wanting(self, event: Event) -> Iterable[_Group]:
        for place in (event.municipality, None):
            yield from self._named.get((event.stream.world, event.stream.kind, place), ())


async def _positions(consumer: AIOKafkaConsumer, decoder: Decoder) -> Position:
    parts: set[TopicPartition] = consumer.assignment()
    return {decoder.stream_at(part): await consumer.position(part) for part in parts}
