"""A push service that keeps to RFC 9113 (by the h2 library) and misbehaves exactly where a test tells it to."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import h2.exceptions
from hyperframe.frame import Frame, GoAwayFrame

from bench.sinks import Certificate, certificate
from local.ports import LOOPBACK

GIVEN_UP = (h2.exceptions.StreamClosedError, h2.exceptions.StreamIDTooLowError)
"""What the library says of a stream that the client has reset."""

Fields = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Request:
    """One request as it came: its fields in order, whole once `ended`."""

    link: int
    stream: int
    fields: list[tuple[str, str]]
    body: bytearray = field(default_factory=bytearray)

    @property
    def path(self) -> bytes:
        """Its target."""
        return dict(self.fields)[":path"].encode()


class Link(asyncio.Protocol):
    """One connection to the peer. Scripts answer through it."""

    def __init__(self, peer: "Peer") -> None:
        self.peer = peer
        self.number = len(peer.links)
        self.requests: dict[int, Request] = {}
        self.open: set[int] = set()
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.transport: asyncio.Transport
        self.deaf = False
        self.unheard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio has a connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.peer.links.append(self)
        self.peer.greet(self)

    def greet(self, settings: Mapping[int, int] | None = None) -> None:
        """Say what is allowed: the first thing that a server says."""
        self.h2.initiate_connection()
        if settings:
            self.h2.update_settings(dict(settings))
        self.flush()

    def data_received(self, data: bytes) -> None:
        """Bytes came. A deaf link keeps them and says nothing more."""
        if self.deaf:
            self.unheard += data
            return
        try:
            events = self.h2.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            self.peer.complaints.append(f"{type(error).__name__}: {error}")
            self.flush()
            self.transport.close()
            return
        for event in events:
            self._take(event)
        self.flush()

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            fields = [(str(name), str(value)) for name, value in event.headers or []]
            self.requests[event.stream_id] = Request(self.number, event.stream_id, fields)
            self.open.add(event.stream_id)
            self.peer.most_open = max(self.peer.most_open, len(self.open))
        elif isinstance(event, h2.events.DataReceived):
            self.requests[event.stream_id].body += event.data
            if self.peer.gives_room:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            request = self.requests[event.stream_id]
            self.peer.seen.append(request)
            self.peer.answer(self, request)
        elif isinstance(event, h2.events.StreamReset):
            self.open.discard(event.stream_id)
            self.peer.resets.append((event.stream_id, int(event.error_code or 0)))
        elif isinstance(event, h2.events.PingAckReceived):
            self.peer.pongs += 1

    def say(
        self,
        stream: int,
        status: int = 201,
        fields: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        trailer: bool = False,
    ) -> None:
        """Answer one request, unless the client has given it up."""
        self.open.discard(stream)
        with contextlib.suppress(*GIVEN_UP):
            self.h2.send_headers(stream, [(":status", str(status)), *fields], end_stream=not (body or trailer))
            if body:
                self.h2.send_data(stream, body, end_stream=not trailer)
            if trailer:
                self.h2.send_headers(stream, [("x-checksum", "1")], end_stream=True)
        self.flush()

    def change(self, settings: Mapping[int, int]) -> None:
        """Allow something else from now on."""
        self.h2.update_settings(dict(settings))
        self.flush()

    def goaway(self, last: int, code: int = 0) -> None:
        """Say that nothing after `last` will be looked at; the connection goes on."""
        self.raw(GoAwayFrame(last_stream_id=last, error_code=code))

    def raw(self, frame: Frame | bytes) -> None:
        """Say something that the library would not."""
        self.flush()
        self.transport.write(frame if isinstance(frame, bytes) else frame.serialize())

    def flush(self) -> None:
        """Write what the library has to say."""
        data = self.h2.data_to_send()
        if data and not self.transport.is_closing():
            self.transport.write(data)

    def drop(self) -> None:
        """Cut the line."""
        self.transport.abort()


Answer = Callable[[Link, Request], None]
Greet = Callable[[Link], None]


def accept(link: Link, request: Request) -> None:
    """201, at once."""
    link.say(request.stream)


@dataclass(slots=True)
class Peer:
    """All connections, and everything that came. `complaints` are breaches of the protocol by us."""

    answer: Answer = accept
    greet: Greet = Link.greet
    gives_room: bool = True
    links: list[Link] = field(default_factory=list)
    seen: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    resets: list[tuple[int, int]] = field(default_factory=list)
    most_open: int = 0
    pongs: int = 0
    origin: str = ""
    ca: Path = Path()

    def later(self, wait_s: float, act: Callable[[], object]) -> None:
        """Do something in a while."""
        asyncio.get_running_loop().call_later(wait_s, act)

    def forget_most(self) -> None:
        """Count open streams anew."""
        self.most_open = 0

    def paths(self) -> list[bytes]:
        """What was asked for, in the order in which it was whole."""
        return [request.path for request in self.seen]


@contextlib.asynccontextmanager
async def strict_peer(
    folder: Path, answer: Answer = accept, greet: Greet = Link.greet, *, gives_room: bool = True, alpn: str = "h2"
) -> AsyncIterator[Peer]:
    """Listening for the block."""
    made = certificate(folder)
    peer = Peer(answer, greet, gives_room, ca=made.cert)
    server = await asyncio.get_running_loop().create_server(
        lambda: Link(peer), LOOPBACK, 0, ssl=server_context(made, alpn)
    )
    peer.origin = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    try:
        yield peer
    finally:
        server.close()
        for link in peer.links:
            link.drop()


def server_context(made: Certificate, alpn: str = "h2") -> ssl.SSLContext:
    """TLS for a server with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.cert, made.key)
    context.set_alpn_protocols([alpn])
    return context
