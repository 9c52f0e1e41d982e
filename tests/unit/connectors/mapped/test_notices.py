"""Announcements by a mapping: in force, over, no longer listed; and a list that could be read only in part."""

import json
from collections.abc import Mapping
from pathlib import Path

from connectors.source import Unchanged
from schemas.records.base import Hazard
from schemas.records.observed import Bulletin
from tests.unit.connectors.answers import Written
from tests.unit.connectors.mapped.making import made, told
from tests.unit.connectors.mapped.test_source import URL, source, turn
from tests.unit.connectors.writing import bulletins

ROADS = """
format = "json"
area.const = "14205"
[notice]
title = "道路規制情報"
subject = "id"
name = "road"
text = ["road", "reason"]
state = "state"
active = ["規制中"]
over = ["解除"]
"""


def road(number: str, state: str = "規制中", reason: str = "冠水") -> dict[str, str]:
    """One row of the list."""
    return {"id": number, "road": f"県道{number}号", "state": state, "reason": reason}


def listed(*roads: Mapping[str, str]) -> Written:
    """The list at its address."""
    return Written({URL: json.dumps(roads).encode()})


def items(found: list[Bulletin]) -> list[tuple[str, str, bool]]:
    """What they say."""
    return [(item.subject, item.status, item.active) for one in found for item in one.items]


def test_a_list_becomes_one_bulletin_per_area_without_a_level(tmp_path: Path) -> None:
    """People see it; no level follows from it."""
    _, parsed = turn(source(tmp_path, ROADS), None, listed(road("30"), road("43", "解除")))
    (one,) = bulletins(parsed)
    assert (one.area, one.carrier, one.title) == ("1420500", "NOTICE", "道路規制情報")
    assert items([one]) == [("30", "規制中", True), ("43", "解除", False)]
    assert {(item.level, item.hazard) for item in one.items} == {(None, Hazard.OTHER)}
    assert one.text == "県道30号 冠水"


def test_what_a_complete_list_no_longer_names_is_over(tmp_path: Path) -> None:
    """And a list that says the same again says nothing."""
    one = source(tmp_path, ROADS)
    _, first = turn(one, None, listed(road("30"), road("43")))
    _, second = turn(one, first.cursor, listed(road("43")))
    assert items(bulletins(second)) == [("43", "規制中", True), ("30", "掲載終了", False)]
    _, third = turn(one, second.cursor, listed(road("43"), road("99", "解除")))
    _, fourth = turn(one, third.cursor, listed())
    assert items(bulletins(fourth)) == [("43", "掲載終了", False)]
    _, fifth = turn(one, fourth.cursor, Written({URL: b"[ ]"}))
    assert bulletins(fifth) == []


def test_a_list_with_unreadable_rows_ends_nothing(tmp_path: Path) -> None:
    """The road that seems to be missing may be the row that could not be read."""
    one = source(tmp_path, ROADS)
    _, first = turn(one, None, listed(road("30"), road("43")))
    _, second = turn(one, first.cursor, listed(road("43"), road("30", "？")))
    assert {(subject, active) for subject, _, active in items(bulletins(second))} == {("43", True), ("30", True)}
    assert [parked.reason for parked in second.parked] == ["unknown_state"]
    _, third = turn(one, second.cursor, Written({URL: b"<html>maintenance</html>"}))
    assert bulletins(third) == []
    _, fourth = turn(one, third.cursor, listed(road("43")))
    assert ("30", "掲載終了", False) in items(bulletins(fourth))


def test_a_list_that_has_not_changed_for_days_is_not_stale(tmp_path: Path) -> None:
    """Its server says that it is so now."""
    one = source(tmp_path, ROADS)
    _, first = turn(one, None, listed(road("30")))
    done, second = turn(one, first.cursor, listed(road("30")))
    assert isinstance(done.result, Unchanged)
    assert second.content_at == done.at


def test_single_notices_change_only_their_own_subject(tmp_path: Path) -> None:
    """`complete = false`: each row stands for itself, in a scope of its own."""
    one = source(tmp_path, ROADS.replace("[notice]", "[notice]\ncomplete = false"))
    _, first = turn(one, None, listed(road("30"), road("43")))
    _, second = turn(one, first.cursor, listed(road("43", "解除")))
    assert [bulletin.scope for bulletin in bulletins(first)] == ["city:30", "city:43"]
    assert [(b.scope, b.items[0].active) for b in bulletins(second)] == [("city:43", False)]


def test_a_row_about_nothing_and_two_that_disagree_are_told() -> None:
    """Nothing could end what has no subject; of two the first counts."""
    found = made(ROADS, json.dumps([road(""), road("1"), road("1"), road("1", "解除")]))
    assert told(found) == [("/0", "no_subject"), ("/3", "conflict")]
    assert (len(found.notices), found.repeats) == (1, 1)
