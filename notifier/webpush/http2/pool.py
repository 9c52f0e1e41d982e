"""All connections to one origin, and the requests that wait for them."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from functools import partial
from operator import attrgetter

from notifier.outcome import Fault, NetworkFault
from notifier.webpush.http2.connection import Connection
from notifier.webpush.http2.dial import NotConnected, dial
from notifier.webpush.http2.exchange import Batch, Ending, Sent, broken
from notifier.webpush.http2.wire import Wire
from notifier.webpush.transport import Reach, Site

IDLE_S = 120.0
"""How long a connection is kept without a request: shorter than any NAT on the way forgets it."""

USUAL_STREAMS, FEW_STREAMS = 100, 10
MOST_IN_VAIN = 3
REDIAL_S = 1.0

_room_of = attrgetter("room")

Elsewhere = Callable[[Site, list[Sent], str], None]


class Pool:
    """Sends requests to one origin over as many connections as they need.

    `elsewhere` takes the requests of a peer that does not speak HTTP/2, or not as this writer understands it.
    """

    def __init__(self, site: Site, reach: Reach, context: ssl.SSLContext, most: int, elsewhere: Elsewhere) -> None:
        self._site, self._reach, self._context, self._most = site, reach, context, most
        self._elsewhere = elsewhere
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Sent] = deque()
        self._wires: list[Wire] = []
        self._dials: set[asyncio.Task[None]] = set()
        self._in_vain = 0
        self._next_dial_at = 0.0
        self._pumping = False

    @property
    def empty(self) -> bool:
        """Whether nothing waits, and no connection is open."""
        return not (self._waiting or self._wires or self._dials)

    def add(self, sents: list[Sent]) -> None:
        """Send these."""
        self._waiting.extend(sents)
        self._pump_soon()

    def look(self, now: float) -> None:
        """Called about ten times a second: deadlines of what waits and of what is under way, silence, idleness."""
        late = [sent for sent in self._waiting if sent[0].deadline <= now]
        if late:
            self._waiting = deque(sent for sent in self._waiting if sent[0].deadline > now)
            self._fail(late, NetworkFault(Fault.TIMEOUT, f"{self._site.host}: no connection took it in time"))
        for wire in list(self._wires):
            wire.look(now)
            if now - wire.idle_since > IDLE_S:
                wire.close("idle")
        self._pump_soon()

    async def close(self, why: NetworkFault) -> None:
        """Give all up."""
        for task in self._dials:
            task.cancel()
        await asyncio.gather(*self._dials, return_exceptions=True)
        waiting, self._waiting = list(self._waiting), deque()
        self._fail(waiting, why)
        for wire in list(self._wires):
            wire.close(why.detail)
            self._hear(wire)

    def _changed(self, wire: Wire) -> None:
        self._hear(wire)
        if wire.connection.wants_http1:
            self._give_away("it wants HTTP/1.1")
        if wire.connection.why_over is not None and wire in self._wires:
            self._wires.remove(wire)
            self._lost(wire.connection)
        self._pump_soon()

    def _lost(self, connection: Connection) -> None:
        """A connection has ended. One that breaks the rules is left to libcurl; after several in a row that ended
        without any answer, nobody is kept waiting for a better one."""
        self._in_vain = 0 if connection.answered else self._in_vain + 1
        if connection.peer_at_fault:
            self._give_away(str(connection.why_over))
        elif self._in_vain >= MOST_IN_VAIN and not self._wires:
            self._in_vain = 0
            waiting, self._waiting = list(self._waiting), deque()
            self._fail(waiting, broken(f"{self._site.host}: {connection.why_over}"))

    def _hear(self, wire: Wire) -> None:
        self._waiting.extendleft(reversed(wire.connection.again()))
        touched: dict[Batch, None] = {}
        for (batch, post, _), ending in wire.connection.ends():
            batch.ended.append((post.handle, ending))
            touched[batch] = None
        for batch in touched:
            batch.tell()

    def _pump_soon(self) -> None:
        if not self._pumping:
            self._pumping = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        self._pumping = False
        while self._waiting:
            widest = max(self._wires, key=_room_of, default=None)
            if widest is None or widest.room <= 0:
                self._grow()
                return
            widest.send(self._waiting)

    def _grow(self) -> None:
        """More connections, if what waits needs them: at most twice as many as there are, and none while one that
        allows only a few streams has not shown whether that stays so (Apple's first answer)."""
        if self._wires and self._loop.time() < self._next_dial_at:
            return
        usable = [wire.connection for wire in self._wires if not (wire.doubted or wire.connection.leaving)]
        if any(one.ready and not one.answered and one.most_streams < FEW_STREAMS for one in usable):
            return
        streams = min((one.most_streams for one in usable if one.ready), default=USUAL_STREAMS)
        under_way = sum(one.under_way for one in usable)
        wanted = -(-(len(self._waiting) + under_way) // max(1, min(streams, 1000)))
        missing = min(wanted, self._most) - len(usable) - len(self._dials)
        for _ in range(min(missing, max(1, len(usable)) - len(self._dials))):
            task = self._loop.create_task(self._dial())
            self._dials.add(task)
            task.add_done_callback(self._dials.discard)

    async def _dial(self) -> None:
        make = partial(Wire, Connection(self._site.authority), self._changed, self._loop.time)
        try:
            wire = await dial(self._site, self._reach, self._context, make)
        except NotConnected as error:
            self._not_connected(error.fault)
            return
        if not wire.speaks_h2:
            wire.close("it speaks no HTTP/2")
            self._give_away("it speaks no HTTP/2")
            return
        self._wires.append(wire)
        self._changed(wire)

    def _not_connected(self, fault: NetworkFault) -> None:
        """Nobody waits for a peer that cannot be reached, unless another connection stands: then no other is tried for
        a while."""
        self._next_dial_at = self._loop.time() + REDIAL_S
        if not self._wires:
            waiting, self._waiting = list(self._waiting), deque()
            self._fail(waiting, fault)

    def _give_away(self, why: str) -> None:
        waiting, self._waiting = list(self._waiting), deque()
        self._elsewhere(self._site, waiting, why)

    def _fail(self, sents: list[Sent], ending: Ending) -> None:
        touched: dict[Batch, None] = {}
        for batch, post, _ in sents:
            batch.ended.append((post.handle, ending))
            touched[batch] = None
        for batch in touched:
            self._loop.call_soon(batch.tell)
