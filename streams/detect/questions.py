"""What officials' telegrams leave open for a person: a check that says more than they do, two contents in one version.

A question never raises or lowers a level. It shows as a silence does, under `XC|…` and `XT|…` in `quiet`.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from schemas.records.base import Hazard
from schemas.records.judged import DetectionKind, Phase
from streams.detect.bulletins import standing
from streams.detect.claims import Claim, claims_in, counting, newest_word, official_level, spoken_for
from streams.detect.knowledge import Knowledge
from streams.detect.say import Seen
from streams.detect.silence import STALE, Quiet
from streams.detect.state import Watch

CHECK, TIE = "XC", "XT"
ASKED_OF = (Hazard.FLOOD, Hazard.HEAVY_RAIN, Hazard.LANDSLIDE, Hazard.STORM_SURGE)
LOWEST_ASKED = 3


class Question(NamedTuple):
    """One of them: since when (epoch seconds) the two disagree, and what a person should read."""

    area: str
    hazard: Hazard
    since: int
    words: str
    replay: int


def raised(state: Watch, now: int, knowledge: Knowledge, seen: list[Seen]) -> Watch:
    """With every question that is old enough at this tick; a detection for each that is new."""
    quiet = dict(state.quiet)
    wait_s = int(knowledge.book.limits.question_min * 60)
    for key, question in _open(state, sorted({k.split("|", 1)[0] for k in state.slots}), knowledge).items():
        patience = wait_s if key.startswith(CHECK) else 0
        if key not in quiet and now - question.since >= patience:
            quiet[key] = Quiet(question.since, STALE, question.words)
            seen.append(_step(key, question, Phase.BEGAN, question.since + patience))
    return replace(state, quiet=quiet) if len(quiet) > len(state.quiet) else state


def answered(state: Watch, areas: Iterable[str], at: int, knowledge: Knowledge, seen: list[Seen]) -> Watch:
    """Without the questions that the newest statements have answered. `at`: when the last of these was made."""
    areas = tuple(areas)
    asked = {k for k in state.quiet if k.startswith((f"{CHECK}|", f"{TIE}|")) and k.split("|")[1] in areas}
    if not asked:
        return state
    gone = asked - _open(state, areas, knowledge).keys()
    for key in sorted(gone):
        before = state.quiet[key]
        hazard = Hazard(key.split("|")[2]) if key.startswith(CHECK) else Hazard.OTHER
        question = Question(key.split("|")[1], hazard, before.since, before.note, 0)
        seen.append(_step(key, question, Phase.ENDED, at))
    return replace(state, quiet={k: q for k, q in state.quiet.items() if k not in gone}) if gone else state


def _open(state: Watch, areas: Iterable[str], knowledge: Knowledge) -> dict[str, Question]:
    found: dict[str, Question] = {}
    for area in areas:
        claims = claims_in(state.slots, area)
        found |= {f"{CHECK}|{area}|{q.hazard.value}": q for q in _checks(area, claims, knowledge)}
    for key, slot in state.slots.items():
        area, carrier, scope = key.split("|", 2)
        statement, _ = standing(slot)
        if statement.rival and area in areas:
            words = f"{carrier}の同じ版に内容の違うものがある: 高いほうを採用、原文の確認が必要"
            question = Question(area, Hazard.OTHER, statement.at, words, statement.replay)
            found[f"{TIE}|{area}|{carrier}|{scope}"] = question
    return found


def _checks(area: str, claims: list[Claim], knowledge: Knowledge) -> Iterable[Question]:
    """Hazards for which the route that only checks stands higher than the telegrams."""
    carriers = knowledge.book.carriers
    aside = [claim for claim in claims if carriers.check and claim.carrier.startswith(carriers.check)]
    counted = counting(claims, carriers) if aside else []
    for hazard in ASKED_OF:
        spoken = spoken_for(aside, hazard)
        official = official_level(counted, hazard)[0]
        if spoken and spoken[0][1].level > max(official, LOWEST_ASKED - 1):
            claim, item = spoken[0]
            since = max(item.since, newest_word(claims, hazard, carriers))
            said = f"警戒レベル{official}相当" if official >= 0 else "発表なし"
            there = f"{claim.carrier}では{item.name}(警戒レベル{item.level}相当)"
            words = f"{there}、受信した電文では{said}: 電文の欠落の確認が必要"
            yield Question(area, hazard, since, words, claim.statement.replay)


def _step(key: str, question: Question, phase: Phase, at: int) -> Seen:
    rule = f"{CHECK}-{question.hazard.value}" if key.startswith(CHECK) else TIE
    subject = key.split("|", 1)[1] if key.startswith(TIE) else question.area
    where = (question.area, question.hazard, DetectionKind.SILENCE, rule, subject, phase, None)
    return Seen(*where, question.since, at, replay=question.replay)
