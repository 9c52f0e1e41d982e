"""What a cell says about time → UTC. A time without an offset needs the mapping's zone; 24:00 ends the day."""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.mapped.mapping import Time, refs
from connectors.mapped.row import Cell, Row, as_text
from connectors.source import Park

MIDNIGHT = re.compile(r"(?<![\d:時])24(?=(:?00)(:?00)?(?!\d)|時(0{1,2}分)?)")
"""The hour 24, never the minute: 05:24:00 is no midnight."""
ERA = re.compile(r"(令和|平成|[RH])\s*(元|\d{1,2})(?=[年./-])")
FIRST_YEAR = {"令和": 2019, "R": 2019, "平成": 1989, "H": 1989}
NUMBERS = {"unix": 1.0, "unix_ms": 0.001}


def read_moment(time: Time, row: Row) -> datetime:
    """When the row was observed, in UTC. Raises Park `missing_time`, `bad_time` or `naive_time`."""
    named = refs(time.from_)
    cell = row.look(named[0]) if len(named) == 1 else row.text(named)
    moment = _moment(time, cell)
    if not 1990 < moment.year < 2200:
        raise Park("bad_time", f"{as_text(cell)[:40]!r} is no time of this service")
    return moment


def _moment(time: Time, cell: Cell) -> datetime:
    if isinstance(cell, datetime):
        return _zoned(time, cell, False, cell.isoformat(" "))
    text = unicodedata.normalize("NFKC", as_text(cell))
    if not text:
        raise Park("missing_time", "there is no time")
    plain, next_day = MIDNIGHT.subn("00", ERA.sub(_year, text), count=1)
    for written in refs(time.format):
        found = _parsed(written, plain)
        if found is not None:
            return _zoned(time, found, bool(next_day), text)
    raise Park("bad_time", f"{text[:40]!r} is not written as {' or '.join(refs(time.format))}")


def _parsed(written: str, text: str) -> datetime | None:
    """None where it is not written so."""
    try:
        if written in NUMBERS:
            return datetime.fromtimestamp(float(text) * NUMBERS[written], UTC)
        return datetime.fromisoformat(text) if written == "iso" else datetime.strptime(text, written)  # noqa: DTZ007 - _zoned gives it the mapping's zone, or refuses it
    except (ValueError, OverflowError, OSError):
        return None


def _zoned(time: Time, moment: datetime, next_day: bool, text: str) -> datetime:
    if moment.tzinfo is None:
        if not time.zone:
            raise Park("naive_time", f'{text[:40]!r} has no offset; say zone = "Asia/Tokyo" or another under [time]')
        moment = moment.replace(tzinfo=ZoneInfo(time.zone))
    try:
        return (moment + timedelta(days=int(next_day))).astimezone(UTC)
    except OverflowError as error:
        raise Park("bad_time", f"{text[:40]!r} is no time of this service") from error


def _year(era: "re.Match[str]") -> str:
    """令和8 → 2026; 元 is the first year."""
    count = 1 if era.group(2) == "元" else int(era.group(2))
    return str(FIRST_YEAR[era.group(1)] + count - 1)


def is_format(text: str) -> bool:
    """Whether it is one of the words, or letters of strptime that can be used."""
    if text in ("iso", *NUMBERS):
        return True
    try:
        datetime.strptime(date(2026, 9, 21).strftime(text), text)  # noqa: DTZ007 - only the format is tried
    except ValueError:
        return False
    return "%" in text
