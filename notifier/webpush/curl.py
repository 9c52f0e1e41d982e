"""A transport over libcurl's multi interface: HTTP/2, many requests on a connection; HTTP/1.1 where a peer has no more.

Requests wait here, not in libcurl: what it has no place for costs it time with every turn.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from functools import lru_cache

import pycurl

from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webpush.curl_easy import Easy, fault_of
from notifier.webpush.curl_lines import Lines
from notifier.webpush.curl_queue import Batch, Queue
from notifier.webpush.curl_turns import Turns
from notifier.webpush.transport import (
    CONNECTIONS_PER_ORIGIN,
    TIMEOUT_S,
    Head,
    Heard,
    Post,
    Reach,
    Site,
    are_targets,
    objection,
    site_of,
    wrong_target,
)

CLOSED = NetworkFault(Fault.BROKEN, "the transport was closed")
REST_S = 0.05
"""Before what was refused goes again: by then the peer has said how many streams it allows."""

LOOK_S = 0.1
"""How often deadlines are looked at."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.001, 0.05
"""Between two turns while anything is under way, doubling: nobody says when a name has been looked up."""

_STREAMS = 1000
_IDLE_EASIES = 4096
_USUAL_STREAMS = 100
"""libcurl does not say how many a peer allows; RFC 9113 §6.5.2 recommends no fewer than these."""


class CurlTransport:
    """Implements Transport. Easy handles are kept for the next requests: making one costs more than a request."""

    def __init__(self, reach: Reach, connections: int = CONNECTIONS_PER_ORIGIN, timeout_s: float = TIMEOUT_S) -> None:
        self._reach = reach
        self._most = connections * _USUAL_STREAMS
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._look_at, self._wait_s = 0.0, FIRST_WAIT_S
        self._opened: list[socket.socket] = []
        self._turns = Turns(self._loop, self._turn)
        self._lines = Lines(self._loop, self._turns.ready)
        self._queues: dict[str, Queue] = {}
        self._free: list[Easy] = []
        self._resting: set[Easy] = set()
        self._busy: dict[pycurl.Curl, Easy] = {}
        self._authorities = str(reach.ca) if reach.ca else _system_authorities()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, connections)
        self._multi.setopt(pycurl.M_MAX_CONCURRENT_STREAMS, _STREAMS)

    def post(
        self, origin: str, head: Head, posts: Sequence[Post], heard: Heard, timeout_s: float | None = None
    ) -> None:
        """Send all of these; each handle is heard of exactly once."""
        site, why_not = site_of(origin), objection(origin, self._reach.local)
        queue = self._queues.get(site.origin) or self._queues.setdefault(site.origin, Queue(site, self._most))
        self._wait_s = FIRST_WAIT_S if queue.is_over else self._wait_s
        given_s = self._timeout_s if timeout_s is None else timeout_s
        batch = Batch(queue, _lines(head), heard, self._loop.time() + given_s - LOOK_S)
        if self._closed:
            batch.end(posts, CLOSED)
        elif why_not is None and are_targets([post.target for post in posts]):
            queue.add(batch, posts)
        else:
            queue.add(batch, _sifted(batch, posts, why_not))
        if batch.ended:
            self._loop.call_soon(batch.tell)
        self._turns.soon()

    async def close(self) -> None:
        """Give the connections back; what is still under way ends as a fault."""
        self._closed = True
        self._turns.close()
        touched = [self._end(easy, CLOSED) for easy in list(self._busy.values())]
        touched += [batch for queue in self._queues.values() for batch in queue.give_up(CLOSED)]
        self._lines.close()
        self._multi.close()
        for easy in self._free:
            easy.curl.close()
        self._free.clear()
        _tell(touched)

    # -- turns

    def _turn(self) -> None:
        if self._fill():
            with self._lines.corked():
                self._multi.perform()
        else:
            self._multi.perform()
        while self._opened:
            self._opened.pop().close()
        self._lines.look()
        self._hear()
        now = self._loop.time()
        if now >= self._look_at:
            self._look_at = now + LOOK_S
            self._give_up(now)
        self._go_on()

    def _fill(self) -> bool:
        """Give libcurl what it has places for; whether that was anything."""
        add, busy, before = self._multi.add_handle, self._busy, len(self._busy)
        for queue in self._queues.values():
            for batch, posts in queue.take():
                for post in posts:
                    easy = self._free.pop() if self._free else self._new()
                    easy.prepare(batch, post)
                    busy[easy.curl] = easy
                    add(easy.curl)
        return len(busy) > before

    def _new(self) -> Easy:
        return Easy(self._reach, self._authorities, self._opened, self._lines.opened)

    def _go_on(self) -> None:
        """At once, if there are places for who waits; when libcurl wants, as long as anything is under way."""
        if any(queue.may_go for queue in self._queues.values()):
            self._turns.soon()
        if self._queues:
            wait_ms = self._multi.timeout()
            self._turns.within(self._wait_s if wait_ms < 0 else min(self._wait_s, wait_ms / 1000))
            self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)

    def _give_up(self, now: float) -> None:
        """Whoever is late, wherever it is."""
        late = [easy for easy in self._busy.values() if easy.batch.deadline <= now]
        touched = [self._end(easy, _late(easy.batch.queue.site)) for easy in late]
        for origin, queue in list(self._queues.items()):
            touched += queue.give_up(_late(queue.site), now)
            if queue.is_over:
                del self._queues[origin]
        _tell(touched)

    # -- ends

    def _hear(self) -> None:
        waiting, touched = 1, []
        while waiting:
            waiting, done, failed = self._multi.info_read()
            touched += [self._end(easy, easy.answer()) for easy in map(self._busy.__getitem__, done)]
            touched += [self._end(easy, fault_of(easy, code, why)) for easy, code, why in self._for_good(failed)]
        _tell(touched)

    def _for_good(self, failed: list[tuple[pycurl.Curl, int, str]]) -> list[tuple[Easy, int, str]]:
        """Those that failed and are not sent again."""
        ended = []
        for curl, code, why in failed:
            easy = self._busy[curl]
            if easy.again(code, why):
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
            self._turns.soon()

    def _end(self, easy: Easy, how: Answer | NetworkFault) -> Batch:
        del self._busy[easy.curl]
        if easy in self._resting:
            self._resting.discard(easy)
        else:
            self._multi.remove_handle(easy.curl)
        batch = easy.batch
        batch.ended.append((easy.handle, how))
        batch.queue.under_way -= 1
        easy.rest()
        if len(self._free) < _IDLE_EASIES:
            self._free.append(easy)
        else:
            easy.curl.close()
        return batch


def _tell(touched: list[Batch]) -> None:
    for batch in dict.fromkeys(touched):
        batch.tell()


def _late(site: Site) -> NetworkFault:
    return NetworkFault(Fault.TIMEOUT, f"{site.host}: no answer in time")


def _sifted(batch: Batch, posts: Sequence[Post], why_not: str | None) -> list[Post]:
    """Those that may be asked for; the others end at once."""
    sound = []
    for post in posts:
        wrong = why_not or wrong_target(post.target)
        if wrong:
            batch.end([post], NetworkFault(Fault.FORBIDDEN, wrong))
        else:
            sound.append(post)
    return sound


@lru_cache(maxsize=1024)
def _lines(head: Head) -> list[str]:
    """As libcurl wants them, without what it would add."""
    return [f"{name}: {value}" for name, value in head.fields] + ["Accept:", "Expect:", "User-Agent:"]


def _system_authorities() -> str:
    """The certificates that this Python trusts; libcurl's wheel may have been built for another system's path."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or "/etc/ssl/certs/ca-certificates.crt"
