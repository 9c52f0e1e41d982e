"""土砂災害警戒情報: JMA's own timeline for Kanagawa, and real telegrams of other prefectures."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from connectors.everywhere import everywhere
from connectors.jma.telegram import parse_telegram
from schemas.records.base import Hazard, World
from schemas.records.observed import Bulletin
from tests.unit.connectors.writing import AT, KANAGAWA, bulletins, payload

Recorded = Callable[[str], Path]

# Written from the telegrams' own lists of areas: 17_04_01, _02, _03 of 2024-11-02.
TIMELINE = [
    (
        "17_04_01_250630_VXWW50.xml",
        "2024-11-02T18:50:00+09:00",
        1,
        {"1420600": "発表", "1438300": "発表", "1438400": "発表"},
    ),
    (
        "17_04_02_250630_VXWW50.xml",
        "2024-11-02T20:50:00+09:00",
        2,
        {"1420600": "継続", "1438200": "発表", "1438300": "継続", "1438400": "継続"},
    ),
    ("17_04_03_250630_VXWW50.xml", "2024-11-02T23:27:00+09:00", 3, {}),
]


def parsed_from(file: Path) -> list[Bulletin]:
    """The file's bulletins, for every area that it names."""
    body = file.read_bytes()
    found = parse_telegram(payload(body), everywhere(body), AT)
    assert not found.parked
    return bulletins(found)


@pytest.mark.parametrize(("name", "reported_at", "serial", "in_force"), TIMELINE)
def test_the_kanagawa_timeline(
    recorded: Recorded, name: str, reported_at: str, serial: int, in_force: dict[str, str]
) -> None:
    """Each of the 35 areas gets one bulletin; level 4 exactly where the telegram says 警戒."""
    found = parse_telegram(payload(recorded(f"jma/samples/{name}").read_bytes()), KANAGAWA, AT)
    assert not found.parked
    made = bulletins(found)
    assert len(made) == 35
    assert {b.area: b.items[0].status for b in made if b.items[0].active} == in_force
    assert {b.items[0].level for b in made if b.area in in_force} <= {4}
    assert {b.items[0].level for b in made if b.area not in in_force} == {0}
    assert {(b.serial, b.reported_at) for b in made} == {(serial, datetime.fromisoformat(reported_at))}
    assert {(b.carrier, b.world, b.items[0].hazard) for b in made} == {("VXWW50", World.ACTUAL, Hazard.LANDSLIDE)}


def test_the_third_telegram_lifts_all_four(recorded: Recorded) -> None:
    """解除 is an item that is no longer active, not an area that is missing."""
    found = parse_telegram(payload(recorded("jma/samples/17_04_03_250630_VXWW50.xml").read_bytes()), KANAGAWA, AT)
    lifted = {b.area for b in bulletins(found) if b.items[0].status == "解除" and not b.items[0].active}
    assert lifted == {"1420600", "1438200", "1438300", "1438400"}


def test_one_scope_for_the_whole_timeline(recorded: Recorded) -> None:
    """What replaces what: the three telegrams speak of the same subject, each bulletin with an id of its own."""
    made = [b for name, *_ in TIMELINE for b in parsed_from(recorded(f"jma/samples/{name}"))]
    assert {b.scope for b in made} == {"VXWW50:神奈川県土砂災害警戒情報"}
    assert len({b.id for b in made}) == 3 * 35


def test_real_telegrams(recorded: Recorded) -> None:
    """Toyama 2026-07-28 18:42: one area new, three go on. Iwate 2026-08-01: two go on, one new."""
    toyama = parsed_from(recorded("jma/real/2026-weather/dosha_keikai_joho_toyama_serial3.xml"))
    assert {b.area: b.items[0].status for b in toyama if b.items[0].level == 4} == {
        "1620113": "発表",
        "1620800": "継続",
        "1620900": "継続",
        "1621000": "継続",
    }
    iwate = parsed_from(recorded("jma/real/2026-weather/vxww50_landslide-alert.xml"))
    assert {b.area: b.items[0].status for b in iwate if b.items[0].level == 4} == {
        "0320600": "継続",
        "0338100": "継続",
        "0336600": "発表",
    }


def test_a_telegram_of_another_prefecture_is_no_error(recorded: Recorded) -> None:
    """It names no area of ours: nothing to say, nothing to park."""
    body = recorded("jma/samples/17_01_01_190529_VXWW50.xml").read_bytes()
    found = parse_telegram(payload(body), KANAGAWA, AT)
    assert (found.records, found.parked, found.notes) == ((), (), ("outside",))


def test_what_a_telegram_raises_goes_before_what_it_repeats(recorded: Recorded) -> None:
    """The second telegram of the timeline adds 箱根町; the three that stand since the first come after it."""
    body = recorded("jma/samples/17_04_02_250630_VXWW50.xml").read_bytes()
    first = bulletins(parse_telegram(payload(body), KANAGAWA, AT))[0]
    assert (first.area, first.items[0].status) == ("1438200", "発表")
