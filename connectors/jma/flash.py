"""府県気象防災速報 (VPBS50) by its 情報タグ, with what was observed where; 記録的短時間大雨情報 (VPOA50) by its words.

No 警戒レベル is attached. The tag names 一次細分区域; what was observed is said for a municipality or a station. VPOA50
says its millimetres and places in the headline only.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from connectors.jma.areas import named, ours
from connectors.jma.claims import MAX_CODE, MAX_NAME, Body, Claim, Problem
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import is_over, kinds, plain
from connectors.jma.listed import RECORD_RAIN, read_listed
from connectors.jma.markup import Node
from connectors.jma.quantities import quantities
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem, Quantity

TAGS = "ib:Head/ib:Headline/ib:Information[@type='情報タグ']/ib:Item"
OBSERVED = "met:Body/met:MeteorologicalInfos[@type='観測実況']/met:MeteorologicalInfo/met:Item"
HOUR = timedelta(hours=1)
RAIN = re.compile(r"(?P<place>[^。\n]{2,40}?)(?:付近)?で(?:1時間に)?約?(?P<millimetres>\d{2,3})ミリ(?:以上)?")


def read_flash(root: Node, envelope: Envelope, places: Places) -> Body:
    """One item per tag and area of ours. Raises Park `no_section` where there is no tag."""
    rows = root.all(TAGS)
    if not rows:
        raise Park("no_section", "the headline has no 情報タグ, so it is not known what it warns of and where")
    observed = root.all(OBSERVED)
    claims = tuple(
        Claim(area, (_item(row, area, name, _numbers(observed, area, places)),))
        for row in rows
        for area, name in ours(row, places)
    )
    told = tuple(dict.fromkeys(_unknown(row) for row in rows if _hazard(row) is None))
    prefecture = f"{next((code for row in rows for code, _ in named(row)), '')[:2]}0000"
    scope = f"{envelope.carrier}:{envelope.subject or prefecture}"
    return Body(claims, scope, problems=told, outside=sum(1 for row in rows if not ours(row, places)))


def read_record_rain(root: Node, envelope: Envelope, places: Places) -> Body:
    """VPOA50: the areas that it lists; each item in force with the places and millimetres of the headline."""
    body = read_listed(root, envelope, places, RECORD_RAIN)
    numbers = tuple(_rain_in_words(envelope.headline))
    claims = (replace(claim, items=tuple(_raining(item, numbers) for item in claim.items)) for claim in body.claims)
    return replace(body, claims=tuple(claims))


def _rain_in_words(headline: str) -> Iterable[Quantity]:
    for line in plain(headline).splitlines():
        found = RAIN.match(line.strip())
        if found is not None:
            place, millimetres = found["place"], float(found["millimetres"])
            yield Quantity("rain_observed", place, place, millimetres, "mm", None, None, line.strip()[:MAX_NAME])


def _raining(item: BulletinItem, numbers: tuple[Quantity, ...]) -> BulletinItem:
    return replace(item, quantities=numbers) if item.active else item


def _tag(row: Node) -> str:
    return plain(row.text("ib:Kind/ib:Condition"))[:MAX_NAME]


def _hazard(row: Node) -> Hazard | None:
    known = kinds().words["tags"]
    return next((Hazard(hazard) for stem, hazard in known.items() if _tag(row).startswith(stem)), None)


def _unknown(row: Node) -> Problem:
    return Problem("unknown_kind", f"情報タグ {_tag(row)!r} is in no table: kept without a hazard")


def _item(row: Node, area: str, name: str, numbers: tuple[Quantity, ...]) -> BulletinItem:
    status = "発表" if not is_over(_tag(row)) else _tag(row)
    return BulletinItem(
        hazard=_hazard(row) or Hazard.OTHER,
        subject=area,
        subject_name=name[:MAX_NAME],
        kind_code="",
        kind_name=_tag(row),
        status=status,
        active=not is_over(status),
        level=None if not is_over(status) else 0,
        summary="、".join(dict.fromkeys(number.subject_name for number in numbers)),
        quantities=numbers,
    )


def _numbers(observed: list[Node], area: str, places: Places) -> tuple[Quantity, ...]:
    """What was observed in this area, or at a station of which only its name says where it is."""
    found: list[Quantity] = []
    for row in observed:
        station = row.find("met:Station")
        if station is not None:
            found += _of(row, station.text("met:Code")[:MAX_CODE], station.text("met:Name"))
        elif any(code == area for code, _ in ours(row, places)):
            found += _of(row, area, next(name for _, name in named(row)))
    return tuple(found)


def _of(row: Node, subject: str, name: str) -> list[Quantity]:
    numbers = (number for kind in row.all("met:Kind") for number in quantities(kind, subject, name))
    return [_ending(number) for number in numbers]


def _ending(number: Quantity) -> Quantity:
    """An hour's rain is stated with the time at which the hour ended."""
    if number.name != "rain_observed" or number.at is None:
        return number
    return replace(number, at=number.at - HOUR, until=number.at)
