"""Silence: found by ticks only, ended by data only, and never a reason to lower anything."""

from datetime import timedelta

from schemas.records.base import Hazard
from schemas.records.observed import PollOutcome, Quality
from tests.unit.streams.detect.facts import crisis_gauge, known, quake
from tests.unit.streams.inputs import (
    FUJISAWA_AREA,
    GAUGE,
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
    tick,
)

HIGH = climb(jst("21 10:00"), 4.6, 4.7, 4.8, 5.0, 5.25, 5.3)  # over L3 from 10:40
LAST = jst("21 10:50")


def after(minutes: float) -> Run:
    """境川橋 over L3 until 10:50, and then only time."""
    run = Run().take(*polls(HIGH))
    return run.take(tick(LAST + timedelta(minutes=minutes)))


def test_twenty_minutes_is_not_yet_silence() -> None:
    """Ten-minute data arrives minutes late."""
    assert after(20).said("SI") == []


def test_stale_then_lost() -> None:
    """More than 20 and more than 40 minutes."""
    run = after(21).take(tick(LAST + timedelta(minutes=41)))
    assert run.said("SI") == [("SI", "began", None, "21 11:10"), ("SI", "rose", None, "21 11:30")]
    silence = run.recommendations[-1].silences[0]
    assert (silence.subject, silence.since) == (GAUGE, LAST)
    assert silence.reason.startswith("lost")


def test_silence_lowers_nothing() -> None:
    """A day without data leaves the level where it was."""
    run = after(21)
    for hours in range(1, 30):
        run.take(tick(LAST + timedelta(hours=hours)))
    assert run.levels() == {(FUJISAWA_AREA, Hazard.FLOOD): 3}


def test_a_tick_without_news_changes_nothing() -> None:
    """The very same state, so that nothing is written."""
    run = after(21)
    state, outputs = run.fold.step(run.state, tick(LAST + timedelta(minutes=22)), run.recommendations[-1].made_at)
    assert state is run.state
    assert outputs == ()


def test_a_failed_poll_is_neither_data_nor_absence() -> None:
    """It ends no silence and begins none by itself."""
    failed = batch(LAST + timedelta(minutes=15), outcome=PollOutcome.FAILED)
    run = Run().take(*polls(HIGH), failed)
    assert run.said("SI") == []
    run.take(tick(LAST + timedelta(minutes=25)), batch(LAST + timedelta(minutes=26), outcome=PollOutcome.FAILED))
    assert [s.subject for s in run.recommendations[-1].silences] == [GAUGE, "kawabou"]


def test_an_unchanged_poll_is_an_answer_of_the_source_but_no_data_of_the_gauge() -> None:
    """The source is alive, the gauge is not."""
    run = Run().take(*polls(HIGH), batch(LAST + timedelta(minutes=20)), tick(LAST + timedelta(minutes=25)))
    assert [s.subject for s in run.recommendations[-1].silences] == [GAUGE]


def test_only_fresh_data_ends_it() -> None:
    """A straggler from before the silence does not."""
    run = after(41)
    run.take(batch(LAST + timedelta(minutes=50), reading(LAST + timedelta(minutes=5), 5.3)))
    assert run.said("SI")[-1][1] == "began"
    run.take(batch(LAST + timedelta(minutes=62), reading(LAST + timedelta(minutes=60), 5.3)))
    assert run.said("SI")[-1] == ("SI", "ended", None, "21 11:50")
    assert run.recommendations[-1].silences == ()


def test_what_the_gauge_said_instead_is_named() -> None:
    """Closed is not zero, and not silence without a reason."""
    at = LAST + timedelta(minutes=10)
    run = Run().take(*polls(HIGH), batch(at, reading(at, 0.0, Quality.CLOSED)), tick(LAST + timedelta(minutes=45)))
    assert run.levels() == {(FUJISAWA_AREA, Hazard.FLOOD): 3}
    assert run.recommendations[-1].silences[0].reason.endswith("last said: closed")


def test_a_gauge_that_never_spoke_is_named_too() -> None:
    """The source lists it, nothing comes."""
    start = jst("21 10:00")
    run = Run().take(batch(start), tick(start + timedelta(minutes=30)))
    assert {s.subject for s in run.recommendations[-1].silences} == {GAUGE, "kawabou"}


def test_an_official_statement_that_nobody_repeats_is_kept_and_named() -> None:
    """After 36 h it is no longer sure; it is never none."""
    said = bulletin(jst("21 10:00"), item(Hazard.LANDSLIDE, 4))
    run = Run().take(said, tick(jst("22 21:00")))
    assert not run.recommendations[-1].silences
    run.take(tick(jst("22 22:01")))
    assert run.levels() == {(FUJISAWA_AREA, Hazard.LANDSLIDE): 4}
    assert run.recommendations[-1].silences[0].reason.startswith("lost: not repeated for 36 h")


def test_a_gauge_that_sleeps_below_its_start_level_is_not_missed() -> None:
    """危機管理型水位計 say nothing below 観測開始水位: a week without a value is as it should be, a month is not."""
    run = Run(known(crisis_gauge())).take(*polls(climb(jst("21 10:00"), 2.1, 1.95)))
    asleep = jst("21 10:10")
    run.take(tick(asleep + timedelta(days=7)), tick(asleep + timedelta(days=30)))
    assert run.said("SI") == []
    run.take(tick(asleep + timedelta(days=30, minutes=1)), tick(asleep + timedelta(days=60, minutes=1)))
    assert [(d.phase.value, d.at) for d in run.detections if d.rule == "SI"] == [
        ("began", asleep + timedelta(days=30)),
        ("rose", asleep + timedelta(days=60)),
    ]


def test_a_gauge_that_falls_silent_in_a_flood_is_missed_as_any_other() -> None:
    """Its last value was over its start level."""
    run = Run(known(crisis_gauge())).take(*polls(climb(jst("21 10:00"), 3.0, 3.1)), tick(jst("21 10:31")))
    assert run.said("SI") == [("SI", "began", None, "21 10:30")]


def test_a_gauge_without_thresholds_is_a_state_of_its_own() -> None:
    """Its values arrive and nothing can be concluded: named where something is called for, and only there."""
    run = Run(knowledge(gauge(thresholds=()))).take(*polls(climb(jst("21 10:00"), 3.0, 9.0, 9.5, 9.9)))
    assert run.recommendations == []
    run.take(bulletin(jst("21 11:00"), item(Hazard.LANDSLIDE, 4)))
    (silence,) = run.recommendations[-1].silences
    assert (silence.subject, silence.reason.split(":")[0]) == (GAUGE, "no thresholds")


def test_a_tsunami_warning_of_two_days_ago_still_stands_and_is_named() -> None:
    """It is lifted by officials, never by time."""
    run = Run().take(bulletin(jst("21 10:00"), item(Hazard.TSUNAMI, None, code="52"), carrier="VTSE41"))
    run.take(tick(jst("23 10:00")))
    assert [h.rule for c in run.recommendations[-1].called for h in c.hits] == ["TS-4c"]
    assert run.recommendations[-1].silences[0].reason.startswith("lost: not repeated for 36 h")


def test_an_event_is_not_missed() -> None:
    """A quake is told once."""
    run = Run().take(quake(jst("21 10:00"), 3.0), tick(jst("23 10:00")))
    assert run.recommendations == []
