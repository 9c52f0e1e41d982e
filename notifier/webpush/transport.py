"""One POST to a push service (RFC 8030): the contract, and its implementation over aiohttp.

Nothing here trusts an endpoint: no redirects, certificates verified, and the address is looked at when connecting, so
that a name that leads into our own network is refused (SSRF). Loopback, and http, only in a local set-up.
"""

import asyncio
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

from notifier.outcome import Answer, Fault, NetworkFault

TIMEOUT_S, CONNECT_S = 5.0, 3.0
MAX_ENDPOINT_BYTES = 2048
CONNECTIONS_PER_ORIGIN = 128
_TEXT_BYTES = 300


class Transport(Protocol):
    """How a push leaves. Never raises for what the network or the service does."""

    async def post(self, endpoint: str, headers: dict[str, str], body: bytes) -> Answer | NetworkFault:
        """One request, one answer or fault, within TIMEOUT_S."""

    async def close(self) -> None:
        """Give the connections back."""


class ForbiddenAddressError(OSError):
    """The endpoint leads to an address that is not public."""


@dataclass(frozen=True, slots=True)
class Site:
    """What scheme, host and port of an endpoint say; `wrong` is why nothing may be sent there, local set-up or not."""

    origin: str
    host: str
    loopback: bool
    wrong: str | None


def site_of(endpoint: str) -> Site:
    """The site of an endpoint. Never raises: what is no URL is a wrong site."""
    return _site("/".join(endpoint.split("/", 3)[:3]))


@lru_cache(maxsize=4096)
def _site(head: str) -> Site:
    try:
        parts = urlsplit(head)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return Site("", "", False, "it is no URL")
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    origin = f"{parts.scheme}://{shown}" + ("" if port in (None, usual) else f":{port}")
    address = _address(host)
    loopback = host == "localhost" if address is None else address.is_loopback
    if not host or parts.username or parts.password:
        return Site(origin, host, loopback, "it has no host, or has user info")
    if not loopback and (parts.scheme != "https" or port not in (None, 443)):
        return Site(origin, host, loopback, "it is not https on port 443")
    return Site(origin, host, loopback, "it is a bare address" if address is not None and not loopback else None)


def origin_of(endpoint: str) -> str:
    """scheme://host[:port] as RFC 6454 writes it: what a VAPID token is for, and what is paced as one."""
    return site_of(endpoint).origin


def is_loopback(endpoint: str) -> bool:
    """Whether the endpoint leads to this machine, by its address or the name localhost; names are not looked up."""
    return site_of(endpoint).loopback


def objection(endpoint: str, local: bool) -> str | None:
    """Why no request may go to this endpoint, before any look-up; None if it may."""
    site = site_of(endpoint)
    if site.wrong is not None:
        return site.wrong
    if len(endpoint.encode()) > MAX_ENDPOINT_BYTES:
        return f"it is longer than {MAX_ENDPOINT_BYTES} bytes"
    return "it leads to this machine" if site.loopback and not local else None


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


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
