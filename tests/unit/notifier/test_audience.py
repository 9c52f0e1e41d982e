"""The numbers that officers see before they approve."""

from notifier.audience import audiences
from notifier.plan import Match
from schemas.records.base import World
from schemas.reference import municipalities


def test_a_drill_counts_only_who_opted_in() -> None:
    """12 devices, of which 2 take part in drills."""
    found = audiences(municipalities()["14205"], {Match(): 10, Match(drills=True): 2})
    assert found == {
        ("audience:14205", World.ACTUAL): 12,
        ("audience:14205", World.EXERCISE): 2,
        ("audience:14205", World.TEST): 2,
    }


def test_an_area_counts_who_named_it_and_who_named_none() -> None:
    """Yokohama has two: 5 chose the north, 3 both, 4 all of the city."""
    north, south = "1410011", "1410012"
    found = audiences(
        municipalities()["14100"], {Match((north,)): 5, Match((north, south)): 3, Match(): 4, Match((south,)): 1}
    )
    actual = {source: count for (source, world), count in found.items() if world is World.ACTUAL}
    assert actual == {"audience:14100": 13, f"audience:14100:{north}": 12, f"audience:14100:{south}": 8}


def test_a_town_without_devices_says_so() -> None:
    """None is a number, too: the officer must know that nobody would be told."""
    assert set(audiences(municipalities()["14384"], {}).values()) == {0}
