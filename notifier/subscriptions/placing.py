"""How subscriptions move in the index: who comes, who leaves, what changes in which place. Pure.

A record replaces all that the index knew of its subscriber, so applying one twice changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from notifier.entries import Known, keys_of
from notifier.plan import Match


@dataclass(frozen=True, slots=True)
class Move:
    """One subscriber's change: `before` is null for who is new, `after` for who is gone."""

    subscriber: str
    before: Known | None
    after: Known | None

    @property
    def wishes(self) -> dict[str, tuple[Match | None, Match | None]]:
        """What changes, by place: (wanted before, wanted from now on). None is not in the place."""
        old = self.before.matches if self.before else {}
        new = self.after.matches if self.after else {}
        places = sorted(old.keys() | new.keys())
        return {place: (old.get(place), new.get(place)) for place in places if old.get(place) != new.get(place)}

    @property
    def came(self) -> tuple[str, ...]:
        """The places whose planner has to look: new there, or wanting something else there."""
        return tuple(place for place, (_, new) in self.wishes.items() if new is not None)

    @property
    def keys_changed(self) -> bool:
        """Whether an agreement made beforehand is worth nothing any more."""
        if self.before is None or self.after is None:
            return True
        return keys_of(self.before.profile) != keys_of(self.after.profile)

    @property
    def replaces(self) -> str | None:
        """The subscriber that this device was before, if this record is the first to say so."""
        said = self.after.profile.replaces if self.after else None
        before = self.before.profile.replaces if self.before else None
        return said if said != before and said != self.subscriber else None


def net(moves: Iterable[Move]) -> Iterator[Move]:
    """One move a subscriber: from what was known first to what is said last."""
    joined: dict[str, Move] = {}
    for move in moves:
        first = joined.get(move.subscriber)
        joined[move.subscriber] = Move(move.subscriber, first.before if first else move.before, move.after)
    yield from (move for move in joined.values() if move.before is not None or move.after is not None)
