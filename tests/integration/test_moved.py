"""A browser that gives its owner a new endpoint in the middle of an order: one person, told once, lifted once."""

from notifier import planner
from notifier.moved import successors
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import sealer_of, subscriber_id
from notifier.subscriptions.store import erase, put
from schemas.process.clock import now_utc
from schemas.records.decided import Action
from schemas.records.delivered import End, PlanKind, PlanState
from tests.integration.notifier_orders import order
from tests.integration.notifier_rig import KEY, role, until
from tests.integration.test_planner import Rig, indexed, pytestmark, rig

__all__ = ["pytestmark", "rig"]


async def _move(rig: Rig, former: str, name: str) -> str:
    profile = Profile(
        f"http://127.0.0.1:9/{name}", b"p" * 65, b"a" * 16, "v", "ja", {"14205": ()}, False, None, replaces=former
    )
    await put(rig.publisher, sealer_of(KEY), profile, now_utc())
    await erase(rig.publisher, former, now_utc())
    return subscriber_id(profile.endpoint)


async def test_who_moved_is_not_told_twice_and_gets_the_lift_once(rig: Rig) -> None:
    """Told under the old id, moved twice while the order is in force: no second push of the order, one all-clear."""
    told, stays = await rig.subscribe("told", {"14205": ()}), await rig.subscribe("stays", {"14205": ()})
    async with role(planner, rig.settings):
        await until(lambda: indexed(rig, 2), "two subscribers")
        await rig.publisher.send("orders", "14205", order())
        first = await rig.planned(PlanKind.FIRST)
        await rig.end(first, End.ACCEPTED, await rig.recipients(first))
        await until(lambda: rig.plans(PlanState.COMPLETE), "the first plan is complete")

        between = await _move(rig, told, "between")
        await until(lambda: _leads(rig, told, between), "the old id leads to the new one")
        now = await _move(rig, between, "now")
        await until(lambda: _leads(rig, told, now), "the first id leads to the newest")
        fresh = await rig.subscribe("fresh", {"14205": ()})
        supplement = await rig.planned(PlanKind.SUPPLEMENTARY)
        assert await rig.recipients(supplement) == {fresh}, "who moved was told under the former id"

        await rig.publisher.send("orders", "14205", order(revision=2, action=Action.LIFT, in_force=False))
        lift = await rig.planned(PlanKind.LIFT)
        assert lift.audience == 3
        assert await rig.recipients(lift) == {stays, fresh, now}


async def _leads(rig: Rig, former: str, now: str) -> bool:
    return await successors(rig.redis, rig.where.namespace, [former]) == {former: now}
