"""The one Faust agent of an app: raw bytes of all its inputs, in, one at a time, to the handler.

Faust acknowledges an event whenever control leaves the loop's body, by whatever way. So nothing may leave it but a
handled event: every fault ends the process inside the body.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import faust
from faust.types.tuples import Message

from streams.app import DisklessApp
from streams.deadline import Deadline
from streams.faults import end_for
from streams.handler import Handle
from streams.inputs import Inputs
from streams.parking import Incoming

HANDLED_WITHIN_S = 30.0

Rest = Callable[[], Awaitable[bool]]


def install(app: DisklessApp, name: str, inputs: Inputs, handle: Handle, rest: Rest) -> None:
    """Subscribe the app's agent to all inputs. Concurrency 1: parallelism is partitions times workers.

    `rest` is called while no event is at hand, for as long as it says that it had something to do.
    """
    topic = app.topic(*inputs.rows, key_serializer="raw", value_serializer="raw")

    async def fold(stream: faust.StreamT[Any]) -> None:
        deadline = Deadline(HANDLED_WITHIN_S, _hangs)
        async for event in stream:  # an EventStream: events, not values
            await _handled(_incoming(inputs, event.message), handle, deadline)

    async def rested() -> bool:
        try:
            async with app.resting:
                return await rest()
        except Exception as error:
            end_for(error)
            raise

    app.rest = rested
    app.agent(topic, name=name, concurrency=1)(fold)


async def _handled(event: Incoming, handle: Handle, deadline: Deadline) -> None:
    try:
        deadline.begin()
        await handle(event)
        deadline.end()
    except BaseException as error:  # noqa: BLE001  # also a cancellation would acknowledge what was not handled
        end_for(error, topic=event.topic, partition=event.partition, offset=event.offset)


def _hangs() -> None:
    end_for(TimeoutError(f"an event was not handled within {HANDLED_WITHIN_S:.0f} s"))


def _incoming(inputs: Inputs, message: Message) -> Incoming:
    return Incoming(
        row=inputs.rows[message.topic],
        topic=message.topic,
        topic_id=inputs.ids[message.topic],
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
    )
