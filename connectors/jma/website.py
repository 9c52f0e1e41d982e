"""The shape of JMA's website JSON of 2026 ("r8"): an office's warnings, and the rivers of all Japan. Pure.

Unofficial, no promise; from a public note with five real items (of flood_xml.json and class20Items), not verified
against a recorded file. What the note does not name is not read.
"""

from typing import TypeVar

import msgspec

from connectors.source import Park

Rows = TypeVar("Rows")


class Local(msgspec.Struct, frozen=True):
    """A 危険度 code of an area or of a part of it."""

    code: str = ""


class Significancy(msgspec.Struct, frozen=True):
    """The 危険度 of one property."""

    locals: tuple[Local, ...] = ()


class Property(msgspec.Struct, frozen=True, rename="camel"):
    """What is added to a kind; only its 危険度 is read."""

    type: str = ""
    significancy_part: Significancy = Significancy()


class KindRow(msgspec.Struct, frozen=True):
    """One kind of one area: code and status as in the telegram."""

    code: str = ""
    status: str = ""
    properties: tuple[Property, ...] = ()


class AreaRow(msgspec.Struct, frozen=True, rename="camel"):
    """One area of class20."""

    area_code: str
    kinds: tuple[KindRow, ...] = ()


class Warnings(msgspec.Struct, frozen=True, rename="camel"):
    """The areas of one telegram; those of class10 say the same in sum."""

    class20_items: tuple[AreaRow, ...] = ()


class Shown(msgspec.Struct, frozen=True, rename="camel"):
    """One telegram (VPWW55–61) as an office's file shows it."""

    report_datetime: str
    data_type_code: str = ""
    status: str = "通常"
    info_type: str = "発表"
    publishing_office: str = ""
    warning: Warnings = Warnings()


class RiverItem(msgspec.Struct, frozen=True):
    """The kind of a river forecast."""

    name: str = ""
    code: str = ""
    condition: str = ""


class River(msgspec.Struct, frozen=True, rename="camel"):
    """One river section in the nationwide file, which names only those where something is in force."""

    report_datetime: str
    river_code: str
    item: RiverItem
    river_name: str = ""
    status: str = "通常"
    info_type: str = "発表"
    class20_codes: tuple[str, ...] = ()


def read_warnings(body: bytes) -> tuple[Shown, ...]:
    """An office's file. Raises Park `empty`, `not_json`, `unknown_shape`."""
    return _read(body, tuple[Shown, ...])


def read_rivers(body: bytes) -> tuple[River, ...]:
    """The nationwide file of river forecasts. Raises Park `empty`, `not_json`, `unknown_shape`."""
    return _read(body, tuple[River, ...])


def _read(body: bytes, shape: type[Rows]) -> Rows:
    if not body.strip():
        raise Park("empty", "the body is empty")
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise Park("unknown_shape", f"not the JSON that is known of this site: {error}") from error
    except msgspec.DecodeError as error:
        raise Park("not_json", f"not JSON: {error}") from error
