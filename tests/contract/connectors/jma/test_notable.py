"""Real telegrams of 2026, with expectations written by hand from their text."""

from collections.abc import Callable
from pathlib import Path

from schemas.records.base import Hazard
from schemas.records.observed import Bulletin
from tests.contract.connectors.jma.telegram_text import by_area, moment, parsed

Recorded = Callable[[str], Path]


def real(recorded: Recorded, name: str) -> dict[str, Bulletin]:
    """The bulletins of a real telegram, nothing of it parked."""
    found = parsed(recorded(f"jma/real/2026-weather/{name}"))
    assert found.parked == ()
    return by_area(found)


def test_okinawa_surge_is_at_level_2_and_expected_to_reach_4(recorded: Recorded) -> None:
    """2026-05-31 20:08, 南城市: レベル２高潮注意報; next day 17 to 20 o'clock level 4, peak 2.0 m at 19."""
    made = real(recorded, "vpww57_storm-surge_lv2.xml")
    assert len(made) == 34
    assert [area for area, one in made.items() if one.items[0].active] == ["4721500"]
    item = made["4721500"].items[0]
    assert (item.kind_name, item.level, item.hazard) == ("レベル2高潮注意報", 2, Hazard.STORM_SURGE)
    assert item.summary == "１日１７時から２０時まで、警戒レベル４相当"
    danger, criteria, over, peak = item.quantities
    assert (danger.name, danger.value) == ("danger", 2.0)
    assert (criteria.value, criteria.at) == (4.0, moment("2026-06-01T17:00:00+09:00"))
    assert criteria.until == moment("2026-06-01T20:00:00+09:00")
    assert [(q.name, q.value, q.at) for q in (over, peak)] == [
        ("tide", 2.0, moment("2026-06-01T17:00:00+09:00")),
        ("tide", 2.0, moment("2026-06-01T19:00:00+09:00")),
    ]
    assert over.condition.startswith("高潮基準超過")
    assert peak.condition.startswith("高潮ピーク")


def test_asahikawa_lifts_nine_wind_advisories(recorded: Recorded) -> None:
    """2026-05-31 03:55: code 15 with 解除 in nine places, nothing in 23."""
    made = real(recorded, "vpww58_wind_cancellation.xml")
    lifted = [one.items[0] for one in made.values() if one.items[0].kind_code == "15"]
    assert [(i.status, i.active, i.level) for i in lifted] == [("解除", False, 0)] * 9
    assert sum(one.items[0].kind_code == "" for one in made.values()) == 23


def test_hachijo_wind_and_waves(recorded: Recorded) -> None:
    """2026-05-28 13:55, the first hour of the new system: 15 m/s and 3 m for 八丈町 and 青ヶ島村, without a level."""
    for name, hazard, quantity, value in (
        ("vpww58_wind_advisory.xml", Hazard.STORM, "wind", 15.0),
        ("vpww59_wave_advisory.xml", Hazard.WAVE, "wave", 3.0),
    ):
        made = real(recorded, name)
        in_force = {area: one.items[0] for area, one in made.items() if one.items[0].active}
        assert set(in_force) == {"1340100", "1340200"}
        for item in in_force.values():
            assert (item.hazard, item.level) == (hazard, None)
            assert [(q.name, q.value) for q in item.quantities] == [("danger", None), (quantity, value)]
            assert item.quantities[0].condition == "注意報級"


def test_fukui_special_warning(recorded: Recorded) -> None:
    """2026-08-30 10:57: 大雨特別警報 for 福井市, 大野市 and 勝山市."""
    made = real(recorded, "18_00_01_260830_VPNO50_issue.xml")
    assert {area: (one.items[0].level, one.items[0].hazard) for area, one in made.items()} == dict.fromkeys(
        ["1820100", "1820500", "1820600"], (5, Hazard.HEAVY_RAIN)
    )
    assert {one.scope for one in made.values()} == {"VPNO50:180000"}


def test_kanagawa_tornado_advisory(recorded: Recorded) -> None:
    """2026-07-30 19:12: the 18 areas of 東部, until 20:20."""
    made = real(recorded, "vphw50_tornado.xml")
    items = [one.items[0] for one in made.values()]
    assert (len(items), sum(item.active for item in items)) == (35, 18)
    assert {item.valid_until for item in items if item.active} == {moment("2026-07-30T20:20:00+09:00")}
    assert not made["1420600"].items[0].active
    assert made["1410011"].items[0].active
    assert {one.scope for one in made.values()} == {"VPHW50:140000"}


def test_toyama_hides_its_level_4_in_the_old_format(recorded: Recorded) -> None:
    """2026-07-28 18:44, VPWW53: 富山市山間部西 has 大雨警報 (3); the headline says 危険警報（土砂災害）."""
    made = real(recorded, "keiho_toyama_companion_vpww53.xml")
    one = made["1620113"]
    assert {(i.hazard, i.level) for i in one.items if i.kind_code == "03"} == {(Hazard.LANDSLIDE, 3)}
    assert one.text.startswith("〈危険警報（土砂災害）〉")
    assert "［危険警報・氾濫特別警報の発表状況］" in one.text


def test_niigata_fog_is_lifted_while_thunder_goes_on(recorded: Recorded) -> None:
    """2026-07-25 10:38: 雷注意報 in all 30 places, with 突風; 濃霧注意報 lifted in three of them."""
    made = real(recorded, "sample_sonota_chuiho_2.xml")
    thunder = [i for one in made.values() for i in one.items if i.kind_code == "14"]
    fog = [i for one in made.values() for i in one.items if i.kind_code == "20"]
    assert [(i.active, i.level, i.hazard) for i in thunder] == [(True, None, Hazard.OTHER)] * 30
    assert {i.summary for i in thunder} == {"突風"}
    assert [(i.active, i.level) for i in fog] == [(False, 0)] * 3
