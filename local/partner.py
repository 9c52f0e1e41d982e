"""A neighbouring municipality's client: reads the event stream and remembers what came, and when."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from schemas.process.clock import now_utc


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the stream: its id (to resume from), kind and body."""

    id: str
    kind: str
    body: dict[str, Any]
    came_at: datetime

    @property
    def record(self) -> dict[str, Any]:
        """The record itself; around it stand world, origin and municipality."""
        return dict(self.body["record"])


@dataclass(slots=True)
class Partner:
    """Subscribes to /events and keeps what came. `tell` is called with each event."""

    address: str
    token: str
    tell: Callable[[Event], None] = lambda _event: None
    events: list[Event] = field(default_factory=list)

    async def run(self, **filters: str) -> None:
        """Read until cancelled; resumes after the last event when the line breaks."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=self.address, timeout=httpx.Timeout(10, read=60)) as client:
            while True:
                resume = {"Last-Event-ID": self.events[-1].id} if self.events else {}
                try:
                    await self._read(client, headers | resume, filters)
                except httpx.TransportError:
                    continue

    async def _read(self, client: httpx.AsyncClient, headers: dict[str, str], filters: dict[str, str]) -> None:
        async with client.stream("GET", "/events", headers=headers, params=filters) as answer:
            answer.raise_for_status()
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                if line:
                    name, _, value = line.partition(":")
                    fields[name] = value.removeprefix(" ")
                elif "data" in fields:
                    self._came(fields)
                    fields = {}

    def _came(self, fields: dict[str, str]) -> None:
        event = Event(fields.get("id", ""), fields.get("event", "message"), json.loads(fields["data"]), now_utc())
        self.events.append(event)
        self.tell(event)
