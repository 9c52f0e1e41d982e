"""The source of kind `kawabou`: 川の防災情報's files per station, one ReadingBatch per municipality and poll."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

import msgspec

from connectors.places import Places
from connectors.river.batches import batches
from connectors.river.stages import AHEAD, JST, read_slot, read_stages
from connectors.rows import BadFeeds, FeedRow
from connectors.source import (
    NOT_YET,
    Asks,
    Failed,
    Got,
    Miss,
    Missing,
    New,
    Park,
    Parked,
    Parsed,
    Payload,
    Polled,
    Result,
    Unchanged,
)
from schemas.records.observed import Reading
from schemas.stations import Gauge

STEP = timedelta(minutes=10)
CODE = "kawabou"
REAL_CODE_DIGITS = 13
"""An obsFcd has 13 digits; another number is a stand-in, used only where the row names the station."""
MAX_BAD = 20
"""Of one file's bad rows this many are told; the whole file is in `raw`."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Newest:
    """Up to when a station's readings were sent: of any kind, and with a value."""

    any_at: datetime = LONG_AGO
    value_at: datetime = LONG_AGO

    def is_new(self, reading: Reading) -> bool:
        """A value is new if it is newer than the newest value: the history fills what an outage left out."""
        return reading.observed_at > (self.any_at if reading.value is None else self.value_at)

    def after(self, readings: list[Reading]) -> "Newest":
        """Moved on by what is sent."""
        all_times = [self.any_at, *(reading.observed_at for reading in readings)]
        valued = [self.value_at, *(reading.observed_at for reading in readings if reading.value is not None)]
        return Newest(max(all_times), max(valued))


@dataclass(frozen=True, slots=True)
class StageCursor:
    """`slot`: the newest slot that was asked for. `pending`: stations whose file of that slot has not been had."""

    slot: datetime | None = None
    pending: tuple[str, ...] = ()
    newest: dict[str, Newest] = field(default_factory=dict)


class KawabouSource:
    """The stations of one row."""

    def __init__(self, row: FeedRow, places: Places) -> None:
        self.row = row
        self.gauges = _gauges(row, places)

    async def poll(self, cursor: str | None, ask: Asks, _now: datetime) -> Result:
        """The site's clock first; then each station's file of that slot, or of the one before while it is not there."""
        state = _read_cursor(cursor)
        slot = await self._slot(ask)
        if isinstance(slot, Failed):
            return slot
        moved = state.slot is None or slot > state.slot
        stations = list(self.gauges) if moved else list(state.pending)
        if not stations or (state.slot is not None and slot < state.slot):
            return Unchanged(_write(state), slot)
        answers = await asyncio.gather(*(self._file(station, slot, ask) for station in stations))
        return _result(replace(state, slot=slot), stations, answers, slot)

    def parse(self, polled: Polled) -> Parsed:
        """One batch per municipality, whatever the poll brought."""
        result = polled.result
        if isinstance(result, Failed):
            return Parsed(batches(self.row.id, self.gauges, polled, {}, {}))
        missed = {miss.key: miss.text for miss in result.missed}
        if isinstance(result, Unchanged):
            records = batches(self.row.id, self.gauges, polled, {}, missed)
            return Parsed(records, cursor=result.cursor, content_at=result.content_at)
        return self._parse_new(polled, result, missed)

    def _parse_new(self, polled: Polled, result: New, missed: dict[str, str]) -> Parsed:
        state = _read_cursor(result.cursor)
        fresh: dict[str, list[Reading]] = {}
        parked: list[Parked] = []
        for payload in result.payloads:
            station = payload.key
            before = state.newest.get(station, Newest())
            readings, bad = self._read(payload, before)
            parked += bad
            fresh[station] = [reading for reading in readings if before.is_new(reading)]
            state.newest[station] = before.after(fresh[station])
        records = batches(self.row.id, self.gauges, polled, fresh, missed)
        return Parsed(records, tuple(parked), _write(state), result.content_at)

    def _read(self, payload: Payload, told: Newest) -> tuple[tuple[Reading, ...], list[Parked]]:
        gauge = self.gauges[payload.key]
        try:
            found = read_stages(payload.body, payload.key, gauge.codes[CODE], payload.fetched_at)
        except Park as park:
            return (), [_parked(payload, gauge, park.reason, park.text, payload.body)]
        bad = [row for row in found.bad if row.at is None or row.at > told.any_at][:MAX_BAD]
        return found.readings, [_parked(payload, gauge, row.reason, row.text, row.row.encode()) for row in bad]

    async def _slot(self, ask: Asks) -> datetime | Failed:
        url = urljoin(self.row.url, "file/system/tmCrntTime.json")
        answer = await ask.get(url)
        if not isinstance(answer, Got):
            return answer if isinstance(answer, Failed) else Failed("http_404", f"{url}: the site's clock is not there")
        try:
            slot = read_slot(answer.payload.body)
        except Park as park:
            return Failed(park.reason, f"{url}: {park.text}")
        arrived_at = answer.payload.fetched_at  # a scenario's clock may have jumped since the poll began
        if slot > arrived_at + AHEAD:
            return Failed("future_time", f"{url}: slot {slot.isoformat()} lies ahead of {arrived_at.isoformat()}")
        return slot

    async def _file(self, station: str, slot: datetime, ask: Asks) -> Got | Miss:
        """The slot's file appears minutes late: on 404 one step back."""
        for step in (slot, slot - STEP):
            url = self._url(station, step)
            answer = await ask.get(url, key=station)
            if isinstance(answer, Got):
                return answer
            if not isinstance(answer, Missing):
                failed = answer if isinstance(answer, Failed) else Failed("http_304", f"{url}: not modified")
                return Miss(station, failed.reason, failed.text)
        return Miss(station, NOT_YET, f"{station}: no file for {slot.astimezone(JST):%H:%M} JST or the slot before")

    def _url(self, station: str, slot: datetime) -> str:
        code = self.gauges[station].codes[CODE]
        return urljoin(self.row.url, f"file/files/tmlist/stg/{slot.astimezone(JST):%Y%m%d/%H%M}/{code}.json")


