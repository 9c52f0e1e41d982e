"""What a mapped source keeps between polls: what it has said, and what it speaks for. Small enough for one message."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence

import msgspec

from connectors.mapped.readings import Placed
from schemas.records.observed import Reading

REMEMBERED = 15_000
"""Readings of the newest documents whose marks are kept, 8 letters each: the topic takes 256 kB."""
MARK = 8
Stations = dict[str, tuple[str, ...]]
MAX_STATIONS = 2_000
MOST_BYTES = 240_000
"""Of a cursor: its topic takes 262,144."""
KEPT_FILES, KEPT_STATIONS = 500, 200


class Open(msgspec.Struct, frozen=True):
    """An announcement in force, as far as its end has to name it."""

    hazard: str
    subject: str
    name: str
    kind: str


class MappedCursor(msgspec.Struct, frozen=True):
    """`said`: marks of readings that went out. `stations`: by municipality. `open`: announcements in
    force, by area, and `told` a digest of what was last said there.

    `taken`: of a folder, what was read, by name: size and time of change, or the content's hash.
    """

    mapping: str = ""
    etag: str | None = None
    last_modified: str | None = None
    sha256: str = ""
    said: str = ""
    stations: dict[str, tuple[str, ...]] = {}
    open: dict[str, tuple[Open, ...]] = {}
    told: dict[str, str] = {}
    taken: dict[str, str] = {}


def read_cursor(text: str | None) -> MappedCursor:
    """A cursor that cannot be read counts as none: that only repeats."""
    try:
        return msgspec.json.decode(text or "{}", type=MappedCursor)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return MappedCursor()


def write_cursor(cursor: MappedCursor) -> str:
    """As it is saved. One that is too large forgets what only repeats, at last what a list had open."""
    text = msgspec.json.encode(cursor).decode()
    for smaller in (_without_marks, _without_most_files, _without_lists):
        if len(text.encode()) <= MOST_BYTES:
            break
        cursor = smaller(cursor)
        text = msgspec.json.encode(cursor).decode()
    return text


def _without_marks(cursor: MappedCursor) -> MappedCursor:
    return msgspec.structs.replace(cursor, said="")


def _without_most_files(cursor: MappedCursor) -> MappedCursor:
    newest = dict(list(cursor.taken.items())[-KEPT_FILES:])
    stations = {owner: names[:KEPT_STATIONS] for owner, names in cursor.stations.items()}
    return msgspec.structs.replace(cursor, taken=newest, stations=stations)


def _without_lists(cursor: MappedCursor) -> MappedCursor:
    return msgspec.structs.replace(cursor, open={}, told={})


def mark(reading: Reading) -> str:
    """48 bits of what a reading says: enough to tell a document's repeats from its news."""
    digest = hashlib.sha256(repr(reading).encode()).digest()
    return urlsafe_b64encode(digest[:6]).decode()


def marks_of(said: str) -> set[str]:
    """The marks in a cursor."""
    return {said[at : at + MARK] for at in range(0, len(said), MARK)}


def remembered(said: str, listed: Sequence[Reading]) -> str:
    """After a document: what it lists was said last, what was said before goes first."""
    marks = [mark(reading) for reading in listed]
    fresh = set(marks)
    before = [found for at in range(0, len(said), MARK) if (found := said[at : at + MARK]) not in fresh]
    return "".join([*before, *dict.fromkeys(marks)][-REMEMBERED:])


def with_stations(known: Stations, placed: Sequence[Placed], owners: dict[str, str]) -> Stations:
    """What the source speaks for, by municipality: silence of any of them has a name. `owners`: area → municipality."""
    found = {owner: dict.fromkeys(stations) for owner, stations in known.items()}
    for one in placed:
        for area in one.areas:
            found.setdefault(owners[area], {})[one.reading.station] = None
    return {owner: tuple(sorted(stations)[:MAX_STATIONS]) for owner, stations in found.items()}
