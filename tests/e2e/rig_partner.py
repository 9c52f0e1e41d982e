"""A partner's client that goes on where it broke off, as the standard of Server-Sent Events says."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

TRY_AGAIN_S = 0.25


@dataclass(slots=True)
class Listener:
    """Keeps (kind, body, epoch seconds of arrival) of every event, and counts connections that were answered."""

    address: str
    token: str
    events: list[tuple[str, dict[str, Any], float]] = field(default_factory=list)
    connections: int = 0
    last_id: str = ""
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, **filters: str) -> None:
        """Read until cancelled."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=self.address, timeout=httpx.Timeout(10, read=30)) as client:
            while True:
                resume = {"Last-Event-ID": self.last_id} if self.last_id else {}
                try:
                    await self._read(client, headers | resume, filters)
                except httpx.HTTPError:
                    await asyncio.sleep(TRY_AGAIN_S)

    async def _read(self, client: httpx.AsyncClient, headers: dict[str, str], filters: dict[str, str]) -> None:
        async with client.stream("GET", "/events", headers=headers, params=filters) as answer:
            answer.raise_for_status()
            self.connections += 1
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                if line:
                    name, _, value = line.partition(":")
                    fields[name] = value.removeprefix(" ")
                else:
                    self._dispatch(fields)
                    fields = {}

    def _dispatch(self, fields: dict[str, str]) -> None:
        """A blank line ends an event; its id counts even where it carries no data."""
        self.last_id = fields.get("id", self.last_id)
        if self.last_id:
            self.connected.set()
        if "data" in fields:
            self.events.append((fields.get("event", "message"), json.loads(fields["data"]), time.time()))
