"""A mapping's file → Mapping, or one sentence that says what to change: refused here, not at the first flood."""

import codecs
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from connectors.mapped.mapping import TABLES, Filter, Mapping, Notice, Value, refs
from connectors.mapped.refusal import told
from connectors.mapped.times import is_format
from connectors.mapped.units import KNOWN, factor, plain_unit
from connectors.nearest import meant
from connectors.rows import BadFeeds
from schemas.records.base import Hazard

FOLDER = Path(__file__).parents[1] / "mappings"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
CODE = re.compile(r"\d{5,7}", re.ASCII)
PREFECTURES = range(1, 48)
TREES = ("json", "jsonl", "geojson", "xml")


class BadMapping(BadFeeds):
    """The mapping cannot be used; the message says what to change."""


def mapping_file(named: str) -> Path:
    """A path, or the name of a mapping in connectors/mappings."""
    inside = FOLDER / f"{named}.toml"
    return inside if "/" not in named and inside.is_file() else Path(named)


def load_mapping(file: Path) -> Mapping:
    """Read and check a mapping; raises BadMapping with one sentence."""
    try:
        found = msgspec.convert(tomllib.loads(file.read_text(encoding="utf8")), Mapping)
    except OSError as error:
        raise BadMapping(_not_there(file, error)) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadMapping(f"{file}: {error}") from error
    except msgspec.ValidationError as error:
        raise BadMapping(f"{file}: {told(error)}") from error
    wrong = next(_wrong(found), None)
    if wrong is not None:
        raise BadMapping(f"{file}: {wrong}")
    return found


def _not_there(file: Path, error: OSError) -> str:
    if not isinstance(error, FileNotFoundError):
        return f"{file}: {error.strerror}"
    ours = sorted(one.stem for one in FOLDER.glob("*.toml"))
    there = f"{', '.join(ours)}{meant(str(file), ours)}"
    return f"{file}: neither a file nor in connectors/mappings, where there are {there}"


def _wrong(mapping: Mapping) -> Iterator[str]:
    yield from _wrong_text(mapping)
    yield from _wrong_layout(mapping)
    yield from _wrong_purpose(mapping)
    yield from _wrong_time(mapping)
    yield from _wrong_area(mapping)
    for number, value in enumerate(mapping.value, 1):
        yield from (f"value {number}: {text}" for text in _wrong_value(mapping, value))
    if mapping.notice is not None:
        yield from _wrong_notice(mapping.notice)
    for condition in (*mapping.keep, *mapping.drop):
        yield from _wrong_filter(condition)


def _wrong_text(mapping: Mapping) -> Iterator[str]:
    for name in refs(mapping.encoding):
        try:
            codecs.lookup(name)
        except LookupError:
            yield f"encoding {name!r} is unknown; say utf-8, cp932 (Shift_JIS as Windows writes it) or euc_jp"
    if mapping.encoding and mapping.format in ("xml", "xlsx"):
        yield f"{mapping.format} says its own encoding; leave `encoding` out"


def _wrong_layout(mapping: Mapping) -> Iterator[str]:
    table = mapping.table
    if mapping.format in TREES and table != type(table)():
        yield f"[table] is for {', '.join(TABLES)}; say under [rows] where the rows of {mapping.format} are"
    if mapping.format in TABLES and mapping.rows.at:
        yield f"[rows] is for {', '.join(TREES)}; a line of {mapping.format} is a row"
    if mapping.format == "xml" and not mapping.rows.at:
        yield 'say under [rows] which elements are rows, such as at = ".//station"'
    if table.header < 0 or table.skip < 0:
        yield "header and skip count lines from 1; header = 0 means that no line names the columns"
    if table.columns and table.header:
        yield "columns name themselves in the header line; say header = 0 to name them in `columns`"
    if len(table.delimiter) > 1 or len(table.quote) != 1:
        yield "delimiter and quote are one character each"


def _wrong_purpose(mapping: Mapping) -> Iterator[str]:
    if bool(mapping.value) == (mapping.notice is not None):
        yield "say what it makes: [[value]] for readings, or [notice] for announcements, and not both"
    if mapping.value and mapping.time is None:
        yield "say under [time] where the time of observation stands; a reading without one cannot be judged"
    if mapping.value and mapping.station is None and not all(value.station for value in mapping.value):
        yield "say under [station] where the station stands, or give each [[value]] its `station`"
    station = mapping.station
    if station is not None and bool(station.const) == bool(refs(station.from_)) and not station.prefix:
        yield "station: say `from` (where it stands) or `const` (always the same one), and not both"


