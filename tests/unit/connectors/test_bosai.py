"""JMA's website JSON as a check: the five real items known of it, in the shape that a public note describes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.files import describe
from connectors.jma.bosai import BosaiSource
from connectors.places import Places
from connectors.source import BUDGET, Answer, Failed, New, Parsed, Same, Unchanged
from schemas.records.base import Hazard, World
from schemas.records.observed import Bulletin
from schemas.reference import Area, RiverSection
from tests.unit.connectors.answers import Written
from tests.unit.connectors.writing import ROW, bulletins, polled

SITE = "https://www.jma.go.jp/bosai/"
WARNINGS = replace(ROW, id="bosai-warnings", kind="bosai-check", url=f"{SITE}warning/data/r8/230000.json")
FLOODS = replace(ROW, id="bosai-floods", kind="bosai-check", url=f"{SITE}flood/data/r8/flood_xml.json")
TSUSHIMA, CHIYODA, BUNKYO = "2310000", "1310100", "1310400"
AREAS = {code: Area(code, code, code[:5], "") for code in (TSUSHIMA, CHIYODA, BUNKYO)}
PLACES = Places(AREAS, {}, {}, lambda code: (code,) if code in AREAS else ())
NOW = datetime(2026, 8, 22, 9, 0, tzinfo=UTC)

RAIN = """{"areaCode":"2310000","kinds":[{"code":"10","status":"継続","properties":[{"type":"大雨浸水危険度",
"significancyPart":{"locals":[{"code":"21"}]}}]}]}"""
SLIDE = """{"areaCode":"2310000","kinds":[{"code":"29","status":"継続","properties":[{"type":"土砂災害危険度",
"significancyPart":{"locals":[{"code":"21"}]}}]}]}"""
NIKKO = """{"status":"通常","reportDatetime":"2026-07-02T04:50:00+09:00","infoType":"発表",
"riverName":"愛知県日光川水系　日光川","riverCode":"230054000100","class20Codes":["2310000"],
"item":{"name":"レベル２氾濫注意報","code":"20","condition":"レベル２氾濫注意報（発表）"}}"""
KANDA = """{"status":"通常","reportDatetime":"2026-08-22T17:50:00+09:00",
"item":{"name":"レベル４氾濫危険警報","code":"40",
"condition":"レベル４氾濫危険警報（発表）"},"riverCode":"830304004400","riverName":"神田川",
"class20Codes":["1310100","1310400"]}"""


def shown(*areas: str, kind: str = "VPWW55", **fields: str) -> str:
    """One telegram of an office's file."""
    head = {"reportDatetime": "2026-07-02T04:50:00+09:00", "dataTypeCode": kind, "infoType": "発表"} | fields
    return json.dumps(head)[:-1] + f', "warning": {{"class10Items": [], "class20Items": [{", ".join(areas)}]}}}}'


async def poll(source: BosaiSource, body: str | Answer, cursor: str | None = None) -> tuple[Parsed, str]:
    """One poll and what it becomes."""
    network = Written({source.row.url: body.encode() if isinstance(body, str) else body}, at=NOW)
    result = await source.poll(cursor, network, NOW)
    assert not isinstance(result, Failed)
    return source.parse(polled(result)), result.cursor


async def made(source: BosaiSource, body: str) -> list[Bulletin]:
    """The bulletins of a file."""
    parsed, _ = await poll(source, body)
    assert parsed.parked == ()
    return bulletins(parsed)


async def test_warnings_by_area_and_telegram() -> None:
    """Code and status as in the telegram; the 危険度 beside it. Each data type has a scope of its own."""
    source = BosaiSource(WARNINGS, PLACES)
    rain, slide = await made(source, f"[{shown(RAIN)}, {shown(SLIDE, kind='VPWW56')}]")
    assert (rain.carrier, rain.scope, slide.scope) == ("BOSAI", "BOSAI:230000:VPWW55", "BOSAI:230000:VPWW56")
    assert [(b.items[0].hazard, b.items[0].level, b.items[0].active) for b in (rain, slide)] == [
        (Hazard.HEAVY_RAIN, 2, True),
        (Hazard.LANDSLIDE, 2, True),
    ]
    assert [(q.name, q.value, q.condition) for q in rain.items[0].quantities] == [("danger", 2.0, "大雨浸水危険度 21")]
    assert (rain.area, rain.reported_at, rain.received_at) == (TSUSHIMA, datetime(2026, 7, 1, 19, 50, tzinfo=UTC), NOW)


async def test_status_decides_not_code() -> None:
    """解除 with the code of a warning is an all-clear; nothing there at all, too."""
    lifted = RAIN.replace("継続", "解除").replace('"10"', '"03"')
    nothing = '{"areaCode":"2310000","kinds":[{"status":"発表警報・注意報はなし"}]}'
    for body in (lifted, nothing):
        (bulletin,) = await made(BosaiSource(WARNINGS, PLACES), f"[{shown(body)}]")
        assert [(item.level, item.active) for item in bulletin.items] == [(0, False)]


