"""Questions to the operator: they are asked after a while, answered by a newer statement, and never move a level."""

from datetime import datetime, timedelta

import pytest

from schemas.records.base import Hazard
from schemas.records.observed import Bulletin
from tests.unit.streams.inputs import FUJISAWA_AREA, Run, bulletin, item, jst, tick

LAND, RAIN = Hazard.LANDSLIDE, Hazard.HEAVY_RAIN
NOON = jst("21 12:00")
MIN = timedelta(minutes=1)


def said(at: datetime, level: int | None, carrier: str, hazard: Hazard = LAND) -> Bulletin:
    """What one route says; None is 解除."""
    return bulletin(at, item(hazard, level, status="発表" if level else "解除"), carrier=carrier)


def asked(run: Run) -> list[tuple[str, str]]:
    """The questions that the newest recommendation names."""
    silences = run.recommendations[-1].silences if run.recommendations else ()
    return [(s.subject, s.reason) for s in silences]


def test_a_second_route_that_stands_higher_is_asked_about_after_a_while() -> None:
    """A telegram may just be on its way; after five minutes somebody has to look."""
    run = Run().take(said(NOON, 2, "VPWW56"), said(NOON + MIN, 4, "BOSAI"), tick(NOON + 5 * MIN))
    assert asked(run) == []
    run.take(tick(NOON + 6 * MIN))
    ((subject, words),) = asked(run)
    assert subject == f"BOSAI|{FUJISAWA_AREA}|landslide"
    assert "警戒レベル4相当" in words
    assert "警戒レベル2相当" in words
    assert run.said("XC-landslide") == [("XC-landslide", "began", None, "21 12:06")]
    assert run.levels() == {}


def test_the_missing_telegram_answers_the_question() -> None:
    """It calls by itself, and nobody is asked any more."""
    run = Run().take(said(NOON, 4, "BOSAI"), tick(NOON + 6 * MIN), said(NOON + 7 * MIN, 4, "VPWW56"))
    assert asked(run) == []
    assert run.said("XC-landslide")[-1] == ("XC-landslide", "ended", None, "21 12:07")
    assert run.levels() == {(FUJISAWA_AREA, LAND): 4}


@pytest.mark.parametrize(("official", "check"), [(4, 4), (5, 4), (2, 2), (None, 2)])
def test_no_question_where_the_telegrams_say_as_much(official: int | None, check: int) -> None:
    """Nor for an advisory, which calls for nothing."""
    run = Run().take(said(NOON, official, "VPWW56"), said(NOON, check, "BOSAI"), tick(NOON + 60 * MIN))
    assert (asked(run), run.said("XC-landslide")) == ([], [])


def test_a_check_that_lags_behind_an_all_clear_is_given_its_time() -> None:
    """The wait counts from when the two began to disagree."""
    run = Run().take(said(NOON, 4, "VPWW56"), said(NOON, 4, "BOSAI"), said(NOON + 60 * MIN, None, "VPWW56"))
    run.take(tick(NOON + 64 * MIN))
    assert asked(run) == []
    run.take(tick(NOON + 65 * MIN))
    assert [subject for subject, _ in asked(run)] == [f"BOSAI|{FUJISAWA_AREA}|landslide"]


def test_two_contents_of_one_version_are_shown_until_something_newer_comes() -> None:
    """The higher counts at once; a person reads both."""
    run = Run().take(said(NOON, 3, "VPWW56"), said(NOON, 4, "VPWW56"))
    assert run.levels() == {(FUJISAWA_AREA, LAND): 4}
    run.take(tick(NOON + 2 * MIN))
    assert [subject.split("|")[-1] for subject, _ in asked(run)] == ["tie"]
    assert run.said("XT") == [("XT", "began", None, "21 12:00")]
    run.take(bulletin(NOON + 9 * MIN, item(LAND, 3), carrier="VPWW56", serial=2))
    assert asked(run) == []
    assert run.said("XT")[-1][1] == "ended"


def test_a_question_is_asked_once() -> None:
    """Later ticks find the same state."""
    run = Run().take(said(NOON, 4, "BOSAI"), tick(NOON + 6 * MIN))
    state = run.state
    run.take(tick(NOON + 7 * MIN))
    assert run.state == state
