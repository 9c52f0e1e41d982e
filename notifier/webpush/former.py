"""The former way out: one POST after the other over aiohttp. It goes once the engine posts in batches."""

import asyncio
import ipaddress
import socket
import ssl
from typing import Protocol

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webpush.transport import CONNECT_S, TIMEOUT_S, ForbiddenAddressError, objection

CONNECTIONS_PER_ORIGIN = 128
_TEXT_BYTES = 300


class OneByOne(Protocol):
    """How a push leaves. Never raises for what the network or the service does."""

    async def post(self, endpoint: str, headers: dict[str, str], body: bytes) -> Answer | NetworkFault:
        """One request, one answer or fault, within TIMEOUT_S."""

    async def close(self) -> None:
        """Give the connections back."""


class PublicResolver(AbstractResolver):
    """Looks names up and keeps public addresses only; a name that has none is refused."""

    def __init__(self, local: bool, inner: AbstractResolver | None = None) -> None:
        self._local = local
        self._inner = inner or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The public addresses of a host."""
        found = await self._inner.resolve(host, port, family)
        allowed = [one for one in found if self._is_allowed(host, one["host"])]
        if not allowed:
            where = found[0]["host"] if found else "nowhere"
            raise ForbiddenAddressError(f"{host} leads to {where}, which is not public")
        return allowed

    async def close(self) -> None:
        """Close what looks up."""
        await self._inner.close()

    def _is_allowed(self, host: str, address: str) -> bool:
        ip = ipaddress.ip_address(address.split("%")[0])
        return (ip.is_global and not ip.is_multicast) or (self._local and host == "localhost" and ip.is_loopback)


class AiohttpTransport:
    """Kept-alive connections, at most CONNECTIONS_PER_ORIGIN to each origin."""

    def __init__(self, local: bool, timeout_s: float = TIMEOUT_S, resolver: AbstractResolver | None = None) -> None:
        self._local = local
        connector = aiohttp.TCPConnector(
            limit=0,
            limit_per_host=CONNECTIONS_PER_ORIGIN,
            resolver=PublicResolver(local, resolver),
            keepalive_timeout=60,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(CONNECT_S, timeout_s)),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type"),
        )

    async def post(self, endpoint: str, headers: dict[str, str], body: bytes) -> Answer | NetworkFault:
        """One request, one answer or fault."""
        why_not = objection(endpoint, self._local)
        if why_not:
            return NetworkFault(Fault.FORBIDDEN, why_not)
        try:
            return await self._post(endpoint, headers, body)
        except (aiohttp.ClientError, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            return _fault(error)

    async def close(self) -> None:
        """Give the connections back."""
        await self._session.close()

    async def _post(self, endpoint: str, headers: dict[str, str], body: bytes) -> Answer:
        exactly = yarl.URL(endpoint, encoded=True)  # path and query as the browser gave them
        async with self._session.post(exactly, headers=headers, data=body, allow_redirects=False) as answer:
            text = b"" if answer.status < 300 else await answer.content.read(_TEXT_BYTES)
            lowered = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, lowered, text.decode(errors="replace"))


def _fault(error: BaseException) -> NetworkFault:
    detail = f"{type(error).__name__}: {error}"[:200]
    causes = [error, error.__cause__, getattr(error, "os_error", None)]
    if any(isinstance(cause, ForbiddenAddressError) for cause in causes):
        return NetworkFault(Fault.FORBIDDEN, detail)
    if isinstance(error, TimeoutError):
        return NetworkFault(Fault.TIMEOUT, detail)
    if any(isinstance(cause, ssl.SSLError | ssl.CertificateError) for cause in causes):
        return NetworkFault(Fault.TLS, detail)
    if isinstance(error, aiohttp.ClientConnectorError):
        return NetworkFault(Fault.UNREACHABLE, detail)
    return NetworkFault(Fault.BROKEN, detail)
