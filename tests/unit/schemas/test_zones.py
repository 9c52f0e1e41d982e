"""Coasts, quake regions, volcanoes and points: complete, and each code stands for areas that exist."""

from schemas.reference import areas
from schemas.zones import quake_cities, quake_regions, tsunami_zones, volcanoes, zones

INLAND = {
    "1415011", "1415012", "1421100", "1421200", "1421300", "1421400", "1421500", "1421600", "1421700", "1421800",
    "1432100", "1436100", "1436200", "1436300", "1436400", "1436600", "1438200", "1440100", "1440200",
}  # fmt: skip


def test_every_area_is_inland_or_on_a_coast() -> None:
    """Only 横須賀市 lies on both, and it is marked as unverified."""
    sagami, tokyo = tsunami_zones()["330"], tsunami_zones()["312"]
    assert {*sagami.areas, *tokyo.areas} == areas().keys() - INLAND
    assert set(sagami.areas) & set(tokyo.areas) == {"1420100"} == set(sagami.unverified)


def test_every_area_lies_in_one_quake_region() -> None:
    """東部 360 and 西部 361."""
    east, west = quake_regions()["360"], quake_regions()["361"]
    assert sorted((*east.areas, *west.areas)) == sorted(areas())


def test_wards_and_municipalities_of_intensity() -> None:
    """28 wards, 30 municipalities, and 1420900, which has been no code since 2010."""
    cities = quake_cities()
    assert len(cities) == 28 + 30 + 1
    assert [city.code for city in cities.values() if city.retired] == ["1420900"]
    assert cities["1415100"].areas == ("1415011", "1415012")
    assert {area for city in cities.values() for area in city.areas} == set(areas())


def test_points_lie_in_kanagawa() -> None:
    """Between 35.1 and 35.7 north, 138.9 and 139.8 east; 藤沢市 within 5 km of its town hall (35.339, 139.490)."""
    for area in areas():
        lat, lon = zones().points[area]
        assert 35.1 < lat < 35.7
        assert 138.9 < lon < 139.8
    lat, lon = zones().points["1420500"]
    assert (abs(lat - 35.339) < 0.05, abs(lon - 139.490) < 0.05) == (True, True)


def test_volcanoes() -> None:
    """箱根山 is 箱根町's; 富士山's areas are not verified."""
    assert (volcanoes()["315"].areas, volcanoes()["315"].verified) == (("1438200",), True)
    assert not volcanoes()["314"].verified
    assert {area for volcano in volcanoes().values() for area in volcano.areas} <= areas().keys()
