"""Whatever comes in which order, everybody in an office ends or goes on, once."""

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifier.guard import Latest
from tests.deliveries import a_job
from tests.unit.notifier.delivery.office_scene import HANGS, WELL, order, scene, soon

COUNT = 300
STEPS = st.lists(st.sampled_from(("turns", "time", "answers", "handed on", "superseded")), max_size=12)


@given(STEPS, st.sampled_from((WELL, HANGS)))
def test_nobody_is_lost_or_comes_back_twice(steps: list[str], origin: str) -> None:
    """`Paper` refuses whoever ends or comes back a second time; at the end all of them are on it."""
    asyncio.run(_played([*steps, "handed on"], origin))


async def _played(steps: list[str], origin: str) -> None:
    async with scene() as made:
        made.service.silent = {HANGS}
        errand, paper = made.send(a_job(order()), origin=origin, count=COUNT)
        for step in steps:
            if step == "time":
                made.moment += 0.7
            elif step == "answers":
                made.service.give_up()
            elif step == "handed on":
                made.office.hand_on(errand)
            elif step == "superseded":
                until = datetime.now(UTC) + timedelta(hours=1)
                made.revisions.newest[errand.job.order_id] = Latest(2, False, until)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        made.service.give_up()
        await soon(errand.over)
        assert len(paper.ends) + len(paper.again) == COUNT
