"""What *watch* says long after the bytes came, because it was down: it may be over already, so it wakes nobody at once.

What fell counts at once. What rose waits until a tick finds that no more came for a while: then the newest word counts
as any other, and what rose and fell in between was never heard. Lags are differences of real times that the records
carry, so that a scenario's clock has no part in them.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from schemas.records.decided import Call, Order, Verdict
from schemas.records.judged import Recommendation
from streams.decide.calls import Saying
from streams.decide.model import AreaCall, DecideState, Knowledge, Standing
from streams.decide.policy import matches
from streams.decide.recommended import end_fallen, is_older, on_recommendation, standings_of

LAG = timedelta(minutes=5)
"""From the bytes to the recommendation: usually a fraction of a second, after a restart some ten."""
SETTLED = timedelta(seconds=10)
LONGEST = timedelta(seconds=60)
"""And what is called for is never held longer (both as for old news in detection)."""
Answer = tuple[DecideState, tuple[Verdict | Order | Call, ...]]


def hear(state: DecideState, recommendation: Recommendation, knowledge: Knowledge, saying: Saying) -> Answer:
    """Take a recommendation in, or hold it if it comes from a backlog. Each says everything: the newest is enough.

    While a backlog is held, what a fresh reading calls for joins it: it rests on telegrams of the backlog, too.
    """
    lag = recommendation.made_at - recommendation.trace.started_at
    if lag < LAG and _is_through(state, recommendation.made_at):
        return on_recommendation(replace(state, behind=None, behind_since=None), recommendation, knowledge, saying)
    if is_older(state, recommendation):
        return state, ()
    now = standings_of(recommendation)
    state = replace(
        state,
        standings=tuple(low for old in state.standings if (low := _lowered(old, now)) is not None),
        spent=_still_spent(state, recommendation, knowledge),
        number=recommendation.number,
        as_of=recommendation.at,
        behind=recommendation,
        behind_since=state.behind_since or recommendation.made_at,
    )
    return end_fallen(state, saying)


def release(state: DecideState, ticked_at: datetime, knowledge: Knowledge, saying: Saying) -> Answer:
    """What was held, once nothing newer came for a while. `ticked_at` is real time; what is said is said as of now."""
    held = state.behind
    if held is None or not _is_through(state, ticked_at):
        return state, ()
    free = replace(state, behind=None, behind_since=None)
    now = Saying(saying.at, held.trace, saying.made_at)
    after, said = on_recommendation(free, replace(held, at=saying.at), knowledge, now)
    return replace(after, as_of=held.at), said


def _is_through(state: DecideState, now: datetime) -> bool:
    """Whether no backlog is held, or nothing more came for a while, or it has been long enough."""
    held, since = state.behind, state.behind_since
    return held is None or since is None or now - held.made_at >= SETTLED or now - since >= LONGEST


def _lowered(before: Standing, now: tuple[Standing, ...]) -> Standing | None:
    """What was called for, as far as it still is; None if nothing of the hazard is."""
    named = next((standing for standing in now if standing.hazard is before.hazard), None)
    if named is None:
        return None
    areas = tuple(AreaCall(call.area, min(call.grade, named.grade_in(call.area))) for call in before.areas)
    return before if areas == before.areas else replace(named, areas=areas)


def _still_spent(state: DecideState, recommendation: Recommendation, knowledge: Knowledge) -> tuple[str, ...]:
    """A policy whose rule ended in between may order again."""
    place = knowledge.places.get(state.municipality)
    true = {match.policy.id for match in matches(state, recommendation, place)} if place is not None else set()
    return tuple(policy for policy in state.spent if policy in true)