def _gauges(row: FeedRow, places: Places) -> dict[str, Gauge]:
    """The row's stations, or every gauge with a real obsFcd. Raises BadFeeds for a station that is in no reference."""
    for station in row.stations:
        if station not in places.gauges or CODE not in places.gauges[station].codes:
            raise BadFeeds(f"{row.id}: station {station!r} has no `{CODE}` code in schemas/reference/gauges.toml")
    if row.stations:
        return {station: places.gauges[station] for station in row.stations}
    return {name: gauge for name, gauge in places.gauges.items() if len(gauge.codes.get(CODE, "")) == REAL_CODE_DIGITS}


def _result(state: StageCursor, stations: list[str], answers: list[Got | Miss], slot: datetime) -> Result:
    asked = dict(zip(stations, answers, strict=True))
    got = [answer.payload for answer in answers if isinstance(answer, Got)]
    missed = tuple(answer for answer in answers if isinstance(answer, Miss))
    if not got and missed and all(miss.reason != NOT_YET for miss in missed):
        return Failed(missed[0].reason, missed[0].text)
    late = f"{slot.astimezone(JST):%Y%m%d/%H%M}"
    pending = [name for name, answer in asked.items() if isinstance(answer, Miss) or late not in answer.payload.url]
    cursor = _write(replace(state, pending=tuple(pending)))
    return New(tuple(got), cursor, slot, missed) if got else Unchanged(cursor, slot, missed)


def _read_cursor(cursor: str | None) -> StageCursor:
    """A cursor that cannot be read counts as none: that only repeats."""
    try:
        return msgspec.json.decode(cursor or "{}", type=StageCursor)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return StageCursor()


def _write(state: StageCursor) -> str:
    return msgspec.json.encode(state).decode()


def _parked(payload: Payload, gauge: Gauge, reason: str, text: str, body: bytes) -> Parked:
    municipality = gauge.municipalities[0] if len(gauge.municipalities) == 1 else None
    return Parked(reason, text, payload.url, body, payload.origin, None, municipality, payload.trace)
