"""A transport over libcurl's multi interface: HTTP/2, many requests on a connection; HTTP/1.1 where a peer has no more.

libcurl says which sockets it waits for and when it wants to be called; asyncio does the waiting.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from functools import lru_cache

import pycurl

from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webpush.curl_easy import Batch, Easy, fault_of
from notifier.webpush.transport import (
    CONNECTIONS_PER_ORIGIN,
    TIMEOUT_S,
    Head,
    Heard,
    Post,
    Reach,
    are_targets,
    objection,
    site_of,
    wrong_target,
)

CLOSED = NetworkFault(Fault.BROKEN, "the transport was closed")
REST_S = 0.05
"""Before what was refused goes again: by then the peer has said how many streams it allows."""

_STREAMS = 1000
_IDLE_EASIES = 4096
_READ, _WRITE = (pycurl.POLL_IN, pycurl.POLL_INOUT), (pycurl.POLL_OUT, pycurl.POLL_INOUT)


class CurlTransport:
    """Implements Transport. Easy handles are kept for the next requests: making one costs more than a request."""

    def __init__(self, reach: Reach, connections: int = CONNECTIONS_PER_ORIGIN, timeout_s: float = TIMEOUT_S) -> None:
        self._reach = reach
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._wake_at: float | None = None
        self._closed = False
        self._opened: list[socket.socket] = []
        self._free: list[Easy] = []
        self._resting: set[Easy] = set()
        self._busy: dict[pycurl.Curl, Easy] = {}
        self._authorities = str(reach.ca) if reach.ca else _system_authorities()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, connections)
        self._multi.setopt(pycurl.M_MAX_CONCURRENT_STREAMS, _STREAMS)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._wake_in)

    def post(
        self, origin: str, head: Head, posts: Sequence[Post], heard: Heard, timeout_s: float | None = None
    ) -> None:
        """Send all of these; each handle is heard of exactly once."""
        batch = Batch(heard)
        why_not = objection(origin, self._reach.local)
        site, lines = site_of(origin), _lines(head)
        now, timeout_s = self._loop.time(), self._timeout_s if timeout_s is None else timeout_s
        sound = why_not is None and are_targets([post.target for post in posts])
        for post in posts:
            wrong = None if sound else why_not or wrong_target(post.target)
            if wrong or self._closed:
                batch.ended.append((post.handle, NetworkFault(Fault.FORBIDDEN, wrong) if wrong else CLOSED))
                continue
            easy = self._free.pop() if self._free else Easy(self._reach, self._authorities, self._opened)
            easy.prepare(site, lines, post, batch, now, timeout_s)
            self._busy[easy.curl] = easy
            self._multi.add_handle(easy.curl)
        if batch.ended:
            self._loop.call_soon(batch.tell)

    async def close(self) -> None:
        """Give the connections back; what is still under way ends as a fault."""
        self._closed = True
        self._wake_in(-1)
        touched = [self._end(easy, CLOSED) for easy in list(self._busy.values())]
        self._multi.close()
        for easy in self._free:
            easy.curl.close()
        self._free.clear()
        for batch in dict.fromkeys(touched):
            batch.tell()

    def _watch(self, what: int, fd: int, _multi: object, _data: object) -> None:
        self._loop.remove_reader(fd)
        self._loop.remove_writer(fd)
        if what in _READ:
            self._loop.add_reader(fd, self._act, fd, pycurl.CSELECT_IN)
        if what in _WRITE:
            self._loop.add_writer(fd, self._act, fd, pycurl.CSELECT_OUT)

    def _wake_in(self, wait_ms: int) -> None:
        """libcurl changes its mind with nearly every request: a timer that comes too early looks when it should."""
        self._wake_at = None if wait_ms < 0 else self._loop.time() + wait_ms / 1000
        if self._timer is not None and (self._wake_at is None or self._timer.when() <= self._wake_at):
            return
        if self._timer is not None:
            self._timer.cancel()
        # Never at once, also for 0: libcurl must not be called from its own callback.
        self._timer = None if self._wake_at is None else self._loop.call_at(self._wake_at, self._wake)

    def _wake(self) -> None:
        self._timer = None
        if self._wake_at is None:
            return
        if self._wake_at > self._loop.time():
            self._timer = self._loop.call_at(self._wake_at, self._wake)
        else:
            self._wake_at = None
            self._act(pycurl.SOCKET_TIMEOUT, 0)

    def _act(self, fd: int, ready: int) -> None:
        self._multi.socket_action(fd, ready)
        while self._opened:
            self._opened.pop().close()
        waiting, touched = 1, []
        while waiting:
            waiting, done, failed = self._multi.info_read()
            touched += [self._end(easy, easy.answer()) for easy in map(self._busy.__getitem__, done)]
            touched += [self._end(easy, fault_of(easy, code, why)) for easy, code, why in self._for_good(failed)]
        for batch in dict.fromkeys(touched):
            batch.tell()

    def _for_good(self, failed: list[tuple[pycurl.Curl, int, str]]) -> list[tuple[Easy, int, str]]:
        """Those that failed and are not sent again."""
        ended, now = [], self._loop.time()
        for curl, code, why in failed:
            easy = self._busy[curl]
            if easy.again(code, why, now):
                self._multi.remove_handle(curl)
                self._resting.add(easy)
                self._loop.call_later(REST_S, self._rejoin, easy, easy.handle)
            else:
                ended.append((easy, code, why))
        return ended

    def _rejoin(self, easy: Easy, handle: object) -> None:
        if easy in self._resting and easy.handle is handle:
            self._resting.discard(easy)
            self._multi.add_handle(easy.curl)

    def _end(self, easy: Easy, how: Answer | NetworkFault) -> Batch:
        del self._busy[easy.curl]
        if easy in self._resting:
            self._resting.discard(easy)
        else:
            self._multi.remove_handle(easy.curl)
        batch = easy.batch
        batch.ended.append((easy.handle, how))
        if len(self._free) < _IDLE_EASIES:
            self._free.append(easy)
        else:
            easy.curl.close()
        return batch


@lru_cache(maxsize=1024)
def _lines(head: Head) -> list[str]:
    """As libcurl wants them, without what it would add."""
    return [f"{name}: {value}" for name, value in head.fields] + ["Accept:", "Expect:", "User-Agent:"]


def _system_authorities() -> str:
    """The certificates that this Python trusts; libcurl's wheel may have been built for another system's path."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or "/etc/ssl/certs/ca-certificates.crt"
