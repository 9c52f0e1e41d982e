"""Places for all of Japan: whatever code a telegram names is an area of its own."""

from collections.abc import Callable
from pathlib import Path

from connectors.everywhere import everywhere
from connectors.places import from_reference
from tests.unit.connectors.writing import WARNED, landslide

Recorded = Callable[[str], Path]


def test_a_municipality_is_its_own_area_with_its_name(recorded: Recorded) -> None:
    """稚内市 of a sample; what it does not name is nowhere."""
    places = everywhere(recorded("jma/samples/15_16_08_250630_VPWW57.xml").read_bytes())
    assert places.areas["0121400"].name == "稚内市"
    assert places.areas_of("0121400") == ("0121400",)
    assert places.areas_of("1420600") == ()


def test_a_prefecture_is_the_municipalities_that_are_named_in_it() -> None:
    """And itself where none is."""
    assert everywhere(landslide(WARNED)).areas_of("140000") == ("1420600",)
    body = landslide(WARNED).replace(b"1420600", b"140000")
    assert everywhere(body).areas_of("140000") == ("140000",)


def test_a_coast_section_is_no_municipality(recorded: Recorded) -> None:
    """舞鶴湾 has seven digits, too."""
    places = everywhere(recorded("jma/samples/15_16_02_250630_VPWW57.xml").read_bytes())
    assert "2635999" not in places.areas
    assert "2620200" in places.areas


def test_what_names_nobody_is_read_for_our_places() -> None:
    """As the program does: a typhoon is judged for the areas that we have points of."""
    assert everywhere(b"junk") == from_reference()
    assert everywhere(b"<Report/>") == from_reference()
