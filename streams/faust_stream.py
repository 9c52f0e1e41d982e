"""Faust's stream as the agent needs it: one event after the other, acknowledged when the next one is asked for.

Faust's own turns the event loop before every event, which costs as much as folding a calm batch and sends each output
by itself. Ours turns it every `TURN_S`, and rests (`App.rest`) while no event is at hand. What Faust does besides for
processors, joins and contexts is left out: there are none. Ours acknowledges only what the loop's body came back from,
Faust's whatever way the body was left.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import faust
from faust.types import EventT

TURN_S = 0.002
"""So long events are handled before the loop turns."""


class EventStream(faust.Stream[Any]):
    """`async for event in stream`, from a topic's queue."""

    def __aiter__(self) -> AsyncIterator[Any]:
        """Events, not values."""
        every = self._each()
        self._active_agens.add(every)  # Faust closes it when the stream stops
        return every

    async def _each(self) -> AsyncGenerator[Any, None]:
        self._finalized = True
        began = await self.maybe_start()
        app: Any = self.app
        queue: Any = self.channel.queue  # type: ignore[attr-defined]  # it is a topic's
        rest = app.rest
        consumer, turned = self.app.consumer, time.monotonic()
        try:
            while not self.should_stop:
                if time.monotonic() - turned > TURN_S:
                    await asyncio.sleep(0)
                    turned = time.monotonic()
                while queue.empty() and await rest():  # noqa: ASYNC110 - a turn for others, nothing is waited for
                    await asyncio.sleep(0)
                event = await queue.get() if queue.empty() else queue.get_nowait()
                if self._is_of_now(event):
                    self._track(event)
                    self.current_event = event
                    yield event
                    self.current_event = None
                    event.message.ack(consumer)
        finally:
            self._channel_stop_iteration(self.channel)
            if began:
                await self.stop()
                self.service_reset()

    def _is_of_now(self, event: EventT[Any]) -> bool:
        """Not of an assignment that is over: whoever owns the partition now is given it again."""
        active, app = self.app.flow_control.is_active(), self.app
        return active and event.message.generation_id == app.consumer_generation_id

    def _track(self, event: EventT[Any]) -> None:
        """Its offset now waits for the acknowledgement, and so does whoever stops or rebalances."""
        app: Any = self.app
        message = event.message
        if message.topic in app.topics._acking_topics and not message.tracked:
            message.tracked = True
            app.consumer._unacked_messages.add(message)
        self._on_stream_event_in(message.tp, message.offset, self, event)
