"""The source `amedas`: JMA's map of ten-minute and hourly rain, one file for all of Japan every ten minutes."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

import msgspec

from connectors.places import Places
from connectors.rain.observations import read_latest, read_map, read_slot_name, slot_name
from connectors.readings.batches import batches
from connectors.readings.document import BadRow
from connectors.readings.times import AHEAD, TEN_MINUTES
from connectors.rows import BadFeeds, FeedRow
from connectors.source import (
    NOT_YET,
    Answer,
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
from schemas.stations import RainGauge

CODE = "amedas"
REACH = 6
"""Slots that one poll fetches at most: an hour of an outage is filled in at once, older rain is left out."""


@dataclass(frozen=True, slots=True)
class RainCursor:
    """`had`: the newest slots that were had, no more than REACH."""

    had: tuple[datetime, ...] = ()


class AmedasSource:
    """The rain gauges of one row: all of the reference with an AMeDAS number, or those that the row names."""

    def __init__(self, row: FeedRow, places: Places) -> None:
        self.row = row
        self.stations = _stations(row, places)
        self._by_code = {gauge.codes[CODE]: name for name, gauge in self.stations.items()}

    async def poll(self, cursor: str | None, ask: Asks, _now: datetime) -> Result:
        """The newest slot by the site's own clock, and those before it that were not had: a slot may appear late."""
        state = _read_cursor(cursor)
        latest = await self._latest(ask)
        if isinstance(latest, Failed):
            return latest
        slots = [latest - i * TEN_MINUTES for i in range(REACH if state.had else 2)]
        oldest = max(state.had, default=latest) - REACH * TEN_MINUTES  # a clock that went back brings nothing
        wanted = [slot for slot in slots if slot > oldest and slot not in state.had]
        answers = await asyncio.gather(*(ask.get(self._url(slot)) for slot in wanted))
        return _result(state, dict(zip(wanted, answers, strict=True)))

    def parse(self, polled: Polled) -> Parsed:
        """One batch per municipality, slot by slot in their order."""
        result = polled.result
        if isinstance(result, Failed):
            return Parsed(batches(self.row.id, self.stations, polled, {}, {}))
        payloads = result.payloads if isinstance(result, New) else ()
        fresh: dict[str, list[Reading]] = {}
        parked: list[Parked] = []
        for payload in sorted(payloads, key=lambda one: one.url):
            try:
                found = read_map(payload.body, _slot_of(payload), self._by_code)
            except Park as park:
                parked.append(_parked(payload, park.reason, park.text, payload.body))
                continue
            parked += [_told(payload, row) for row in found.bad]
            for reading in found.readings:
                fresh.setdefault(reading.station, []).append(reading)
        records = batches(self.row.id, self.stations, polled, fresh, {})
        return Parsed(records, tuple(parked), result.cursor, result.content_at)

    async def _latest(self, ask: Asks) -> datetime | Failed:
        url = urljoin(self.row.url, "data/latest_time.txt")
        answer = await ask.get(url)
        if not isinstance(answer, Got):
            return answer if isinstance(answer, Failed) else Failed("http_404", f"{url}: the site's clock is not there")
        try:
            latest = read_latest(answer.payload.body)
        except Park as park:
            return Failed(park.reason, f"{url}: {park.text}")
        if latest > answer.payload.fetched_at + AHEAD:
            return Failed("future_time", f"{url}: {latest.isoformat()} lies ahead of {answer.payload.fetched_at}")
        return latest

    def _url(self, slot: datetime) -> str:
        return urljoin(self.row.url, f"data/map/{slot_name(slot)}.json")


def _result(state: RainCursor, answers: dict[datetime, Answer]) -> Result:
    got = {slot: answer.payload for slot, answer in answers.items() if isinstance(answer, Got)}
    missed = tuple(_miss(slot, answer) for slot, answer in answers.items() if not isinstance(answer, Got))
    if missed and not got and all(miss.reason != NOT_YET for miss in missed):
        return Failed(missed[0].reason, missed[0].text)
    had = tuple(sorted({*state.had, *got})[-REACH:])
    cursor = msgspec.json.encode(RainCursor(had)).decode()
    content_at = max(had, default=None)
    return New(tuple(got.values()), cursor, content_at, missed) if got else Unchanged(cursor, content_at, missed)


def _miss(slot: datetime, answer: Answer) -> Miss:
    if isinstance(answer, Missing):
        return Miss(slot_name(slot), NOT_YET, f"{answer.url} is not there yet")
    failed = answer if isinstance(answer, Failed) else Failed("http_304", f"{slot_name(slot)}: not modified")
    return Miss(slot_name(slot), failed.reason, failed.text)


def _stations(row: FeedRow, places: Places) -> dict[str, RainGauge]:
    for name in row.stations:
        if name not in places.rain_gauges or CODE not in places.rain_gauges[name].codes:
            raise BadFeeds(f"{row.id}: station {name!r} has no `{CODE}` code in schemas/reference/rain.toml")
    named = {name: places.rain_gauges[name] for name in row.stations}
    return named or {name: gauge for name, gauge in places.rain_gauges.items() if CODE in gauge.codes}


def _slot_of(payload: Payload) -> datetime:
    """The slot that a map's address names; the map itself does not say it."""
    return read_slot_name(payload.url.rsplit("/", 1)[-1].removesuffix(".json"))


def _told(payload: Payload, row: BadRow) -> Parked:
    return _parked(payload, row.reason, row.text, row.row.encode())


def _parked(payload: Payload, reason: str, text: str, body: bytes) -> Parked:
    return Parked(reason, text, payload.url, body, payload.origin, trace=payload.trace)


def _read_cursor(cursor: str | None) -> RainCursor:
    """A cursor that cannot be read counts as none: that only repeats."""
    try:
        return msgspec.json.decode(cursor or "{}", type=RainCursor)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return RainCursor()
