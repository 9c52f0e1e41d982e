"""Explaining a past recommendation: the right one is chosen, and every fact says where it stands."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.examples import examples_of
from schemas.records.judged import Recommendation
from streams.explained import Chosen, Stands, choose, explain, sources
from streams.refold import compare
from tests.unit.streams.inputs import FUJISAWA_AREA, GAUGE, MADE, Run, batch, climb, jst, reading

SAID = next(iter(examples_of(Recommendation).values()))


def stands(records: list[Recommendation]) -> list[Stands]:
    """Each at an offset of its own."""
    return [Stands(record, f"recommendation-log-0@{n}") for n, record in enumerate(records)]


def flood() -> tuple[Run, list[Stands]]:
    """境川橋 climbs past L2 rapidly: FN-3b."""
    values = climb(jst("21 13:00"), 3.0, 3.1, 3.3, 3.6, 4.0, 4.4, 4.8)
    run = Run().take(*(batch(at + timedelta(minutes=3), reading(at, value)) for at, value in values.items()))
    inputs = [
        Stands(batch(at + timedelta(minutes=3), reading(at, value)), f"readings-0@{n}")
        for n, (at, value) in enumerate(values.items())
    ]
    return run, inputs


@given(st.lists(st.integers(0, 50), max_size=12), st.integers(0, 50))
def test_the_newest_said_by_then_is_chosen(minutes: list[int], asked: int) -> None:
    """Whatever the order in the log; and the one before and after it are its neighbours in time."""
    log = stands([replace(SAID, number=n, at=MADE + timedelta(minutes=m)) for n, m in enumerate(minutes)])
    at = MADE + timedelta(minutes=asked)
    chosen = choose(log, at)
    until = [one.record.at for one in log if one.record.at <= at]
    later = [one.record.at for one in log if one.record.at > at]
    assert (chosen.now.record.at if chosen.now else None) == max(until, default=None)
    assert (chosen.after.record.at if chosen.after else None) == min(later, default=None)
    assert chosen.first_at == min([*until, *later], default=None)


def test_a_rule_its_reading_and_their_places_are_named() -> None:
    """FN-3b with stage, threshold, source, age, and the offset at which the reading stands."""
    run, inputs = flood()
    first = next(r for r in run.recommendations if r.called)
    at = first.at + timedelta(minutes=7)
    chosen = choose(stands(run.recommendations), at)
    story = "\n".join(explain(chosen, (FUJISAWA_AREA,), sources(inputs), []))
    assert "FN-3b level 3 since 2026-09-21 14:00 JST" in story
    assert "[source S13,R, unverified]" in story, "what is rapid, no source says (domain notes 1.3.2)"
    assert "水位 4.80 m(氾濫注意水位 4.50 m 以上) · 2026-09-21 14:00 JST, 10 min old" in story
    assert f"station {GAUGE} at readings-0@6" in story
    assert chosen.now is not None
    assert chosen.now.place in story


def test_what_is_no_longer_kept_is_said() -> None:
    """The reading was deleted: the evidence stays, and its record is said to be gone."""
    run, _ = flood()
    chosen = choose(stands(run.recommendations), run.recommendations[-1].at)
    assert "its record is no longer kept" in "\n".join(explain(chosen, (FUJISAWA_AREA,), sources([]), []))


def test_before_the_log_begins_nothing_is_claimed() -> None:
    """Neither calm nor danger: nothing is known."""
    run, _ = flood()
    story = "\n".join(explain(choose(stands(run.recommendations), jst("20 12:00")), (FUJISAWA_AREA,), sources([]), []))
    assert "The log begins at 2026-09-21 14:03 JST" in story
    assert "calm" not in story
    nothing = Chosen(MADE, None, None, None, None)
    assert "nothing can be said about that time" in "\n".join(explain(nothing, (FUJISAWA_AREA,), sources([]), []))


def test_another_area_was_not_called_for() -> None:
    """It says so, and what that rests on."""
    run, _ = flood()
    chosen = choose(stands(run.recommendations), run.recommendations[-1].at)
    assert "Nothing was called for here" in "\n".join(explain(chosen, ("1420600",), sources([]), []))


def test_detections_of_the_day_before_are_listed() -> None:
    """In the order of their time, none from after the moment."""
    run, _ = flood()
    detections = [Stands(one, f"detections-0@{n}") for n, one in enumerate(run.detections)]
    at = run.recommendations[-1].at
    story = list(explain(choose(stands(run.recommendations), at), (FUJISAWA_AREA,), sources([]), detections))
    told = [line for line in story if line.startswith("Detected")]
    assert len(told) == len([one for one in run.detections if one.at <= at])
    assert any("FN-3b began level 3" in line for line in told)


def test_rules_that_changed_since_are_named() -> None:
    """The same; one less; one more."""
    run, _ = flood()
    then = run.recommendations[-1]
    assert list(compare(then, then)) == ["Folded anew from its inputs, the same is called for (1 rules)"]
    assert "FN-3b (level 3) for flood in 1420500 is not called for" in "\n".join(compare(then, None))
    assert "is called for as well" in "\n".join(compare(None, then))
