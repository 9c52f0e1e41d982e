"""The watch fold on the real records: expected values by hand from the telegrams and the gauge's table."""

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from schemas.records.base import Hazard, World
from schemas.records.judged import DetectionKind
from schemas.records.observed import Bulletin, ReadingBatch
from schemas.records.plumbing import Tick
from streams.detect.area import Input
from streams.fold import ContentError
from streams.knowledge import load_knowledge
from streams.watch import WatchFold
from tests.unit.streams.inputs import (
    FUJISAWA,
    FUJISAWA_AREA,
    GAUGE,
    JST,
    MADE,
    Run,
    batch,
    bulletin,
    climb,
    item,
    jst,
    polls,
    reading,
    tick,
    without_path,
)

Recorded = Callable[[str], Path]
FLOOD, LAND = Hazard.FLOOD, Hazard.LANDSLIDE
SAKAI = "river/sakaigawa_10min/sakaigawabashi_level_10min_20260920-0923.csv"
VXWW50 = "jma/samples/17_04_0{}_250630_VXWW50.xml"
# From the three telegrams: which areas each one lists as 警戒, and when it was reported.
LISTED = [
    ("2024-11-02T18:50:00+09:00", {"1420600": "小田原市", "1438300": "真鶴町", "1438400": "湯河原町"}),
    (
        "2024-11-02T20:50:00+09:00",
        {"1420600": "小田原市", "1438200": "箱根町", "1438300": "真鶴町", "1438400": "湯河原町"},
    ),
    ("2024-11-02T23:27:00+09:00", {}),
]


def sakai(recorded: Recorded) -> dict[datetime, float]:
    """境川橋: observed at → stage (m)."""
    with recorded(SAKAI).open(encoding="utf8") as file:
        return {
            datetime.fromisoformat(r["observed_at"]).replace(tzinfo=JST): float(r["value"])
            for r in csv.DictReader(file)
        }


def lived(levels: dict[datetime, float]) -> Iterator[Input]:
    """A poll every ten minutes whether or not there is a reading, and a tick a minute later."""
    at, end = min(levels), max(levels)
    while at <= end:
        polled = at + timedelta(minutes=3)
        yield batch(polled, reading(at, levels[at])) if at in levels else batch(polled)
        yield tick(polled + timedelta(minutes=1))
        at += timedelta(minutes=10)


@pytest.fixture
def sakai_run(recorded: Recorded) -> Run:
    """The four days of September as they were, with the reference data that ships."""
    return Run(load_knowledge()).take(*lived(sakai(recorded)))


def day(run: Run, number: str) -> list[tuple[str, str, int | None, str]]:
    """Detections of one day in Japan that are not about silence or trends towards a threshold."""
    return [d for d in run.said() if d[3].startswith(number) and d[0][:3] in ("ST-", "FN-")]


def test_sakai_20_september_stays_at_level_1(sakai_run: Run) -> None:
    """It peaks at 4.22 m: over L1 (4.00), under L2 (4.50). Nothing is called for."""
    assert day(sakai_run, "20") == [("ST-L1", "began", 1, "20 22:50")]
    assert not any(r.called for r in sakai_run.recommendations if r.at < jst("21 15:00"))


def test_sakai_21_september_calls_for_level_3_by_rapid_rise_and_nothing_higher(sakai_run: Run) -> None:
    """15:00: 4.63 m ≥ L2 and +1.29 m in the hour. The peak of 5.01 m is under L3 (5.20)."""
    assert ("FN-3b", "began", 3, "21 15:00") in day(sakai_run, "21")
    assert {level for r in sakai_run.recommendations for c in r.called if (level := c.level)} == {3}
    first = next(r for r in sakai_run.recommendations if r.called)
    called = first.called[0]
    assert (called.area, called.hazard, called.level, called.change.value) == (FUJISAWA_AREA, FLOOD, 3, "new")
    assert (called.order_type, first.as_of) == ("elderly_evacuation", jst("21 15:00"))
    stage, rise = called.hits[0].evidence
    assert (stage.ref, stage.value, stage.threshold, stage.threshold_name) == (GAUGE, 4.63, 4.50, "氾濫注意水位")
    assert (rise.value, rise.observed_at) == (1.29, jst("21 15:00"))


