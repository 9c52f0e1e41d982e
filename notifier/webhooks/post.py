"""One POST to a partner: https only, a public address, no redirect, one deadline. It never raises for the network.

The address is looked at when connecting, so that a name which leads into our own network is refused (SSRF). Loopback,
and http to it, only in a local set-up.
"""

import asyncio
import ipaddress
import socket
import ssl
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from notifier.outcome import Answer, Fault, NetworkFault

TIMEOUT_S, CONNECT_S = 15.0, 5.0
AGENT = "Sonae-Webhook/1"
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
"""NAT64 (RFC 6052) and 6to4: public by their look, any IPv4 address inside."""


class Poster(Protocol):
    """How an event leaves."""

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer | NetworkFault:
        """One answer or fault, within TIMEOUT_S."""


class ForbiddenAddressError(OSError):
    """The URL leads to an address that is not public."""


def objection(url: str, local: bool) -> str | None:
    """Why nothing may be posted there, before any look-up; None if it may."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        loopback, bare = ipaddress.ip_address(host).is_loopback, True
    except ValueError:
        loopback, bare = host == "localhost", False
    if loopback:
        return None if local else "it leads to this machine"
    if parts.scheme != "https":
        return "it is not https"
    return "it is a bare address" if bare else None


class PublicNames(AbstractResolver):
    """Looks names up and refuses one of whose addresses any is not public."""

    def __init__(self, local: bool, inner: AbstractResolver | None = None) -> None:
        self._local, self._inner = local, inner or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """All addresses of a host."""
        found = await self._inner.resolve(host, port, family)
        for one in found:
            if not self._is_allowed(host, one["host"]):
                raise ForbiddenAddressError(f"{host} leads to {one['host']}, which is not public")
        return found

    async def close(self) -> None:
        """Close what looks up."""
        await self._inner.close()

    def _is_allowed(self, host: str, address: str) -> bool:
        ip = ipaddress.ip_address(address.split("%")[0])
        if self._local and host == "localhost" and ip.is_loopback:
            return True
        inside = getattr(ip, "ipv4_mapped", None) or ip
        return inside.is_global and not inside.is_multicast and not any(inside in net for net in _TRANSLATED)


class HttpPoster:
    """Over aiohttp; connections are kept, at most two to each partner."""

    def __init__(self, local: bool, timeout_s: float = TIMEOUT_S, resolver: AbstractResolver | None = None) -> None:
        self._local = local
        connector = aiohttp.TCPConnector(limit=0, limit_per_host=2, resolver=PublicNames(local, resolver))
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=timeout_s, sock_connect=CONNECT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"user-agent": AGENT},
        )

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer | NetworkFault:
        """One answer or fault. The answer's body is never read: it would only be the partner's word in our logs."""
        if why_not := objection(url, self._local):
            return NetworkFault(Fault.FORBIDDEN, why_not)
        try:
            async with self._session.post(url, headers=headers, data=body, allow_redirects=False) as answer:
                return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()})
        except (aiohttp.ClientError, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            return _fault(error)

    async def close(self) -> None:
        """Give the connections back."""
        await self._session.close()


def _fault(error: BaseException) -> NetworkFault:
    causes = [error, error.__cause__, getattr(error, "os_error", None)]
    detail = type(error).__name__  # its text may hold the URL, and a URL may hold a token
    if refused := next((cause for cause in causes if isinstance(cause, ForbiddenAddressError)), None):
        return NetworkFault(Fault.FORBIDDEN, str(refused))
    if isinstance(error, TimeoutError):
        return NetworkFault(Fault.TIMEOUT, detail)
    if any(isinstance(cause, ssl.SSLError | ssl.CertificateError) for cause in causes):
        return NetworkFault(Fault.TLS, detail)
    if isinstance(error, aiohttp.ClientConnectorError):
        return NetworkFault(Fault.UNREACHABLE, detail)
    return NetworkFault(Fault.BROKEN, detail)
