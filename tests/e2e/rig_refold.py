"""What *watch* would say of the same facts if nothing had ever been killed: its pure fold over what the topics hold."""

from typing import Any

from schemas.process.clock import now_utc
from schemas.records.base import Hazard, World
from schemas.records.judged import Recommendation
from streams.knowledge import load_knowledge
from streams.watch import WatchFold
from tests.e2e.rig_topics import Topics

Stand = frozenset[tuple[str, Hazard, int | None, frozenset[str]]]


def undisturbed(topics: Topics) -> dict[str, Stand]:
    """The last recommendation of each municipality: readings and bulletins in the order in which they came to be."""
    fold = WatchFold(load_knowledge())
    facts = sorted((*topics.by_name["readings"], *topics.by_name["bulletins"]), key=lambda logged: logged.at)
    states: dict[str, Any] = {}
    last: dict[str, Stand] = {}
    for fact in (logged.record for logged in facts):
        town = fact.municipality
        state = states.get(town) or fold.initial(World.ACTUAL, town)
        states[town], said = fold.step(state, fact, now_utc())
        for output in said:
            if isinstance(output.record, Recommendation):
                last[town] = stand_of(output.record)
    return last


def recommended(topics: Topics) -> dict[str, Stand]:
    """The last recommendation of each municipality as the topic has it."""
    log: list[Recommendation] = topics.of("recommendation-log")
    newest = {found.municipality: found for found in sorted(log, key=lambda found: found.number)}
    return {town: stand_of(found) for town, found in newest.items()}


def stand_of(recommendation: Recommendation) -> Stand:
    """What is called for: area, hazard, level and the rules that say so."""
    return frozenset((c.area, c.hazard, c.level, frozenset(h.rule for h in c.hits)) for c in recommendation.called)
