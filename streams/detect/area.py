"""One municipality's watch: (state, record) → (state', what was seen). The rest of this package serves this step."""

from datetime import datetime

from schemas.records.base import Origin, World
from schemas.records.observed import Bulletin, ReadingBatch, Report
from schemas.records.plumbing import Tick
from streams.detect.asleep import fall_asleep
from streams.detect.beside import take_beside
from streams.detect.deferred import carried, deferred, gathered, settled
from streams.detect.knowledge import Knowledge
from streams.detect.late import is_overdue
from streams.detect.opened import forget
from streams.detect.readings import take_batch
from streams.detect.say import Cause, Seen
from streams.detect.state import Watch
from streams.detect.statements import release, take_bulletin, take_report
from streams.detect.ticks import take_tick

Input = ReadingBatch | Bulletin | Report | Tick


class WrongPlace(ValueError):
    """The record belongs to another municipality or world than the state."""


def initial(world: World, municipality: str) -> Watch:
    """What is known before the first record."""
    return Watch(world, municipality)


def fold(state: Watch, record: Input, knowledge: Knowledge) -> tuple[Watch, list[Seen]]:
    """The state after the record and every step that it caused; the very same state if it says nothing new.

    The app hands a tick over only once all inputs that it names were handled.
    """
    _check(state, record)
    if isinstance(record, ReadingBatch):
        calm = deferred(state, record, knowledge)
        if calm is not None:
            return calm, []
    plain = settled(state)
    if isinstance(record, Tick):
        after, seen = take_tick(plain, record, knowledge)
    else:
        after, seen = _folded(plain, record, knowledge)
    after = carried(state, plain, after)
    return gathered(after, record, knowledge) if isinstance(record, ReadingBatch) else after, seen


def _folded(state: Watch, record: ReadingBatch | Bulletin | Report, knowledge: Knowledge) -> tuple[Watch, list[Seen]]:
    """One by one: every fact, and what it lets go or overtakes."""
    if isinstance(record, ReadingBatch):
        after, seen = take_batch(state, record, knowledge)
        after = fall_asleep(after, record, knowledge, seen)
        after, more = take_beside(after, record, knowledge)
        seen = [*seen, *more] if more else seen
    elif isinstance(record, Bulletin):
        after, seen = take_bulletin(state, record, knowledge)
    else:
        after, seen = take_report(state, record, knowledge)
    if is_overdue(after.late, after.now, knowledge.book.limits):
        after, more = release(after, knowledge)
        seen = [*seen, *more]
    return forget(after, knowledge, seen), seen


def cause_of(state: Watch, record: Input, made_at: datetime) -> Cause:
    """What every output of this step carries: world, place, the input's trace and origin."""
    replay = 0 if isinstance(record, Tick) else int(record.origin is Origin.REPLAY)
    return Cause(state.world, state.municipality, replay, record.trace, made_at)


def _check(state: Watch, record: Input) -> None:
    if record.world is not state.world:
        raise WrongPlace(f"a record of world {record.world} reached the watch of world {state.world}")
    if not isinstance(record, Tick) and record.municipality != state.municipality:
        raise WrongPlace(f"a record of {record.municipality} reached the watch of {state.municipality}")
