"""The source of kind `bosai-check`: a file of JMA's website, beside the telegrams. It can raise a question, no more."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import msgspec

from connectors.jma.markup import read_time
from connectors.jma.website import River, read_rivers, read_warnings
from connectors.jma.website_bulletins import Page, areas_of_river, of_rivers, of_unlisted, of_warnings
from connectors.places import Places
from connectors.rows import FeedRow
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
from schemas.records.observed import Bulletin

FLOODS = "flood_xml.json"


@dataclass(frozen=True, slots=True)
class BosaiCursor:
    """`listed`: river section → its areas, of the file as last read; `gone`: those that its newest version lacks."""

    etag: str | None = None
    last_modified: str | None = None
    sha256: str = ""
    content_at: datetime | None = None
    listed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    gone: tuple[tuple[str, tuple[str, ...]], ...] = ()


class BosaiSource:
    """An office's warnings (`…/{office}.json`) or the rivers of all Japan (`…/flood_xml.json`)."""

    def __init__(self, row: FeedRow, places: Places) -> None:
        self.row = row
        self._places = places
        self._name = urlsplit(row.url).path.rpartition("/")[2]

    async def poll(self, cursor: str | None, ask: Asks, now: datetime) -> Result:
        """The file, conditionally; it waits for another day where the host's volume is used."""
        state = _read_cursor(cursor)
        answer = await ask.get(self.row.url, Validators(state.etag, state.last_modified), self._name, spare=True)
        if isinstance(answer, Same):
            return Unchanged(cursor or "{}", state.content_at)
        if isinstance(answer, Missing):
            return Failed("http_404", f"{self.row.url}: there is no such file")
        if isinstance(answer, Failed):
            return answer
        return self._result(state, answer, now)

    def parse(self, polled: Polled) -> Parsed:
        """All that the file shows, or the file as a whole parked: nothing of it is needed."""
        result = polled.result
        if isinstance(result, Failed):
            return Parsed()
        if isinstance(result, Unchanged):
            return Parsed(cursor=result.cursor, content_at=result.content_at)
        (payload,) = result.payloads
        try:
            page = Page(payload, self._places, polled.made_at)
            records = self._records(page, _read_cursor(result.cursor))
        except Park as park:
            parked = Parked(park.reason, park.text, payload.url, payload.body, payload.origin, trace=payload.trace)
            return Parsed(parked=(parked,), cursor=result.cursor, content_at=result.content_at)
        return Parsed(tuple(records), cursor=result.cursor, content_at=result.content_at)

    def _result(self, state: BosaiCursor, answer: Got, now: datetime) -> Result:
        body, made = answer.payload.body, answer.validators
        sha256 = hashlib.sha256(body).hexdigest()
        at = self._content_at(answer.payload, now)
        state = replace(state, etag=made.etag, last_modified=made.last_modified, content_at=at or state.content_at)
        if sha256 == state.sha256:
            return Unchanged(_written(state), state.content_at)
        listed = self._listed(body)
        if listed is not None:
            codes = {code for code, _areas in listed}
            gone = tuple(row for row in state.listed if row[0] not in codes)
            state = replace(state, listed=listed, gone=gone)
        return New((answer.payload,), _written(replace(state, sha256=sha256)), state.content_at)

    def _records(self, page: Page, state: BosaiCursor) -> list[Bulletin]:
        body = page.payload.body
        if self._name == FLOODS:
            return [*of_rivers(page, read_rivers(body)), *of_unlisted(page, state.gone)]
        return of_warnings(page, self._name.removesuffix(".json"), read_warnings(body))

    def _listed(self, body: bytes) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
        """The river sections of ours that the file names; None if it is no such file or cannot be read."""
        rows = _rivers(body) if self._name == FLOODS else None
        if rows is None:
            return None
        named = ((row.river_code, areas_of_river(row, self._places)) for row in rows)
        return tuple((code, areas) for code, areas in named if areas)

    def _content_at(self, payload: Payload, now: datetime) -> datetime | None:
        """The newest time that the file states: of its entries, or when the server says it was made."""
        times = [_http_time(payload.headers.get("last-modified", "")), *self._reported(payload.body)]
        return max((at for at in times if at is not None and at <= now), default=None)

    def _reported(self, body: bytes) -> list[datetime]:
        try:
            rows = read_rivers(body) if self._name == FLOODS else read_warnings(body)
            return [read_time(row.report_datetime, "reportDatetime") for row in rows]
        except Park:
            return []


def _rivers(body: bytes) -> tuple[River, ...] | None:
    try:
        return read_rivers(body)
    except Park:
        return None


def _http_time(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _read_cursor(cursor: str | None) -> BosaiCursor:
    """A cursor that cannot be read counts as none: that only repeats."""
    try:
        return msgspec.json.decode(cursor or "{}", type=BosaiCursor)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return BosaiCursor()


def _written(state: BosaiCursor) -> str:
    return msgspec.json.encode(state).decode()
