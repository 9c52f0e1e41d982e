"""One request as libcurl has it: an easy handle, used again and again."""

import contextlib
import socket
from collections.abc import Callable
from typing import NamedTuple

import pycurl

from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webpush.curl_queue import Batch
from notifier.webpush.transport import CONNECT_S, TEXT_BYTES, Post, Reach, Site

_UNREACHABLE = {pycurl.E_COULDNT_CONNECT, pycurl.E_COULDNT_RESOLVE_HOST}
_TLS = {
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_CACERT_BADFILE,
    pycurl.E_SSL_ISSUER_ERROR,
}
MOST_REFUSALS = 20
_REFUSED = "Connection died, tried"
"""How libcurl says that streams were refused, or connections left without an answer, five times in a row."""

_ACCEPTED = Answer(201, {})
_TARGET, _BODY, _STATUS = pycurl.REQUEST_TARGET, pycurl.POSTFIELDS, pycurl.RESPONSE_CODE
_BUFFER_BYTES = 16_384
"""For what a request sends: a kilobyte. libcurl keeps this much for each handle, by default four times as much."""

Watch = Callable[[int, int], int]
"""What libcurl's SOCKOPT callback is given: a socket, and what for."""


class Opening(NamedTuple):
    """What libcurl's OPENSOCKET callback is given: where it would connect to."""

    family: int
    kind: int
    protocol: int
    address: tuple[str | bytes, int]


class Easy:
    """An easy handle with what one request needs; what is as for the one before is not said again.

    `prepare`, add to the multi handle, then `answer` or `fault_of`. Sockets that it opens go into `opened`: libcurl
    works on duplicates, so they are to be closed after each call of it; `watch` is told the duplicates.
    """

    __slots__ = (
        *("_lines", "_opened", "_reach", "_refusals", "_setopt", "_site", "_text"),
        *("batch", "curl", "forbidden", "handle"),
    )

    def __init__(self, reach: Reach, authorities: str, opened: list[socket.socket], watch: Watch) -> None:
        self._reach, self._opened = reach, opened
        self._site: Site | None = None
        self._lines: list[str] | None = None
        self._text = bytearray()
        self._refusals = 0
        self.forbidden: str | None = None
        self.handle: object = None
        self.batch: Batch
        self.curl = pycurl.Curl()
        self._setopt = self.curl.setopt
        self._set_for_good(authorities, watch)

    def _set_for_good(self, authorities: str, watch: Watch) -> None:
        curl = self.curl
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.CAINFO, authorities)
        curl.setopt(pycurl.SSL_VERIFYPEER, 1)
        curl.setopt(pycurl.SSL_VERIFYHOST, 2)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.PROXY, "")  # not what the environment says either: the address looked at is the peer's
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTPS | (pycurl.PROTO_HTTP if self._reach.local else 0))
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, int(1000 * CONNECT_S))
        curl.setopt(pycurl.UPLOAD_BUFFERSIZE, _BUFFER_BYTES)
        curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open)
        curl.setopt(pycurl.SOCKOPTFUNCTION, watch)
        curl.setopt(pycurl.WRITEFUNCTION, self._keep)
        if self._reach.hosts:
            known = [f"{host}:443:{','.join(found)}" for host, found in self._reach.hosts.items()]
            curl.setopt(pycurl.RESOLVE, known)

    def prepare(self, batch: Batch, post: Post) -> None:
        """Make it this request."""
        self.batch, self.handle, setopt = batch, post.handle, self._setopt
        if batch.queue.site is not self._site:
            self._go_to(batch.queue.site)
        if batch.lines is not self._lines:
            self._lines = batch.lines
            setopt(pycurl.HTTPHEADER, batch.lines)
        setopt(_TARGET, post.target)  # as it is: libcurl would tidy a URL's path
        setopt(_BODY, post.body)

    def _go_to(self, site: Site) -> None:
        self._site = site
        self._setopt(pycurl.URL, site.origin)
        self._setopt(pycurl.PIPEWAIT, int(site.origin.startswith("https:")))  # HTTP/1.1 has nothing to wait for

    def again(self, code: int, why: str) -> bool:
        """Whether the request, refused as often as libcurl sends one again by itself, is to be sent once more."""
        self._refusals += 1
        return code == pycurl.E_RECV_ERROR and _REFUSED in why and self._refusals <= MOST_REFUSALS

    def answer(self) -> Answer:
        """What the service said."""
        status = self.curl.getinfo(_STATUS)
        if status == 201:
            return _ACCEPTED
        wait_s = self.curl.getinfo(pycurl.RETRY_AFTER)
        headers = {"retry-after": str(wait_s)} if wait_s else {}
        return Answer(status, headers, self._text.decode(errors="replace") if status >= 300 else "")

    def rest(self) -> None:
        """The request has ended: what is left of it is no other's."""
        self.handle, self.forbidden, self._refusals = None, None, 0
        self._text.clear()

    def _keep(self, data: bytes) -> None:
        room = TEXT_BYTES - len(self._text)
        if room > 0:
            self._text += data[:room]

    def _open(self, _purpose: int, where: tuple[int, int, int, tuple[str | bytes, int]]) -> socket.socket | int:
        opening = Opening(*where)
        address = opening.address[0]
        shown = address.decode() if isinstance(address, bytes) else address
        host = self._site.host if self._site else ""
        if not self._reach.admits(host, shown):
            self.forbidden = f"{host} leads to {shown}, which is not public"
            return pycurl.SOCKET_BAD  # type: ignore[no-any-return]
        with contextlib.suppress(OSError):
            self._opened.append(socket.socket(opening.family, opening.kind, opening.protocol))
            return self._opened[-1]
        return pycurl.SOCKET_BAD  # type: ignore[no-any-return]


def fault_of(easy: Easy, code: int, why: str) -> NetworkFault:
    """What libcurl's error is to us."""
    detail = f"curl {code}: {why}"[:200]
    if easy.forbidden is not None and code in _UNREACHABLE:
        return NetworkFault(Fault.FORBIDDEN, easy.forbidden)
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return NetworkFault(Fault.TIMEOUT, detail)
    if code in _TLS:
        return NetworkFault(Fault.TLS, detail)
    return NetworkFault(Fault.UNREACHABLE if code in _UNREACHABLE else Fault.BROKEN, detail)
