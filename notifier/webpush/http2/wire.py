"""A Connection on a socket: bytes between asyncio and the state machine, what waits while the peer does not read, and
whether it is still there."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable

from notifier.outcome import Fault
from notifier.webpush.http2.connection import Connection
from notifier.webpush.http2.exchange import Sent

READ_BYTES = 65_536
QUIET_S = 2.0
"""So long without a byte while answers are due: then one PING, and as long again until the peer counts as dead.
Never without cause: push services punish pings."""


class Wire(asyncio.BufferedProtocol):
    """One connection. `changed` is called whenever there may be ends, requests to send again, or room."""

    def __init__(self, connection: Connection, changed: Callable[["Wire"], None], clock: Callable[[], float]) -> None:
        self.connection = connection
        self.idle_since = clock()
        self._changed, self._clock = changed, clock
        self._transport: asyncio.Transport | None = None
        self._came = memoryview(bytearray(READ_BYTES))
        self._paused = False
        self._heard_at = clock()
        self._pinged_at: float | None = None

    @property
    def room(self) -> int:
        """How many requests it takes now: none while the peer does not read, or is asked whether it lives."""
        return 0 if self._paused or self.doubted else self.connection.room

    @property
    def doubted(self) -> bool:
        """Whether it is being asked whether it lives."""
        return self._pinged_at is not None

    @property
    def speaks_h2(self) -> bool:
        """What was agreed on in the TLS handshake (ALPN)."""
        found = self._transport.get_extra_info("ssl_object") if self._transport else None
        return isinstance(found, ssl.SSLObject) and found.selected_alpn_protocol() == "h2"

    def send(self, waiting: deque[Sent]) -> None:
        """Send the first that wait, as far as there is room."""
        if not self.connection.under_way:
            self._heard_at = self._clock()
        self.connection.send(waiting)
        self._write()

    def look(self, now: float) -> None:
        """Called about ten times a second: deadlines, silence."""
        if self.connection.under_way:
            self.idle_since = now
            self.connection.expire(now)
            self._question(now)
        self._settle()
        self._changed(self)

    def close(self, why: str, fault: Fault = Fault.BROKEN) -> None:
        """Take leave of the peer; what is under way ends as a fault."""
        self.connection.leave(why, fault)
        self._settle()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio has a connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self.speaks_h2:
            self._write()

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Where asyncio puts what comes."""
        return self._came

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes came."""
        self._heard_at, self._pinged_at = self._clock(), None
        self.connection.receive(bytes(self._came[:nbytes]))
        self._settle()
        self._changed(self)

    def eof_received(self) -> None:
        """The peer will say nothing more."""
        self.connection.lost("the peer closed the connection")

    def connection_lost(self, error: Exception | None) -> None:
        """The socket is gone."""
        self.connection.lost(f"the connection was lost: {error}" if error else "the peer closed the connection")
        self._changed(self)

    def pause_writing(self) -> None:
        """The peer does not read as fast as we write."""
        self._paused = True

    def resume_writing(self) -> None:
        """It has caught up."""
        self._paused = False
        self._changed(self)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _write(self) -> None:
        data = self.connection.take()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _settle(self) -> None:
        """Write what there is to say, and close where nothing is left to do."""
        self._write()
        if self.connection.over and self._transport is not None:
            self._transport.close()

    def _question(self, now: float) -> None:
        if self._pinged_at is not None and now - self._pinged_at > QUIET_S:
            self.connection.lost(f"nothing for {2 * QUIET_S:.0f} s, not even an answer to a PING", Fault.TIMEOUT)
            self._abort()
        elif self._pinged_at is None and now - self._heard_at > QUIET_S:
            self._pinged_at = now
            self.connection.ping()
