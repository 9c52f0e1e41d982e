"""Orders by id, revision after revision, as the topic tells them. Pure.

The first record of a revision counts (a repeat may differ in its times); a later one can only add that it was halted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from notifier.cap.words import identifier_of
from schemas.records.base import World
from schemas.records.decided import Order


@dataclass(slots=True)
class Book:
    """All orders of one world."""

    world: World
    _orders: dict[str, dict[int, Order]] = field(default_factory=dict)

    def take(self, order: Order) -> bool:
        """Whether this record says something new."""
        known = self._orders.setdefault(order.id, {})
        first = known.get(order.revision)
        if first is None:
            known[order.revision] = order
            return True
        if order.halted and not first.halted:
            known[order.revision] = replace(first, halted=True)
            return True
        return False

    def history(self, order_id: str) -> tuple[Order, ...]:
        """Every revision of an order, oldest first."""
        known = self._orders.get(order_id, {})
        return tuple(known[revision] for revision in sorted(known))

    def identifiers(self) -> set[str]:
        """The CAP identifiers of every revision."""
        return {identifier_of(order) for known in self._orders.values() for order in known.values()}

    def newest(self) -> Iterator[Order]:
        """Each order as it stands, the newest first."""
        last = [self.history(order_id)[-1] for order_id in self._orders]
        return iter(sorted(last, key=lambda order: (order.made_at, order.id), reverse=True))
