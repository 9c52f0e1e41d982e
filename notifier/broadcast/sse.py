"""One partner's stream: what it missed, then what comes, without a gap and without a repeat."""

from collections.abc import AsyncIterator

from sse_starlette import ServerSentEvent

from notifier.broadcast.event import Event
from notifier.broadcast.partners import Wanted
from notifier.broadcast.position import Position, Stream, encode_position
from notifier.broadcast.replay import Past
from notifier.broadcast.tail import Reader, Tail
from schemas.kafka import Where
from schemas.process.clock import now_utc

SEND_TIMEOUT_S = 30.0
JOIN_WITHIN = 200
"""A reader joins the tail once it lacks at most this many messages: its queue must hold what comes meanwhile."""


class Feed:
    """The course of one connection. `position` is what the reader has; it is the id of every event."""

    def __init__(self, where: Where, tail: Tail, wanted: Wanted, last: Position | None) -> None:
        self._where, self._tail, self._last = where, tail, last
        self._reader = Reader(wanted)
        self.position: Position = {}

    async def events(self) -> AsyncIterator[ServerSentEvent]:
        """Until the reader leaves, or is too slow."""
        try:
            async for told in self._begin():
                yield told
            while not self._reader.lost:
                event = await self._reader.queue.get()
                if event.offset >= self.position.get(event.stream, 0):
                    yield self._told(event)
        finally:
            self._tail.leave(self._reader)

    async def _begin(self) -> AsyncIterator[ServerSentEvent]:
        """Now, or with what was missed. The first answer carries an id: a line that breaks at once loses nothing."""
        if self._last is None:
            joined = self._tail.join(self._reader)
            self.position = {stream: joined[stream] for stream in self._now()}
            yield self._here()
            return
        past = Past(self._where, self._tail.decoder)
        await past.start()
        try:
            for lost in await self._go_back(past, self._last):
                yield lost
            yield self._here()
            async for told in self._catch_up(past):
                yield told
        finally:
            await past.stop()

    async def _go_back(self, past: Past, last: Position) -> list[ServerSentEvent]:
        """To where the reader was; says so where Kafka no longer has what follows."""
        now = self._now()
        bounds = await past.kept(now)
        asked = {stream: last.get(stream, offset) if last else bounds[stream][0] for stream, offset in now.items()}
        lost = sorted(one for one, offset in asked.items() if not bounds[one][0] <= offset <= bounds[one][1])
        self.position = asked | {stream: bounds[stream][0] for stream in lost}
        return [_gap(stream) for stream in lost]

    async def _catch_up(self, past: Past) -> AsyncIterator[ServerSentEvent]:
        while sum(max(0, offset - self.position[stream]) for stream, offset in self._now().items()) > JOIN_WITHIN:
            async for told in self._missed(past, self._now()):
                yield told
        joined = self._tail.join(self._reader)
        async for told in self._missed(past, {stream: joined[stream] for stream in self.position}):
            yield told

    async def _missed(self, past: Past, until: Position) -> AsyncIterator[ServerSentEvent]:
        async for message in past.missed(dict(self.position), until):
            event = self._tail.decoder.event(message)
            stream = self._tail.decoder.stream_of(message)
            if event is not None and self._reader.wanted.takes(stream.world, stream.kind, event.municipality):
                yield self._told(event)
            self.position[stream] = message.offset + 1
        for stream, offset in until.items():
            self.position[stream] = max(self.position[stream], offset)

    def _here(self) -> ServerSentEvent:
        return ServerSentEvent(id=encode_position(self.position), comment="from here", sep="\n")

    def _now(self) -> Position:
        return {stream: self._tail.positions[stream] for stream in self._tail.streams(self._reader.wanted)}

    def _told(self, event: Event) -> ServerSentEvent:
        self.position[event.stream] = event.offset + 1
        return ServerSentEvent(event.data, event=event.stream.kind, id=encode_position(self.position), sep="\n")


def heartbeat() -> ServerSentEvent:
    """A comment with the real time: the line is alive, whatever the rivers do."""
    return ServerSentEvent(comment=f"alive {now_utc().isoformat(timespec='seconds')}", sep="\n")


def _gap(stream: Stream) -> ServerSentEvent:
    """Something missed is no longer kept, or the topic is another one now: all that there is follows."""
    data = f'{{"kind":"{stream.kind}","world":"{stream.world}","partition":{stream.partition}}}'
    return ServerSentEvent(data, event="gap", sep="\n")
