"""The lanes of one worker, against push services that answer as they are told; the clock is the test's."""

import asyncio
from datetime import UTC, datetime, timedelta

from notifier.delivery.office import HURRY_S
from notifier.guard import Latest
from notifier.outcome import Answer
from schemas.records.base import OrderType
from schemas.records.delivered import End
from tests.deliveries import a_job
from tests.unit.notifier.delivery.office_scene import HANGS, order, scene, soon


async def test_everybody_is_sent_to_once_under_one_head() -> None:
    """Path and query as the subscription has them; one Head object for requests that leave in the same second."""
    async with scene() as made:
        errand, paper = made.send(a_job(order()), count=150)
        made.moment = 0.1
        await soon(errand.over)
        assert {alike.end for alike in paper.ends.values()} == {End.ACCEPTED}
        assert len(paper.ends) == 150
        assert sorted(int(post.target.split(b"/")[2].split(b"?")[0]) for _, _, post in made.service.posts) == [
            *range(150)
        ]
        assert {post.target.split(b"?")[1] for _, _, post in made.service.posts} == {b"q=1"}
        assert len({id(head) for _, head, _ in made.service.posts}) == 1


async def test_level_four_overtakes_level_three() -> None:
    """It came later, and leaves before all who still wait."""
    async with scene() as made:
        calm, _ = made.send(a_job(order(level=3, order_type=OrderType.ELDERLY_EVACUATION), id="calm"), count=1000)
        urgent, _ = made.send(a_job(order(id="ur" * 16), id="urge"), count=50)
        made.moment = 0.1
        await soon(urgent.over)
        first = [str(post.handle)[:4] for _, _, post in made.service.posts[:50]]
        assert set(first) == {"urge"}
        async with asyncio.timeout(5):
            while not calm.over.is_set():  # its rate lets it leave as time goes on
                made.moment += 0.1
                await asyncio.sleep(0.001)


async def test_while_something_urgent_is_opened_nothing_else_leaves_but_not_for_ever() -> None:
    """Who is less urgent goes on when it is over, or when it takes too long."""
    async with scene() as made:
        with made.office.hurry():
            calm, _ = made.send(a_job(order(level=3, order_type=OrderType.ELDERLY_EVACUATION), id="calm"), count=10)
            urgent, _ = made.send(a_job(order(id="ur" * 16), id="urge"), count=10)
            await soon(urgent.over)
            assert not calm.out.is_set()
            made.moment = HURRY_S
            await soon(calm.over)
        with made.office.hurry():
            later, _ = made.send(a_job(order(level=3, order_type=OrderType.ELDERLY_EVACUATION), id="late"), count=10)
        await soon(later.over)


async def test_a_newer_revision_ends_what_waits_also_behind_a_service_that_hangs() -> None:
    """As superseded; what is under way has its own end."""
    async with scene() as made:
        made.service.silent = {HANGS}
        errand, paper = made.send(a_job(order()), origin=HANGS, count=1000)
        while not made.service.held:  # noqa: ASYNC110 - the office sets no event of ours
            await asyncio.sleep(0.001)
        job = errand.job
        made.revisions.newest[job.order_id] = Latest(2, False, datetime.now(UTC) + timedelta(hours=1))
        await soon(errand.out)
        made.service.give_up()
        await soon(errand.over)
        superseded = {name for name, alike in paper.ends.items() if alike.end is End.SUPERSEDED}
        assert len(superseded) >= 800
        assert len(superseded) + len(paper.again) == 1000


async def test_who_is_handed_on_waits_no_more_and_nobody_comes_back_twice() -> None:
    """Those under way are heard of here; the others go on in a job of their own, at once."""
    async with scene() as made:
        made.service.silent = {HANGS}
        errand, paper = made.send(a_job(order()), origin=HANGS, count=1000)
        while not made.service.held:  # noqa: ASYNC110 - the office sets no event of ours
            await asyncio.sleep(0.001)
        under_way = len(made.service.posts)
        made.office.hand_on(errand)
        made.office.hand_on(errand)
        assert errand.out.is_set()
        assert len(paper.again) == 1000 - under_way
        assert max(paper.again.values()) <= made.office.clock.now()
        made.service.give_up()
        await soon(errand.over)
        assert len(paper.again) == 1000
        assert len(made.service.posts) == under_way


async def test_who_hangs_holds_up_nobody_else() -> None:
    """The well ones are over while the others still wait; these go home after a moment and nobody is lost."""
    async with scene() as made:
        made.service.silent = {HANGS}
        stuck, paper = made.send(a_job(order(), id="stuck"), origin=HANGS, count=500)
        well, _ = made.send(a_job(order(id="0e" * 16), id="well"), count=100)
        made.moment = 0.1
        await soon(well.over)
        assert not stuck.out.is_set()
        made.moment = 1.5
        await soon(stuck.out)
        made.service.give_up()
        await soon(stuck.over)
        assert len(paper.again) == 500


async def test_a_token_that_is_not_believed_is_signed_anew() -> None:
    """401 and 403 are our fault: the next head is another one. Nobody is deleted."""
    async with scene() as made:
        made.service.answer = Answer(403, {}, "BadJwtToken")
        errand, paper = made.send(a_job(order()), count=1)
        await soon(errand.over)
        again, _ = made.send(a_job(order(id="0e" * 16)), count=1)
        await soon(again.over)
        assert {alike.end for alike in paper.ends.values()} == {End.FAILED}
        heads = [dict(head.fields)["authorization"] for _, head, _ in made.service.posts]
        assert heads[0] != heads[1]
