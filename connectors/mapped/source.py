"""The source of kind `mapped`: documents by HTTP, files of a folder, or what is pushed, read by a mapping."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from connectors.mapped.batches import batches, told_of
from connectors.mapped.bulletins import Desk, say
from connectors.mapped.cursor import MappedCursor, mark, marks_of, read_cursor, remembered, with_stations, write_cursor
from connectors.mapped.mapping import Mapping
from connectors.mapped.parse import Understanding, parked, understand
from connectors.mapped.readings import Placed
from connectors.mapped.web import Web
from connectors.mapped.where import Where
from connectors.places import Places
from connectors.rows import FeedRow
from connectors.source import (
    Asks,
    Failed,
    Miss,
    New,
    Parked,
    Parsed,
    Payload,
    Polled,
    Record,
    Result,
)
from schemas.records.base import content_id


class Route(Protocol):
    """How documents come: by HTTP (web.py), from a folder (drop.py), or pushed (push.py)."""

    async def poll(self, state: MappedCursor, ask: Asks, now: datetime) -> Result:
        """New documents since the cursor."""


@dataclass(slots=True)
class _Made:
    """What the documents of one poll become, one after the other."""

    state: MappedCursor
    placed: list[Placed] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    newest: datetime | None = None


class MappedSource:
    """One row with a mapping. What it speaks for is learned from what it said, and kept in its cursor."""

    def __init__(self, row: FeedRow, mapping: Mapping, places: Places, route: Route) -> None:
        self.row = row
        self.mapping = mapping
        self.where = Where.of(mapping, places)
        self.route = route
        self._places = places
        self._digest = content_id(mapping)
        self._owners = {code: area.municipality for code, area in places.areas.items()}
        self._spoken_for = with_stations({}, (), self._owners)

    async def poll(self, cursor: str | None, ask: Asks, now: datetime) -> Result:
        """Whatever the route brings. What the source speaks for is known even where the next poll fails."""
        state = self._as_mapped(read_cursor(cursor))
        self._spoken_for = state.stations
        return await self.route.poll(state, ask, now)

    def _as_mapped(self, state: MappedCursor) -> MappedCursor:
        """Another mapping reads the document anew, though it has not changed."""
        if state.mapping == self._digest:
            return state
        return msgspec.structs.replace(state, mapping=self._digest, etag=None, last_modified=None, sha256="")

    def parse(self, polled: Polled) -> Parsed:
        """Each document by itself; then a batch for every municipality that the source speaks for."""
        result = polled.result
        if isinstance(result, Failed):
            return Parsed(self._batches(polled, (), self._spoken_for, None))
        made = _Made(read_cursor(result.cursor))
        payloads = result.payloads if isinstance(result, New) else ()
        for payload in payloads:
            self._take(made, polled, payload)
        records = (*made.records, *self._batches(polled, made.placed, made.state.stations, _first(payloads)))
        told = (*made.parked, *_given_up(result.missed))
        content_at = self._content_at(polled, made.newest or result.content_at)
        return Parsed(records, told, write_cursor(made.state), content_at, tuple(made.notes))

    def _content_at(self, polled: Polled, newest: datetime | None) -> datetime | None:
        """A list of announcements that its server answers for is of now, however old its rows are."""
        return polled.at if self.mapping.notice is not None and isinstance(self.route, Web) else newest

    def _take(self, made: _Made, polled: Polled, payload: Payload) -> None:
        found = understand(self.mapping, self.where, payload.body, payload.fetched_at)
        made.parked += parked(payload, found.bad)
        made.notes += ["outside"] * found.outside + ["filtered"] * found.left_out
        self._take_readings(made, found)
        if self.mapping.notice is not None and not found.is_file_bad:
            desk = Desk(self.row.id, self.mapping.notice, self._places, polled, payload, bool(found.bad))
            said = say(desk, list(found.notices), made.state.open, made.state.told)
            made.records += said.bulletins
            made.state = msgspec.structs.replace(made.state, open=said.open, told=said.told)
            made.newest = payload.fetched_at

    def _take_readings(self, made: _Made, found: Understanding) -> None:
        """What a document said before is not said again."""
        before = marks_of(made.state.said)
        ours = [one for one in found.readings if one.areas]
        fresh = [one for one in ours if mark(one.reading) not in before]
        made.placed += fresh
        made.notes += ["repeated"] * (len(ours) - len(fresh) + found.repeats)
        said = remembered(made.state.said, [one.reading for one in ours])
        stations = with_stations(made.state.stations, ours, self._owners)
        made.state = msgspec.structs.replace(made.state, said=said, stations=stations)
        times = [one.reading.observed_at for one in found.readings]
        made.newest = max([*times, *([made.newest] if made.newest else [])], default=None)

    def _batches(
        self, polled: Polled, placed: Sequence[Placed], stations: dict[str, tuple[str, ...]], first: Payload | None
    ) -> tuple[Record, ...]:
        """A source of announcements has no stations, so nobody waits for its readings."""
        return batches(self.row.id, self._places, polled, told_of(polled, placed, stations, first), placed)


def _first(payloads: Sequence[Payload]) -> Payload | None:
    return min(payloads, key=lambda one: one.trace.started_at, default=None)


def _given_up(missed: Sequence[Miss]) -> tuple[Parked, ...]:
    return tuple(Parked(miss.reason, miss.text, miss.key, b"") for miss in missed if miss.given_up)
