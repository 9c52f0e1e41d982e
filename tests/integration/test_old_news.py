"""From the network to what *watch* recommends: old news after an outage, and a second route that stands higher."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.formats import source_of
from connectors.places import from_reference
from connectors.rows import FeedRow, Feeds
from connectors.source import Answer, Failed, Result, Source
from schemas.records.base import Hazard
from schemas.records.observed import Bulletin
from tests.unit.connectors.answers import DATA, FEED, Written, atom
from tests.unit.connectors.writing import ROW, landslide, polled
from tests.unit.streams.inputs import FUJISAWA_AREA, Run, jst, tick

ATOM = replace(ROW, long_url=f"{FEED}extra_l.xml")
SITE = replace(ROW, kind="bosai-check", id="site", url="https://www.jma.go.jp/bosai/warning/data/r8/140000.json")
FLOODS = replace(SITE, id="floods", url="https://www.jma.go.jp/bosai/flood/data/r8/flood_xml.json")
OFFICIAL = frozenset({"www.data.jma.go.jp", "www.jma.go.jp"})
WARNED, LIFTED = ("警戒", "3", "発表"), ("解除", "1", "解除")
BACK = jst("21 18:00")
"""The network was away since noon."""
MINUTE = timedelta(minutes=1)


def source(row: FeedRow) -> Source:
    """The row's own code, for the places of the reference."""
    return source_of(row, Feeds((row,), OFFICIAL), from_reference())


def read(row: FeedRow, result: Result, at: datetime) -> list[Bulletin]:
    """What a poll became for 藤沢市."""
    assert not isinstance(result, Failed), result
    parsed = source(row).parse(replace(polled(result, at), made_at=at))
    return [one for one in parsed.records if isinstance(one, Bulletin) and one.area == FUJISAWA_AREA]


async def recovered(*said: tuple[str, tuple[str, str, str]]) -> list[Bulletin]:
    """What the first poll after the outage brings, of landslide telegrams of that afternoon: time and kind of each."""
    bodies: dict[str, Answer | bytes] = {}
    for serial, (clock, kind) in enumerate(said, 1):
        at = jst(f"21 {clock}")
        name = f"{at - timedelta(hours=9):%Y%m%d%H%M%S}_0_VXWW50_140000.xml"
        bodies[DATA + name] = landslide({FUJISAWA_AREA: kind}, reported_at=at.isoformat(), serial=str(serial))
    names = [url.removeprefix(DATA) for url in bodies]
    network = Written(bodies | {ATOM.url: atom([], BACK), f"{FEED}extra_l.xml": atom(names, BACK)}, at=BACK)
    return read(ATOM, await source(ATOM).poll(None, network, BACK), BACK)


async def test_what_was_lifted_while_the_network_was_away_wakes_nobody() -> None:
    """Both telegrams come, hours late; neither a call nor a recommendation comes of them."""
    run = Run().take(*await recovered(("14:00", WARNED), ("16:00", LIFTED)), tick(BACK + MINUTE))
    assert run.levels() == {}
    assert all(not called.hits for one in run.recommendations for called in one.called)


async def test_what_is_still_in_force_is_recommended() -> None:
    """As old as it is: level 4 for a landslide calls for 避難指示 until somebody lifts it."""
    run = Run().take(*await recovered(("13:00", WARNED), ("16:00", WARNED)), tick(BACK + MINUTE))
    assert run.levels() == {(FUJISAWA_AREA, Hazard.LANDSLIDE): 4}


async def test_a_website_that_stands_higher_asks_and_never_calls() -> None:
    """Level 4 there and no telegram here: after some minutes an operator has to look; no level comes of it."""
    kinds = [{"code": "49", "status": "発表"}]
    shown = {"reportDatetime": "2026-09-21T17:58:00+09:00", "dataTypeCode": "VPWW56", "infoType": "発表"}
    shown["warning"] = {"class20Items": [{"areaCode": FUJISAWA_AREA, "kinds": kinds}]}  # type: ignore[assignment]
    network = Written({SITE.url: json.dumps([shown]).encode()}, at=BACK)
    made = read(SITE, await source(SITE).poll(None, network, BACK), BACK)
    run = Run().take(*made, tick(BACK + MINUTE), tick(BACK + 10 * MINUTE))
    (silence,) = run.recommendations[-1].silences
    assert silence.subject == f"BOSAI|{FUJISAWA_AREA}|landslide"
    assert run.levels() == {}


async def test_a_river_that_the_website_no_longer_lists_ends_the_question() -> None:
    """境川 at level 4 on the site alone; ten minutes later the list is empty."""
    sections = [code for code, one in from_reference().sections.items() if FUJISAWA_AREA in one.areas]
    river = {"reportDatetime": "2026-09-21T17:50:00+09:00", "riverCode": sections[0], "status": "通常"}
    river["item"] = {"name": "レベル４氾濫危険警報", "code": "40"}  # type: ignore[assignment]
    network = Written({FLOODS.url: json.dumps([river]).encode()}, at=BACK)
    first = await source(FLOODS).poll(None, network, BACK)
    run = Run().take(*read(FLOODS, first, BACK), tick(BACK + MINUTE), tick(BACK + 6 * MINUTE))
    assert [one.subject for one in run.recommendations[-1].silences] == [f"BOSAI|{FUJISAWA_AREA}|flood"]
    assert not isinstance(first, Failed)
    later = BACK + 10 * MINUTE
    second = await source(FLOODS).poll(first.cursor, Written({FLOODS.url: b"[]"}, at=later), later)
    run.take(*read(FLOODS, second, later), tick(later + MINUTE))
    assert run.recommendations[-1].silences == ()
    assert run.levels() == {}
