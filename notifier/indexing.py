"""Messages of `subscriptions` into one generation of the index, each once, and when another takes its place."""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka.structs import ConsumerRecord

from notifier.entries import Known
from notifier.index_writer import IndexWriter
from notifier.pages import Spread, is_subscriber_id
from notifier.parked import park
from notifier.subscriptions.placing import Move
from notifier.subscriptions.seal import Sealer, Unsealable
from schemas.codec import Codec, Unreadable
from schemas.kafka import Publisher
from schemas.process.log import get_logger
from schemas.process.metrics import INDEX_PAGE_FILL, PUSH_SUBSCRIPTIONS
from schemas.records.delivered import Subscription


class Reader:
    """Messages of `subscriptions` into moves. What can never be read is parked, and its subscriber stays as it was.

    Without a publisher nothing is parked: whoever reads a topic once more parked it the first time.
    """

    def __init__(self, sealer: Sealer, publisher: Publisher | None) -> None:
        self._sealer, self._publisher = sealer, publisher
        self._codec = Codec(Subscription, None)

    async def moves(self, messages: Sequence[ConsumerRecord], known: dict[str, Known]) -> list[Move]:
        """The moves in order; `known` is carried along, so a subscriber may appear more than once."""
        moves = []
        for message in messages:
            try:
                move = self._move(message, known)
            except (Unreadable, Unsealable) as error:
                if self._publisher is not None:
                    await park(self._publisher, message, None, error)
                continue
            moves.append(move)
            known.pop(move.subscriber, None)
            if move.after is not None:
                known[move.subscriber] = move.after
        return moves

    def again(self) -> "Reader":
        """One for a second reading of the same messages."""
        return Reader(self._sealer, None)

    def _move(self, message: ConsumerRecord, known: dict[str, Known]) -> Move:
        subscriber = _subscriber(message)
        before = known.get(subscriber)
        if message.value is None:
            return Move(subscriber, before, None)
        record = self._codec.decode(message.value)
        if record.subscriber != subscriber:
            raise Unreadable("the key is not the subscriber's id")
        if record.left:
            return Move(subscriber, before, None)
        profile = self._sealer.open(record)
        if not is_subscriber_id(subscriber):
            raise Unreadable("the subscriber's id is not 22 hex digits")
        return Move(subscriber, before, Known(profile, int(record.updated_at.timestamp() * 1e6)))


class Indexer:
    """The loop: read, move, remember the offsets; serve once all is read that was there at the start.

    `unfit` is set while the pages do not fit the number of subscribers (`pages.Spread`).
    """

    def __init__(
        self, writer: IndexWriter, reader: Reader, topic_id: str, offsets: dict[int, int], spread: Spread
    ) -> None:
        self.writer, self.reader = writer, reader
        self.topic_id, self.offsets = topic_id, offsets
        self.unfit = asyncio.Event()
        self._spread = spread
        self._one_at_a_time = asyncio.Lock()

    async def handle(self, messages: Sequence[ConsumerRecord]) -> None:
        """One batch into the index. Messages that it already includes are left out."""
        async with self._one_at_a_time:
            new = [message for message in messages if message.offset >= self.offsets.get(message.partition, 0)]
            if not new:
                return
            subscribers = list({_subscriber(message) for message in new})
            moves = await self.reader.moves(new, await self.writer.known(subscribers))
            self.offsets.update({message.partition: message.offset + 1 for message in new})
            await self.writer.apply(moves, self.offsets, self.topic_id)

    async def serve_if_complete(self, positions: dict[int, int], ends: Mapping[int, int]) -> None:
        """Swap a fresh generation in once the reading has passed every end of the start."""
        if self.writer.serving or _is_behind(positions, ends):
            return
        await self.writer.apply((), positions, self.topic_id)
        await self.writer.serve()
        get_logger().info("index complete", generation=self.writer.keys.generation)

    def beside(self, writer: IndexWriter) -> "Indexer":
        """One that reads the same topic from its start into another generation."""
        return Indexer(writer, self.reader.again(), self.topic_id, {}, self._spread)

    async def give_way(self, other: "Indexer", positions: dict[int, int]) -> bool:
        """Go on in the other's generation, if that was read as far as ours; returns whether it was.

        What the other handles was handled here before: so it is never ahead, and at that moment both hold the same.
        """
        async with self._one_at_a_time:
            if _is_behind(positions, self.offsets):
                return False
            await other.writer.apply((), positions, self.topic_id)
            await other.writer.serve(self.writer.keys)
            self.writer = other.writer
            self.offsets.update(positions)
            return True

    async def count(self) -> int:
        """How many subscribers there are: into the metrics, and whether their pages fit."""
        services = await self.writer.services()
        for service, count in services.items():
            PUSH_SUBSCRIPTIONS.labels(service, "active").set(count)
        people, bits = sum(services.values()), self.writer.keys.bits
        INDEX_PAGE_FILL.set(people / (1 << bits))
        if self._spread.fits(people, bits):
            self.unfit.clear()
        else:
            self.unfit.set()
        return people


def _is_behind(positions: Mapping[int, int], ends: Mapping[int, int]) -> bool:
    return any(positions[part] < end for part, end in ends.items())


def _subscriber(message: ConsumerRecord) -> str:
    return (message.key or b"").decode(errors="replace")
