"""One municipality: what rules say about stages, trends, telegrams and reports."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records.base import Hazard, Origin
from schemas.records.observed import Quality, ReportKind
from streams.detect.area import Input
from tests.unit.streams.inputs import (
    FUJISAWA_AREA,
    GAUGE,
    MADE,
    Run,
    batch,
    bulletin,
    climb,
    gauge,
    item,
    jst,
    knowledge,
    polls,
    reading,
    report,
)

FLOOD, LAND, RAIN = Hazard.FLOOD, Hazard.LANDSLIDE, Hazard.HEAVY_RAIN
TEN = jst("21 10:00")
FORECAST_RIVER = knowledge(gauge(river_class="洪水予報河川", thresholds=(("L3", 5.2), ("L4", 5.65), ("FS", 6.5))))


def rules_of(run: Run, hazard: Hazard = FLOOD) -> list[str]:
    """The rules behind the newest recommendation for one hazard."""
    return [h.rule for c in run.recommendations[-1].called if c.hazard is hazard for h in c.hits]


def test_a_stage_over_l3_calls_for_level_3() -> None:
    """FN-3a, on the sample that reaches it."""
    run = Run().take(*polls(climb(TEN, 4.9, 5.0, 5.1, 5.2)))
    assert run.levels() == {(FUJISAWA_AREA, FLOOD): 3}
    assert run.said("FN-3a") == [("FN-3a", "began", 3, "21 10:30")]


def test_levels_may_be_skipped() -> None:
    """From under L3 to over L4 in one step that goes on as before."""
    run = Run().take(*polls(climb(TEN, 3.9, 4.3, 4.85, 5.66)))
    assert run.levels() == {(FUJISAWA_AREA, FLOOD): 4}
    assert run.said("FN-4a", "FN-3a") == [("FN-3a", "began", 3, "21 10:30"), ("FN-4a", "began", 4, "21 10:30")]


def test_no_alarm_from_a_single_spike() -> None:
    """A value over every threshold, for one sample."""
    run = Run().take(*polls(climb(TEN, 2.0, 2.0, 9.0, 2.0, 2.0, 2.0, 2.0)))
    assert run.said("ST-L1", "ST-L2", "ST-L3", "ST-L4", "FN-3a", "FN-3b", "FN-4a") == []
    assert run.recommendations == []


@pytest.mark.parametrize("quality", [Quality.STUCK, Quality.MISSING, Quality.CLOSED])
def test_what_is_not_a_measurement_never_acts(quality: Quality) -> None:
    """Neither an alarm nor an all-clear."""
    up = Run().take(
        *(
            batch(TEN + timedelta(minutes=10 * i), reading(TEN + timedelta(minutes=10 * i), 6.0, quality))
            for i in range(5)
        )
    )
    assert up.detections == []
    down = Run().take(*polls(climb(TEN, 5.0, 5.2, 5.3)))
    later = TEN + timedelta(minutes=30)
    down.take(
        *(
            batch(later + timedelta(minutes=10 * i), reading(later + timedelta(minutes=10 * i), 0.0, quality))
            for i in range(12)
        )
    )
    assert down.levels() == {(FUJISAWA_AREA, FLOOD): 3}


def test_a_late_reading_is_stored_and_not_acted_on() -> None:
    """What the state already judged stays judged."""
    run = Run().take(*polls(climb(TEN, 4.0, 4.2, None, 4.4)))
    before = len(run.detections)
    run.take(batch(TEN + timedelta(minutes=40), reading(TEN + timedelta(minutes=20), 5.9)))
    assert len(run.detections) == before
    assert len(run.state.watch.stations[GAUGE].series) == 4


def test_batching_does_not_matter() -> None:
    """All readings in one poll, or one poll each: the same detections with the same ids."""
    levels = climb(TEN, 3.8, 4.05, 4.3, 4.6, 4.9, 5.2, 5.4, 5.7, 5.5, 5.0, 4.6, 4.2, 3.9, 3.8, 3.7, 3.6)
    single = Run().take(*polls(levels))
    at_once = Run().take(batch(max(levels), *(reading(at, v) for at, v in reversed(levels.items()))))
    assert [d.id for d in at_once.detections] == [d.id for d in single.detections]
    assert at_once.levels() == single.levels()


steps = st.lists(st.sampled_from([-0.2, -0.05, 0.0, 0.05, 0.1, 0.2, 0.28]), min_size=4, max_size=40)


@given(steps, st.lists(st.integers(0, 3), min_size=40, max_size=40), st.randoms(use_true_random=False))
def test_missing_double_and_differently_batched_readings(moves: list[float], copies: list[int], chance: Random) -> None:
    """Whatever river: 0 to 3 copies of each reading, cut into polls at will, say what one clean series says."""
    levels = {TEN + timedelta(minutes=10 * i): 4.2 + sum(moves[:i]) for i in range(len(moves)) if copies[i]}
    clean = Run().take(*polls(levels))
    stream = [reading(at, v) for i, (at, v) in enumerate(levels.items()) for _ in range(copies[i] or 1)]
    run = Run()
    while stream:
        cut = chance.randint(1, 6)
        part, stream = stream[:cut], stream[cut:]
        run.take(batch(part[-1].observed_at + timedelta(minutes=3), *chance.sample(part, len(part))))
    assert [d.id for d in run.detections] == [d.id for d in clean.detections]
    assert run.levels() == clean.levels()


def test_a_forecast_river_over_l3_must_be_rising_for_level_3() -> None:
    """FF-3a; standing water over L3 alone calls for nothing by this rule, and once called it stays."""
    still = Run(FORECAST_RIVER).take(*polls(climb(TEN, 5.4, 5.4, 5.4, 5.4, 5.4)))
    assert still.said("FF-3a") == []
    rising = Run(FORECAST_RIVER).take(*polls(climb(TEN, 5.0, 5.1, 5.15, 5.2, 5.25, 5.25, 5.25)))
    assert rising.said("FF-3a") == [("FF-3a", "began", 3, "21 10:30")]
    assert rising.levels() == {(FUJISAWA_AREA, FLOOD): 3}


def test_a_rule_is_for_its_class_of_river() -> None:
    """FN- rows are not for a river with official forecasts."""
    run = Run(FORECAST_RIVER).take(*polls(climb(TEN, 5.2, 5.4, 5.66, 5.9, 6.2, 6.5)))
    assert {rule for rule, *_ in run.said() if rule[:2] in ("FF", "FN")} == {"FF-3a", "FF-4a", "FF-5b"}


@pytest.mark.parametrize(("code", "level", "rule"), [("30", 3, "FF-3d"), ("40", 4, "FF-4b"), ("51", 5, "FF-5a")])
def test_an_official_flood_bulletin_calls_for_its_level(code: str, level: int, rule: str) -> None:
    """VXKO by level."""
    run = Run().take(bulletin(TEN, item(FLOOD, level, code=code, subject="830306000100"), carrier="VXKO"))
    assert run.levels() == {(FUJISAWA_AREA, FLOOD): level}
    assert rules_of(run) == [rule]


@pytest.mark.parametrize("hazard", [FLOOD, LAND, RAIN, Hazard.STORM_SURGE])
def test_a_level_2_bulletin_is_seen_and_calls_for_nothing(hazard: Hazard) -> None:
    """注意報 is for residents to prepare, no criterion for an order."""
    run = Run().take(bulletin(TEN, item(hazard, 2), carrier="VXKO" if hazard is FLOOD else "VPWW55"))
    assert [d[1:3] for d in run.said(f"BU-{hazard.value}")] == [("began", 2)]
    assert run.recommendations == []


def test_officials_climb_and_come_down_as_one_episode() -> None:
    """Began, rose, eased, ended: one episode, each step with its level."""
    steps = [
        bulletin(TEN + timedelta(hours=i), item(LAND, n), serial=i + 1, carrier="VPWW56")
        for i, n in enumerate((3, 4, 3))
    ]
    run = Run().take(
        *steps, bulletin(TEN + timedelta(hours=3), item(LAND, 3, status="解除"), serial=4, carrier="VPWW56")
    )
    assert run.said("BU-landslide") == [
        ("BU-landslide", "began", 3, "21 10:00"),
        ("BU-landslide", "rose", 4, "21 11:00"),
        ("BU-landslide", "eased", 3, "21 12:00"),
        ("BU-landslide", "ended", None, "21 13:00"),
    ]
    assert len({d.episode for d in run.detections if d.rule == "BU-landslide"}) == 1
    assert [(r.called[0].level, r.called[0].change.value) for r in run.recommendations] == [
        (3, "new"),
        (4, "raised"),
        (3, "lowered"),
        (None, "cleared"),
    ]


def test_a_tsunami_order_has_no_level() -> None:
    """避難指示 without a number in the text."""
    run = Run().take(bulletin(TEN, item(Hazard.TSUNAMI, None, code="51"), carrier="VTSE41"))
    called = run.recommendations[-1].called[0]
    assert (called.level, called.order_type, [h.rule for h in called.hits]) == (None, "tsunami_evacuation", ["TS-4b"])


def test_heavy_rain_4_with_a_stage_over_l3_is_a_compound() -> None:
    """FN-4c: VPWW55 does not say which river, the gauge does. Either order of arrival."""
    rain = bulletin(TEN + timedelta(minutes=5), item(RAIN, 4), carrier="VPWW55")
    stages = polls(climb(TEN, 5.0, 5.1, 5.2, 5.25))
    for run in (Run().take(rain, *stages), Run().take(*stages, rain)):
        hit = next(h for c in run.recommendations[-1].called for h in c.hits if h.rule == "FN-4c")
        assert (hit.level, hit.verified, hit.since) == (4, False, TEN + timedelta(minutes=20))
        assert {e.kind for e in hit.evidence} == {"reading", "bulletin"}


@pytest.mark.parametrize(
    ("kind", "hazard", "rules", "level"),
    [
        (ReportKind.LEAKAGE, FLOOD, ["FF-3e"], 3),
        (ReportKind.LEAKAGE_GROWING, FLOOD, ["FF-4d"], 4),
        (ReportKind.OVERFLOW, FLOOD, ["FF-5a", "FN-5"], 5),
        (ReportKind.BREACH, FLOOD, ["FF-5a", "FN-5"], 5),
        (ReportKind.PRECURSOR, LAND, ["LS-4c"], 4),
        (ReportKind.SLIDE, LAND, ["LS-5"], 5),
    ],
)
def test_what_people_see_counts(kind: ReportKind, hazard: Hazard, rules: list[str], level: int) -> None:
    """A report of the field, with its words as evidence; a day later it no longer stands by itself."""
    run = Run().take(report(TEN, kind, hazard, "堤防から水がしみ出している"))
    assert run.levels() == {(FUJISAWA_AREA, hazard): level}
    assert rules_of(run, hazard) == rules
    assert run.recommendations[-1].called[0].hits[0].evidence[0].text == "堤防から水がしみ出している"
    run.take(batch(TEN + timedelta(hours=24, minutes=1)))
    assert run.levels() == {}


def test_a_precursor_beside_an_official_level_2_is_ls_3c_too() -> None:
    """Both rules are true; the highest level is called for."""
    run = Run().take(report(TEN, ReportKind.PRECURSOR, LAND), bulletin(TEN, item(LAND, 2), carrier="VPWW56"))
    assert rules_of(run, LAND) == ["LS-4c", "LS-3c"]
    assert run.levels() == {(FUJISAWA_AREA, LAND): 4}


def test_a_special_warning_calls_for_level_5_where_such_a_river_runs() -> None:
    """FF-5d and FN-5 need a river of their class in the area; FO-5 does not."""
    rain = bulletin(TEN, item(RAIN, 5), carrier="VPWW55")
    assert Run().take(rain).levels() == {(FUJISAWA_AREA, FLOOD): 5, (FUJISAWA_AREA, RAIN): 5}
    elsewhere = knowledge(gauge(areas=("1420600",)))
    assert Run(elsewhere).take(rain).levels() == {(FUJISAWA_AREA, RAIN): 5}


def test_yokohama_reads_its_own_rule() -> None:
    """即時避難指示対象区域 (S22): the note stands beside the rule's words."""
    run = Run(knowledge(areas={"1410011": "横浜市北部", "1410012": "横浜市南部"}), "14100")
    run.take(bulletin(TEN, item(LAND, 4), area="1410012"))
    assert run.levels() == {("1410012", LAND): 4}
    assert "即時避難指示対象区域" in run.recommendations[-1].called[0].hits[0].text


def test_replay_marks_all_that_rests_on_it() -> None:
    """One replayed reading is enough, and only what rests on it."""
    at = TEN + timedelta(minutes=30)
    run = Run().take(*polls(climb(TEN, 4.9, 5.0, 5.1)), batch(at, reading(at, 5.2), origin=Origin.REPLAY))
    assert {d.origin for d in run.detections if d.rule == "FN-3a"} == {Origin.REPLAY}
    assert run.recommendations[-1].origin is Origin.REPLAY
    live = Run().take(*polls(climb(TEN, 4.9, 5.0, 5.1, 5.2)))
    assert {d.origin for d in live.detections} == {Origin.LIVE} == {r.origin for r in live.recommendations}


def test_a_repeat_says_nothing() -> None:
    """At least once on every hop: the second time there is no output."""
    inputs: list[Input] = [
        *polls(climb(TEN, 4.9, 5.0, 5.1, 5.2)),
        bulletin(TEN, item(LAND, 4)),
        report(TEN, ReportKind.LEAKAGE, FLOOD),
    ]
    run = Run().take(*inputs)
    for record in inputs:
        state, outputs = run.fold.step(run.state, record, MADE)
        assert (state, outputs) == (run.state, ())