def test_sakai_the_gap_at_the_crest_keeps_the_level_and_is_named(sakai_run: Run) -> None:
    """Readings are missing from 15:50 to 19:00."""
    during = [r for r in sakai_run.recommendations if jst("21 16:10") < r.at < jst("21 19:00")]
    assert during
    assert {c.level for r in during for c in r.called} == {3}
    assert during[-1].silences[0].subject == GAUGE
    assert during[-1].silences[0].since == jst("21 15:50")
    assert [d[1:] for d in sakai_run.said("SI") if d[3] >= "21 15" and d[3] < "21 20"] == [
        ("began", None, "21 16:10"),
        ("rose", None, "21 16:30"),
        ("ended", None, "21 19:00"),
    ]


def test_sakai_eases_after_half_an_hour_of_data_under_l2(sakai_run: Run) -> None:
    """19:00 4.27, 19:10 4.16, 19:20 4.05, 19:30 3.93: under 4.40 for 30 minutes at 19:30."""
    assert [d for d in day(sakai_run, "21") if d[3] > "21 15:50"] == [
        ("ST-L1", "eased", 1, "21 19:30"),
        ("FN-3b", "ended", None, "21 19:30"),
        ("ST-L1", "ended", None, "21 20:10"),
    ]
    cleared = next(r for r in sakai_run.recommendations if r.called and not r.called[0].hits)
    assert (cleared.called[0].change.value, cleared.called[0].lifting_met_since) == ("cleared", jst("21 19:30"))


def test_sakai_lifting_conditions_are_shown_for_a_day(sakai_run: Run) -> None:
    """They are never acted on here; officers lift."""
    shown = [r for r in sakai_run.recommendations if r.called and r.called[0].lifting_met_since]
    assert {r.called[0].lifting_met_since for r in shown} == {jst("21 19:30")}
    assert all(r.at < jst("22 19:34") for r in shown)
    assert sakai_run.recommendations[-1].called == ()


def telegrams(recorded: Recorded) -> list[Bulletin]:
    """The three Kanagawa VXWW50 samples, one bulletin per area, read here by themselves."""
    ns = {
        "b": "http://xml.kishou.go.jp/jmaxml1/body/meteorology1/",
        "h": "http://xml.kishou.go.jp/jmaxml1/informationBasis1/",
    }
    found = []
    for number in (1, 2, 3):
        root = ET.parse(recorded(VXWW50.format(number))).getroot()  # noqa: S314  # JMA's own samples
        at = datetime.fromisoformat(root.findtext(".//h:ReportDateTime", "", ns))
        for row in root.iterfind(".//b:Warning/b:Item", ns):
            code, status = row.findtext(".//b:Area/b:Code", "", ns), row.findtext(".//b:Kind/b:Status", "", ns)
            one = item(LAND, 4, status=status, subject=code)
            found.append(bulletin(at, one, area=code, serial=number))
    return found


def test_the_kanagawa_landslide_telegrams_call_for_level_4_where_they_list_it(recorded: Recorded) -> None:
    """Per area exactly as listed, then lifted; the other of the 35 areas hear nothing."""
    runs: dict[str, Run] = {}
    parts = telegrams(recorded)
    assert len(parts) == 3 * 35
    for number, (reported, listed) in enumerate(LISTED):
        for part in parts[number * 35 : number * 35 + 35]:
            assert part.reported_at == datetime.fromisoformat(reported)
            runs.setdefault(part.municipality, Run(load_knowledge(), part.municipality)).take(part)
        called = {area: level for run in runs.values() for (area, _), level in run.levels().items()}
        assert called == dict.fromkeys(listed, 4)
        names = {c.area_name for run in runs.values() for r in run.recommendations[-1:] for c in r.called if c.hits}
        assert names == set(listed.values())
    lifted = datetime.fromisoformat("2024-11-02T23:27:00+09:00")
    ended = {m: r.recommendations[-1].called[0].lifting_met_since for m, r in runs.items() if r.recommendations}
    assert ended == dict.fromkeys(("14206", "14382", "14383", "14384"), lifted)


