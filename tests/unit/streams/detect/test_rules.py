"""rules.toml: what ships can be meant, and what cannot be meant is refused with a sentence that helps."""

import re

import pytest

from schemas.stations import gauges
from streams.detect.rules import BadRules, read_rules
from streams.knowledge import RULES, facts_of, load_knowledge
from tests.unit.streams.inputs import book, gauge

TEXT = RULES.read_text(encoding="utf8")
HEAD = TEXT[: TEXT.index("[[rule]]")]


def rules(body: str, head: str = HEAD) -> None:
    """Read these rows; raises what a start of the program would."""
    read_rules(head + body, {"g": gauge("g")})


def row(when: str = 'when = [{ stage = "L3" }]', **changes: str) -> str:
    """One acceptable row, with changes."""
    fields = {"id": '"X-1"', "hazard": '"flood"', "level": "3", "source": '"S1"', "text": '"x"'} | changes
    return "[[rule]]\n" + "\n".join(f"{key} = {value}" for key, value in fields.items() if value) + f"\n{when}\n"


def test_what_ships_is_accepted_with_the_reference_data() -> None:
    """This is what watch does at its start."""
    known = load_knowledge()
    assert {r.id for r in known.book.rules} >= {"FF-4a", "FN-3b", "LS-4a", "SG-4", "TS-4c"}
    assert known.gauges["3585_4_309"].thresholds == (("L1", 4.0), ("L2", 4.5), ("L3", 5.2), ("L4", 5.65))
    assert set(known.gauges) == set(gauges())


def test_rows_from_memory_are_unverified() -> None:
    """domain.md tags them K (and our own proposals R); that must reach the screen."""
    verified = {r.id: r.verified for r in book().rules}
    assert not any(verified[i] for i in ("FN-5", "FF-5b", "FF-5d", "LS-5", "FN-4c", "FO-5"))
    assert all(verified[i] for i in ("FN-3a", "FN-3b", "FN-4a", "FF-4a", "LS-4a", "FF-3d"))


def test_rows_whose_inputs_are_not_ingested_are_listed_and_not_evaluated() -> None:
    """キキクル, dam notices and forecasts come later; nothing pretends to be them."""
    waiting = {r.id for r in book().not_yet_evaluable()}
    assert {"FF-3b", "FF-3c", "FF-4c", "FF-4e", "FN-4b", "LS-4b", "LS-4d"} <= waiting
    assert all(r.needs for r in book().not_yet_evaluable())


def test_the_page_lists_the_same_rows() -> None:
    """docs/detection.md says what waits and what is evaluated."""
    page = (RULES.parents[1] / "docs" / "detection.md").read_text(encoding="utf8")
    waits = page.split("never evaluated:\n")[1].split(". FF-3a")[0].split()
    assert set(waits) == {rule.id for rule in book().not_yet_evaluable()}
    table = page.split("| hazard | evaluated now |")[1].split("##")[0]
    assert set(re.findall(r"[A-Z]{2}-\d\w?", table)) == {rule.id for rule in book().rules if rule.when}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (row() + row(), "X-1 is there twice"),
        (row(hazard='"lava"'), "no hazard is called 'lava'"),
        (row(level="2"), "level must be 3, 4 or 5"),
        (row(level=""), "level must be 3, 4 or 5"),
        (row(river_class='"brook"'), "river_class 'brook' is none of"),
        (row(colour='"red"'), "'colour' is not known"),
        (row(when=""), "would never fire"),
        (row(when="when = [{}]"), "an empty condition is always true"),
        (row(when='when = [{ stage = "L9" }]'), "no threshold is called 'L9'"),
        (row(when='when = [{ trend = "rapid" }]'), "beside a `stage`"),
        (row(when='when = [{ stage = "L2", trend = "fast" }]'), "trend must be one of"),
        (row(when='when = [{ report = ["rumour"] }]'), "can never come in"),
        (row(when="when = [{ report = [] }]"), "can never come in"),
        (row(when='when = [{ official = { hazard = "flood" } }]'), "exactly one of"),
        (row(when='when = [{ official = { hazard = "flood", level = 3, at_least = 3 } }]'), "exactly one of"),
        (row(when='when = [{ official = { hazard = "flood", level = 6 } }]'), "no official statement has level 6"),
        (row(when='when = [{ rain = "much" }]'), "'rain' is not known"),
        (row() + row(id='"X-2"', level="4"), "X-1 and X-2 call for different levels under the same condition"),
        (row(source=""), "lacks source"),
        ('[[override]]\nmunicipality = "14100"\nrule = "X-1"\n', "no such rule"),
        (
            row(municipal_override="true") + '[[override]]\nmunicipality = "141"\nrule = "X-1"\n',
            "a municipality of 5 digits",
        ),
        ("[station.nowhere]\nhold_min = 10\n", "is no known gauge"),
        ("[station.g]\nhold_min = 0\n", "too small to mean anything"),
        ("[station.g]\nlost_min = 5\n", "lost_min must exceed stale_min"),
        ('[station.g]\nhold_min = "long"\n', "must be a number"),
        ("rule = 3 = 4", "is not TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused(body: str, says: str) -> None:
    """At load, not at three in the morning."""
    with pytest.raises(BadRules, match=says.replace("(", "\\(")):
        rules(body)


def test_thresholds_that_do_not_ascend_are_refused() -> None:
    """L3 above L4 would call for two levels at once."""
    with pytest.raises(BadRules, match="do not ascend"):
        read_rules(TEXT, {"g": gauge("g", thresholds=(("L3", 5.0), ("L4", 4.0)))})


def test_a_station_may_have_numbers_of_its_own() -> None:
    """Everything else is everybody's."""
    own = read_rules(HEAD + row() + "[station.g]\nrapid_dh10_m = 0.5\n", {"g": gauge("g")})
    assert own.tuning_of("g").rapid_dh10_m == 0.5
    assert own.tuning_of("g").hold_min == own.tuning_of("other").hold_min == 30


def test_every_shipped_gauge_fits() -> None:
    """Each has known thresholds and a known class."""
    assert all(facts_of(g).thresholds or not g.thresholds for g in gauges().values())
