"""The topics of an app as they are on the broker: names, ids, partition counts; anything odd stops the start."""

import asyncio
from dataclasses import dataclass

from schemas.admin import topic_ids
from schemas.kafka import Where
from schemas.records.base import InputOffset, World
from streams.faults import NeedsPerson
from streams.kafka_side import SideReader
from streams.roles import Role


@dataclass(frozen=True, slots=True)
class Inputs:
    """`rows` are topics.toml names by physical topic, ticks last; `ids` the broker's id of each of them."""

    rows: dict[str, str]
    ids: dict[str, str]
    ticks: str
    state: str
    partitions: frozenset[int]

    @property
    def judged(self) -> tuple[str, ...]:
        """The inputs that a tick names: all but the ticks themselves."""
        return tuple(topic for topic in self.rows if topic != self.ticks)

    def offsets(self, partition: int, offsets: dict[str, int]) -> tuple[InputOffset, ...]:
        """Offsets of one partition with the id of the topic that each belongs to."""
        return tuple(
            InputOffset(topic, self.ids[topic], partition, offset) for topic, offset in sorted(offsets.items())
        )


async def inspect(role: Role, world: World, where: Where, reader: SideReader) -> Inputs:
    """Look at every topic of the app; raises NeedsPerson where counts differ, LookupError where one is missing."""
    rows = {where.name(name, world): name for name in (*role.inputs, role.ticks)}
    state = where.name(role.state, world)
    every = [*rows, state, *(where.name(name, world) for name in role.outputs)]
    ids = await asyncio.to_thread(topic_ids, where, every)
    counts = {topic: await reader.partitions(topic) for topic in every}
    if len({frozenset(found) for found in counts.values()}) != 1:
        sizes = ", ".join(f"{topic} {len(found)}" for topic, found in counts.items())
        raise NeedsPerson(f"the topics of {role.name} must have equally many partitions, and have: {sizes}")
    ticks = where.name(role.ticks, world)
    return Inputs(rows, {topic: ids[topic] for topic in rows}, ticks, state, frozenset(counts[state]))


async def check_same(inputs: Inputs, where: Where) -> None:
    """Raises NeedsPerson if an input was deleted and made again since the start."""
    for topic, found in (await asyncio.to_thread(topic_ids, where, list(inputs.ids))).items():
        if found != inputs.ids[topic]:
            raise NeedsPerson(recreated(topic, inputs.ids[topic], found))


def recreated(topic: str, stored: str, found: str) -> str:
    """What to tell the person, when a topic is not the one that was read."""
    return (
        f"topic {topic} was made again (its id was {stored}, is {found}): offsets in the stored state no longer mean "
        "anything. Delete the app's state topic and its consumer group, to fold anew what the topics hold"
    )
