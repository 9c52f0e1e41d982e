"""A partition's states: read from their compacted topic before its first event, forgotten when it is taken away.

A state record says which input offsets it includes. It is sent after the outputs of those inputs were acknowledged.
"""

from datetime import datetime
from typing import Any

from schemas.codec import Codec
from schemas.process.log import get_logger
from schemas.records.base import World
from streams.faults import NeedsPerson
from streams.fold import Output
from streams.inputs import Inputs, recreated
from streams.kafka_side import SideReader
from streams.partition import Held, Partition
from streams.rebuild import rebuild
from streams.roles import Role, StateRecord


class States:
    """The partitions of one worker, restored lazily."""

    def __init__(self, role: Role, world: World, inputs: Inputs, reader: SideReader) -> None:
        self._role, self._world, self._inputs, self._reader = role, world, inputs, reader
        self._codec = Codec[StateRecord](role.record, world)  # type: ignore[arg-type]  # the role's maker is its class
        self._partitions: dict[int, Partition] = {}

    def forget(self) -> None:
        """Nothing is held any more: the next event of each partition reads its state anew."""
        self._partitions = {}

    def held(self) -> dict[int, Partition]:
        """The partitions that were restored since the last assignment."""
        return self._partitions

    async def partition(self, number: int) -> Partition:
        """The partition, restored on its first event; raises NeedsPerson where state and topics disagree."""
        found = self._partitions.get(number)
        if found is None:
            found = self._partitions[number] = await self._restore(number)
        return found

    def initial(self, municipality: str) -> Held:
        """A municipality of which nothing is known yet."""
        return Held(self._role.fold.initial(self._world, municipality))

    def record(
        self, partition: int, municipality: str, state: Any, offsets: dict[str, int], made_at: datetime
    ) -> StateRecord:
        """The state as a record for its topic."""
        body = self._role.fold.encode(state)
        inputs = self._inputs.offsets(partition, offsets)
        return self._role.record(self._world, municipality, self._role.fold.layout, inputs, body, made_at)

    async def _restore(self, number: int) -> Partition:
        topics = self._inputs.rows
        positions = await self._reader.next_offsets(topics, number)
        newest: dict[str, StateRecord] = {}
        for message in await self._reader.read(self._inputs.state, number):
            record = self._codec.decode(message.value)
            before = newest.get(record.municipality)
            if before is None or not _is_behind(record, before):
                newest[record.municipality] = record
        await self._check(number, list(newest.values()))
        get_logger().info("partition restored", partition=number, municipalities=len(newest))
        held, owed = await self._held(number, newest)
        return Partition(number, held, positions, owed=owed)

    async def _held(self, number: int, records: dict[str, StateRecord]) -> tuple[dict[str, Held], list[Output]]:
        fold = self._role.fold
        held: dict[str, Held] = {}
        others: dict[str, Held] = {}
        for municipality, record in records.items():
            offsets = {i.topic: i.offset for i in record.inputs if i.topic in self._inputs.rows}
            if record.layout == fold.layout:
                held[municipality] = Held(fold.decode(record.body), offsets)
            elif self._role.rebuilt_from:
                others[municipality] = Held(fold.initial(self._world, municipality), offsets)
            else:
                raise NeedsPerson(
                    f"the state of {municipality} is in layout {record.layout}, this program reads {fold.layout}: "
                    "start the version that wrote it"
                )
        if not others:
            return held, []
        return held | others, await rebuild(self._role, self._world, self._inputs, self._reader, number, others)

    async def _check(self, number: int, records: list[StateRecord]) -> None:
        named = {(i.topic, i.topic_id, i.offset) for r in records for i in r.inputs if i.topic in self._inputs.rows}
        ends = await self._reader.ends(self._inputs.rows, [number])
        for topic, topic_id, offset in named:
            if topic_id != self._inputs.ids[topic]:
                raise NeedsPerson(recreated(topic, topic_id, self._inputs.ids[topic]))
            if offset >= ends[topic, number]:
                raise NeedsPerson(
                    f"the stored state includes offset {offset} of {topic}-{number}, "
                    f"which ends at {ends[topic, number]}: "
                    "the topic lost its end. Restore it, or delete the app's state topic and its consumer group, to "
                    "fold anew what is left"
                )


def _is_behind(record: StateRecord, other: StateRecord) -> bool:
    """Whether `record`, though written later, adds nothing to `other`: by a worker that had lost the partition."""
    mine, theirs = ({i.topic: i.offset for i in r.inputs} for r in (record, other))
    return mine != theirs and all(offset <= theirs.get(topic, -1) for topic, offset in mine.items())
