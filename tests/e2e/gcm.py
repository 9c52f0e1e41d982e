"""A stand-in for Google's cloud messaging as Chromium speaks it: check-in, registration, the MCS stream over TLS.

Protocol: Chromium's google_apis/gcm/protocol/*.proto and engine/*.cc. Chromium makes its endpoints at
https://jmt17.google.com/fcm/send/; `moved` names the same subscription here, where our notifier can reach it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.sinks import certificate
from local.ports import LOOPBACK, free_port
from tests.e2e.mailbox import Box, Letter, Mailbox, served
from tests.e2e.protobuf import fields, fixed64, number, text, varint

VERSION = 41
PING, PING_ACK, LOGIN, LOGIN_RESPONSE, CLOSE, IQ, DATA, STREAM_ACK = 0, 1, 2, 3, 4, 7, 8, 13
SEND = "https://jmt17.google.com/fcm/send/"
AGENT, SECRET = 1_234_567_890_123_456_789, 987_654_321


@dataclass(frozen=True, slots=True)
class Registered:
    """What Chromium registered a subscription as."""

    app: str
    subtype: str
    sender: str


@dataclass(slots=True)
class Gcm:
    """One service, for one browser. `tls` is the certificate of its stream: Chromium is told not to look at it."""

    tls: ssl.SSLContext
    port: int = field(default_factory=free_port)
    stream_port: int = field(default_factory=free_port)
    mailbox: Mailbox = field(init=False)
    apps: dict[str, Registered] = field(default_factory=dict)
    _stream: "Stream | None" = None

    def __post_init__(self) -> None:
        self.mailbox = Mailbox(f"http://{LOOPBACK}:{self.port}")

    def flags(self) -> tuple[str, ...]:
        """What Chromium is started with."""
        return (
            f"--gcm-checkin-url=http://{LOOPBACK}:{self.port}/checkin",
            f"--gcm-registration-url=http://{LOOPBACK}:{self.port}/register",
            f"--gcm-mcs-endpoint=https://{LOOPBACK}:{self.stream_port}",
            "--ignore-certificate-errors",
        )

    def moved(self, endpoint: str) -> str:
        """The endpoint as it can be reached on this machine."""
        return endpoint.replace(SEND, f"{self.mailbox.origin}/fcm/send/")

    def application(self) -> Starlette:
        """Its three doors over HTTP."""
        doors = {"/checkin": self._checkin, "/register": self._register, "/fcm/send/{token}": self._post}
        return Starlette(routes=[Route(path, door, methods=["POST"]) for path, door in doors.items()])

    async def _checkin(self, request: Request) -> Response:
        await request.body()
        said = number(1, 1) + number(3, 1) + fixed64(7, AGENT) + fixed64(8, SECRET)
        return Response(said, media_type="application/x-protobuf")

    async def _register(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        registered = Registered(form["app"], form.get("X-subtype", form["app"]), form.get("sender", ""))
        if form.get("delete") == "true":
            for token, known in tuple(self.apps.items()):
                if known.subtype == registered.subtype:
                    self.mailbox.close(token)
            return Response(f"token={registered.app}")
        if not registered.subtype.startswith("wp:"):
            return Response("token=the-browser-itself")
        box = self.mailbox.open("chromium", None)
        self.apps[box.token] = registered
        return Response(f"token={box.token}")

    async def _post(self, request: Request) -> Response:
        answer, box = await self.mailbox.post(request, request.path_params["token"])
        if box is not None:
            await self._hand_over(box)
        return answer

    async def _hand_over(self, box: Box) -> None:
        if self._stream is None:
            box.leave_only_what_may_wait()
            return
        for version, letter in box.unsent():
            await self._stream.push(self.apps[box.token], version, letter)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One MCS stream, from login to its end."""
        stream = Stream(reader, writer)
        try:
            delivered = await stream.login()
            for box in self.mailbox.boxes.values():
                for version in delivered & box.waiting.keys():
                    del box.waiting[version]
                box.leave_only_what_may_wait()
            self._stream = stream
            for box in self.mailbox.boxes.values():
                await self._hand_over(box)
            await stream.run()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            if self._stream is stream:
                self._stream = None
            writer.close()


class Stream:
    """The MCS protocol on one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._heard = 0

    async def login(self) -> set[str]:
        """Answer the login; returns the ids of pushes that the browser says it has had."""
        await self._reader.readexactly(1)
        tag, body = await self._message()
        assert tag == LOGIN, tag
        self._heard = 1
        delivered = {value.decode() for name, value in fields(body) if name == 10 and isinstance(value, bytes)}
        self._writer.write(bytes([VERSION]))
        await self._send(LOGIN_RESPONSE, text(1, "1") + number(8, 1))
        return delivered

    async def run(self) -> None:
        """Keep the connection until the browser goes."""
        while True:
            tag, _ = await self._message()
            self._heard += 1
            if tag == PING:
                await self._send(PING_ACK, number(2, self._heard))
            elif tag == CLOSE:
                return

    async def push(self, to: Registered, version: str, letter: Letter) -> None:
        """DataMessageStanza, as FCM makes it of a Web Push."""
        extra = {"subtype": to.subtype, "content-encoding": "aes128gcm"}
        said = text(3, to.sender) + text(5, to.app)
        said += b"".join(text(7, text(1, key) + text(2, value)) for key, value in extra.items())
        said += text(9, version) + number(17, letter.ttl) + text(21, letter.body)
        await self._send(DATA, said)

    async def _message(self) -> tuple[int, bytes]:
        tag = (await self._reader.readexactly(1))[0]
        size = shift = 0
        while True:
            byte = (await self._reader.readexactly(1))[0]
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return tag, await self._reader.readexactly(size)

    async def _send(self, tag: int, body: bytes) -> None:
        self._writer.write(bytes([tag]) + varint(len(body)) + body)
        with suppress(ConnectionError):
            await self._writer.drain()


@asynccontextmanager
async def gcm(folder: Path) -> AsyncIterator[Gcm]:
    """A running stand-in; its certificate lies in `folder`."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made = certificate(folder)
    tls.load_cert_chain(made.cert, made.key)
    service = Gcm(tls)
    stream = await asyncio.start_server(service.connected, LOOPBACK, service.stream_port, ssl=tls)
    async with stream, served(service.application(), service.port):
        yield service