async def test_a_river_that_is_listed_and_then_is_not() -> None:
    """The file names what is in force only: a section that goes from it has nothing more, as of that poll."""
    source = BosaiSource(FLOODS, PLACES)
    parsed, cursor = await poll(source, f"[{NIKKO}, {KANDA}]")
    found = {bulletin.area: bulletin.items[0].level for bulletin in bulletins(parsed)}
    assert found == {TSUSHIMA: 2, CHIYODA: 4, BUNKYO: 4}
    parsed, cursor = await poll(source, f"[{NIKKO}]", cursor)
    after = {(b.area, b.items[0].level, b.items[0].active) for b in bulletins(parsed)}
    assert after == {(TSUSHIMA, 2, True), (CHIYODA, 0, False), (BUNKYO, 0, False)}
    gone = next(b for b in bulletins(parsed) if b.area == CHIYODA)
    assert (gone.scope, gone.reported_at) == ("BOSAI:flood:830304004400", NOW)
    parsed, _ = await poll(source, "[]", cursor)
    assert [(b.area, b.items[0].active) for b in bulletins(parsed)] == [(TSUSHIMA, False)]


async def test_a_river_without_areas_is_known_by_its_section() -> None:
    """class20Codes may be missing."""
    section = RiverSection("830304004400", "神田川", (CHIYODA,))
    source = BosaiSource(FLOODS, replace(PLACES, sections={section.code: section}))
    (bulletin,) = await made(source, f"[{KANDA.replace('1310100', '').replace('1310400', '')}]")
    assert (bulletin.area, bulletin.items[0].level) == (CHIYODA, 4)


async def test_a_drill_stays_in_its_world_and_a_cancellation_claims_nothing() -> None:
    """As with telegrams."""
    source = BosaiSource(WARNINGS, PLACES)
    (drill,) = await made(source, f"[{shown(RAIN, status='訓練')}]")
    (cancelled,) = await made(source, f"[{shown(RAIN, infoType='取消')}]")
    assert (drill.world, cancelled.items) == (World.EXERCISE, ())


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<html>", "not_json"),
        (" ", "empty"),
        ('{"areaTypes": []}', "unknown_shape"),
        (f'[{{"warning": {RAIN}}}]', "unknown_shape"),
        (f"[{shown(RAIN, status='本番')}]", "unknown_status"),
        (f"[{shown(RAIN, infoType='更新')}]", "unknown_info_type"),
        (f"[{shown(RAIN, reportDatetime='2026-07-02T04:50:00')}]", "naive_time"),
    ],
)
async def test_what_is_not_known_of_the_site_is_parked_whole(body: str, reason: str) -> None:
    """Its bytes are kept; nothing is guessed, and the next version of the file is read anew."""
    parsed, _ = await poll(BosaiSource(WARNINGS, PLACES), body)
    assert parsed.records == ()
    assert [(parked.reason, parked.body) for parked in parsed.parked] == [(reason, body.encode())]


async def test_the_same_file_again_is_unchanged() -> None:
    """By its ETag, or by its bytes where the server forgot it."""
    source = BosaiSource(FLOODS, PLACES)
    _, cursor = await poll(source, f"[{KANDA}]")
    for answer in (Same(), f"[{KANDA}]".encode()):
        result = await source.poll(cursor, Written({FLOODS.url: answer}, at=NOW), NOW + timedelta(minutes=2))
        assert isinstance(result, Unchanged)
        assert result.content_at == datetime(2026, 8, 22, 8, 50, tzinfo=UTC)


async def test_it_waits_where_the_hosts_volume_is_used() -> None:
    """Then it is a failed poll, and says so; warnings go on without it."""
    network = Written({FLOODS.url: Failed(BUDGET, "used")})
    assert await BosaiSource(FLOODS, PLACES).poll(None, network, NOW) == Failed(BUDGET, "used")
    assert network.spare == [FLOODS.url]


async def test_another_prefectures_areas_become_nothing() -> None:
    """A file about others is no news."""
    network = Written({WARNINGS.url: f"[{shown(RAIN)}]".encode()}, at=NOW)
    source = BosaiSource(WARNINGS, Places({}, {}, {}, lambda _code: ()))
    result = await source.poll(None, network, NOW)
    assert isinstance(result, New)
    assert source.parse(polled(result)).records == ()


@pytest.mark.parametrize(
    ("name", "body", "kinds"),
    [
        ("230000.json", f"[{shown(RAIN)}]", ["bulletin"]),
        ("flood_xml.json", f"[{NIKKO}, {KANDA}]", ["bulletin"] * 3),
        ("230000.json", f"[{shown(RAIN.replace('2310000', '9999999'))}]", ["outside"]),
    ],
)
def test_parse_shows_what_a_file_becomes(name: str, body: str, kinds: list[str]) -> None:
    """As with telegrams, by its content."""
    assert [line["kind"] for line in describe(Path(name), body.encode(), PLACES)] == kinds
    (parked,) = describe(Path(name), body.replace("reportDatetime", "at").encode(), PLACES)
    assert parked["parked"] == "unknown_shape"
