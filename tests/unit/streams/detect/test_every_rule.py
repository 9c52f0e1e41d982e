"""Each published criterion as a row: facts in, true or not; expected as in the tables of the domain notes (§1.3)."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import NamedTuple

import pytest

from schemas.records.base import Hazard
from schemas.records.observed import ReportKind
from streams.detect.area import Input
from streams.detect.knowledge import GaugeFacts
from tests.unit.streams.detect.facts import (
    crisis_gauge,
    danger,
    forecast,
    forecast_river,
    known,
    number,
    published_river,
    quake,
    rain,
    saw,
    stated,
    storm,
)
from tests.unit.streams.inputs import Run, book, bulletin, climb, dam_polls, item, jst, polls, report, tick

FLOOD, RAIN, LAND, SURGE, WAVE = (
    Hazard.FLOOD,
    Hazard.HEAVY_RAIN,
    Hazard.LANDSLIDE,
    Hazard.STORM_SURGE,
    Hazard.TSUNAMI,
)
TEN, NOON, DUSK = jst("21 10:00"), jst("21 12:00"), jst("21 16:00")
MIN = timedelta(minutes=1)
NO_WAVE = "この地震による津波の心配はありません。"
FAR = "太平洋の広域に津波発生の可能性があります。"
NIGHTLY = "21日夜遅くまでに土砂災害警報に切り替える可能性が高い"


class Row(NamedTuple):
    """One case: the rule, whether it is true, after which facts, at which gauge, on the coast or not."""

    rule: str
    true: bool
    facts: Sequence[Input]
    gauge: Callable[[], GaugeFacts] = published_river
    coast: bool = True


def over(*stages: float) -> list[Input]:
    """Ten minutes apart from 10:00 on."""
    return list(polls(climb(TEN, *stages)))


def says(hazard: Hazard, level: int | None, carrier: str, code: str = "") -> Input:
    """An official statement at noon."""
    return bulletin(NOON, item(hazard, level, code=code), carrier=carrier)


def due(hours: float, level: int = 4) -> Input:
    """Landslide advisory with the time from which level 4 is expected (CriteriaPeriod)."""
    at = NOON + timedelta(hours=hours)
    return bulletin(NOON, stated(LAND, 2, number("criteria_level", level, at, 4)), carrier="VPWW56")


STANDING = over(5.3, 5.3, 5.3, 5.3, 5.3)
ROWS = [
    Row("FF-3a", True, over(5.0, 5.1, 5.15, 5.2, 5.25), forecast_river),
    Row("FF-3a", True, [*STANDING, forecast(TEN + 41 * MIN, 5.5, now=5.3)], forecast_river),
    Row("FF-3a", True, [*STANDING, rain(TEN + 40 * MIN, 2.0)], forecast_river),
    Row("FF-3a", False, [*STANDING, forecast(TEN + 41 * MIN, 5.1, now=5.3), rain(TEN + 40 * MIN, 0.5)], forecast_river),
    Row("FF-3a", False, over(5.0, 5.1, 5.15, 5.2, 5.25)),  # another class of river
    Row("FF-3b", True, [forecast(NOON, 5.0, 5.4, 5.65)], forecast_river),
    Row("FF-3b", False, [forecast(NOON, 5.0, 5.4, 5.64)], forecast_river),
    Row("FF-3d", True, [says(FLOOD, 3, "VXKO", "30")]),
    Row("FF-3d", False, [says(FLOOD, 2, "VXKO", "22")]),
    Row("FF-3e", True, [report(NOON, ReportKind.LEAKAGE, FLOOD)]),
    Row("FF-3e", False, [report(NOON, ReportKind.LEAKAGE, LAND)]),
    Row("FF-3f", True, [forecast(DUSK, 5.0, 5.1, 5.2)], forecast_river),  # 19:00
    Row("FF-3f", False, [forecast(NOON, 5.0, 5.1, 5.2)], forecast_river),  # 15:00 is day
    Row("FF-4a", True, over(5.5, 5.6, 5.65), forecast_river),
    Row("FF-4a", False, over(5.5, 5.6, 5.64), forecast_river),
    Row("FF-4b", True, [says(FLOOD, 4, "VXKO", "40")]),
    Row("FF-4b", False, [says(RAIN, 4, "VPWW55", "43")]),
    Row("FF-4c", True, [forecast(NOON, 6.0, 6.2, 6.5)], forecast_river),
    Row("FF-4c", False, [forecast(NOON, 6.0, 6.2, 6.3, 6.5)], forecast_river),  # in four hours
    Row("FF-4d", True, [report(NOON, ReportKind.LEAKAGE_GROWING, FLOOD)]),
    Row("FF-4d", False, [report(NOON, ReportKind.LEAKAGE, FLOOD)]),
    Row("FF-4e", True, dam_polls(TEN)[:2]),
    Row("FF-4e", False, dam_polls(TEN)[:1]),
    Row("FF-4e", False, dam_polls(TEN)),
    Row("FF-4f", True, [forecast(DUSK, 5.0, 5.4, 5.7)], forecast_river),
    Row("FF-4f", True, [forecast(NOON, 5.7), storm(NOON, NOON + timedelta(hours=1))], forecast_river),
    Row("FF-4f", False, [forecast(NOON, 5.7), storm(NOON, NOON + timedelta(hours=9))], forecast_river),
    Row("FF-5a", True, [report(NOON, ReportKind.OVERFLOW, FLOOD)]),
    Row("FF-5a", True, [report(NOON, ReportKind.BREACH, FLOOD)]),
    Row("FF-5a", True, [says(FLOOD, 5, "VXKO", "51")]),
    Row("FF-5a", False, [says(FLOOD, 4, "VXKO", "41")]),
    Row("FF-5b", True, over(6.3, 6.4, 6.5), forecast_river),
    Row("FF-5b", False, over(6.3, 6.4, 6.49), forecast_river),
    Row("FF-5c", True, [saw(NOON, "cracks", FLOOD)]),
    Row("FF-5c", True, [saw(NOON, "gate_stopped", FLOOD)]),
    Row("FF-5c", True, [saw(NOON, "pump_stopped", FLOOD)]),
    Row("FF-5c", False, [report(NOON, ReportKind.LEAKAGE_GROWING, FLOOD)]),
    Row("FF-5d", True, [says(RAIN, 5, "VPWW55", "33")], forecast_river),
    Row("FF-5d", False, [says(RAIN, 5, "VPWW55", "33")]),  # no such river here
    Row("FN-3a", True, over(5.0, 5.1, 5.2)),
    Row("FN-3a", False, over(5.0, 5.1, 5.19)),
    Row("FN-3b", True, over(3.6, 3.9, 4.2, 4.5)),  # 0.30 m in 10 min
    Row("FN-3b", True, [*over(4.5, 4.5, 4.5, 4.5), rain(TEN + 30 * MIN, mm_1h=20.0)]),
    Row("FN-3b", True, [*over(4.5, 4.5, 4.5, 4.5), danger(TEN + 31 * MIN, RAIN, 3, carrier="VPWW55")]),
    Row("FN-3b", False, [*over(4.5, 4.5, 4.5, 4.5), rain(TEN + 30 * MIN, mm_1h=19.0)]),
    Row("FN-3b", False, [*over(4.4, 4.4, 4.4, 4.4), danger(TEN + 31 * MIN, RAIN, 4, carrier="VPWW55")]),
    Row("FN-4a", True, over(5.5, 5.6, 5.65)),
    Row("FN-4a", False, over(5.5, 5.6, 5.64)),
    Row("FN-4b", True, over(4.3, 4.6, 4.9, 5.2)),
    Row("FN-4b", True, [*STANDING, rain(TEN + 40 * MIN, mm_10min=10.0)]),
    Row("FN-4b", True, [*STANDING, danger(TEN + 41 * MIN, RAIN, 4, carrier="VPWW55")]),
    Row("FN-4b", False, [*STANDING, danger(TEN + 41 * MIN, RAIN, 3, carrier="VPWW55")]),
    Row("FN-4c", True, [*STANDING, says(RAIN, 4, "VPWW55")]),
    Row("FN-4c", False, [*over(5.1, 5.1, 5.1), says(RAIN, 4, "VPWW55")]),
    Row("FN-5", True, over(6.3, 6.4, 6.5)),
    Row("FN-5", True, [report(NOON, ReportKind.OVERFLOW, FLOOD)]),
    Row("FN-5", True, [says(RAIN, 5, "VPWW55")]),
    Row("FN-5", False, over(6.3, 6.4, 6.49)),
    Row("FO-3", True, [danger(NOON, RAIN, 3, carrier="VPWW55")]),
    Row("FO-3", True, [*over(1.9, 2.0, 2.0), says(RAIN, 3, "VPWW55")], crisis_gauge),
    Row("FO-3", False, [*over(1.8, 1.9, 1.95), says(RAIN, 3, "VPWW55")], crisis_gauge),
    Row("FO-3", False, [danger(NOON, RAIN, 3, carrier="VPWP50", slot=DUSK)]),  # what is expected is not what is
    Row("FO-4", True, [says(RAIN, 4, "VPWW55", "43")]),
    Row("FO-4", True, [danger(NOON, RAIN, 4, carrier="VPWW55")]),
    Row("FO-4", False, [says(RAIN, 3, "VPWW55", "03")]),
    Row("FO-4s", True, over(5.2, 5.4, 5.5), crisis_gauge),
    Row("FO-4s", False, over(5.2, 5.4, 5.49), crisis_gauge),
    Row("FO-5", True, [says(RAIN, 5, "VPWW55", "33")]),
    Row("FO-5", True, [saw(NOON, "inundation", RAIN)]),
    Row("FO-5", True, [saw(NOON, "inundation", FLOOD)]),
    Row("FO-5", False, [says(RAIN, 4, "VPWW55", "43")]),
    Row("FO-5s", True, over(5.7, 5.9, 6.0), crisis_gauge),
    Row("FO-5s", False, over(5.7, 5.9, 5.99), crisis_gauge),
    Row("LS-3a", True, [says(LAND, 3, "VPWW56", "09")]),
    Row("LS-3a", False, [says(LAND, 2, "VPWW56", "29")]),
    Row("LS-3b", True, [says(LAND, 2, "VPWW56"), danger(DUSK, LAND, 3, carrier="VPWP50", slot=jst("21 21:00"))]),
    Row("LS-3b", True, [bulletin(DUSK, stated(LAND, 2, summary=NIGHTLY), carrier="VPWW56")]),
    Row("LS-3b", False, [bulletin(jst("21 07:00"), stated(LAND, 2, summary=NIGHTLY), carrier="VPWW56")]),
    Row("LS-3b", False, [danger(DUSK, LAND, 3, carrier="VPWP50", slot=jst("21 21:00"))]),  # no advisory stands
    Row("LS-3b", False, [says(LAND, 2, "VPWW56"), danger(DUSK, LAND, 3, carrier="VPWP50", slot=jst("22 09:00"))]),
    Row("LS-3b", False, [says(LAND, 2, "VPWW56"), danger(TEN, LAND, 3, carrier="VPWP50", slot=jst("21 15:00"))]),
    Row("LS-3c", True, [report(NOON, ReportKind.PRECURSOR, LAND), says(LAND, 2, "VPWW56")]),
    Row("LS-3c", False, [report(NOON, ReportKind.PRECURSOR, LAND)]),
    Row("LS-4a", True, [says(LAND, 4, "VPWW56", "49")]),
    Row("LS-4a", True, [says(LAND, 4, "VXWW50", "3")]),
    Row("LS-4a", False, [says(LAND, 3, "VPWW56", "09")]),
    Row("LS-4b", True, [danger(NOON, LAND, 4, carrier="VPWW56")]),
    Row("LS-4b", False, [danger(NOON, LAND, 3, carrier="VPWW56")]),
    Row("LS-4c", True, [report(NOON, ReportKind.PRECURSOR, LAND)]),
    Row("LS-4c", True, [saw(NOON, "cracks", LAND)]),
    Row("LS-4c", False, [saw(NOON, "cracks", FLOOD)]),
    Row("LS-4d", True, [due(2)]),
    Row("LS-4d", True, [due(6), tick(NOON + timedelta(hours=4))]),
    Row("LS-4d", False, [due(6), tick(NOON + timedelta(hours=3, minutes=59))]),
    Row("LS-4d", False, [due(2, level=3)]),
    Row("LS-5", True, [says(LAND, 5, "VPWW56", "39")]),
    Row("LS-5", True, [danger(NOON, LAND, 5, carrier="VPWW56")]),
    Row("LS-5", True, [report(NOON, ReportKind.SLIDE, LAND)]),
    Row("LS-5", False, [says(LAND, 4, "VPWW56", "49")]),
    Row("SG-3", True, [says(SURGE, 3, "VPWW57", "08")]),
    Row("SG-3", True, [storm(NOON, NOON + timedelta(hours=12))]),
    Row("SG-3", True, [storm(NOON, NOON + timedelta(hours=15)), tick(NOON + timedelta(hours=3))]),
    Row("SG-3", False, [storm(NOON, NOON + timedelta(hours=12, minutes=5))]),
    Row("SG-3", False, [storm(NOON, NOON + timedelta(hours=12))], coast=False),
    Row("SG-4", True, [says(SURGE, 4, "VPWW57", "48")]),
    Row("SG-4", True, [says(SURGE, 3, "VPWW57"), storm(NOON, NOON + timedelta(hours=2))]),
    Row("SG-4", False, [says(SURGE, 3, "VPWW57"), storm(NOON, NOON + timedelta(hours=3))]),
    Row("SG-5", True, [says(SURGE, 5, "VPWW57", "38")]),
    Row("SG-5", True, [bulletin(NOON, stated(SURGE, 4, summary="氾濫発生"), carrier="VPWW57")]),
    Row("SG-5", True, [saw(NOON, "seawall_failed", SURGE)]),
    Row("SG-5", True, [saw(NOON, "wave_overtopping", SURGE)]),
    Row("SG-5", False, [says(SURGE, 4, "VPWW57", "48")]),
    Row("TS-4a", True, [says(WAVE, None, "VTSE41", "62")]),
    Row("TS-4a", False, [says(WAVE, None, "VTSE41", "71")]),
    Row("TS-4b", True, [says(WAVE, None, "VTSE41", "51")]),
    Row("TS-4b", False, [says(WAVE, None, "VTSE41", "62")]),
    Row("TS-4c", True, [says(WAVE, None, "VTSE41", "52")]),
    Row("TS-4c", True, [says(WAVE, None, "VTSE41", "53")]),
    Row("TS-4c", False, [says(WAVE, None, "VTSE41", "51")]),
    Row("TS-4d", True, [quake(NOON, 4.0)]),
    Row("TS-4d", True, [saw(NOON, "shaking", WAVE)]),
    Row("TS-4d", False, [quake(NOON, 3.0)]),
    Row("TS-4d", False, [quake(NOON, 4.0)], coast=False),
    Row("TS-4d", False, [quake(NOON, 4.0), quake(NOON + 4 * MIN, 4.0, carrier="VXSE53", text=NO_WAVE)]),
    Row("TS-4d", False, [quake(NOON, 4.0), bulletin(NOON + 3 * MIN, item(WAVE, None, code="51"), carrier="VTSE41")]),
    Row("TS-3", True, [bulletin(NOON, stated(WAVE, None, summary=FAR), carrier="VXSE53")]),
    Row("TS-3", False, [bulletin(NOON, stated(WAVE, None, summary=FAR), carrier="VXSE53")], coast=False),
    Row("TS-3", False, [quake(NOON, 3.0, carrier="VXSE53")]),
]


def level(rule: str) -> int | None:
    """The published ids carry their level; a tsunami order has no number."""
    return None if rule.startswith("TS-4") else int(rule.split("-")[1][0])


@cache
def lived(number: int) -> Run:
    """One row, once."""
    row = ROWS[number]
    return Run(known(row.gauge(), coast=row.coast)).take(*row.facts)


@pytest.mark.parametrize("number", range(len(ROWS)), ids=[f"{r.rule}-{r.true}" for r in ROWS])
def test_it_is_true_exactly_where_the_published_table_says_so(number: int) -> None:
    """At the level of the table; with facts that a person can check, and with what would end it."""
    row, said = ROWS[number], lived(number).recommendations[-1:]
    calls = [(c, h) for r in said for c in r.called for h in c.hits if h.rule == row.rule]
    assert bool(calls) is row.true
    for called, hit in calls:
        assert hit.level == level(row.rule)
        assert hit.evidence
        assert all(e.text and e.ref and e.observed_at <= said[0].at for e in hit.evidence)
        assert any(sentence.startswith(f"{row.rule}は、") for sentence in called.would_change)


def test_every_rule_has_a_row_that_is_true_and_one_that_is_not() -> None:
    """A new rule cannot stay out."""
    evaluated = {rule.id for rule in book().rules if rule.when}
    assert {row.rule for row in ROWS if row.true} == evaluated
    assert {row.rule for row in ROWS if not row.true} == evaluated


def test_every_condition_of_every_rule_makes_it_true_in_some_row() -> None:
    """Not only the first of them: which one opened the rule is remembered."""
    opened = {
        (key.split("|", 1)[0], entry.clause)
        for number in range(len(ROWS))
        for key, entry in lived(number).state.watch.open.items()
    }
    assert {(rule.id, i) for rule in book().rules for i, _ in enumerate(rule.when)} == opened
