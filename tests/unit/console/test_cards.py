"""What stands on the list, in which order, and who may approve."""

from console import cards
from console.officers import Officer, Officers, Role
from console.projection import Projection, WorldView
from schemas.records.base import Hazard, Origin, World
from schemas.records.decided import CallState, CaseStatus
from tests.unit.console.records import (
    AT,
    FUJISAWA,
    ODAWARA,
    call,
    called,
    case,
    minutes,
    order,
    recommendation,
    verdict,
)

BOTH = frozenset({Role.AUTHOR, Role.APPROVER})


def view(*records: object) -> WorldView:
    """The actual world after these records."""
    projection = Projection()
    for record in records:
        projection.take(record)
    return projection.worlds[World.ACTUAL]


def test_highest_first_then_what_waited_longest() -> None:
    """Tsunami orders, which have no number, stand above level 4; equal levels by age."""
    seen = view(
        recommendation(
            1,
            called("a", Hazard.FLOOD, 3, AT),
            called("b", Hazard.LANDSLIDE, 4, AT),
            called("c", Hazard.TSUNAMI, None, AT),
            called("d", Hazard.HEAVY_RAIN, 4, AT - minutes(30)),
        )
    )
    assert [row.area for row in cards.rows(seen, (FUJISAWA,))] == ["c", "d", "b", "a"]


def test_only_own_municipalities() -> None:
    """Another town's recommendation is not on this officer's list."""
    seen = view(recommendation(1, called("1420600", Hazard.FLOOD, 4), municipality=ODAWARA))
    assert cards.rows(seen, (FUJISAWA,)) == ()


def test_an_order_stays_on_the_list_after_the_rules_fell_silent() -> None:
    """Nothing is called for any more, but the order is in force until officers lift it."""
    in_force = case(CaseStatus.IN_FORCE, in_force=True, order_id="order-1", revision=1)
    seen = view(recommendation(1), verdict(1, in_force), order())
    (row,) = cards.rows(seen, (FUJISAWA,))
    assert (row.status, row.called) == (CaseStatus.IN_FORCE, None)
    assert row.order is not None
    lifted = view(recommendation(1), verdict(1, case(CaseStatus.LIFTED)), order(in_force=False))
    assert cards.rows(lifted, (FUJISAWA,)) == ()


def test_an_order_for_one_area_is_not_shown_for_the_other() -> None:
    """Yokohama has two areas; an order for the north says nothing of the south."""
    areas = (called("1410011", Hazard.LANDSLIDE, 4), called("1410012", Hazard.LANDSLIDE, 3))
    seen = view(recommendation(1, *areas, municipality="14100"), order(municipality="14100", areas=("1410011",)))
    north, south = cards.rows(seen, ("14100",))
    assert (north.order is not None, south.order) == (True, None)


def test_the_newest_revision_is_what_is_in_force() -> None:
    """A lift is a revision: after it nothing is in force, whatever was before."""
    assert cards.in_force(view(order(1), order(2, in_force=False))) == ()
    assert [o.revision for o in cards.in_force(view(order(2), order(1)))] == [2]


def test_who_else_can_approve() -> None:
    """Not the author, not who submitted, not another town's."""
    people = [("sato", FUJISAWA), ("suzuki", FUJISAWA), ("ito", FUJISAWA), ("tanaka", ODAWARA)]
    officers = Officers(tuple(Officer(name, name, (town,), BOTH, "$argon2") for name, town in people))
    waiting = case(CaseStatus.SUBMITTED, submitted_by="ito")
    assert [o.id for o in cards.approvers(officers, FUJISAWA, waiting)] == ["suzuki"]


def test_busy_while_a_proposal_is_open() -> None:
    """Only in the officer's own town halls."""
    sato = Officer("sato", "佐藤", (FUJISAWA,), BOTH, "$argon2")
    far = Officer("far", "遠", (ODAWARA,), BOTH, "$argon2")
    seen = view(verdict(1, case(CaseStatus.SUBMITTED)))
    assert (cards.busy(seen, sato), cards.busy(seen, far)) == (True, False)
    assert not cards.busy(view(verdict(1, case(CaseStatus.IN_FORCE))), sato)


def test_calls_wait_until_somebody_answers() -> None:
    """An acknowledged call leaves the list, also when its first record comes again."""
    assert len(cards.open_calls(view(call(CallState.OPEN)), (FUJISAWA,))) == 1
    answered = view(call(CallState.OPEN), call(CallState.ACKNOWLEDGED), call(CallState.OPEN))
    assert cards.open_calls(answered, (FUJISAWA,)) == ()


def test_replay_is_told() -> None:
    """One replayed recommendation is enough for the banner; another town's is not."""
    seen = view(recommendation(1, origin=Origin.REPLAY))
    assert cards.replayed(seen, (FUJISAWA,))
    assert not cards.replayed(seen, (ODAWARA,))
