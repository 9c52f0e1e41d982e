"""What telegrams state for a place and a time: which night is meant, which threshold, and what is kept of it."""

from datetime import datetime, timedelta

import pytest

from schemas.records.base import Hazard
from streams.detect.numbers import at_night, numbers_of, threshold_in
from tests.unit.streams.detect.facts import number, stated
from tests.unit.streams.inputs import FUJISAWA_AREA, book, bulletin, jst

CARRIERS = book().carriers
LAND = Hazard.LANDSLIDE


def seconds(text: str) -> int:
    """A day and time of September 2026 in Japan."""
    return int(jst(text).timestamp())


@pytest.mark.parametrize(
    ("said", "at", "until", "is_night"),
    [
        ("21 17:00", "21 18:00", "21 21:00", True),  # the slot after dusk
        ("21 17:00", "21 15:00", "21 18:00", False),  # over at dusk
        ("21 17:00", "22 03:00", "22 06:00", True),
        ("21 17:00", "22 06:00", "22 09:00", False),  # after dawn
        ("21 17:00", "22 18:00", "22 21:00", False),  # the night after the next
        ("21 11:00", "21 18:00", "21 21:00", True),  # the telegram of 11:00 is in time for the evening
        ("21 09:59", "21 18:00", "21 21:00", False),  # more than eight hours ahead: the next telegram will say
        ("21 23:00", "22 00:00", "22 03:00", True),  # the night that is on
        ("22 02:00", "22 03:00", "22 06:00", True),
        ("22 05:00", "22 18:00", "22 21:00", False),
    ],
)
def test_the_night_is_18_to_06_in_japan_and_the_coming_one(said: str, at: str, until: str, is_night: bool) -> None:
    """The period of the published criteria (domain notes §1.3: night)."""
    assert at_night(seconds(at), seconds(until), seconds(said), 8.0) is is_night


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("L3", "L3"),
        ("レベル３避難判断水位", "L3"),
        ("レベル４氾濫危険水位", "L4"),
        ("レベル４計画高水位", ""),
        ("HWL", "HWL"),
        ("L4 無効", ""),
        ("", ""),
    ],
)
def test_a_threshold_is_known_by_its_letter_or_its_official_name(words: str, name: str) -> None:
    """What is 無効 is none, and the design level is not where overflow starts."""
    assert threshold_in(words) == name


def test_neighbouring_slots_of_one_danger_are_one_span() -> None:
    """Two slots of level 3, one of 4, and what is under 3 is left out."""
    at = jst("21 18:00")
    slots = [number("danger", level, at + timedelta(hours=3 * i), 3) for i, level in enumerate((3, 3, 4, 2, 3))]
    kept = numbers_of(bulletin(at, stated(LAND, None, *slots), carrier="VPWP50"), CARRIERS)
    assert [(n.value, _hour(n.at), _hour(n.until)) for n in kept] == [(3, 18, 0), (3, 6, 9), (4, 0, 3)]


def test_what_is_not_there_is_never_zero() -> None:
    """A forecast that was not computed is left out."""
    told = stated(Hazard.FLOOD, 2, number("stage_forecast", None, jst("21 13:00")), number("danger", None))
    assert numbers_of(bulletin(jst("21 12:00"), told, carrier="VXKO"), CARRIERS) == ()


def test_what_an_all_clear_still_carries_does_not_count() -> None:
    """解除 with the danger of before."""
    told = stated(LAND, 4, number("danger", 4.0))
    lifted = bulletin(jst("21 12:00"), told, carrier="VPWW56")
    assert numbers_of(lifted, CARRIERS)
    over = type(told)(LAND, FUJISAWA_AREA, "", "49", "", "解除", False, 0, quantities=told.quantities)
    assert numbers_of(bulletin(jst("21 12:00"), over, carrier="VPWW56"), CARRIERS) == ()


def _hour(at: int) -> int:
    return datetime.fromtimestamp(at, jst("21 00:00").tzinfo).hour
