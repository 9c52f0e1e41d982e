"""The gate in front of Faust's commits: no offset is committed before the states that include it are written.

Faust acknowledges an event when the agent's loop goes on, and commits what is acknowledged by itself, from several
places (its timer, a rebalance, its end). All of them pass `Consumer._commit`, and its events were handled before.
"""

from collections.abc import Awaitable, Callable, Mapping

import faust
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP

Settle = Callable[[], Awaitable[None]]


def gated(app: faust.App, settle: Settle) -> Transport:
    """Faust's Kafka transport, whose consumers settle before they commit."""

    class Gated(Consumer):
        async def _commit(self, offsets: Mapping[TP, int]) -> bool:
            await settle()
            committed: bool = await super()._commit(offsets)
            return committed

    class Gate(Transport):
        pass

    Gate.Consumer = Gated
    return Gate(app.conf.broker_consumer, app)
