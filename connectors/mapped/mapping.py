"""A mapping as typed fields: what a TOML file may say. connectors/README.md explains each, load.py checks them."""

from typing import Literal

import msgspec

Format = Literal["csv", "tsv", "json", "jsonl", "geojson", "xml", "xlsx"]
TABLES = ("csv", "tsv", "xlsx")
Refs = str | tuple[str, ...]
"""Where a thing stands: a column, a path, or several whose texts are joined by a blank."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a mapping: a field that it does not know is refused, so a slip of the pen is never silence."""


class Table(Part, frozen=True):
    """How a table is laid out. `header`: the line that names the columns, 0 where none does (`columns` does then)."""

    header: int = 1
    skip: int = 0
    columns: tuple[str, ...] = ()
    delimiter: str = ""
    quote: str = '"'
    multiline: bool = False
    ragged: bool = False
    sheet: str = ""
    fill_down: tuple[str, ...] = ()


class Rows(Part, frozen=True):
    """Where the rows of a tree are: a JSON path or an XML path. A table's rows are its lines."""

    at: str = ""
    namespaces: dict[str, str] = {}


class Pick(Part, frozen=True):
    """A text of a row, or a constant. `words` turns what stands there into what we call it."""

    from_: Refs = msgspec.field(name="from", default=())
    const: str = ""
    words: dict[str, str] = {}


class Station(Part, frozen=True):
    """Which gauge, road or gate. `prefix` keeps its number apart from those of other sources."""

    from_: Refs = msgspec.field(name="from", default=())
    const: str = ""
    words: dict[str, str] = {}
    prefix: str = ""
    codes: str = ""


class Listed(Part, frozen=True):
    """A station that the mapping itself places. `areas`: codes of five, six or seven digits."""

    code: str
    areas: tuple[str, ...]
    name: str = ""


class Area(Part, frozen=True):
    """Whose it is. `by`: a code, the name of a municipality or area, or a position (`within_km`: outside of all)."""

    from_: Refs = msgspec.field(name="from", default=())
    const: str = ""
    words: dict[str, str] = {}
    by: Literal["code", "name", "point"] = "code"
    lat: str = ""
    lon: str = ""
    within_km: float = 0.0


class Time(Part, frozen=True):
    """When it was observed. `format`: iso, unix, unix_ms or letters of strptime, or several, tried in this order.

    `zone` is for times without an offset.
    """

    from_: Refs = msgspec.field(name="from", default=())
    format: Refs = "iso"
    zone: str = ""


class Value(Part, frozen=True):
    """One number of a row: its quantity, the unit it is written in, and what stands for "none"."""

    from_: Refs = msgspec.field(name="from", default=())
    quantity: str | Pick = ""
    unit: str = ""
    station: str = ""
    missing: tuple[str, ...] = ()
    words: dict[str, float] = {}
    strip: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    scale: float = 1.0
    offset: float = 0.0
    lowest: float | None = None
    highest: float | None = None


class Quality(Part, frozen=True):
    """Whether a value may be acted on: by words, or by the river system's codes (`codes = "stgCcd"`)."""

    from_: Refs = msgspec.field(name="from", default=())
    words: dict[str, Literal["valid", "suspect", "stuck", "missing", "closed"]] = {}
    codes: Literal["", "stgCcd"] = ""


class Notice(Part, frozen=True):
    """An announcement: what it is about, what it says, and which words of `state` mean that it is in force.

    `complete`: the file lists all that is in force, so what it no longer names is over. Else a row ends only itself.
    """

    subject: Refs
    complete: bool = True
    name: Refs = ()
    kind: Pick = Pick()
    hazard: Pick = Pick(const="other")
    text: Refs = ()
    state: Refs = ()
    active: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    until: Refs = ()
    title: str = ""
    office: str = ""


class Filter(Part, frozen=True):
    """A condition on a row's text: one of `is`, or a regular expression in `matches`."""

    from_: Refs = msgspec.field(name="from", default=())
    is_: tuple[str, ...] = msgspec.field(name="is", default=())
    matches: str = ""


class Mapping(Part, frozen=True):
    """One format. It makes readings (`value`) or notices (`notice`), never both.

    `encoding`: one name, or several that are tried in this order. `keep` and `drop` choose rows. `elsewhere`: whether a
    row about a place or station that nobody knows is parked, or left out because the source is wider than we are.
    """

    format: Format
    encoding: Refs = ()
    table: Table = Table()
    rows: Rows = Rows()
    station: Station | None = None
    stations: tuple[Listed, ...] = ()
    area: Area | None = None
    time: Time | None = None
    value: tuple[Value, ...] = ()
    quality: Quality | None = None
    notice: Notice | None = None
    keep: tuple[Filter, ...] = ()
    drop: tuple[Filter, ...] = ()
    elsewhere: Literal["park", "skip"] = "park"


def refs(named: Refs) -> tuple[str, ...]:
    """One reference or several, as a tuple."""
    return (named,) if isinstance(named, str) else named


def references(mapping: Mapping) -> tuple[str, ...]:
    """Every reference that a mapping makes into a row: what a header must have."""
    parts = (mapping.station, mapping.time, mapping.quality, *mapping.value, *mapping.keep, *mapping.drop)
    named = [part.from_ for part in parts if part is not None]
    named += [value.quantity.from_ for value in mapping.value if isinstance(value.quantity, Pick)]
    if (area := mapping.area) is not None:
        named += [area.from_, area.lat, area.lon]
    if (notice := mapping.notice) is not None:
        named += [notice.subject, notice.name, notice.text, notice.state, notice.until]
        named += [notice.kind.from_, notice.hazard.from_]
    return tuple(dict.fromkeys(ref for one in (*named, mapping.table.fill_down) for ref in refs(one) if ref))