def _wrong_time(mapping: Mapping) -> Iterator[str]:
    time = mapping.time
    if time is None:
        return
    if not refs(time.from_):
        yield "time: say `from`: the column or path where it stands"
    try:
        ZoneInfo(time.zone or "UTC")
    except (ValueError, LookupError, OSError):
        yield f'time: zone {time.zone!r} is unknown; say "Asia/Tokyo"'
    for written in refs(time.format):
        if not is_format(written):
            yield f'time: format {written!r} is neither iso, unix, unix_ms nor letters such as "%Y/%m/%d %H:%M"'
        if written not in ("iso", "unix", "unix_ms") and "%z" not in written and not time.zone:
            yield f'time: {written!r} has no offset; say zone = "Asia/Tokyo" (or where it is), it is never guessed'


def _wrong_area(mapping: Mapping) -> Iterator[str]:
    area = mapping.area
    for listed in mapping.stations:
        if not listed.areas or not all(CODE.fullmatch(code) for code in listed.areas):
            yield f"stations: {listed.code} needs areas = [...] of codes with five, six or seven digits"
    codes = [listed.code for listed in mapping.stations]
    if len(set(codes)) < len(codes):
        yield "stations: two rows have the same code"
    if area is None:
        if mapping.notice is not None and not mapping.stations:
            yield 'say under [area] whose it is, such as const = "14205" or from = "市区町村コード"'
        return
    if mapping.stations:
        yield "say where the area stands once: [area] or the `areas` of [[stations]], not both"
    if area.by == "point" and (not area.lat or not area.lon or area.within_km < 0):
        yield 'area: by = "point" needs lat and lon, the columns or paths of latitude and longitude in degrees'
    if area.by != "point" and bool(area.const) == bool(refs(area.from_)):
        yield "area: say `from` (where it stands) or `const` (always the same one), and not both"
    if area.by == "code" and area.const and not CODE.fullmatch(area.const):
        yield f"area: {area.const!r} is no code of five, six or seven digits"
    elif area.by == "code" and area.const and int(area.const[:2]) not in PREFECTURES:
        yield f"area: {area.const} is no municipality: its first two digits are a prefecture, 01 to 47"


def _wrong_value(mapping: Mapping, value: Value) -> Iterator[str]:
    if not refs(value.from_):
        yield "say `from`: the column or path where the number stands"
    yield from _wrong_quantities(value)
    if len(value.decimal) != 1 or value.decimal == value.thousands:
        yield "decimal is one character, and another one than thousands"
    numbered = [marker for marker in value.missing if marker in value.words]
    if numbered:
        yield f"{numbered[0]!r} is both in words and in missing"
    twins = [one for one in mapping.value if one.from_ == value.from_ and one.quantity == value.quantity]
    if len(twins) > 1 and len({one.station for one in twins}) < len(twins):
        yield f"two values read {value.from_!r} as the same quantity"


def _wrong_quantities(value: Value) -> Iterator[str]:
    fixed = isinstance(value.quantity, str)
    names = [value.quantity] if isinstance(value.quantity, str) else [*value.quantity.words.values()]
    if not names or not all(NAME.fullmatch(name) for name in names):
        yield "quantity is a name such as stage, rain_10min or closed, or { from = ..., words = {...} } that give such"
    for name in names:
        if name in KNOWN and not value.unit and fixed and not value.words:
            yield f'say unit = "{KNOWN[name].unit}", the unit of {name}, or the one that the file is written in'
        elif name in KNOWN and value.unit and factor(name, value.unit) is None:
            kept = KNOWN[name].unit
            kept_in = f"{name} is kept in {kept}: no table turns {plain_unit(value.unit)} into it"
            yield f'{kept_in}; say scale = ... and unit = "{kept}"'
    if fixed and names[0] not in KNOWN and not value.unit:
        yield f"say the unit of {names[0]}"


def _wrong_notice(notice: Notice) -> Iterator[str]:
    hazards = [notice.hazard.const] if notice.hazard.const else [*notice.hazard.words.values()]
    unknown = [name for name in hazards if name not in set(Hazard)]
    if unknown or not hazards:
        yield f"notice: hazard must be one of {', '.join(Hazard)}, in const or in words"
    if refs(notice.state) and not (notice.active or notice.over):
        yield "notice: say which words of `state` mean in force (`active`) and which mean that it is over (`over`)"
    if not refs(notice.state) and (notice.active or notice.over):
        yield "notice: `active` and `over` are words of `state`; say where that stands"


def _wrong_filter(condition: Filter) -> Iterator[str]:
    if not refs(condition.from_) or bool(condition.is_) == bool(condition.matches):
        yield "keep and drop need `from` and one of `is` (words) or `matches` (a regular expression)"
    try:
        re.compile(condition.matches)
    except re.error as error:
        yield f"{condition.matches!r} is no regular expression: {error}"
