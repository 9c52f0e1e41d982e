"""rules.toml: what ships can be meant, and what cannot be meant is refused with a sentence that helps."""

import re

import pytest

from schemas.stations import gauges
from streams.detect.clauses import BadRules
from streams.detect.criteria import is_verified
from streams.detect.knowledge import AreaFacts
from streams.detect.rules import read_rules
from streams.knowledge import RULES, facts_of, load_knowledge
from tests.unit.streams.inputs import FUJISAWA_AREA, book, gauge

TEXT = RULES.read_text(encoding="utf8")
HEAD = TEXT[: TEXT.index("[[rule]]")]
OVERRIDE = '[[override]]\nrule = "X-1"\n'


def rules(body: str, head: str = HEAD) -> None:
    """Read these rows; raises what a start of the program would."""
    read_rules(head + body, {"g": gauge("g")}, {FUJISAWA_AREA: AreaFacts(FUJISAWA_AREA, "藤沢市", "14205")})


def row(when: str = 'when = [{ stage = "L3" }]', **changes: str) -> str:
    """One acceptable row, with changes."""
    fields = {"id": '"X-1"', "hazard": '"flood"', "level": "3", "source": '"S1"', "text": '"x"'} | changes
    return "[[rule]]\n" + "\n".join(f"{key} = {value}" for key, value in fields.items() if value) + f"\n{when}\n"


def own(change: str, **changes: str) -> str:
    """A rule that a municipality may change, and its change."""
    return row(municipal_override="true", **changes) + OVERRIDE + change + "\n"


def test_what_ships_is_accepted_with_the_reference_data() -> None:
    """This is what watch does at its start."""
    known = load_knowledge()
    assert {r.id for r in known.book.rules} >= {"FF-4a", "FN-3b", "LS-4a", "SG-4", "TS-4c"}
    assert known.gauges["3585_4_309"].thresholds == (("L1", 4.0), ("L2", 4.5), ("L3", 5.2), ("L4", 5.65))
    assert set(known.gauges) == set(gauges())


def test_rows_from_memory_are_unverified() -> None:
    """docs/detection.md tags them K (and our own proposals R); that must reach the screen."""
    verified = {r.id: is_verified(r.source) for r in book().rules}
    assert not any(verified[i] for i in ("FN-5", "FF-5b", "FF-5d", "LS-5", "FN-4c", "FO-5"))
    assert all(verified[i] for i in ("FN-3a", "FN-3b", "FN-4a", "FF-4a", "LS-4a", "FF-3d"))


def test_rows_whose_input_is_in_no_feed_are_listed_and_say_which() -> None:
    """水害リスクライン is a map without a machine feed; which cellars of a district flood is in no feed either."""
    waiting = {r.id: r.needs for r in book().not_evaluated()}
    assert set(waiting) == {"FF-3c", "IN"}
    assert all(":" in need for needs in waiting.values() for need in needs)


