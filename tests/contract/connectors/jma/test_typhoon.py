"""台風: every VPTW60 on record, the geometry against known distances, and when Kanagawa lies in the storm zone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jma.telegram import parse_telegram
from connectors.jma.track import Disc, Span, disc_of, distance_km, moved, spans
from schemas.records.base import Hazard
from schemas.records.observed import Bulletin
from schemas.zones import zones
from tests.contract.connectors.jma.plainly import all_of, at, files, root_of, text
from tests.unit.connectors.writing import AT, KANAGAWA, bulletins, payload

Recorded = Callable[[str], Path]
NOON = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)
POINTS = st.tuples(st.floats(-60, 60), st.floats(-170, 170))


def test_every_position_and_circle(recorded: Recorded) -> None:
    """Each time of a telegram is told to all 35 areas, with the 70 % circle's radius in km."""
    for file in files(recorded("jma"), "*VPTW60*", "vptw60*"):
        infos = all_of(root_of(file), "Body/MeteorologicalInfos/MeteorologicalInfo")
        found = _kanagawa(file)
        assert len(found) == 35, file.name
        numbers = found[0].items[0].quantities
        assert [q.at for q in numbers if q.name == "typhoon_distance"] == [at(text(i, "DateTime")) for i in infos]
        radii = [
            float(r.text or "nan")
            for i in infos
            for r in all_of(i, "Item/Kind/Property/CenterPart/ProbabilityCircle/Axes/Axis/Radius")
            if r.get("unit") == "km"
        ]
        assert [q.value for q in numbers if q.name == "typhoon_circle"] == radii
        assert {(b.items[0].hazard, b.items[0].level) for b in found} == {(Hazard.STORM, None)}


def test_talim(recorded: Recorded) -> None:
    """2017-09-13: the five-day forecast draws the zone over Kanagawa on 17 and 18 September, not before."""
    found = {b.area: b.items[0] for b in _kanagawa(recorded("jma/samples/10_04_04_170913_VPTW60.xml"))}
    fujisawa = found["1420500"]
    (zone,) = [q for q in fujisawa.quantities if q.name == "storm_zone"]
    assert fujisawa.active
    assert zone.at is not None
    assert zone.until is not None
    assert datetime(2017, 9, 16, 12, tzinfo=UTC) < zone.at < zone.until < datetime(2017, 9, 18, 12, tzinfo=UTC)
    assert (fujisawa.valid_from, fujisawa.valid_until) == (zone.at, zone.until)


def test_an_analysis_ends_no_forecast(recorded: Recorded) -> None:
    """2017-09-16 17:40 holds 実況 and 推定 only: a scope of its own; 台風消滅 ends the forecast."""
    assert {b.scope for b in _kanagawa(recorded("jma/samples/10_04_07_170916_VPTW60.xml"))} == {"VPTW:TC1725:analysis"}
    gone = _kanagawa(recorded("jma/samples/10_04_08_170918_VPTW60.xml"))
    assert {(b.scope, b.items[0].active) for b in gone} == {("VPTW:TC1725", False)}


def test_distances() -> None:
    """A quarter of a meridian, and Fujisawa to the position of 2026-08-01 by the spherical law of cosines: 2,497 km."""
    assert distance_km((0.0, 0.0), (90.0, 0.0)) == pytest.approx(10007.5, abs=1)
    assert distance_km(zones().points["1420500"], (20.2, 158.3)) == pytest.approx(2497, abs=2)


def test_a_zone_that_passes_between_two_times() -> None:
    """Out of it at both times, in it in the middle of them: 12 hours for 1,000 km, 100 km around the centre."""
    west, east = moved((35.0, 139.0), 270, 500), moved((35.0, 139.0), 90, 500)
    (inside,) = spans((35.0, 139.0), [(NOON, Disc(west, 100)), (NOON + timedelta(hours=12), Disc(east, 100))])
    assert abs(inside.at - (NOON + timedelta(hours=4, minutes=48))) <= timedelta(minutes=20)
    assert abs(inside.until - (NOON + timedelta(hours=7, minutes=12))) <= timedelta(minutes=20)


def test_no_winds_no_zone() -> None:
    """A time without a storm zone draws none, to either side of it."""
    here = Disc((35.0, 139.0), 100)
    hour = timedelta(hours=1)
    assert spans((35.0, 139.0), [(NOON, None), (NOON + hour, here), (NOON + 2 * hour, None)]) == (
        Span(NOON + hour, NOON + hour),
    )


def test_long_and_short_axes() -> None:
    """500 km to the north-east, 330 to the south-west: 415 km around a centre 85 km to the north-east."""
    disc = disc_of((20.2, 158.3), [(45.0, 500.0), (225.0, 330.0)])
    assert disc is not None
    assert disc.radius_km == 415.0
    assert distance_km(disc.centre, moved((20.2, 158.3), 45, 85)) < 0.01
    assert disc_of((20.2, 158.3), [(45.0, 500.0)]) is None


@given(POINTS, st.floats(0, 360), st.floats(0, 3000))
def test_moved_is_as_far_as_it_says(point: tuple[float, float], bearing: float, km: float) -> None:
    """There is as far as back."""
    assert distance_km(point, moved(point, bearing, km)) == pytest.approx(km, abs=0.5)


@given(POINTS, st.lists(st.tuples(POINTS, st.floats(1, 500)), min_size=1, max_size=5))
def test_spans_are_in_order_and_hold_the_times_that_are_inside(
    point: tuple[float, float], discs: list[tuple[tuple[float, float], float]]
) -> None:
    """Every given time that is inside lies in a span; spans do not touch."""
    zones = [(NOON + timedelta(hours=3 * n), Disc(*disc)) for n, disc in enumerate(discs)]
    found = spans(point, zones)
    assert all(one.until < other.at for one, other in pairwise(found))
    inside = [when for when, disc in zones if distance_km(point, disc.centre) <= disc.radius_km]
    assert all(any(span.at <= when <= span.until for span in found) for when in inside)


def _kanagawa(file: Path) -> list[Bulletin]:
    return bulletins(parse_telegram(payload(file.read_bytes(), file.name), KANAGAWA, AT))
