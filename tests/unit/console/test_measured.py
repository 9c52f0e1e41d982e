"""What is measured in a town: missing stays missing, old is marked, a gauge without thresholds is not judged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from console.measured import NOT_JUDGED, SILENT_BELOW, Section, place_of, sections
from console.projection import WorldView
from schemas.examples import examples_of
from schemas.records.base import World
from schemas.records.observed import Quality, Reading, ReadingBatch
from schemas.stations import gauges

NOW = datetime(2026, 9, 21, 6, 0, tzinfo=UTC)
FUJISAWA = "14205"
BATCH = next(iter(examples_of(ReadingBatch).values()))


def view_with(*readings: Reading, town: str = FUJISAWA) -> WorldView:
    """A view that heard these readings for one town."""
    view = WorldView(World.ACTUAL)
    view.gauges.take(replace(BATCH, municipality=town, polled_at=NOW, readings=readings))
    return view


def shown(view: WorldView, title: str) -> Section:
    """The section of that title."""
    (found,) = (section for section in sections(view, (FUJISAWA,), NOW) if section.title == title)
    return found


def test_a_missing_direction_is_no_empty_road() -> None:
    """欠測 is said, no number stands beside it, and the source is named as its terms ask."""
    at = NOW - timedelta(minutes=20)
    roads = shown(
        view_with(
            Reading("3310840", "traffic_up", 46.0, "1/5min", at, Quality.VALID),
            Reading("3310840", "traffic_down", None, "1/5min", at, Quality.MISSING),
        ),
        "避難経路の交通量",
    )
    (line,) = roads.lines
    assert {fact.name: fact.text for fact in line.facts} == {"上り": "46 台（5分間）", "下り": "欠測"}
    assert "国土交通省 API 機能による交通量(参考値)を加工して作成" in roads.note


def test_a_gauge_without_thresholds_is_not_judged() -> None:
    """Never normal: it says that nothing can be inferred."""
    lines = {line.station: line for line in shown(view_with(), "河川の水位").lines}
    here = {name: gauge for name, gauge in gauges().items() if FUJISAWA in gauge.municipalities}
    assert {name for name, line in lines.items() if NOT_JUDGED in line.notes} == {
        name for name, gauge in here.items() if not gauge.judged
    }
    assert {name for name, line in lines.items() if SILENT_BELOW in line.notes} == {
        name for name, gauge in here.items() if gauge.silent_below_start
    }


def test_how_far_it_is_to_the_next_threshold() -> None:
    """境川橋 at 4.92 m: L3 is 5.20 m."""
    view = view_with(Reading("3585_4_309", "stage", 4.92, "m", NOW - timedelta(minutes=10), Quality.VALID))
    (line,) = (line for line in shown(view, "河川の水位").lines if line.station == "3585_4_309")
    assert "避難判断水位まで 0.28 m" in line.notes
    assert [(fact.text, fact.doubt) for fact in line.facts] == [("4.92 m", "")]


def test_old_and_doubtful_values_are_marked() -> None:
    """Two hours old; suspect."""
    old = Reading("3585_4_309", "stage", 2.0, "m", NOW - timedelta(hours=2), Quality.VALID)
    odd = Reading("鵠沼地下道", "water_depth", 0.12, "m", NOW, Quality.SUSPECT)
    view = view_with(old, odd)
    facts = {line.station: line.facts for section in sections(view, (FUJISAWA,), NOW) for line in section.lines}
    assert [fact.doubt for fact in facts["3585_4_309"]] == ["古い値"]
    assert [fact.doubt for fact in facts["鵠沼地下道"]] == ["要確認"]


def test_a_gauge_far_upstream_is_not_said_to_stand_in_town() -> None:
    """桂川城南橋 is in Yamanashi and concerns Fujisawa through the 相模川; 境川橋 is at 鵠沼藤が谷, in Fujisawa."""
    places = {line.name: line.place for line in shown(view_with(), "河川の水位").lines}
    assert places["境川橋（境川）"] == "所在地 藤沢市"
    assert places["桂川城南橋（桂川）"] == "所在地の資料なし（藤沢市に関係する観測所）"


def test_where_a_gauge_stands_and_whom_it_concerns_are_two_things() -> None:
    """亀の子橋 (35.515, 139.60889) lies in Yokohama; the gauge is for Kawasaki, too, and is not said to stand there."""
    (bridge,) = (gauge for gauge in gauges().values() if gauge.name == "亀の子橋")
    assert place_of(bridge, ("14130",)) == "所在地 横浜市（川崎市に関係する観測所）"
    assert place_of(replace(bridge, lat=None), ("14130",)) == "所在地の資料なし（川崎市に関係する観測所）"


def test_another_town_sees_nothing_of_it() -> None:
    """A station that only another town hall is told of is not on this page."""
    view = view_with(Reading("鵠沼地下道", "water_depth", 0.12, "m", NOW, Quality.VALID), town="14206")
    names = {line.station for section in sections(view, (FUJISAWA,), NOW) for line in section.lines}
    assert "鵠沼地下道" not in names


def test_a_crisis_gauge_that_fell_asleep_is_not_closed() -> None:
    """境川奥田橋水位計 left the list near its start level: 閉局 would be wrong."""
    asleep = Reading("1400000015", "stage", None, "m", NOW - timedelta(hours=3), Quality.CLOSED, 0)
    (line,) = (line for line in shown(view_with(asleep), "河川の水位").lines if line.station == "1400000015")
    assert [(fact.text, fact.doubt) for fact in line.facts] == [("観測開始水位未満", "")]


def test_a_shut_road_is_said_in_words() -> None:
    """1 is shut, 0 is open."""
    view = view_with(Reading("国道134号", "closed", 1.0, "0/1", NOW, Quality.VALID))
    assert [fact.text for fact in shown(view, "そのほかの観測").lines[0].facts] == ["閉鎖・通行止め"]
