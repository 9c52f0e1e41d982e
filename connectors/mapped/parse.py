"""Bytes of a mapped source → what they say: readings or announcements, what is parked and why, and counts. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.mapped.documents import read_document
from connectors.mapped.mapping import Mapping
from connectors.mapped.notices import Announced, read_notices
from connectors.mapped.readings import Placed, read_rows
from connectors.mapped.row import Bad
from connectors.mapped.where import Where
from connectors.source import Park, Parked, Payload

FILE = "file"
MAX_TOLD = 100
"""Of one file's bad rows this many are parked one by one, the others in one letter that counts them."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What one file became. Rows in = made + bad + left out by a filter + repeats (per value of a row)."""

    readings: tuple[Placed, ...] = ()
    notices: tuple[Announced, ...] = ()
    bad: tuple[Bad, ...] = ()
    rows: int = 0
    left_out: int = 0
    repeats: int = 0

    @property
    def is_file_bad(self) -> bool:
        """Whether the file as a whole says nothing: an unreadable list is not an empty one."""
        return any(one.place == FILE for one in self.bad)

    @property
    def outside(self) -> int:
        """How many are understood and lie outside of what we answer for."""
        return sum(not one.areas for one in self.readings) + sum(not one.areas for one in self.notices)


def understand(mapping: Mapping, where: Where, body: bytes, latest: datetime | None) -> Understanding:
    """Never raises: a file that says nothing as a whole is one bad row, whose place is FILE."""
    try:
        rows = read_document(mapping, body)
        if mapping.notice is not None:
            heard = read_notices(mapping, mapping.notice, where, rows)
            return Understanding((), tuple(heard.made), tuple(heard.bad), heard.rows, heard.left_out, heard.repeats)
        seen = read_rows(mapping, where, rows, latest)
        return Understanding(tuple(seen.placed), (), tuple(seen.bad), seen.rows, seen.left_out, seen.repeats)
    except Park as park:
        return Understanding(bad=(Bad(FILE, park.reason, park.text, ""),))


def parked(payload: Payload, bad: Sequence[Bad]) -> tuple[Parked, ...]:
    """Each bad row with its place; beyond MAX_TOLD one letter says how many more there are, and of which kind."""
    told = [_parked(payload, one) for one in bad[:MAX_TOLD]]
    rest = bad[MAX_TOLD:]
    if rest:
        kinds = ", ".join(f"{count} {reason}" for reason, count in Counter(one.reason for one in rest).most_common(10))
        places = f"{rest[0].place} to {rest[-1].place}"
        told.append(_parked(payload, Bad(places, "more_rows", f"{len(rest)} more rows are wrong: {kinds}", "")))
    return tuple(told)


def _parked(payload: Payload, bad: Bad) -> Parked:
    body = payload.body if bad.place == FILE else bad.raw.encode("utf8", "replace")
    return Parked(bad.reason, f"{bad.place}: {bad.text}", payload.url, body, payload.origin, trace=payload.trace)