def test_the_evidence_of_a_telegram_is_the_telegram(recorded: Recorded) -> None:
    """Its id, its time, its address."""
    odawara = next(t for t in telegrams(recorded) if t.area == "1420600")
    hit = Run(load_knowledge(), "14206").take(odawara).recommendations[-1].called[0].hits[0]
    assert (hit.rule, hit.level, hit.verified, hit.source) == ("LS-4a", 4, True, "S8,S15")
    assert (hit.evidence[0].ref, hit.evidence[0].url, hit.evidence[0].observed_at) == (
        odawara.id,
        odawara.url,
        odawara.reported_at,
    )


def test_another_interleaving_of_topics_ends_in_the_same(recorded: Recorded) -> None:
    """Redelivery: order kept within readings and within bulletins, mixed otherwise, ticks anew."""
    levels = {at: v for at, v in sakai(recorded).items() if at < jst("21 20:30")}
    readings = [r for r in lived(levels) if isinstance(r, ReadingBatch)]
    ticks = [r for r in lived(levels) if isinstance(r, Tick)]
    bulletins = [
        *(
            bulletin(jst(f"21 {h}:05"), item(LAND, n), serial=h, carrier="VPWW56")
            for h, n in ((9, 2), (11, 3), (14, 4), (18, 3))
        ),
        bulletin(jst("21 19:05"), item(LAND, 3, status="解除"), serial=19, carrier="VPWW56"),
        bulletin(jst("21 19:15"), item(LAND, 4), carrier="VXWW50"),
    ]
    straight = Run().take(*lived(levels), *bulletins)
    for seed in range(3):
        run = Run().take(*mixed(random.Random(seed), readings, bulletins, ticks[seed::7]))
        assert facts(run) == facts(straight)
        assert without_path(run.recommendations[-1]) == without_path(straight.recommendations[-1])


def mixed(chance: random.Random, *topics: Sequence[Input]) -> Iterator[Input]:
    """Each topic in its order, at random between them."""
    queues: list[list[Input]] = [list(t) for t in topics]
    while waiting := [q for q in queues if q]:
        yield chance.choice(waiting).pop(0)


def facts(run: Run) -> set[str]:
    """Ids of the detections that inputs alone decide."""
    kinds = {DetectionKind.THRESHOLD, DetectionKind.TREND, DetectionKind.BULLETIN}
    return {d.id for d in run.detections if d.kind in kinds}


def test_ids_and_traces() -> None:
    """Ids name content; the trace is that of the input that caused the output."""
    levels = climb(jst("21 10:00"), 4.9, 5.0, 5.1, 5.2)
    one, two = Run().take(*polls(levels)), Run().take(*polls(levels, delay_min=8))
    assert [r.id for r in one.recommendations] == [r.id for r in two.recommendations]
    assert len({d.id for d in one.detections}) == len(one.detections)
    assert {d.trace for d in one.detections} == {polls(levels)[0].trace}


def test_a_recommendation_goes_to_both_topics_and_numbers_count_up() -> None:
    """The newest one per municipality, and the log."""
    run = Run()
    topics = []
    for record in polls(climb(jst("21 10:00"), 4.9, 5.0, 5.1, 5.2, 5.3)):
        run.state, outputs = run.fold.step(run.state, record, MADE)
        topics += [(o.topic, o.key, o.record) for o in outputs if o.topic != "detections"]
    newest = [r for t, _, r in topics if t == "recommendations"]
    assert newest == [r for t, _, r in topics if t == "recommendation-log"]
    assert [r.number for r in newest] == list(range(1, len(newest) + 1))
    assert {key for _, key, _ in topics} == {FUJISAWA}


def test_what_does_not_belong_here_is_refused() -> None:
    """Another municipality's record, another world's, or one that watch does not know."""
    fold = WatchFold(load_knowledge())
    state = fold.initial(World.EXERCISE, FUJISAWA)
    with pytest.raises(ContentError, match="world actual"):
        fold.step(state, batch(jst("21 10:00")), MADE)
    with pytest.raises(ContentError, match="does not fold a str"):
        fold.step(state, "reading", MADE)
    with pytest.raises(ContentError, match="a record of 14205 reached the watch of 14206"):
        fold.step(fold.initial(World.ACTUAL, "14206"), batch(jst("21 10:00")), MADE)


def test_the_layout_names_the_numbers_that_state_depends_on() -> None:
    """Another threshold or another parameter is another layout, so that old state is not misread."""
    shipped = WatchFold(load_knowledge()).layout
    assert shipped == WatchFold(load_knowledge()).layout
    assert Run().fold.layout != shipped
