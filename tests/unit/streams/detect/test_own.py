"""Numbers of our own: never behind a published source, always said.

What each source says in numbers is taken from the published tables (domain notes 1.3); everything else is ours.
"""

import re
import tomllib
from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.records.base import Hazard
from schemas.records.judged import RuleHit
from streams.detect.criteria import is_verified
from streams.detect.knowledge import Knowledge, RuleBook
from streams.detect.own import own_numbers
from streams.detect.rules import read_rules
from streams.knowledge import RULES, load_knowledge
from tests.unit.streams.detect.facts import number, stated
from tests.unit.streams.inputs import GAUGE, Run, book, bulletin, climb, jst, knowledge, polls

TEXT = RULES.read_text(encoding="utf8")
ROWS = [(rule["id"], n, row) for rule in tomllib.loads(TEXT)["rule"] for n, row in enumerate(rule.get("when", ()))]
PUBLISHED = {
    ("FF-3b", "within_h", 6): "max fc(1..6) >= th.L4 [S13]",
    ("FF-4c", "within_h", 3): "forecast to exceed within 3 h [S18]",
    ("SG-3", "within_min", 720): "typhoon storm zone expected over the city within 12 h [S16]",
    ("TS-4d", "intensity", 4): "felt intensity >= 4 [S10]",
}
"""Numbers that a source gives, beside the levels and stages that it names."""
IN_WORDS = {"trend", "rain", "dam"}
"""Rapid rise "is not quantified in any source found"; strong rain upstream and a dam's "inflow = outflow" neither."""
NOON = jst("21 12:00")


def numbers_in(row: dict[str, object]) -> dict[str, float]:
    """Every number that a condition writes out, but for levels."""
    nested = [row, *(value for value in row.values() if isinstance(value, dict))]
    found = {k: v for part in nested for k, v in part.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    return {key: value for key, value in found.items() if key not in ("level", "at_least")}


def judged_by_us(row: dict[str, object]) -> bool:
    """Whether words of a source stand where a program needs a number."""
    nested = [value for value in row.values() if isinstance(value, dict)]
    lead = any("quantity" in part and "within_min" not in part for part in nested)
    night = any(part.get("night") for part in nested)
    return bool(IN_WORDS & row.keys()) or lead or night or row.get("stage") == "NEAR"


@pytest.mark.parametrize(("rule", "number", "row"), ROWS, ids=[f"{rule}-{n}" for rule, n, _ in ROWS])
def test_no_number_of_ours_reads_as_checked(rule: str, number: int, row: dict[str, object]) -> None:
    """For every condition that ships: a number that its source does not give is never 照合済み."""
    ours = [n for n in numbers_in(row).items() if (rule, *n) not in PUBLISHED]
    of = next(one for one in book().rules if one.id == rule)
    source = of.when[number].source or of.source
    if ours or judged_by_us(row):
        assert not is_verified(source), f"{rule} [{source}]: {ours}"
    assert bool(own_numbers(of.when[number])) == judged_by_us(row)


def test_each_of_them_is_marked_where_it_is_set() -> None:
    """R or K beside the number: nobody takes it for a published one."""
    tags = dict(re.findall(r"^(\w+) = [\d.]+ *#(.*)$", TEXT, re.MULTILINE))
    used = {name for rule in book().rules for clause in rule.when for name in own_numbers(clause)}
    assert used
    assert [name for name in used if not re.search(r"\b[RK]\b", tags.get(name, ""))] == []


def with_book(own: RuleBook) -> Knowledge:
    """Everything as ever, by these rules."""
    return replace(knowledge(), book=own)


def risen(run: Run) -> Run:
    """境川橋 rises 0.4 m in ten minutes, over 氾濫注意水位 (4.50 m)."""
    return run.take(*polls(climb(NOON, 3.0, 3.3, 3.6, 4.0, 4.4, 4.8)))


def hit_of(run: Run, rule: str) -> RuleHit:
    """The rule as the newest recommendation shows it."""
    return next(h for called in run.recommendations[-1].called for h in called.hits if h.rule == rule)


def test_a_rapid_rise_says_by_which_numbers() -> None:
    """0.30 m in 10 min, 1.0 m in 1 h, L4 within 60 min: our default, and said to be ours."""
    hit = hit_of(risen(Run()), "FN-3b")
    assert (hit.source, hit.verified) == ("S13,R", False)
    assert "Sonaeの目安: 急上昇は10分で0.30 m以上、1時間で1.00 m以上、いまの速さで60分以内に氾濫危険水位" in hit.text


def test_a_gauge_with_numbers_of_its_own_says_those() -> None:
    """Not everybody's."""
    own = read_rules(TEXT + f"\n[station.{GAUGE}]\nrapid_dh10_m = 0.25\n", load_knowledge().gauges)
    assert "10分で0.25 m以上" in hit_of(risen(Run(with_book(own))), "FN-3b").text


def test_a_published_stage_says_no_number_of_ours() -> None:
    """FN-3a is over 避難判断水位, and nothing else: it stays checked."""
    hit = hit_of(Run().take(*polls(climb(NOON, 5.2, 5.2))), "FN-3a")
    assert (hit.source, hit.verified, "目安" in hit.text) == ("S13", True, False)


def test_the_towns_own_lead_time_is_not_ours() -> None:
    """LS-4d: 120 minutes are our number; 240 are the town's, and not said to be Sonae's."""
    told = stated(Hazard.LANDSLIDE, 2, number("criteria_level", 4.0, NOON + timedelta(hours=2), 4))
    due = bulletin(NOON, told, carrier="VPWW56")
    assert "避難にかかる時間は120分" in hit_of(Run().take(due), "LS-4d").text
    own = TEXT + '\n[[override]]\nmunicipality = "14205"\nrule = "LS-4d"\nlead_min = 240\n'
    assert "目安" not in hit_of(Run(with_book(read_rules(own, {}))).take(due), "LS-4d").text
