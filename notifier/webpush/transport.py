"""How pushes leave (RFC 8030): the contract of every transport, and who may be connected to.

Nothing here trusts an endpoint: no redirects, certificates verified, and the address is looked at when connecting, so
that a name that leads into our own network is refused (SSRF). Loopback, and http, only in a local set-up.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from notifier.outcome import Answer, NetworkFault

TIMEOUT_S, CONNECT_S = 5.0, 3.0
TEXT_BYTES = 2048
"""How much of a refusal's body is kept."""

CONNECTIONS_PER_ORIGIN = 16
MAX_ENDPOINT_BYTES = 2048
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_TARGET, _TARGETS = re.compile(rb"/[!-~]*"), re.compile(rb"(?:/[!-~]*\n)*")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Head:
    """Header fields that all requests of a batch share, in order, names in lower case (RFC 9113 §8.2)."""

    fields: tuple[tuple[str, str], ...]


class Post(msgspec.Struct, frozen=True, gc=False):
    """One request: what the caller knows it by, path and query exactly as the subscription has them, and its body."""

    handle: object
    target: bytes
    body: bytes


Heard = Callable[[list[tuple[object, Answer | NetworkFault]]], None]
"""Told how requests went, as many as came together; called on the event loop. Must not raise."""


class Transport(Protocol):
    """How pushes leave. Never raises for what the network or a service does."""

    def post(self, origin: str, head: Head, posts: Sequence[Post], heard: Heard) -> None:
        """Send all of these; never blocks. Each handle is heard of exactly once, at the latest TIMEOUT_S from now.

        A request that the service certainly did not process is sent again within that time. One that was under way
        when its connection broke ends as a fault: the caller repeats it under the same Topic.
        """

    async def close(self) -> None:
        """Give the connections back; what is still under way is heard of as a fault first."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Who may be connected to. `ca` (PEM, local set-ups only) vouches for servers instead of the system's authorities;
    `hosts` gives names their addresses, as /etc/hosts does: they are looked at like any other."""

    local: bool = False
    ca: Path | None = None
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.ca is not None and not self.local:
            raise ValueError("SONAE_PUSH_CA needs SONAE_LOCAL=1: push services are vouched for by public authorities")

    def admits(self, host: str, address: str) -> bool:
        """Whether `host` may be connected to at `address`: public, or loopback where the host says so, and local."""
        ip = _inner(ipaddress.ip_address(address.split("%")[0]))
        named = host == "localhost" or _address(host) is not None
        return (ip.is_global and not ip.is_multicast) or (self.local and named and ip.is_loopback)


def target_of(endpoint: str) -> bytes:
    """Path and query of an endpoint, as they are."""
    return ("/" + "/".join(endpoint.split("/", 3)[3:])).encode()


def wrong_target(target: bytes) -> str | None:
    """Why a target cannot be asked for; None if it can. What has blanks or controls could be read as more requests."""
    if len(target) > MAX_ENDPOINT_BYTES:
        return f"it is longer than {MAX_ENDPOINT_BYTES} bytes"
    return None if _TARGET.fullmatch(target) else "it is no path of an address"


def are_targets(targets: Sequence[bytes]) -> bool:
    """Whether none of these is a wrong one: looked at together, which is quicker than one by one."""
    lines = b"\n".join((*targets, b""))
    whole = lines.count(b"\n") == len(targets) and _TARGETS.fullmatch(lines) is not None
    return whole and max(map(len, targets), default=0) <= MAX_ENDPOINT_BYTES


@dataclass(frozen=True, slots=True)
class Site:
    """What scheme, host and port of an endpoint say; `wrong` is why nothing may be sent there, local set-up or not."""

    origin: str
    host: str
    port: int
    loopback: bool
    wrong: str | None

    @property
    def authority(self) -> str:
        """host[:port], as HTTP names it."""
        return self.origin.partition("://")[2]


def site_of(endpoint: str) -> Site:
    """The site of an endpoint. Never raises: what is no URL is a wrong site."""
    return _site("/".join(endpoint.split("/", 3)[:3]))


@lru_cache(maxsize=4096)
def _site(head: str) -> Site:
    try:
        parts = urlsplit(head)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return Site("", "", 0, False, "it is no URL")
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    origin = f"{parts.scheme}://{shown}" + ("" if port in (None, usual) else f":{port}")
    address, number = _address(host), port or usual or 0
    loopback = host == "localhost" if address is None else address.is_loopback
    if not host or parts.username or parts.password:
        return Site(origin, host, number, loopback, "it has no host, or has user info")
    if not loopback and (parts.scheme != "https" or port not in (None, 443)):
        return Site(origin, host, number, loopback, "it is not https on port 443")
    return Site(
        origin, host, number, loopback, "it is a bare address" if address is not None and not loopback else None
    )


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


def _inner(ip: Address) -> Address:
    """The address where packets would end: IPv6 carries IPv4 in several ways, also private ones (RFC 4291, 6052,
    3056, 4380)."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(ip.packed[-4:])
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
