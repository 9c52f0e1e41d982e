"""The source `kanagawa-record`: one gauge's ten-minute record, a table that grows, with the rain of its catchment."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from connectors.places import Places
from connectors.readings.batches import batches
from connectors.readings.newest import Newest, unsent
from connectors.readings.times import TEN_MINUTES
from connectors.river.columns import Station
from connectors.river.record import Record, read_record
from connectors.rows import BadFeeds, FeedRow
from connectors.source import (
    Asks,
    Failed,
    Got,
    Missing,
    New,
    Park,
    Parked,
    Parsed,
    Payload,
    Polled,
    Result,
    Same,
    Unchanged,
    Validators,
)
from schemas.records.observed import Reading

MAX_BAD = 20


@dataclass(frozen=True, slots=True)
class RecordCursor:
    """The table's validators, what was sent of each station, and how many bad lines were told."""

    etag: str | None = None
    last_modified: str | None = None
    newest: dict[str, Newest] = field(default_factory=dict)
    bad: int = 0


class RecordSource:
    """The gauge that the row names, and the rain gauges that the reference gives to its catchment."""

    def __init__(self, row: FeedRow, places: Places) -> None:
        if len(row.stations) != 1 or row.stations[0] not in places.gauges:
            raise BadFeeds(f"{row.id}: name the one gauge of schemas/reference/gauges.toml whose record this is")
        self.row = row
        self.gauge = places.gauges[row.stations[0]]
        rain = [places.rain_gauges[name] for name in self.gauge.rain]
        stations: list[Station] = [self.gauge, *rain]
        self.stations = {one.station: one for one in stations}
        self._rain = {one.name: one.station for one in rain}

    async def poll(self, cursor: str | None, ask: Asks, _now: datetime) -> Result:
        """The whole table, if it changed."""
        state = _read_cursor(cursor)
        answer = await ask.get(self.row.url, Validators(state.etag, state.last_modified))
        if isinstance(answer, Same):
            return Unchanged(_write(state), _content_at(state))
        if isinstance(answer, Missing):
            return Failed("http_404", f"{self.row.url}: the table is not there")
        if not isinstance(answer, Got):
            return answer
        kept = answer.validators
        moved = replace(state, etag=kept.etag, last_modified=kept.last_modified)
        return New((answer.payload,), _write(moved))

    def parse(self, polled: Polled) -> Parsed:
        """One batch per municipality."""
        result = polled.result
        if isinstance(result, New):
            return self._parse_new(polled, result)
        records = batches(self.row.id, self.stations, polled, {}, {})
        return Parsed(records) if isinstance(result, Failed) else Parsed(records, (), result.cursor, result.content_at)

    def _parse_new(self, polled: Polled, result: New) -> Parsed:
        payload, state = result.payloads[0], _read_cursor(result.cursor)
        try:
            found = read_record(payload.body, self.gauge.station, self._rain, payload.fetched_at)
        except Park as park:
            failed = Polled(polled.at, Failed(park.reason, park.text), polled.origin, polled.trace, polled.made_at)
            told = self._parked(payload, park.reason, park.text, payload.body)
            return Parsed(batches(self.row.id, self.stations, failed, {}, {}), (told,))
        parked = self._told(payload, found, state)
        fresh: dict[str, list[Reading]] = {}
        for name in self.stations:
            series = [one for one in found.readings if one.station == name]
            fresh[name] = unsent(state.newest, name, series, TEN_MINUTES)
        records = batches(self.row.id, self.stations, polled, fresh, {})
        after = replace(state, bad=len(found.bad))
        return Parsed(records, tuple(parked), _write(after), _content_at(after))

    def _told(self, payload: Payload, found: Record, state: RecordCursor) -> list[Parked]:
        """The table grows, so only bad lines behind those that were told; a column of nobody's at the first reading."""
        before = state.bad if state.bad <= len(found.bad) else 0
        bad = found.bad[before:][:MAX_BAD]
        parked = [self._parked(payload, row.reason, row.text, row.row.encode()) for row in bad]
        for name in () if state.newest else found.unknown:
            why = f"rain gauge {name} is not among `rain` of {self.gauge.name} in schemas/reference/gauges.toml"
            parked.append(self._parked(payload, "unknown_station", why, name.encode()))
        return parked

    def _parked(self, payload: Payload, reason: str, text: str, body: bytes) -> Parked:
        towns = self.gauge.municipalities
        town = towns[0] if len(towns) == 1 else None
        return Parked(reason, text, payload.url, body, payload.origin, None, town, payload.trace)


def _content_at(state: RecordCursor) -> datetime | None:
    return max((one.any_at for one in state.newest.values()), default=None)


def _read_cursor(cursor: str | None) -> RecordCursor:
    """A cursor that cannot be read counts as none: that only repeats."""
    try:
        return msgspec.json.decode(cursor or "{}", type=RecordCursor)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return RecordCursor()


def _write(state: RecordCursor) -> str:
    return msgspec.json.encode(state).decode()
