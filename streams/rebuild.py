"""States in another layout (a threshold changed, say) are folded anew from the inputs that they included.

Starting from nothing would forget the warnings that stand until their next telegram. What the fold says meanwhile was
said before, or would be said of the past, and is left unsaid; only the last word on a compacted topic (what is called
for now) is owed, and said with the next event.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from schemas.codec import Codec, Unreadable, WrongWorld, record_types
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.records.base import World
from schemas.topics import topic
from streams.fold import ContentError, Output
from streams.inputs import Inputs
from streams.kafka_side import SideReader
from streams.partition import Held
from streams.roles import Role


async def rebuild(
    role: Role, world: World, inputs: Inputs, reader: SideReader, number: int, held: dict[str, Held]
) -> list[Output]:
    """Fold one partition's inputs into these states, up to the offsets that each includes; what is owed for it."""
    made_at = now_utc()
    folded, last = 0, dict[tuple[str, str], Output]()
    async for source, offset, record in _in_order(role, world, inputs, reader, number):
        town = held.get(record.municipality)
        if town is not None and town.includes(source, offset) and role.is_genuine(record):
            town.state, outputs = _stepped(role, town.state, record, made_at)
            last |= {(output.topic, output.key): output for output in outputs}
            folded += 1
    took_s = (now_utc() - made_at).total_seconds()
    get_logger().warning("states of another layout rebuilt", partition=number, towns=len(held), inputs=folded, s=took_s)
    return [output for output in last.values() if topic(output.topic).cleanup == "compact"]


def _stepped(role: Role, state: Any, record: Any, made_at: datetime) -> tuple[Any, tuple[Output, ...]]:
    try:
        return role.fold.step(state, record, made_at)
    except ContentError:  # it was parked when it came
        return state, ()


async def _in_order(
    role: Role, world: World, inputs: Inputs, reader: SideReader, number: int
) -> AsyncIterator[tuple[str, int, Any]]:
    """(topic, offset, record) of all inputs, as they were appended."""
    now = now_utc()
    found = []
    for source, row in inputs.rows.items():
        if row in role.rebuilt_from:
            codec: Codec[Any] = Codec(record_types()[topic(row).record], world)
            messages = await reader.read(source, number, now - role.rebuilt_from[row])
            found += [(message.timestamp, source, message.offset, codec, message.value) for message in messages]
    for _, source, offset, codec, value in sorted(found, key=lambda one: one[:3]):
        try:
            yield source, offset, codec.decode(value)
        except (Unreadable, WrongWorld):  # it was parked when it came
            continue
