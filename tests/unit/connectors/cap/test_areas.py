"""Which areas a CAP message means: geocodes that we know, else shapes."""

import pytest

from tests.unit.connectors.cap.messages import alert, heard, info


def geocode(name: str, value: str) -> str:
    """A geocode element."""
    return f"<geocode><valueName>{name}</valueName><value>{value}</value></geocode>"


def areas(place: str) -> list[str]:
    """What an alert about this place is about."""
    return [one.area for one in heard(alert("a", info(place))).bulletins]


# A square around 藤沢駅 (35.339 N, 139.487 E) with sides of about 200 m, and one around all of Kanagawa.
STATION = "<polygon>35.338,139.486 35.338,139.488 35.340,139.488 35.340,139.486 35.338,139.486</polygon>"
KANAGAWA = "<polygon>34.9,138.8 34.9,140.0 35.8,140.0 35.8,138.8 34.9,138.8</polygon>"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (geocode("JMA:class20", "1420500"), ["1420500"]),
        (geocode("JP:LG", "14100"), ["1410011", "1410012"]),
        (geocode("JP:LG", "141003"), ["1410011", "1410012"]),
        (geocode("JP:LG", "13101"), []),
        (geocode("FIPS6", "14205"), []),
        (geocode("JP:LG", "13101") + STATION, []),
        (STATION, ["1420500"]),
        ("<circle>35.339,139.487 0</circle>", ["1420500"]),
        ("<circle>35.681,139.767 1</circle>", []),
        ("<polygon>0,0 0,1 1,1 1,0 0,0</polygon>", []),
    ],
)
def test_codes_and_shapes(place: str, expected: list[str]) -> None:
    """A code that we know decides alone, also against a shape; 東京駅 is not ours; a tiny square meets its city."""
    assert areas(place) == expected


def test_a_shape_around_everything_is_about_everything() -> None:
    """All 35 areas, by polygon and by a circle of 150 km around 厚木."""
    assert len(areas(KANAGAWA)) == 35
    assert len(areas("<circle>35.44,139.36 150</circle>")) == 35


def test_a_polygon_across_the_date_line_does_not_span_the_globe() -> None:
    """From 170 E to 170 W: Japan is not in it."""
    assert areas("<polygon>-60,170 -60,-170 60,-170 60,170 -60,170</polygon>") == []


def test_a_polygon_with_many_corners_is_answered_in_time() -> None:
    """Nineteen thousand corners around Kanagawa."""
    side = [f"{34.9 + i / 10000:.4f},138.8" for i in range(9000)]
    back = [f"{35.8 - i / 10000:.4f},140.0" for i in range(9000)]
    ring = " ".join([*side, *back, side[0]])
    assert len(areas(f"<polygon>{ring}</polygon>")) == 35
    assert [one.reason for one in heard(alert("a", info(f"<polygon>{ring} {ring}</polygon>"))).parked] == ["bad_shape"]
