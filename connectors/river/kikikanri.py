"""The source `kikikanri`: 川の水位情報's list of crisis gauges above their start level, one file for a prefecture."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime

import msgspec

from connectors.places import Places
from connectors.readings.batches import batches
from connectors.readings.newest import Newest, unsent
from connectors.river.columns import STAGE
from connectors.river.crisis import Seen, read_crisis
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
from schemas.records.observed import Quality, Reading
from schemas.stations import Gauge

CODE = "kikikanri"
PREFECTURE = "14000"
"""神奈川県, as the list writes it."""
CODE_IN_ROW = re.compile(r"'code': '(\w+)'")
MAX_BAD = 20


@dataclass(frozen=True, slots=True)
class CrisisCursor:
    """The file's validators, what was sent of each gauge, and for which gauge another overflow stage was told.

    `awake`: the gauges of the newest list, each with its level in metres. `strangers`: numbers of the prefecture that
    are not in the reference and were told.
    """

    etag: str | None = None
    last_modified: str | None = None
    newest: dict[str, Newest] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    awake: dict[str, float] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()


class KikikanriSource:
    """The gauges of one row: all of the reference with a number there, or those that the row names."""

    def __init__(self, row: FeedRow, places: Places) -> None:
        self.row = row
        self.stations = _stations(row, places)
        self._by_code = {gauge.codes[CODE]: name for name, gauge in self.stations.items()}

    async def poll(self, cursor: str | None, ask: Asks, now: datetime) -> Result:
        """The whole list, if it changed."""
        state = _read_cursor(cursor)
        answer = await ask.get(self.row.url, Validators(state.etag, state.last_modified))
        if isinstance(answer, Same):
            return Unchanged(_write(state), now)
        if isinstance(answer, Missing):
            return Failed("http_404", f"{self.row.url}: the list is not there")
        if not isinstance(answer, Got):
            return answer
        kept = answer.validators
        moved = replace(state, etag=kept.etag, last_modified=kept.last_modified)
        return New((answer.payload,), _write(moved), _content_at(answer.payload))

    def parse(self, polled: Polled) -> Parsed:
        """One batch per municipality. A gauge that is not in the list stands below its start level: no reading."""
        result = polled.result
        if isinstance(result, New):
            return self._parse_new(polled, result)
        records = batches(self.row.id, self.stations, polled, {}, {})
        return Parsed(records) if isinstance(result, Failed) else Parsed(records, (), result.cursor, result.content_at)

    def _parse_new(self, polled: Polled, result: New) -> Parsed:
        state, payload = _read_cursor(result.cursor), result.payloads[0]
        try:
            found = read_crisis(payload.body, payload.fetched_at)
        except Park as park:
            failed = Polled(polled.at, Failed(park.reason, park.text), polled.origin, polled.trace, polled.made_at)
            told = Parked(park.reason, park.text, payload.url, payload.body, payload.origin, trace=payload.trace)
            return Parsed(batches(self.row.id, self.stations, failed, {}, {}), (told,))
        ours = [one for one in found.seen if one.code in self._by_code]
        content_at = found.made_at or result.content_at or payload.fetched_at
        fresh = self._fresh(ours, state) | self._asleep(ours, state, content_at)
        bad = [(row.reason, row.text, row.row) for row in found.bad if _is_ours(row.row, self._by_code)][:MAX_BAD]
        strangers = self._strangers(found.seen, state)
        parked = tuple(_parked(payload, *one) for one in (*bad, *self._changed(ours, state), *strangers))
        state = replace(state, strangers=(*state.strangers, *(code for _, _, code in strangers)))
        records = batches(self.row.id, self.stations, polled, fresh, {})
        return Parsed(records, parked, _write(state), content_at)

    def _fresh(self, ours: list[Seen], state: CrisisCursor) -> dict[str, list[Reading]]:
        fresh: dict[str, list[Reading]] = {}
        for code in {one.code for one in ours}:
            name = self._by_code[code]
            series = [replace(one.reading, station=name) for one in ours if one.code == code]
            fresh[name] = unsent(state.newest, name, series, None)
        return fresh

    def _asleep(self, ours: list[Seen], state: CrisisCursor, at: datetime) -> dict[str, list[Reading]]:
        """Who left the list from near the start level fell below it: closed, with flags 0.

        Of one that left it from higher up nothing is said: it may be broken, and its silence speaks.
        """
        for one in ours:
            if one.reading.value is not None:
                state.awake[self._by_code[one.code]] = one.reading.value
        here = {self._by_code[one.code] for one in ours}
        gone = [name for name in state.awake if name in self.stations and name not in here]
        fallen = [name for name in gone if state.awake[name] <= self.stations[name].sleeps_below_m]
        told: dict[str, list[Reading]] = {}
        for name in fallen:
            del state.awake[name]
            below = Reading(name, STAGE.quantity, None, STAGE.unit, at, Quality.CLOSED, 0)
            told[name] = unsent(state.newest, name, [below], None)
        return told

    def _changed(self, ours: list[Seen], state: CrisisCursor) -> list[tuple[str, str, str]]:
        """Overflow stages that differ from the reference, each told once: rules go by the reference."""
        changed = []
        for one in ours:
            gauge = self.stations[self._by_code[one.code]]
            known, stated = gauge.thresholds.get("FS"), one.overflow_m
            if stated is None or stated == known or state.told.get(one.code) == stated:
                continue
            state.told[one.code] = stated
            why = f"{gauge.name}: 氾濫開始水位 is {stated} m in the list and {known} m in schemas/reference/gauges.toml"
            changed.append(("threshold_changed", why, one.code))
        return changed

    def _strangers(self, seen: tuple[Seen, ...], state: CrisisCursor) -> list[tuple[str, str, str]]:
        """Gauges of the prefecture that the reference does not know, each told once: somebody has to place them."""
        known = {*self._by_code, *state.strangers}
        new = {one.code: one.name for one in seen if one.prefecture == PREFECTURE and one.code not in known}
        if self.row.stations:
            return []  # the row names its gauges: the others are left out on purpose
        why = "in the list is not in schemas/reference/gauges.toml"
        return [("unknown_station", f"gauge {code} {name} {why}", code) for code, name in new.items()][:MAX_BAD]


def _stations(row: FeedRow, places: Places) -> dict[str, Gauge]:
    for name in row.stations:
        if name not in places.gauges or CODE not in places.gauges[name].codes:
            raise BadFeeds(f"{row.id}: station {name!r} has no `{CODE}` code in schemas/reference/gauges.toml")
    named = {name: places.gauges[name] for name in row.stations}
    return named or {name: gauge for name, gauge in places.gauges.items() if CODE in gauge.codes}


def _is_ours(row: str, codes: dict[str, str]) -> bool:
    """A bad item of a gauge that is not ours is not ours to tell; one that names nobody is."""
    named = CODE_IN_ROW.search(row)
    return named is None or named[1] in codes


def _content_at(payload: Payload) -> datetime:
    """When the site made the file; without such a header, when it came: the list has no time of its own."""
    try:
        stated = parsedate_to_datetime(payload.headers.get("last-modified", ""))
    except ValueError:
        return payload.fetched_at
    return stated if stated.tzinfo else payload.fetched_at


def _parked(payload: Payload, reason: str, text: str, body: str) -> Parked:
    return Parked(reason, text, payload.url, body.encode(), payload.origin, trace=payload.trace)


def _read_cursor(cursor: str | None) -> CrisisCursor:
    """A cursor that cannot be read counts as none: that only repeats."""
    try:
        return msgspec.json.decode(cursor or "{}", type=CrisisCursor)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return CrisisCursor()


def _write(state: CrisisCursor) -> str:
    return msgspec.json.encode(state).decode()
