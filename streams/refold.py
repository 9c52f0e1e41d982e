"""Whether the rules of today, given the inputs of then, call for the same. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from schemas.records.base import World
from schemas.records.judged import Recommendation
from streams.fold import ContentError
from streams.watch import WatchFold

Calls = set[tuple[str, str, str, int | None]]
"""(area, hazard, rule, level) of every rule that is true."""


def refold(
    fold: WatchFold, world: World, municipality: str, inputs: Iterable[object], at: datetime, made_at: datetime
) -> Recommendation | None:
    """The last recommendation at or before `at` that these inputs, in this order, lead to."""
    state, last = fold.initial(world, municipality), None
    for record in inputs:
        try:
            state, outputs = fold.step(state, record, made_at)
        except ContentError:  # it was parked when it came
            continue
        said = [output.record for output in outputs if isinstance(output.record, Recommendation)]
        last = next((record for record in reversed(said) if record.at <= at), last)
    return last


def compare(then: Recommendation | None, anew: Recommendation | None) -> Iterator[str]:
    """What differs, a sentence each; one sentence if nothing does."""
    was, now = _calls(then), _calls(anew)
    for area, hazard, rule, level in sorted(was - now, key=repr):
        yield f"Folded anew, {rule} (level {level}) for {hazard} in {area} is not called for"
    for area, hazard, rule, level in sorted(now - was, key=repr):
        yield f"Folded anew, {rule} (level {level}) for {hazard} in {area} is called for as well"
    if was == now:
        yield f"Folded anew from its inputs, the same is called for ({len(now)} rules)"


def _calls(said: Recommendation | None) -> Calls:
    if said is None:
        return set()
    return {(c.area, c.hazard.value, hit.rule, hit.level) for c in said.called for hit in c.hits}
