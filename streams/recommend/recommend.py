"""The highest level called for per area and hazard, every piece of evidence, what changed, since when nothing is.

What is said follows from facts alone; only number, change, previous_level and at depend on what was said before.
It never orders, and it never lifts: it says since when nothing calls for anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.levels import order_type_of
from schemas.records.base import Hazard, Origin, Trace, World, content_id
from schemas.records.judged import Called, Change, Recommendation, RuleHit, Silence

CLEARED, NO_NUMBER = -1, 0
"""How a level is remembered: nothing called for any more, or an order without a level number."""
BELOW = -2

Place = tuple[str, Hazard]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a recommendation rests on now.

    `lifted`: where nothing is called for any more, since when the lifting conditions are met, None while they are not.
    `outlook`: what would change each call.
    """

    hits: Mapping[Place, Sequence[RuleHit]]
    lifted: Mapping[Place, datetime | None]
    silences: tuple[Silence, ...]
    area_names: Mapping[str, str]
    outlook: Mapping[Place, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """What the last recommendation said: its number, its digest, and the level per "area|hazard"."""

    number: int = 0
    digest: str = ""
    levels: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Occasion:
    """The input that made us look again. `at` is event time, `made_at` real time."""

    world: World
    municipality: str
    origin: Origin
    at: datetime
    trace: Trace
    made_at: datetime


def recommend(facts: Facts, said: Said, occasion: Occasion) -> tuple[Said, Recommendation | None]:
    """The recommendation, if it says anything else than the last one."""
    called = tuple(_called(place, facts, said) for place in sorted({*facts.hits, *facts.lifted}, key=_order))
    digest = _digest(called, facts.silences)
    if digest == said.digest or (not said.digest and not called and not facts.silences):
        return said, None
    levels = {f"{c.area}|{c.hazard.value}": _rank(c) for c in called}
    now = Said(said.number + 1, digest, levels)
    return now, Recommendation(
        id=content_id("recommendation", occasion.world.value, occasion.municipality, digest),
        world=occasion.world,
        origin=occasion.origin,
        municipality=occasion.municipality,
        number=now.number,
        at=occasion.at,
        as_of=max(_moments(called), default=occasion.at),
        called=called,
        silences=facts.silences,
        trace=occasion.trace,
        made_at=occasion.made_at,
    )


def _called(place: Place, facts: Facts, said: Said) -> Called:
    area, hazard = place
    hits = tuple(facts.hits.get(place, ()))
    numbers = [hit.level for hit in hits if hit.level is not None]
    level = max(numbers, default=None)
    before = said.levels.get(f"{area}|{hazard.value}", BELOW)
    now = CLEARED if not hits else NO_NUMBER if level is None else level
    order = order_type_of(level, hazard) if hits else None
    return Called(
        area=area,
        area_name=facts.area_names.get(area, area),
        hazard=hazard,
        level=level,
        previous_level=before if before > NO_NUMBER else None,
        change=_change(before, now),
        order_type=order.value if order else None,
        hits=hits,
        lifting_met_since=None if hits else facts.lifted[place],
        would_change=facts.outlook.get(place, ()),
    )


def _change(before: int, now: int) -> Change:
    if before == now:
        return Change.SAME
    if now == CLEARED:
        return Change.CLEARED
    if before in (BELOW, CLEARED):
        return Change.NEW
    return Change.RAISED if now > before else Change.LOWERED


def _rank(called: Called) -> int:
    return CLEARED if not called.hits else called.level or NO_NUMBER


def _digest(called: Sequence[Called], silences: Sequence[Silence]) -> str:
    """Names what is said, without how it differs from what was said before."""
    parts = [
        (
            c.area,
            c.hazard.value,
            c.level,
            c.lifting_met_since,
            c.would_change,
            [(h.rule, h.level, h.since, h.text, h.evidence) for h in c.hits],
        )
        for c in called
    ]
    return content_id(repr(parts), repr(silences))


def _moments(called: Sequence[Called]) -> list[datetime]:
    found = [e.observed_at for c in called for hit in c.hits for e in hit.evidence]
    return found + [c.lifting_met_since for c in called if c.lifting_met_since]


def _order(place: Place) -> tuple[str, str]:
    return (place[0], place[1].value)
