"""Mappings and files as a test writes them down, and what the one makes of the other."""

import tomllib

import msgspec

from connectors.mapped.mapping import Mapping
from connectors.mapped.parse import Understanding, understand
from connectors.mapped.where import Where
from schemas.records.observed import Reading
from tests.unit.connectors.writing import AT, KANAGAWA

STAGES = """
format = "csv"
area.const = "14205"
station.from = "gauge"
time = { from = "time", zone = "Asia/Tokyo" }
[[value]]
from = "level"
quantity = "stage"
unit = "m"
"""


def mapping_of(text: str) -> Mapping:
    """A mapping as its file would say it."""
    return msgspec.convert(tomllib.loads(text), Mapping)


def made(mapping: str, body: bytes | str, judge_future: bool = False) -> Understanding:
    """What a mapping makes of these bytes, for the places of Kanagawa."""
    found = mapping_of(mapping)
    raw = body.encode() if isinstance(body, str) else body
    return understand(found, Where.of(found, KANAGAWA), raw, AT if judge_future else None)


def readings(found: Understanding) -> list[Reading]:
    """The readings alone."""
    return [one.reading for one in found.readings]


def values(found: Understanding) -> list[float | None]:
    """Their values, in the order of the file."""
    return [one.reading.value for one in found.readings]


def told(found: Understanding) -> list[tuple[str, str]]:
    """Where each bad row stands, and its reason."""
    return [(bad.place, bad.reason) for bad in found.bad]
