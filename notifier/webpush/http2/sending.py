"""The transport that this package is for."""

import asyncio
from collections.abc import Sequence
from itertools import groupby

from notifier.outcome import Fault, NetworkFault
from notifier.webpush.curl import CLOSED, CurlTransport
from notifier.webpush.http2.dial import context_of
from notifier.webpush.http2.exchange import Batch, Sent
from notifier.webpush.http2.pool import Pool
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
from schemas.process.log import get_logger

TICK_S = 0.1
ELSEWHERE_S = 600.0
"""How long an origin that does not speak HTTP/2 as we understand it is left to libcurl."""


class Http2Transport:
    """Implements Transport. Origins without HTTP/2 (http:, no h2 in ALPN) are handed to a CurlTransport."""

    def __init__(self, reach: Reach, connections: int = CONNECTIONS_PER_ORIGIN, timeout_s: float = TIMEOUT_S) -> None:
        self._reach, self._connections, self._timeout_s = reach, connections, timeout_s
        self._loop = asyncio.get_running_loop()
        self._context = context_of(reach)
        self._curl = CurlTransport(reach, connections, timeout_s)
        self._pools: dict[str, Pool] = {}
        self._elsewhere_until: dict[str, float] = {}
        self._ticking: asyncio.TimerHandle | None = None
        self._closed = False

    def post(self, origin: str, head: Head, posts: Sequence[Post], heard: Heard) -> None:
        """Send all of these; each handle is heard of exactly once."""
        now = self._loop.time()
        site = site_of(origin)
        if self._closed or not site.origin.startswith("https:") or self._elsewhere_until.get(site.origin, 0.0) > now:
            self._curl.post(origin, head, posts, heard)
            return
        batch = Batch(head, heard, now + self._timeout_s - TICK_S)
        why_not = objection(origin, self._reach.local)
        if why_not is None and are_targets([post.target for post in posts]):
            sents = [(batch, post, 0) for post in posts]
        else:
            sents = _sifted(batch, posts, why_not)
        if batch.ended:
            self._loop.call_soon(batch.tell)
        if sents:
            self._pool(site).add(sents)

    async def close(self) -> None:
        """Give the connections back; what is still under way ends as a fault."""
        self._closed = True
        if self._ticking is not None:
            self._ticking.cancel()
        for pool in self._pools.values():
            await pool.close(CLOSED)
        await self._curl.close()
        await asyncio.sleep(0)  # whoever is told in the next turn is told before this returns

    def _pool(self, site: Site) -> Pool:
        found = self._pools.get(site.origin)
        if found is None:
            found = Pool(site, self._reach, self._context, self._connections, self._hand_over)
            self._pools[site.origin] = found
        if self._ticking is None:
            self._ticking = self._loop.call_later(TICK_S, self._tick)
        return found

    def _tick(self) -> None:
        now = self._loop.time()
        for origin, pool in list(self._pools.items()):
            pool.look(now)
            if pool.empty:
                del self._pools[origin]
        self._ticking = self._loop.call_later(TICK_S, self._tick) if self._pools else None

    def _hand_over(self, site: Site, sents: list[Sent], why: str) -> None:
        """To libcurl, with what is left of their time."""
        now = self._loop.time()
        if self._elsewhere_until.get(site.origin, 0.0) <= now:
            get_logger().warning("left to libcurl", origin=site.origin, why=why, for_s=ELSEWHERE_S)
        self._elsewhere_until[site.origin] = now + ELSEWHERE_S
        for batch, together in groupby(sents, key=lambda sent: sent[0]):
            left_s = max(TICK_S, batch.deadline - now)
            self._curl.post(site.origin, batch.head, [post for _, post, _ in together], batch.heard, left_s)


def _sifted(batch: Batch, posts: Sequence[Post], why_not: str | None) -> list[Sent]:
    """Those that may be asked for; the others end at once."""
    sents: list[Sent] = []
    for post in posts:
        wrong = why_not or wrong_target(post.target)
        if wrong:
            batch.ended.append((post.handle, NetworkFault(Fault.FORBIDDEN, wrong)))
        else:
            sents.append((batch, post, 0))
    return sents
