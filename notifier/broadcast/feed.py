"""One reader's course: what it missed, then what comes, without a gap and without a repeat."""

from collections.abc import AsyncIterator

from notifier.broadcast.event import Told, gap, here, told_of
from notifier.broadcast.partners import Wanted
from notifier.broadcast.position import Position, encode_position
from notifier.broadcast.replay import Past
from notifier.broadcast.tail import Reader, Tail
from schemas.kafka import Where

JOIN_WITHIN = 200
"""A reader joins the tail once it lacks at most this many messages: its queue must hold what comes meanwhile."""


class Feed:
    """First `missed`, to its end; from then on everything comes to `reader`. `leave` when done."""

    def __init__(self, where: Where, tail: Tail, wanted: Wanted, last: Position | None) -> None:
        self._where, self._tail, self._last = where, tail, last
        self.reader = Reader(wanted)
        self.position: Position = {}

    def leave(self) -> None:
        """Nothing more comes."""
        self._tail.leave(self.reader)

    async def missed(self) -> AsyncIterator[Told]:
        """What was missed. The first answer carries an id: a line that breaks at once loses nothing."""
        if self._last is None or self._is_here(self._last):
            self.position = self._tail.join(self.reader)
            yield here(encode_position(self.position))
            return
        past = Past(self._where, self._tail.decoder)
        try:
            async with self._tail.opening:
                await past.start()
                lost = await self._go_back(past, self._last)
            for one in lost:
                yield one
            yield here(encode_position(self.position))
            async for told in self._catch_up(past):
                yield told
        finally:
            await past.stop()

    def _is_here(self, last: Position) -> bool:
        """Whether nothing was missed: so it is for most when a server was restarted and all come back at once."""
        return bool(last) and all(last.get(stream, offset) == offset for stream, offset in self._now().items())

    async def _go_back(self, past: Past, last: Position) -> list[Told]:
        """To where the reader was; says so where Kafka no longer has what follows."""
        now = self._now()
        bounds = await past.kept(now)
        asked = {stream: last.get(stream, offset) if last else bounds[stream][0] for stream, offset in now.items()}
        lost = sorted(one for one, offset in asked.items() if not bounds[one][0] <= offset <= bounds[one][1])
        self.position = asked | {stream: bounds[stream][0] for stream in lost}
        return [gap(stream) for stream in lost]

    async def _catch_up(self, past: Past) -> AsyncIterator[Told]:
        await self._tail.reached(self.position)
        while sum(max(0, offset - self.position[stream]) for stream, offset in self._now().items()) > JOIN_WITHIN:
            async for told in self._read(past, self._now()):
                yield told
        joined = self._tail.join(self.reader)
        async for told in self._read(past, joined):
            yield told

    async def _read(self, past: Past, until: Position) -> AsyncIterator[Told]:
        decoder, wanted = self._tail.decoder, self.reader.wanted
        async for message in past.missed(dict(self.position), until):
            event, stream = decoder.event(message), decoder.stream_of(message)
            self.position[stream] = message.offset + 1
            if event is not None and wanted.takes(stream.world, stream.kind, event.municipality):
                yield told_of(event, encode_position(self.position))
        for stream, offset in until.items():
            self.position[stream] = max(self.position[stream], offset)

    def _now(self) -> Position:
        return {stream: self._tail.positions[stream] for stream in self._tail.view(self.reader.wanted).streams}
