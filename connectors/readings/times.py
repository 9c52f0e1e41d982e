"""Times of observation as feeds write them. Pure. One without an offset is none, unless its source has a zone."""

import re
from datetime import UTC, datetime, timedelta, timezone

from connectors.source import Park

JST = timezone(timedelta(hours=9))
TEN_MINUTES = timedelta(minutes=10)
AHEAD = timedelta(minutes=5)
"""How far a reading may lie ahead of event time: clocks differ, tomorrow's stage does not exist."""
TIME = re.compile(r"(\d{4})/(\d{2})/(\d{2}) (\d{2}):(\d{2})", re.ASCII)


def read_jst(value: object, what: str) -> datetime:
    """ "YYYY/MM/DD HH:MM" in JST; 24:00 is midnight at the day's end. Raises Park `missing_time` or `bad_time`."""
    if value in (None, ""):
        raise Park("missing_time", f"{what} is missing")
    found = TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Park("bad_time", f"{what} is {str(value)[:40]!r}, not YYYY/MM/DD HH:MM")
    year, month, day, hour, minute = (int(part) for part in found.groups())
    if hour > 24 or minute > 59 or (hour == 24 and minute) or not 1990 < year < 2200:
        raise Park("bad_time", f"{what} is {value!r}, which is no time of this service")
    try:
        start = datetime(year, month, day, tzinfo=JST)
    except ValueError as error:
        raise Park("bad_time", f"{what} is {value!r}: {error}") from error
    return (start + timedelta(hours=hour, minutes=minute)).astimezone(UTC)


def read_time(value: object, what: str) -> datetime:
    """ISO 8601 with an offset, in UTC. Raises Park `missing_time`, `bad_time`, `naive_time`."""
    if value in (None, ""):
        raise Park("missing_time", f"{what} is missing")
    try:
        at = datetime.fromisoformat(str(value)[:40])
    except ValueError as error:
        raise Park("bad_time", f"{what} is {str(value)[:40]!r}, no ISO 8601 time") from error
    if at.tzinfo is None:
        raise Park("naive_time", f"{what} is {value!r}, without an offset")
    if not 1990 < at.year < 2200:
        raise Park("bad_time", f"{what} is {value!r}, which is no time of this service")
    return at.astimezone(UTC)
