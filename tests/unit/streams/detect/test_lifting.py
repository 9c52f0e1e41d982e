"""Lifting conditions: what is missing is said, since when they are met is remembered, and nothing lifts by itself."""

from datetime import timedelta

from schemas.records.base import Hazard
from tests.unit.streams.detect.facts import danger, forecast_river, known, published_river, rain
from tests.unit.streams.inputs import FUJISAWA_AREA, Run, bulletin, climb, item, jst, polls

FLOOD, LAND, RAIN = Hazard.FLOOD, Hazard.LANDSLIDE, Hazard.HEAVY_RAIN
TEN = jst("21 10:00")
HOUR, MIN = timedelta(hours=1), timedelta(minutes=1)
KNOWN = known(published_river())
UP_AND_DOWN = (5.2, 5.2, 5.2, 5.2, 5.05, 4.95, 4.9, 4.85, 4.6, 4.35, 4.3, 4.27, 4.25)


def test_level_3_is_over_but_the_gauge_stands_over_l2() -> None:
    """FN-3a ends at 11:10 (under 5.10 m from 10:40 on); under 4.40 m from 11:30 on, which counts at 12:00."""
    run = Run(KNOWN).take(*polls(climb(TEN, *UP_AND_DOWN[:9])))
    called = run.recommendations[-1].called[0]
    assert (called.hits, called.lifting_met_since, called.change.value) == ((), None, "cleared")
    assert called.would_change == ("解除の条件まで: 境川 境川橋が氾濫注意水位を下回るまで",)
    run.take(*polls(climb(TEN + 90 * MIN, *UP_AND_DOWN[9:])))
    assert run.recommendations[-1].called[0].lifting_met_since == TEN + 2 * HOUR


def test_a_warning_that_still_stands_is_named() -> None:
    """The landslide report is a day old, the heavy rain warning is not lifted."""
    rains = bulletin(TEN, item(RAIN, 3), carrier="VPWW55")
    slide = bulletin(TEN, item(LAND, 3), carrier="VPWW56")
    run = Run(KNOWN).take(rains, slide, bulletin(TEN + HOUR, item(LAND, None, status="解除"), carrier="VPWW56"))
    cleared = next(c for c in run.recommendations[-1].called if c.hazard is LAND)
    assert cleared.lifting_met_since is None
    assert "VPWW55が警戒レベル2相当以下に下がるか解除されるまで" in cleared.would_change[0]
    run.take(bulletin(TEN + 3 * HOUR, item(RAIN, 2), carrier="VPWW55", serial=2))
    cleared = next(c for c in run.recommendations[-1].called if c.hazard is LAND)
    assert cleared.lifting_met_since == TEN + 3 * HOUR


def test_rain_that_falls_or_is_expected_is_named() -> None:
    """The warning is lifted, and it still rains upstream; then a danger of level 3 is expected for the evening."""
    run = Run(KNOWN).take(bulletin(TEN, item(LAND, 3), carrier="VPWW56"), rain(TEN + 50 * MIN, 2.0))
    run.take(bulletin(TEN + HOUR, item(LAND, None, status="解除"), carrier="VPWW56"))
    assert run.recommendations[-1].called[0].would_change == ("解除の条件まで: 流域の雨が止むまで(藤沢)",)
    run.take(danger(TEN + HOUR, LAND, 3, carrier="VPWP50", slot=jst("21 18:00")), rain(TEN + 2 * HOUR, 0.0))
    (sentence,) = run.recommendations[-1].called[0].would_change
    assert sentence.startswith("解除の条件まで: VPWP50の危険度の予想が警戒レベル3相当")
    run.take(bulletin(TEN + 7 * HOUR, item(LAND, None), carrier="VPWP50", serial=2))
    assert run.recommendations[-1].called[0].lifting_met_since == TEN + 7 * HOUR


def test_what_would_change_names_the_next_threshold_and_what_ends_it() -> None:
    """At 5.20 m: 0.45 m to L4; FN-3a ends 10 cm below L3, after half an hour."""
    run = Run(KNOWN).take(*polls(climb(TEN, 5.0, 5.1, 5.2)))
    sentences = run.recommendations[-1].called[0].would_change
    assert sentences[0] == "境川 境川橋があと 0.45 m 上がり氾濫危険水位に達すると、レベル4(FN-4a)"
    assert "FN-3aは、境川 境川橋(いま 5.20 m)で 5.10 m を下回る値が30分続くと終わる" in sentences


def test_what_would_change_names_the_next_official_level() -> None:
    """From 3 the next is 4; at 5 there is none."""
    run = Run(KNOWN).take(bulletin(TEN, item(LAND, 3), carrier="VPWW56"))
    sentences = run.recommendations[-1].called[0].would_change
    assert sentences[0] == "VPWW56・VXWW50で警戒レベル4相当が発表されると、レベル4(LS-4a)"
    assert sentences[-1] == "LS-3aは、VPWW56・VXWW50の引き下げか解除が届くと終わる"
    top = Run(KNOWN).take(bulletin(TEN, item(LAND, 5), carrier="VPWW56"))
    assert not any("発表されると" in s for s in top.recommendations[-1].called[0].would_change)


def test_a_river_of_another_class_has_its_own_next_step() -> None:
    """FF-4a instead of FN-4a."""
    run = Run(known(forecast_river())).take(*polls(climb(TEN, 5.0, 5.1, 5.15, 5.2, 5.25)))
    assert "(FF-4a)" in run.recommendations[-1].called[0].would_change[0]
    assert run.levels() == {(FUJISAWA_AREA, FLOOD): 3}
