"""All orders of all worlds as the public pages need them: every revision, and what changed lately. Pure."""

from dataclasses import dataclass, field

from schemas.public_paths import FIRST_LANGUAGE, order_data
from schemas.records.base import World
from schemas.records.decided import Order

TSUNAMI_RANK = 4.5
"""A tsunami order has no number; on a list it stands above level 4."""


@dataclass(slots=True)
class Book:
    """A fold over `orders`: repeats change nothing, worlds do not meet. `unreadable` counts records of no use."""

    _orders: dict[World, dict[str, dict[int, Order]]] = field(default_factory=lambda: {world: {} for world in World})
    _touched: dict[tuple[World, str], None] = field(default_factory=dict)
    _worlds: set[World] = field(default_factory=set)
    unreadable: dict[World, int] = field(default_factory=lambda: dict.fromkeys(World, 0))

    def take(self, order: Order) -> None:
        """A revision stays what it was first; only its halt may still come. ValueError: no page can show this order."""
        order_data(order.world, order.id)
        if not any(text.lang == FIRST_LANGUAGE for text in order.texts):
            raise ValueError(f"order {order.id} has no text in Japanese")
        revisions = self._orders[order.world].setdefault(order.id, {})
        known = revisions.get(order.revision)
        if known is None or (order.halted and not known.halted):
            revisions[order.revision] = order
            self._touched[order.world, order.id] = None
            self._worlds.add(order.world)

    def miss(self, world: World) -> None:
        """An order of this world could not be read: its absence must not look like an all-clear."""
        self.unreadable[world] += 1
        self._worlds.add(world)

    def worlds_touched(self) -> frozenset[World]:
        """Worlds whose lists changed since this was last called."""
        found = frozenset(self._worlds)
        self._worlds.clear()
        return found

    def touched(self) -> tuple[tuple[World, str], ...]:
        """Orders that changed since this was last called, in the order of their first change."""
        found = tuple(self._touched)
        self._touched.clear()
        return found

    def ids(self, world: World) -> tuple[str, ...]:
        """Every order of a world, in force or not."""
        return tuple(self._orders[world])

    def revisions(self, world: World, order_id: str) -> tuple[Order, ...]:
        """All revisions of an order, oldest first; none if it is unknown."""
        found = self._orders[world].get(order_id, {})
        return tuple(found[number] for number in sorted(found))

    def in_force(self, world: World) -> tuple[Order, ...]:
        """The newest revision of every order in force: by municipality, the gravest first."""
        newest = (revisions[max(revisions)] for revisions in self._orders[world].values())
        return tuple(sorted((o for o in newest if o.in_force), key=lambda o: (o.municipality, -_rank(o), o.id)))

    def past(self, world: World, most: int) -> tuple[Order, ...]:
        """The last revision of orders that are lifted, the newest first."""
        newest = (revisions[max(revisions)] for revisions in self._orders[world].values())
        ended = sorted((o for o in newest if not o.in_force), key=lambda o: (o.issued_at, o.id), reverse=True)
        return tuple(ended[:most])


def _rank(order: Order) -> float:
    return TSUNAMI_RANK if order.level is None else float(order.level)
