"""How a connection is made: the name looked up, the address looked at, and that very address connected to (SSRF)."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

from notifier.outcome import Fault, NetworkFault
from notifier.webpush.http2.wire import Wire
from notifier.webpush.transport import CONNECT_S, Reach, Site

MOST_ADDRESSES = 4


class NotConnected(Exception):
    """There is no connection; `fault` says why."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = NetworkFault(fault, detail[:200])


def context_of(reach: Reach) -> ssl.SSLContext:
    """Certificates and names verified, TLS 1.2 at least, HTTP/2 asked for."""
    context = ssl.create_default_context(cafile=str(reach.ca) if reach.ca else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


async def dial(site: Site, reach: Reach, context: ssl.SSLContext, wire: Callable[[], Wire]) -> Wire:
    """A connection with TLS; raises NotConnected, at the latest after CONNECT_S."""
    try:
        async with asyncio.timeout(CONNECT_S):
            opened = await _connect(site, reach)
            return await _secure(opened, site, context, wire)
    except TimeoutError as error:
        raise NotConnected(Fault.TIMEOUT, f"{site.host}: no connection within {CONNECT_S:.0f} s") from error
    except (ssl.SSLError, ssl.CertificateError) as error:
        raise NotConnected(Fault.TLS, f"{site.host}: {error}") from error
    except ConnectionRefusedError as error:
        raise NotConnected(Fault.UNREACHABLE, f"{site.host}: {error}") from error
    except ConnectionError as error:
        raise NotConnected(Fault.BROKEN, f"{site.host}: {error}") from error
    except (OSError, UnicodeError) as error:  # a name that cannot be one is a UnicodeError
        raise NotConnected(Fault.UNREACHABLE, f"{site.host}: {error}") from error


async def _secure(opened: socket.socket, site: Site, context: ssl.SSLContext, wire: Callable[[], Wire]) -> Wire:
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(wire, sock=opened, ssl=context, server_hostname=site.host)
    return protocol


async def _connect(site: Site, reach: Reach) -> socket.socket:
    """To the first address that answers; each has its share of the time."""
    addresses = (await _addresses(site, reach))[:MOST_ADDRESSES]
    last: OSError = OSError(f"{site.host} has no address")
    for family, address in addresses:
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            async with asyncio.timeout(CONNECT_S / len(addresses)):
                await asyncio.get_running_loop().sock_connect(opened, address)
        except OSError as error:  # a TimeoutError is one, too
            opened.close()
            last = error
        except BaseException:
            opened.close()
            raise
        else:
            return opened
    raise last


async def _addresses(site: Site, reach: Reach) -> list[tuple[int, Any]]:
    """Where the host may be connected to; raises NotConnected where it leads only to what is not public."""
    loop, found = asyncio.get_running_loop(), []
    for host in reach.hosts.get(site.host, (site.host,)):
        found += await loop.getaddrinfo(host, site.port, type=socket.SOCK_STREAM)
    allowed: list[tuple[int, Any]] = [
        (family, address) for family, _, _, _, address in found if reach.admits(site.host, str(address[0]))
    ]
    if found and not allowed:
        raise NotConnected(Fault.FORBIDDEN, f"{site.host} leads to {found[0][4][0]}, which is not public")
    return allowed
