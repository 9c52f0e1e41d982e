"""What is recommended: the highest level, all evidence, what changed, and when nothing calls for it any more."""

from dataclasses import replace
from datetime import timedelta

from schemas.records.base import Hazard, Origin, World
from schemas.records.judged import Change, Evidence, Recommendation, RuleHit, Silence
from streams.recommend.recommend import Facts, Occasion, Said, recommend
from tests.unit.streams.inputs import FUJISAWA, MADE, TRACE, jst

NOON = jst("21 12:00")
OCCASION = Occasion(World.ACTUAL, FUJISAWA, Origin.LIVE, NOON, TRACE, MADE)
PLACE = ("1420500", Hazard.FLOOD)
NOTHING = Facts({}, {}, (), {})


def hit(rule: str, level: int | None) -> RuleHit:
    """One rule that is true since noon."""
    return RuleHit(rule, level, "S1", True, "words", NOON, (Evidence("reading", "g", "gauge", "5.3 m", NOON),))


def facts(*hits: RuleHit, lifted: bool = False, silences: tuple[Silence, ...] = ()) -> Facts:
    """Fujisawa's flood."""
    return Facts({PLACE: hits} if hits else {}, {PLACE: NOON} if lifted else {}, silences, {"1420500": "藤沢市"})


def told(*steps: Facts) -> list[Recommendation | None]:
    """One after the other."""
    said, found = Said(), []
    for step in steps:
        said, recommendation = recommend(step, said, OCCASION)
        found.append(recommendation)
    return found


def some(recommendation: Recommendation | None) -> Recommendation:
    """It is there."""
    assert recommendation is not None
    return recommendation


def test_nothing_to_say_is_not_said() -> None:
    """Silence of a calm river."""
    assert told(NOTHING, NOTHING) == [None, None]


def test_the_highest_level_counts_and_all_hits_are_shown() -> None:
    """Rules are OR-ed."""
    called = some(told(facts(hit("FN-4a", 4), hit("FN-3a", 3)))[0]).called[0]
    assert (called.level, called.order_type, called.area_name) == (4, "evacuation_order", "藤沢市")
    assert [h.rule for h in called.hits] == ["FN-4a", "FN-3a"]


def test_change_tells_how_it_moved() -> None:
    """New, raised, lowered, cleared, and new again."""
    steps = [facts(hit("a", 3)), facts(hit("a", 4)), facts(hit("a", 3)), facts(lifted=True), facts(hit("b", 5))]
    changes = [some(r).called[0].change for r in told(*steps)]
    assert changes == [Change.NEW, Change.RAISED, Change.LOWERED, Change.CLEARED, Change.NEW]
    assert [some(r).called[0].previous_level for r in told(*steps)] == [None, 3, 4, 3, None]


def test_the_same_facts_are_said_once() -> None:
    """And numbers count what was said."""
    first, second, third = told(facts(hit("a", 3)), facts(hit("a", 3)), facts(hit("b", 3)))
    assert second is None
    assert (some(first).number, some(third).number) == (1, 2)
    assert some(third).called[0].change is Change.SAME


def test_the_id_is_that_of_what_is_said() -> None:
    """Not of when it was said, nor of what was said before."""
    direct, later = some(told(facts(hit("a", 4)))[0]), some(told(facts(hit("a", 3)), facts(hit("a", 4)))[1])
    assert direct.id == later.id
    _, other = recommend(facts(hit("a", 4)), Said(), replace(OCCASION, municipality="14206"))
    assert some(other).id != direct.id


def test_a_cleared_entry_says_since_when_and_is_dropped_later() -> None:
    """Officers lift; this only says that they may."""
    _, cleared, gone = told(facts(hit("a", 3)), facts(lifted=True), NOTHING)
    called = some(cleared).called[0]
    assert (called.level, called.order_type, called.hits, called.lifting_met_since) == (None, None, (), NOON)
    assert some(gone).called == ()


def test_a_new_rise_hides_the_lift() -> None:
    """What is called for is never shown as liftable."""
    called = some(told(facts(hit("a", 3), lifted=True))[0]).called[0]
    assert (called.level, called.lifting_met_since) == (3, None)


def test_a_tsunami_order_has_no_number() -> None:
    """It is called for without a level, and clears like any other."""
    place = ("1420500", Hazard.TSUNAMI)
    wave = Facts({place: (hit("TS-4b", None),)}, {}, (), {})
    up, down = told(wave, Facts({}, {place: NOON}, (), {}))
    assert (some(up).called[0].level, some(up).called[0].order_type) == (None, "tsunami_evacuation")
    assert some(down).called[0].change is Change.CLEARED


def test_a_silence_alone_is_worth_saying() -> None:
    """Nothing called for, and one gauge that nobody hears."""
    quiet = Silence("g", "gauge", NOON, "lost")
    recommendation = some(told(facts(silences=(quiet,)))[0])
    assert (recommendation.called, recommendation.silences) == ((), (quiet,))


def test_as_of_is_the_newest_fact() -> None:
    """So its age can be shown."""
    old = hit("a", 3)
    new = replace(old, rule="b", evidence=(replace(old.evidence[0], observed_at=NOON + timedelta(minutes=10)),))
    assert some(told(facts(old, new))[0]).as_of == NOON + timedelta(minutes=10)
