"""The gate in front of Faust's commits: no offset is committed before the states that include it are written.

Faust acknowledges an event when the agent's loop goes on, and commits what is acknowledged by itself, from several
places (its timer, a rebalance, its end). All of them pass `Consumer._commit`, and its events were handled before.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from inspect import iscoroutine
from typing import Any

import faust
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP
from mode.services import WaitResults

Settle = Callable[[], Awaitable[None]]


class _Rest:
    """A coroutine that was begun outside of any task and now waits for `awaited`: the rest of it, to be awaited."""

    def __init__(self, begun: Coroutine[Any, Any, Any], awaited: Any) -> None:
        self._begun, self._awaited = begun, awaited

    def __await__(self) -> Generator[Any, Any, Any]:
        try:
            yield self._awaited
        except BaseException as error:  # noqa: BLE001  # also a cancellation goes to where it waits
            self._awaited = self._begun.throw(error)
            yield self._awaited
        return (yield from self._begun.__await__())


def gated(app: faust.App, settle: Settle) -> Transport:
    """Faust's Kafka transport, whose consumers settle before they commit."""

    class Gated(Consumer):
        async def _commit(self, offsets: Mapping[TP, int]) -> bool:
            await settle()
            committed: bool = await super()._commit(offsets)
            return committed

        def on_buffer_full(self, tp: TP) -> None:
            """Nothing: a full buffer holds back whoever fills it. Faust would sleep a second once all are full."""

        async def wait_first(self, *coros: Any, **options: Any) -> WaitResults:
            """As Faust's, less its four tasks for a message where the first coroutine need not wait: nearly always."""
            first, *others = coros
            if not iscoroutine(first):
                return await super().wait_first(*coros, **options)
            try:
                awaited = first.send(None)
            except StopIteration as done:
                for other in others:
                    other.close()
                return WaitResults([first], [done.value], False)
            return await super().wait_first(_Rest(first, awaited), *others, **options)

    class Gate(Transport):
        pass

    Gate.Consumer = Gated
    return Gate(app.conf.broker_consumer, app)