def test_the_page_lists_the_same_rows() -> None:
    """docs/detection.md says what waits and what is evaluated."""
    page = (RULES.parents[1] / "docs" / "detection.md").read_text(encoding="utf8")
    table = page.split("| rule | level | holds when any of | source |")[1].split("\n\n")[0]
    rows = dict(re.findall(r"^\| ([A-Z]{2}(?:-\d\w?)?) \| (\d|–) \|", table, re.MULTILINE))
    assert rows == {rule.id: str(rule.level or "–") for rule in book().rules}
    sources = dict(re.findall(r"^\| (\S+) \|.*\| (\S+) \|$", table, re.MULTILINE))
    assert sources == {rule.id: rule.source for rule in book().rules}


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
        (row(when='when = [{ snow = "much" }]'), "'snow' is not known"),
        (row(when='when = [{ stage = "L2", rain = "much" }]'), "rain must be one of falling, strong"),
        (row(when='when = [{ rain = "falling" }]'), "beside a `stage`"),
        (row(when='when = [{ source = "S1" }]'), "an empty condition is always true"),
        (row(when='when = [{ report = ["other"] }]'), "can never come in"),
        (row(when='when = [{ coast = true, report_of = ["flood"] }]'), "an empty condition is always true"),
        (row(when='when = [{ dam = "full" }]'), "dam must be"),
        (row(when="when = [{ forecast = { within_h = 3 } }]"), "reaches a `stage`"),
        (row(when='when = [{ forecast = { stage = "L4", within_h = 12 } }]'), "say nothing 12 h ahead"),
        (row(when="when = [{ forecast = { rising = true } }]"), "only beside a `stage`"),
        (row(when='when = [{ danger = { hazard = "flood", at_least = 3 } }]'), "the carriers that state it"),
        (row(when='when = [{ danger = { hazard = "flood", at_least = 2, carriers = ["VPWW55"] } }]'), "3 to 5"),
        (row(when='when = [{ due = { quantity = "dawn" } }]'), "no telegram states when 'dawn' is due"),
        (row(when='when = [{ due = { quantity = "storm_zone", within_min = 0 } }]'), "must exceed 0"),
        (row(when="when = [{ quake = { intensity = 2 } }]"), "no telegram lists an intensity of 2"),
        (row(when="when = [{ quake = {} }]"), "exactly one of intensity and word"),
        (row(when='when = [{ word = { name = "rumour" } }]'), "has no phrases for 'rumour'"),
        (row(when='when = [{ official = { hazard = "flood", level = 3, carriers = ["XYZ"] } }]'), "is called 'XYZ'"),
        (row(when='when = [{ stage = "FS" }]', river_class='"洪水予報河川"'), "so it can never fire"),
        (row(when='when = [{ stage = "L2", trend = "rapid" }]'), 'give the condition `source = "S1,R"`'),
        (row(when='when = [{ stage = "L2", rain = "falling", source = "S13" }]'), "is a number of our own"),
        (row(hazard='"tsunami"', level="4"), "a tsunami order has no level number"),
        (row() + row(id='"X-2"', level="4"), "X-1 and X-2 call for different levels under the same condition"),
        (row(source=""), "lacks source"),
        ('[[override]]\nmunicipality = "14100"\nrule = "X-1"\n', "no such rule"),
        (
            row(municipal_override="true") + '[[override]]\nmunicipality = "141"\nrule = "X-1"\n',
            "a municipality of 5 digits",
        ),
        (own('municipality = "14205"\nlevel = 2'), "a level of 3 to 5"),
        (own('municipality = "14205"\nlevel = 3', level="4"), "may go beyond level 4, not below"),
        (own('municipality = "99999"\nlevel = 4'), "there is no municipality 99999"),
        (own('municipality = "14205"\nlead_min = 0'), "lead_min must exceed 0"),
        (own('municipality = "14205"\nlead_min = 60'), "for a rule that waits for a lead time"),
        (own('municipality = "14205"'), "changes nothing"),
        (own('municipality = "14205"\nlevel = 4') + OVERRIDE + 'municipality = "14205"\nnote = "x"\n', "there twice"),
        ("[station.nowhere]\nhold_min = 10\n", "is no known gauge"),
        ("[station.g]\ncrisis_stale_min = 5\n", "a gauge that sleeps is patient"),
        ('[[lifting]]\nhazard = "flood"\nsource = "K"\n', "names the hazards whose warnings must be over"),
        ('[[lifting]]\nhazard = "flood"\nofficial = ["flood"]\nat_most = 4\nsource = "K"\n', "at_most 1 or 2"),
        ("[station.g]\nhold_min = 0\n", "too small to mean anything"),
        ("[station.g]\nlost_min = 5\n", "lost_min must exceed stale_min"),
        ("[station.g]\npace_last = 0\npace_before = 0\npace_hour = 0\n", "a pace needs a weight"),
        ("[station.g]\nsoonest = 3\n", "soonest must lie between"),
        ('[station.g]\nhold_min = "long"\n', "must be a number"),
        ('[[lifting]]\nhazard = "flood"\nofficial = ["flood"]\nsource = "K"\n' * 2, "one row for each hazard"),
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


def test_numbers_that_are_too_small_are_refused() -> None:
    """A limit of 0 mm would mean that it always rains; a lead time of 0, that nobody has to walk."""
    with pytest.raises(BadRules, match="rain_1h_mm is too small"):
        rules(row(), HEAD.replace("rain_1h_mm = 3.0", "rain_1h_mm = 0"))
    with pytest.raises(BadRules, match="must exceed 0 minutes"):
        rules(row(), HEAD.replace("\n[lead]", f"\n[lead]\n{FUJISAWA_AREA} = 0\n"))
    with pytest.raises(BadRules, match="is no known area"):
        rules(row(), HEAD.replace("\n[lead]", "\n[lead]\n9999999 = 60\n"))


def test_an_area_and_a_town_may_have_a_lead_time_of_their_own() -> None:
    """The town's for one rule, then the area's, then everybody's."""
    waits = 'when = [{ due = { quantity = "criteria_level", at_least = 4 } }]'
    mine = row(waits, municipal_override="true", source='"R"')
    text = HEAD.replace("\n[lead]", f"\n[lead]\n{FUJISAWA_AREA} = 90\n") + mine
    book = read_rules(text + OVERRIDE + 'municipality = "14205"\nlead_min = 240\n', {})
    assert book.lead_of(FUJISAWA_AREA, book.overrides[0]) == 240
    assert (book.lead_of(FUJISAWA_AREA, None), book.lead_of("1420600", None)) == (90, 120)


def test_a_station_may_have_numbers_of_its_own() -> None:
    """Everything else is everybody's."""
    own = read_rules(HEAD + row() + "[station.g]\nrapid_dh10_m = 0.5\n", {"g": gauge("g")})
    assert own.tuning_of("g").rapid_dh10_m == 0.5
    assert own.tuning_of("g").hold_min == own.tuning_of("other").hold_min == 30


def test_every_shipped_gauge_fits() -> None:
    """Each has known thresholds and a known class."""
    assert all(facts_of(g).thresholds or not g.thresholds for g in gauges().values())
