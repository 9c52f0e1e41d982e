"""libcurl's sockets: the event loop waits for them, and what libcurl writes in a turn leaves together.

libcurl is driven by `perform`, once a turn for all sockets. Told of each socket (`socket_action`) it keeps books of who
waits for which one and calls back for its timer with every request, which costs a fifth of a request.
"""

import asyncio
import contextlib
import select
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pycurl

_ASKED = select.POLLIN | select.POLLOUT
_MOST_IN_VAIN = 3


@dataclass(slots=True)
class _Line:
    """One socket. It is libcurl's: never closed here. `in_vain` counts turns that left it readable."""

    socket: socket.socket
    in_vain: int = 0
    reads: bool = False
    writes: bool = False


class Lines:
    """The sockets that libcurl has open; `ready` is called when there is something to do for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ready: Callable[[], None]) -> None:
        self._loop, self._ready = loop, ready
        self._lines: dict[int, _Line] = {}
        self._poll = select.poll()

    def opened(self, fd: int, _purpose: int) -> int:
        """What libcurl's SOCKOPT callback calls: it has this socket from now on, and may have closed one that had the
        same number."""
        self._forget(fd)
        self._lines[fd] = _Line(socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, fd))
        self._poll.register(fd, _ASKED)
        return int(pycurl.SOCKOPT_OK)

    @contextlib.contextmanager
    def corked(self) -> Iterator[None]:
        """What is written in the block leaves at its end: libcurl writes each request by itself (tcp(7), TCP_CORK)."""
        self._cork(1)
        yield
        self._cork(0)

    def look(self) -> None:
        """To be called after each turn of libcurl's: who is closed, connects or is full, and who is not read.

        Of a connection that nobody uses libcurl reads nothing, whatever the peer says: it is not waited for.
        """
        found = dict(self._poll.poll(0)) if self._lines else {}
        for fd, line in list(self._lines.items()):
            now = found.get(fd, 0)
            if now & select.POLLNVAL:
                self._forget(fd)
                continue
            line.in_vain = line.in_vain + 1 if now & ~select.POLLOUT else 0
            self._wait(fd, line, reads=line.in_vain < _MOST_IN_VAIN, writes=not now)

    def close(self) -> None:
        """Wait for none any more."""
        for fd in list(self._lines):
            self._forget(fd)

    def _cork(self, on: int) -> None:
        for line in self._lines.values():
            with contextlib.suppress(OSError):  # libcurl has closed it meanwhile
                line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, on)

    def _wait(self, fd: int, line: _Line, *, reads: bool, writes: bool) -> None:
        if reads != line.reads:
            line.reads = reads
            if reads:
                self._loop.add_reader(fd, self._ready)
            else:
                self._loop.remove_reader(fd)
        if writes != line.writes:
            line.writes = writes
            if writes:
                self._loop.add_writer(fd, self._ready)
            else:
                self._loop.remove_writer(fd)

    def _forget(self, fd: int) -> None:
        line = self._lines.pop(fd, None)
        if line is not None:
            self._wait(fd, line, reads=False, writes=False)
            self._poll.unregister(fd)
            line.socket.detach()
