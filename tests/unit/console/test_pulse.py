"""What the desk counts for operators: what is called for, and how long heartbeats take."""

from dataclasses import replace
from datetime import timedelta

from prometheus_client import REGISTRY

from console.projection import WorldView
from console.pulse import Roundtrip, count_active
from schemas.examples import examples_of
from schemas.process.clock import now_utc
from schemas.records.base import World
from schemas.records.judged import Recommendation
from schemas.records.plumbing import Heartbeat

RISING = examples_of(Recommendation)["v1/level_3_by_rapid_rise"]
TSUNAMI = examples_of(Recommendation)["v1/tsunami_without_level"]


def active(hazard: str, level: str) -> float | None:
    """What /metrics says."""
    return REGISTRY.get_sample_value("alert_active", {"hazard": hazard, "level": level})


def test_active_counts_the_areas_by_hazard_and_level() -> None:
    """Two municipalities at level 3, one with a tsunami order that has no level."""
    view = WorldView(World.ACTUAL)
    for number, record in enumerate((RISING, RISING, TSUNAMI)):
        view.take_recommendation(replace(record, municipality=f"1420{number}"))
    count_active(view)
    assert (active("flood", "3"), active("tsunami", "-")) == (2, 1)


def test_what_is_over_is_counted_no_more() -> None:
    """The gauge goes with the recommendation."""
    view = WorldView(World.ACTUAL)
    view.take_recommendation(RISING)
    count_active(view)
    view.take_recommendation(replace(RISING, number=RISING.number + 1, called=()))
    count_active(view)
    assert active("flood", "3") is None


def test_only_heartbeats_of_this_life_are_measured() -> None:
    """What was written before the desk started says nothing about how long a heartbeat takes."""
    now, example = now_utc(), next(iter(examples_of(Heartbeat).values()))
    roundtrip, before = Roundtrip(now), _measured()
    roundtrip.heard(replace(example, made_at=now - timedelta(seconds=1)))
    assert _measured() == before
    roundtrip.heard(replace(example, made_at=now))
    assert _measured() == before + 1


def _measured() -> float:
    return REGISTRY.get_sample_value("alert_heartbeat_roundtrip_seconds_count") or 0.0
