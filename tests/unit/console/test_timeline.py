"""Who did what when, newest first, refusals among them."""

from console.officers import Officer, Officers, Role
from console.projection import Projection
from console.timeline import Event, as_csv, timeline
from schemas.records.base import Hazard, World
from schemas.records.decided import CaseStatus, DecisionKind
from tests.unit.console.records import AT, FUJISAWA, case, decision, order, proposal, verdict


def test_a_nights_steps() -> None:
    """Proposed, an own approval refused, and one step that nobody has answered yet."""
    projection = Projection()
    records = (
        decision(1, DecisionKind.PROPOSE, proposal=proposal(note="夜間のため早めに")),
        verdict(1, case(CaseStatus.DRAFTED)),
        decision(2, DecisionKind.APPROVE, case_id="case-1"),
        verdict(2, accepted=False),
        decision(3, DecisionKind.SUBMIT, case_id="case-1", hazard=None),
        order(issued_at=AT),
    )
    for record in records:
        projection.take(record)
    officers = Officers((Officer("sato", "佐藤", (FUJISAWA,), frozenset({Role.AUTHOR}), "$argon2"),))
    events = timeline(projection.worlds[World.ACTUAL], officers, FUJISAWA, Hazard.LANDSLIDE)
    assert [event.what for event in events] == [
        "提出 ― 判定待ち",
        "承認 ― 認められず",
        "案を作成（発令：警戒レベル４ 避難指示）",
        "発令：警戒レベル４ 避難指示（第1版）",
    ]
    assert [event.refused for event in events] == [False, True, False, False]
    assert events[2].detail == "夜間のため早めに"
    assert timeline(projection.worlds[World.ACTUAL], officers, FUJISAWA, Hazard.FLOOD) == ()


def test_the_saved_timeline_runs_no_formula() -> None:
    """What somebody typed as a reason stays words in a spreadsheet, commas and line ends included."""
    saved = as_csv((Event(AT, "decision", "佐藤", '=HYPERLINK("x")', "一行目\n二,三"),))
    assert saved.splitlines()[1].startswith("2026-09-21 15:40:00,decision,佐藤,\"'=HYPERLINK(")
    assert '"一行目\n二,三"' in saved
