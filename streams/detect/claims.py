"""What stands of each carrier in one area, and which of it counts as an official level.

A carrier withdraws only its own claim. A forecast never counts as a level; the route that only checks never counts at
all; the all-Japan snapshot counts for a hazard as long as the telegram that is current for it is not newer.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from schemas.records.base import Hazard
from streams.detect.bulletins import Item, Slot, Statement, standing
from streams.detect.limits import Carriers


class Claim(NamedTuple):
    """What stands of one carrier. `unknown`: its statement was cancelled and what stood before is not known."""

    carrier: str
    scope: str
    statement: Statement
    unknown: bool


Spoken = list[tuple[Claim, Item]]


def claims_in(slots: Mapping[str, Slot], area: str) -> list[Claim]:
    """What stands in one area, by carrier and scope."""
    found = []
    for key in sorted(slots):
        place, carrier, scope = key.split("|", 2)
        if place == area:
            statement, unknown = standing(slots[key])
            found.append(Claim(carrier, scope, statement, unknown))
    return found


def counting(claims: Iterable[Claim], carriers: Carriers) -> list[Claim]:
    """The claims whose levels count: without forecasts and checks, of the snapshot only what nothing newer names."""
    claims = list(claims)
    newest = _newest(claims, carriers)
    aside = (*carriers.forecast, *carriers.check)
    found = []
    for claim in claims:
        if aside and claim.carrier.startswith(aside):
            continue
        if carriers.snapshot and claim.carrier.startswith(carriers.snapshot):
            said = claim.statement
            items = tuple(item for item in said.items if newest.get(item.hazard, 0) <= said.at)
            claim = claim._replace(statement=said._replace(items=items))
        found.append(claim)
    return found


def spoken_for(claims: Iterable[Claim], hazard: Hazard, carriers: tuple[str, ...] = ()) -> Spoken:
    """The items in force for one hazard, of all carriers or of those whose type begins so; the highest level first."""
    items = [
        (claim, item)
        for claim in claims
        if not carriers or claim.carrier.startswith(carriers)
        for item in claim.statement.items
        if item.hazard == hazard.value
    ]
    return sorted(items, key=lambda pair: (-pair[1].level, pair[1].since, pair[0].carrier, pair[1].subject))


def official_level(claims: Iterable[Claim], hazard: Hazard, carriers: tuple[str, ...] = ()) -> tuple[int, int]:
    """The highest level that is not withdrawn (-1: no claim with a level), and since when (epoch seconds)."""
    spoken = spoken_for(claims, hazard, carriers)
    return (spoken[0][1].level, spoken[0][1].since) if spoken else (-1, 0)


def newest_word(claims: Iterable[Claim], hazard: Hazard, carriers: Carriers) -> int:
    """When the carriers that count last spoke of the hazard, be it to lift it; 0 if never."""
    claims = list(claims)
    by_type = _newest(claims, carriers).get(hazard.value, 0)
    return max([by_type, *(claim.statement.at for claim, _ in spoken_for(counting(claims, carriers), hazard))])


def _newest(claims: Iterable[Claim], carriers: Carriers) -> dict[str, int]:
    """By hazard, when the telegram that is current for it last spoke of the area at all."""
    found: dict[str, int] = {}
    for claim in claims:
        hazard = carriers.current.get(claim.carrier)
        if hazard is not None:
            found[hazard.value] = max(found.get(hazard.value, 0), claim.statement.at)
    return found
