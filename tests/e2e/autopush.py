"""A stand-in for Mozilla's push service: the WebSocket protocol that Firefox speaks, and the endpoint that we post to.

Protocol: autopush-rs, docs/src/architecture and the messages that Firefox 153 sends. It judges a POST
as RFC 8030 and 8292 ask, keeps one message per Topic for a browser that is away, and gives 410 for who unsubscribed.
"""

import base64
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from local.ports import LOOPBACK, free_port
from tests.e2e.mailbox import Box, Mailbox, served

OK = 200


@dataclass(slots=True)
class Autopush:
    """One service. `acknowledged` are the codes by which the browser said what became of a push: 100 is decrypted."""

    port: int = field(default_factory=free_port)
    mailbox: Mailbox = field(init=False)
    acknowledged: list[int] = field(default_factory=list)
    _channels: dict[str, tuple[str, str]] = field(default_factory=dict)
    _sockets: dict[str, WebSocket] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mailbox = Mailbox(f"http://{LOOPBACK}:{self.port}")

    @property
    def address(self) -> str:
        """What `dom.push.serverURL` is set to."""
        return f"ws://{LOOPBACK}:{self.port}/"

    def application(self) -> Starlette:
        """Both of its doors."""
        post = Route("/wpush/v2/{token}", self._post, methods=["POST"])
        return Starlette(routes=[WebSocketRoute("/", self._browser), post])

    async def _post(self, request: Request) -> Response:
        answer, box = await self.mailbox.post(request, request.path_params["token"])
        if box is not None:
            await self._hand_over(box)
        return answer

    async def _browser(self, socket: WebSocket) -> None:
        await socket.accept(subprotocol="push-notification" if socket.scope.get("subprotocols") else None)
        agent = ""
        try:
            while True:
                message: dict[str, Any] = json.loads(await socket.receive_text())
                agent = await self._said(socket, agent, message)
        except WebSocketDisconnect:
            pass
        finally:
            if self._sockets.get(agent) is socket:
                del self._sockets[agent]

    async def _said(self, socket: WebSocket, agent: str, message: dict[str, Any]) -> str:
        """Answer one message; returns the browser's name from then on."""
        kind = message.get("messageType")
        if kind == "hello":
            agent = message.get("uaid") or secrets.token_hex(16)
            self._sockets[agent] = socket
            await _tell(socket, messageType="hello", uaid=agent, status=OK, use_webpush=True, broadcasts={})
            for box in self.mailbox.boxes.values():
                if box.owner == agent:
                    await self._hand_over(box)
        elif kind == "register":
            box = self.mailbox.open(agent, message["key"].rstrip("="))
            self._channels[message["channelID"]] = (agent, box.token)
            endpoint = f"{self.mailbox.origin}/wpush/v2/{box.token}"
            await _tell(
                socket, messageType="register", channelID=message["channelID"], status=OK, pushEndpoint=endpoint
            )
        elif kind == "unregister":
            _, token = self._channels.pop(message["channelID"], ("", ""))
            self.mailbox.close(token)
            await _tell(socket, messageType="unregister", channelID=message["channelID"], status=OK)
        elif kind == "ack":
            self._acknowledge(message["updates"])
        elif kind is None:
            await socket.send_text("{}")  # a ping
        return agent

    def _acknowledge(self, updates: list[dict[str, Any]]) -> None:
        for update in updates:
            self.acknowledged.append(update.get("code", 0))
            _, token = self._channels.get(update["channelID"], ("", ""))
            if token in self.mailbox.boxes:
                self.mailbox.boxes[token].waiting.pop(update["version"], None)

    async def _hand_over(self, box: Box) -> None:
        """Everything that waits for a browser which is here; it stays until the browser has acknowledged it."""
        socket = self._sockets.get(box.owner)
        channel = next((channel for channel, (_, token) in self._channels.items() if token == box.token), None)
        if socket is None or channel is None:
            box.leave_only_what_may_wait()
            return
        for version, letter in box.unsent():
            data = base64.urlsafe_b64encode(letter.body).rstrip(b"=").decode()
            await _tell(
                socket, messageType="notification", channelID=channel, version=version, data=data,
                headers={"encoding": "aes128gcm"},
            )  # fmt: skip


async def _tell(socket: WebSocket, **message: Any) -> None:
    await socket.send_text(json.dumps(message))


@asynccontextmanager
async def autopush() -> AsyncIterator[Autopush]:
    """A running stand-in."""
    service = Autopush()
    async with served(service.application(), service.port):
        yield service
