"""A Detection's words and ids: only content decides them, so a repeat is recognised."""

from dataclasses import dataclass
from datetime import datetime

from schemas.records.base import Hazard, Origin, Trace, World, content_id
from schemas.records.judged import Detection, DetectionKind, Evidence, Phase
from streams.detect.state import moment


@dataclass(frozen=True, slots=True)
class Cause:
    """The input that is being folded: its trace goes into everything that it causes. `made_at` is real time."""

    world: World
    municipality: str
    replay: int
    trace: Trace
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """One step of one episode, before it has an id. Times in epoch seconds. `ladder` joins rules into one episode."""

    area: str
    hazard: Hazard
    kind: DetectionKind
    rule: str
    subject: str
    phase: Phase
    level: int | None
    began: int
    at: int
    evidence: tuple[Evidence, ...] = ()
    lead: tuple[float, float] | None = None
    ladder: str = ""
    replay: int = 0


def detection(seen: Seen, cause: Cause) -> Detection:
    """The record; its origin is replay if the cause or any fact behind it is."""
    began, at = moment(seen.began), moment(seen.at)
    where = (cause.world.value, cause.municipality, seen.area, seen.hazard.value, seen.subject)
    return Detection(
        id=content_id("detection", *where, seen.rule, seen.phase.value, seen.level, at),
        world=cause.world,
        origin=Origin.REPLAY if cause.replay or seen.replay else Origin.LIVE,
        municipality=cause.municipality,
        area=seen.area,
        hazard=seen.hazard,
        kind=seen.kind,
        rule=seen.rule,
        subject=seen.subject,
        phase=seen.phase,
        level=seen.level,
        episode=content_id("episode", *where, seen.ladder or seen.rule, began),
        began_at=began,
        at=at,
        lead_min_low=round(seen.lead[0], 1) if seen.lead else None,
        lead_min_high=round(seen.lead[1], 1) if seen.lead else None,
        evidence=seen.evidence,
        trace=cause.trace,
        made_at=cause.made_at,
    )


def phase_of(before: int, after: int, nothing: int = -1) -> Phase | None:
    """How a step from one rung to another is called; None for no step."""
    if before == after:
        return None
    if before == nothing:
        return Phase.BEGAN
    if after == nothing:
        return Phase.ENDED
    return Phase.ROSE if after > before else Phase.EASED
