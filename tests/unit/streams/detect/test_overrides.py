"""What a municipality makes of a published rule: a note, districts, a higher level, its own lead time."""

from dataclasses import replace
from datetime import timedelta

from schemas.records.base import Hazard
from schemas.records.judged import Called
from streams.detect.knowledge import Knowledge
from streams.detect.rules import read_rules
from streams.knowledge import RULES
from tests.unit.streams.detect.facts import number, stated
from tests.unit.streams.inputs import FUJISAWA_AREA, Run, bulletin, item, jst, knowledge, tick

LAND = Hazard.LANDSLIDE
NOON = jst("21 12:00")


def with_own(rule: str, change: str) -> Knowledge:
    """The rules that ship, and what Fujisawa made of one of them."""
    text = RULES.read_text(encoding="utf8") + f'\n[[override]]\nmunicipality = "14205"\nrule = "{rule}"\n{change}\n'
    return replace(knowledge(), book=read_rules(text, {}))


def called(run: Run) -> Called:
    """What the newest recommendation calls for."""
    return run.recommendations[-1].called[0]


def test_yokohama_names_the_districts_that_get_the_order_at_once() -> None:
    """即時避難指示対象区域: 2,360 households, with the landslide alert and not after it (S22, S23)."""
    run = Run(knowledge(areas={"1410011": "横浜市北部", "1410012": "横浜市南部"}), "14100")
    run.take(bulletin(NOON, item(LAND, 4), area="1410012"))
    text = called(run).hits[0].text
    assert "同時に避難指示" in text
    assert "対象: 即時避難指示対象区域 2,360世帯" in text
    assert called(run).order_type == "evacuation_order"


def test_a_town_may_go_beyond_the_published_level() -> None:
    """Level 3 of the table, level 4 here, in what is called for and in the detection."""
    warning = bulletin(NOON, item(LAND, 3), carrier="VPWW56")
    assert called(Run().take(warning)).level == 3
    run = Run(with_own("LS-3a", "level = 4")).take(warning)
    assert (called(run).level, called(run).order_type) == (4, "evacuation_order")
    assert run.said("LS-3a") == [("LS-3a", "began", 4, "21 12:00")]


def test_what_would_change_knows_the_towns_level() -> None:
    """The next step up is the one that the town made."""
    run = Run(with_own("LS-4a", "level = 5")).take(bulletin(NOON, item(LAND, 3), carrier="VPWW56"))
    assert called(run).would_change[0].endswith("レベル5(LS-4a)")


def test_a_town_that_needs_longer_is_told_earlier() -> None:
    """LS-4d: level 4 is expected for 18:00; four hours before instead of two."""
    due = bulletin(NOON, stated(LAND, 2, number("criteria_level", 4.0, jst("21 18:00"), 4)), carrier="VPWW56")
    own = Run(with_own("LS-4d", "lead_min = 240")).take(due, tick(NOON + timedelta(hours=2)))
    assert own.said("LS-4d") == [("LS-4d", "began", 4, "21 14:00")]
    assert Run().take(due, tick(NOON + timedelta(hours=2))).said("LS-4d") == []


def test_a_deadline_is_the_same_however_late_it_is_noticed() -> None:
    """The detection has the time of the deadline, not that of the tick, so its id does not depend on ticks."""
    due = bulletin(NOON, stated(LAND, 2, number("criteria_level", 4.0, jst("21 18:00"), 4)), carrier="VPWW56")
    early = Run().take(due, tick(jst("21 16:00")))
    late = Run().take(due, tick(jst("21 15:59")), tick(jst("21 17:30")))
    assert early.said("LS-4d") == [("LS-4d", "began", 4, "21 16:00")]
    assert [d.id for d in early.detections] == [d.id for d in late.detections]
    assert early.levels() == late.levels() == {(FUJISAWA_AREA, LAND): 4}
