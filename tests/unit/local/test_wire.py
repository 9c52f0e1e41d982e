"""What the replay server serves has the sources' own formats."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from lxml import etree

from local import wire
from local.scenario import DEFAULT_SCENARIO, JST, load_scenario

SCENARIO = load_scenario(DEFAULT_SCENARIO)


def jst(day: int, hour: int, minute: int) -> datetime:
    """A time of September 2026."""
    return datetime(2026, 9, day, hour, minute, tzinfo=JST)


def test_a_rendered_telegram_has_the_shape_of_the_recorded_one(recorded: Callable[[str], Path]) -> None:
    """The same elements and the same 35 areas in the same states as JMA's sample, whatever its prose."""
    sample = etree.parse(recorded("jma/samples/17_04_02_250630_VXWW50.xml")).getroot()
    ours = etree.fromstring(wire.telegram_xml(SCENARIO.telegrams[1]))
    assert {e.tag for e in ours.iter()} <= {e.tag for e in sample.iter()}
    assert _states(ours) == _states(sample)


def _states(root: etree._Element) -> dict[str, tuple[str | None, ...]]:
    names = {"m": "http://xml.kishou.go.jp/jmaxml1/body/meteorology1/"}
    kinds = ("m:Kind/m:Name", "m:Kind/m:Code", "m:Kind/m:Status", "m:Area/m:Name")
    items = root.iterfind(".//m:Warning/m:Item", names)
    return {str(i.findtext("m:Area/m:Code", "", names)): tuple(i.findtext(k, "", names) for k in kinds) for i in items}


def test_a_slot_is_not_there_before_it_is_published() -> None:
    """The file of 15:00 appears at 15:03, as late as the source is."""
    (gauge,) = SCENARIO.gauges
    assert wire.stage_file(gauge, jst(21, 15, 0), jst(21, 15, 2)) is None
    body = wire.stage_file(gauge, jst(21, 15, 0), jst(21, 15, 3))
    assert body is not None
    assert json.loads(body)["obsValue"] == {"obsTime": "2026/09/21 15:00", "stg": 4.63, "stgCcd": 0, "stg10mChg": 0.15}


def test_a_missing_reading_is_a_code_and_never_a_zero_stage() -> None:
    """16:00 is not in the record: quality code 160 (not received), which no reader may take for 0 m."""
    (gauge,) = SCENARIO.gauges
    body = wire.stage_file(gauge, jst(21, 16, 0), jst(21, 16, 3))
    assert body is not None
    assert json.loads(body)["obsValue"]["stgCcd"] == 160


def test_the_current_slot_is_the_newest_published_one() -> None:
    """At 15:02 the newest slot is still 14:50."""
    assert json.loads(wire.stage_time(SCENARIO, jst(21, 15, 2))) == {"crntObsTime": "2026/09/21 14:50"}


def test_the_feed_lists_what_is_published_and_within_reach() -> None:
    """Newest first; the first bulletin has left the one-hour feed when the second comes, not the long one."""
    now = jst(21, 20, 51)
    short, changed = wire.atom_feed(SCENARIO, "http://h", now, timedelta(hours=1))
    long, _ = wire.atom_feed(SCENARIO, "http://h", now, timedelta(days=7))
    assert _ids(short) == ["http://h/developer/xml/data/20260921115000_2_VXWW50_140000.xml"]
    assert len(_ids(long)) == 2
    assert changed == jst(21, 20, 50)


def _ids(feed: bytes) -> list[str | None]:
    names = {"a": "http://www.w3.org/2005/Atom"}
    return [entry.findtext("a:id", None, names) for entry in etree.fromstring(feed).iterfind("a:entry", names)]
