"""HTTP as a source may use it: conditional, bounded in time, size and volume, retried, never off its host."""

import asyncio
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx
import stamina

from connectors.hosts import Host, Hosts
from connectors.inflate import Garbage, TooLarge, read_body
from connectors.rows import FeedRow, Feeds, is_address
from connectors.source import BUDGET, Answer, Failed, Got, Missing, Payload, Same, Validators
from schemas.process.clock import now_utc
from schemas.records.base import Origin, Trace, content_id

ATTEMPTS, FIRST_WAIT_S, LONGEST_WAIT_S = 3, 0.2, 2.0
REDIRECTS = 3
KEPT_HEADERS = ("content-type", "content-length", "content-encoding", "etag", "last-modified", "date")


class TryAgain(Exception):
    """This failure may pass: a 5xx, a timeout, a cut connection."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.text)
        self.failed = failed


class Fetcher:
    """The network for one source. `begin()` opens a poll, whose deadline holds for all its GETs.

    `hosts` are shared by all sources of a process; without them this source's are its own.
    """

    def __init__(self, row: FeedRow, feeds: Feeds, agent: str, hosts: Hosts | None = None) -> None:
        self._row, self._feeds = row, feeds
        self._owned = hosts is None
        self._hosts = hosts or Hosts(feeds, agent)
        self._ends_at = 0.0
        self._began = now_utc()

    @property
    def host(self) -> Host:
        """The host of the row's own address."""
        return self._hosts.of(self._row.url)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owned:
            await self._hosts.close()

    def begin(self, now: datetime | None = None) -> None:
        """A poll starts at event time `now`: it has the row's deadline, in real seconds."""
        self._ends_at = asyncio.get_running_loop().time() + self._row.deadline_s
        self._began = now or now_utc()

    async def get(self, url: str, validators: Validators | None = None, key: str = "", spare: bool = False) -> Answer:
        """One GET, retried while it may pass and the deadline allows. Never raises for what the other side does."""
        if not is_address(url):
            return Failed("bad_url", f"{url[:200]!r} is no http(s) address")
        if spare and self._hosts.of(url).is_spent(self._began):
            return Failed(BUDGET, f"{url} waits: {self._hosts.of(url).remark(self._began)}")
        left = self._ends_at - asyncio.get_running_loop().time()
        if left <= 0:
            return Failed("deadline", f"the poll's {self._row.deadline_s} s were used up before {url}")
        try:
            async with asyncio.timeout(left):
                return await self._retried(url, validators or Validators(), key, left)
        except TryAgain as gave_up:
            return gave_up.failed
        except TimeoutError:
            return Failed("slow", f"{url} did not finish within the poll's {self._row.deadline_s} s")

    async def _retried(self, url: str, validators: Validators, key: str, left: float) -> Answer:
        async for attempt in stamina.retry_context(
            on=TryAgain, attempts=ATTEMPTS, timeout=left, wait_initial=FIRST_WAIT_S, wait_max=LONGEST_WAIT_S
        ):
            with attempt:
                return await self._once(url, validators, key)
        raise AssertionError("stamina ended without an outcome")

    async def _once(self, url: str, validators: Validators, key: str) -> Answer:
        try:
            async with self._hosts.of(url).slots:
                return await self._followed(url, validators, key)
        except (httpx.InvalidURL, UnicodeError) as error:
            return Failed("bad_url", f"{url!r}: {error}")
        except TooLarge:
            return Failed("too_large", f"{url}: more than the {self._row.max_bytes} bytes of the row's max_bytes")
        except Garbage as error:
            raise TryAgain(Failed("garbage", f"{url}: {error}")) from error
        except httpx.TimeoutException as error:
            raise TryAgain(Failed("slow", f"{url}: {type(error).__name__}")) from error
        except httpx.RemoteProtocolError as error:
            raise TryAgain(Failed("truncated", f"{url}: {error}")) from error
        except httpx.TransportError as error:
            raise TryAgain(Failed("unreachable", f"{url}: {type(error).__name__}: {error}")) from error

    async def _followed(self, url: str, validators: Validators, key: str) -> Answer:
        for _ in range(REDIRECTS + 1):
            answer = await self._hop(url, validators, key)
            if not isinstance(answer, str):
                return answer
            url = answer
        return Failed("redirect", f"{url}: more than {REDIRECTS} redirects")

    async def _hop(self, url: str, validators: Validators, key: str) -> Answer | str:
        """One request; a text is where a redirect on the same host leads."""
        host = self._hosts.of(url)
        async with host.client.stream("GET", url, headers=_conditional(validators)) as response:
            try:
                return await self._read(url, response, key)
            finally:
                host.hear(response.headers.get("date", ""), response.headers.get("age", ""), now_utc())
                host.count(response.num_bytes_downloaded + _size_of_head(response), self._began)

    async def _read(self, url: str, response: httpx.Response, key: str) -> Answer | str:
        if response.is_redirect and "location" in response.headers:
            return _target(url, response.headers["location"])
        refused = _refused(url, response.status_code)
        if refused is not None:
            return refused
        encoding = response.headers.get("content-encoding", "").strip().lower()
        body = await read_body(response.aiter_raw(), encoding, self._row.max_bytes)
        return self._got(url, response, body, key)

    def _got(self, url: str, response: httpx.Response, body: bytes, key: str) -> Got:
        """Its event time is that of the poll's begin, until the loop knows that of its end."""
        arrived = now_utc()
        trace = Trace(content_id("trace", self._row.id, url, arrived), arrived)
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        origin = self._origin(url)
        payload = Payload(self._row.id, url, origin, response.status_code, headers, body, self._began, trace, key)
        return Got(payload, Validators(headers.get("etag"), headers.get("last-modified")))

    def _origin(self, url: str) -> Origin:
        """A telegram is live only if the feed that linked to it is, too."""
        both = (self._feeds.origin_of(self._row.url), self._feeds.origin_of(url))
        return Origin.LIVE if both == (Origin.LIVE, Origin.LIVE) else Origin.REPLAY


def _size_of_head(response: httpx.Response) -> int:
    return sum(len(name) + len(value) + 4 for name, value in response.headers.raw)


def _conditional(validators: Validators) -> dict[str, str]:
    headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in headers.items() if value}


def _refused(url: str, status: int) -> Answer | None:
    """What a status means when there is no body to use; raises TryAgain where it may pass."""
    if status == 200:
        return None
    if status == 304:
        return Same()
    if status in (404, 410):
        return Missing(url)
    failed = Failed(f"http_{status}", f"{url} answered {status}")
    if status >= 500 or status in (408, 425, 429):
        raise TryAgain(failed)
    return failed


def _target(url: str, location: str) -> Answer | str:
    target = urljoin(url, location)
    here, there = urlsplit(url), urlsplit(target)
    if (here.scheme, here.netloc) != (there.scheme, there.netloc):
        return Failed("redirect", f"{url} redirects to {there.netloc}: put the new address into the feed's row")
    return target
