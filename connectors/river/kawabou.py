"""The sources `kawabou`, `kawabou-rain`, `kawabou-dam`: 川の防災情報's files, one for each station."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urljoin

import msgspec

from connectors.places import Places
from connectors.readings.batches import batches
from connectors.readings.document import BadRow
from connectors.readings.newest import Newest, unsent
from connectors.readings.times import AHEAD, JST, TEN_MINUTES
from connectors.river.columns import FAMILIES, Column, Family, Station
from connectors.river.stages import read_slot, read_values
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

CODE = "kawabou"
REAL_CODE_DIGITS = 13
"""An obsFcd has 13 digits; another number is a stand-in, used only where the row names the station."""
MAX_BAD = 20
"""Of one file's bad rows this many are told; the whole file is in `raw`."""
CLOCKS = ("file/system/tmCrntTime.json", "file/system/rwCrntTime.json")
"""The slot of the newest observations; where it cannot be had, the clock of the warnings, which runs in 5 minutes."""


@dataclass(frozen=True, slots=True)
class StageCursor:
    """`slot`: the newest slot that was asked for. `pending`: stations whose file of that slot has not been had.

    `newest`: by station, or station and quantity where a station has several.
    """

    slot: datetime | None = None
    pending: tuple[str, ...] = ()
    newest: dict[str, Newest] = field(default_factory=dict)


class KawabouSource:
    """The stations of one row."""

    def __init__(self, row: FeedRow, places: Places) -> None:
        self.row = row
        self.family = FAMILIES[row.kind]
        self.stations = _stations(row, self.family, places)

    async def poll(self, cursor: str | None, ask: Asks, _now: datetime) -> Result:
        """The site's clock first; then each station's file of that slot, or of the one before while it is not there."""
        state = _read_cursor(cursor)
        slot = await self._slot(ask)
        if isinstance(slot, Failed):
            return slot
        moved = state.slot is None or slot > state.slot
        stations = list(self.stations) if moved else list(state.pending)
        if not stations or (state.slot is not None and slot < state.slot):
            return Unchanged(_write(state), slot)
        answers = await asyncio.gather(*(self._file(station, slot, ask) for station in stations))
        return _result(replace(state, slot=slot), stations, answers, slot)

    def parse(self, polled: Polled) -> Parsed:
        """One batch per municipality, whatever the poll brought."""
        result = polled.result
        if isinstance(result, Failed):
            return Parsed(batches(self.row.id, self.stations, polled, {}, {}))
        missed = {miss.key: miss.text for miss in result.missed}
        if isinstance(result, Unchanged):
            records = batches(self.row.id, self.stations, polled, {}, missed)
            return Parsed(records, cursor=result.cursor, content_at=result.content_at)
        return self._parse_new(polled, result, missed)

    def _parse_new(self, polled: Polled, result: New, missed: dict[str, str]) -> Parsed:
        state = _read_cursor(result.cursor)
        fresh: dict[str, list[Reading]] = {}
        parked: list[Parked] = []
        for payload in result.payloads:
            found, bad = self._read(payload, state)
            parked += bad
            fresh[payload.key] = self._unsent(payload.key, found, state)
        records = batches(self.row.id, self.stations, polled, fresh, missed)
        return Parsed(records, tuple(parked), _write(state), result.content_at)

    def _unsent(self, station: str, found: tuple[Reading, ...], state: StageCursor) -> list[Reading]:
        """What was not sent yet, column by column; the cursor's `newest` moves on by it."""
        fresh: list[Reading] = []
        for column in self.family.columns:
            series = (one for one in found if one.quantity == column.quantity)
            fresh += unsent(state.newest, self._key(station, column), series, column.every)
        return sorted(fresh, key=lambda reading: reading.observed_at)

    def _key(self, station: str, column: Column) -> str:
        return station if len(self.family.columns) == 1 else f"{station} {column.quantity}"

    def _read(self, payload: Payload, state: StageCursor) -> tuple[tuple[Reading, ...], list[Parked]]:
        station = self.stations[payload.key]
        keys = [self._key(payload.key, column) for column in self.family.columns]
        told = max(state.newest.get(key, Newest()).any_at for key in keys)
        try:
            code = station.codes[CODE]
            found = read_values(payload.body, self.family.columns, payload.key, code, payload.fetched_at)
        except Park as park:
            return (), [_parked(payload, station, park.reason, park.text, payload.body)]
        bad: list[BadRow] = [row for row in found.bad if row.at is None or row.at > told][:MAX_BAD]
        return found.readings, [_parked(payload, station, row.reason, row.text, row.row.encode()) for row in bad]

    async def _slot(self, ask: Asks) -> datetime | Failed:
        """By the first of the site's clocks that can be read; the first one's failure is told if none can."""
        failures = []
        for clock in CLOCKS:
            slot = await _read_clock(urljoin(self.row.url, clock), ask)
            if not isinstance(slot, Failed):
                return slot
            failures.append(slot)
        return failures[0]

    async def _file(self, station: str, slot: datetime, ask: Asks) -> Got | Miss:
        """The slot's file appears minutes late: on 404 one step back."""
        for step in (slot, slot - TEN_MINUTES):
            url = self._url(station, step)
            answer = await ask.get(url, key=station)
            if isinstance(answer, Got):
                return answer
            if not isinstance(answer, Missing):
                failed = answer if isinstance(answer, Failed) else Failed("http_304", f"{url}: not modified")
                return Miss(station, failed.reason, failed.text)
        return Miss(station, NOT_YET, f"{station}: no file for {slot.astimezone(JST):%H:%M} JST or the slot before")

    def _url(self, station: str, slot: datetime) -> str:
        code, folder = self.stations[station].codes[CODE], self.family.folder
        return urljoin(self.row.url, f"file/files/tmlist/{folder}/{slot.astimezone(JST):%Y%m%d/%H%M}/{code}.json")


async def _read_clock(url: str, ask: Asks) -> datetime | Failed:
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


def _stations(row: FeedRow, family: Family, places: Places) -> dict[str, Station]:
    """The row's stations, or every one with a real obsFcd. Raises BadFeeds for a station that is in no reference."""
    known = family.stations(places)
    for name in row.stations:
        if name not in known or CODE not in known[name].codes:
            file = {"stg": "gauges", "rn": "rain", "dam": "dams"}[family.folder]
            raise BadFeeds(f"{row.id}: station {name!r} has no `{CODE}` code in schemas/reference/{file}.toml")
    if row.stations:
        return {name: known[name] for name in row.stations}
    return {name: station for name, station in known.items() if _is_real(station.codes.get(CODE, ""), family)}


def _is_real(code: str, family: Family) -> bool:
    return len(code) == REAL_CODE_DIGITS and code[5:8] == family.obs_kind


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


def _parked(payload: Payload, station: Station, reason: str, text: str, body: bytes) -> Parked:
    municipality = station.municipalities[0] if len(station.municipalities) == 1 else None
    return Parked(reason, text, payload.url, body, payload.origin, None, municipality, payload.trace)
