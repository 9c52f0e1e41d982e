"""Which address a request comes from, and how often one may come. Pure; nothing of it is logged or kept.

X-Forwarded-For is a stranger's word unless a proxy of ours wrote it: it is read from its end, as far as ours go.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SIX_PREFIX = 64
"""One household has a /64 of IPv6 at least: all of it is one visitor."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """The reverse proxies in front of us."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Proxies":
        """From addresses and networks; raises ValueError."""
        return cls(tuple(ipaddress.ip_network(text) for text in texts))

    def visitor(self, peer: str, forwarded: str) -> str:
        """Who asks: the peer, or the last address before our own proxies in `forwarded` (X-Forwarded-For)."""
        asked, hops = peer, [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        while hops and self._is_ours(asked):
            asked = hops.pop()
        return _household(asked)

    def _is_ours(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(address in network for network in self.networks)


def _household(text: str) -> str:
    address = _address(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _SIX_PREFIX), strict=False))
    return text if address is None else str(address)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
