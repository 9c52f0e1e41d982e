"""気象警報・注意報: the section of 市町村等 only, Status before Code, old conditions split by hazard."""

from collections.abc import Callable
from pathlib import Path

from connectors.everywhere import everywhere
from connectors.jma.telegram import parse_telegram
from schemas.records.base import Hazard
from schemas.records.observed import Bulletin
from tests.unit.connectors.writing import AT, bulletins, payload

Recorded = Callable[[str], Path]


def parsed_from(file: Path) -> dict[str, Bulletin]:
    """The file's bulletins by area, for every area that it names."""
    body = file.read_bytes()
    found = parse_telegram(payload(body), everywhere(body), AT)
    assert not found.parked
    made = bulletins(found)
    assert len({b.area for b in made}) == len(made)
    return {b.area: b for b in made}


def levels(found: dict[str, Bulletin], hazard: Hazard) -> dict[str, int | None]:
    """Area to level, for what is in force."""
    return {b.area: i.level for b in found.values() for i in b.items if i.active and i.hazard is hazard}


def test_shimane_heavy_rain(recorded: Recorded) -> None:
    """Sample of 2024-11-02 11:19: ten areas at level 3, five at 2, one lifted, three without anything."""
    found = parsed_from(recorded("jma/samples/15_17_01_250630_VPWW55.xml"))
    three = [
        "3220100",
        "3220200",
        "3220300",
        "3220400",
        "3220500",
        "3220600",
        "3220700",
        "3220900",
        "3250100",
        "3250500",
    ]
    two = ["3234300", "3238600", "3244100", "3244800", "3244900"]
    assert levels(found, Hazard.HEAVY_RAIN) == dict.fromkeys(three, 3) | dict.fromkeys(two, 2)
    lifted = found["3252800"].items[0]
    assert (lifted.kind_code, lifted.status, lifted.active, lifted.level) == ("10", "解除", False, 0)
    assert [found[area].items[0].status for area in ("3252500", "3252600", "3252700")] == ["発表警報・注意報はなし"] * 3
    assert {b.scope for b in found.values()} == {"VPWW55:320000"}


def test_shimane_landslide(recorded: Recorded) -> None:
    """Sample of 2024-11-02 08:00: 雲南市 newly and 吉賀町 still at level 4, thirteen at 2; the words say until when."""
    found = parsed_from(recorded("jma/samples/15_17_01_250630_VPWW56.xml"))
    in_force = levels(found, Hazard.LANDSLIDE)
    assert {area for area, level in in_force.items() if level == 4} == {"3220900", "3250500"}
    assert sum(level == 2 for level in in_force.values()) == 13
    assert len(in_force) == 15
    assert found["3220900"].items[0].kind_name == "レベル4土砂災害危険警報"
    assert found["3220900"].items[0].summary == "２日８時から１５時まで、警戒レベル４相当"


def test_niigata_landslide_with_a_downgrade(recorded: Recorded) -> None:
    """Real, 2026-07-26: seven at level 4, two fell to 2 (危険警報から注意報), four lifted, thirteen at 2."""
    found = parsed_from(recorded("jma/real/2026-weather/sample_dosha_keiho.xml"))
    in_force = levels(found, Hazard.LANDSLIDE)
    four = ["1510000", "1520200", "1520500", "1520600", "1522300", "1538500", "1550400"]
    assert {area for area, level in in_force.items() if level == 4} == set(four)
    fell = {a for a, b in found.items() if b.items[0].status == "危険警報から注意報"}
    assert fell == {"1521200", "1558100"}
    assert {in_force[area] for area in fell} == {2}
    lifted = {a for a, b in found.items() if b.items[0].status == "解除"}
    assert lifted == {"1520400", "1521300", "1530700", "1536100"}
    assert not lifted & set(in_force)


def test_gifu_heavy_rain(recorded: Recorded) -> None:
    """Real, 2026-07-28 16:43: 1 area at level 3, 16 still and 2 newly at 2, 23 without."""
    found = parsed_from(recorded("jma/real/2026-weather/keiho_multi_pref_gifu.xml"))
    in_force = levels(found, Hazard.HEAVY_RAIN)
    assert {area for area, level in in_force.items() if level == 3} == {"2121300"}
    assert sum(level == 2 for level in in_force.values()) == 18
    assert len(found) == 42


def test_an_old_heavy_rain_warning_names_its_hazards(recorded: Recorded) -> None:
    """VPWW54, sample of 2024-11-02 13:05: 大雨警報 is about 浸水害 in ten areas, and 土砂災害 in two of them."""
    found = parsed_from(recorded("jma/samples/15_17_01_250123_VPWW54.xml"))
    rain, slide = levels(found, Hazard.HEAVY_RAIN), levels(found, Hazard.LANDSLIDE)
    assert sum(level == 3 for level in rain.values()) == 10
    assert len([area for area, level in slide.items() if level == 3]) == 2
    assert {b.carrier for b in found.values()} == {"VPWW54"}
    flood = levels(found, Hazard.FLOOD)
    assert sorted(level or 0 for level in flood.values()) == [2, 2, 2, 3, 3, 3, 3, 3]


def test_the_free_text_of_an_old_warning_is_carried(recorded: Recorded) -> None:
    """It may hold the only trace of a level 4 or 5 flood: people read it, rules do not."""
    found = parsed_from(recorded("jma/real/2026-weather/keiho_niigata_samestate_1.xml"))
    assert all("［危険警報・氾濫特別警報の発表状況］\nなし" in b.text for b in found.values())


def test_an_unchanged_telegram_an_hour_later_is_another_telegram(recorded: Recorded) -> None:
    """Same state, other time: other ids; the same bytes again: the same ids."""
    first = parsed_from(recorded("jma/real/2026-weather/keiho_niigata_samestate_1.xml"))
    again = parsed_from(recorded("jma/real/2026-weather/keiho_niigata_samestate_1.xml"))
    second = parsed_from(recorded("jma/real/2026-weather/keiho_niigata_samestate_2.xml"))
    assert {b.id for b in first.values()} == {b.id for b in again.values()}
    assert not {b.id for b in first.values()} & {b.id for b in second.values()}
