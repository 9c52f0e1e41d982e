"""Jobs to devices, on a real Kafka and Redis and against a push service that decrypts as a browser does."""

from datetime import timedelta

import pytest

from local.devices import Behaviour
from schemas.process.clock import now_utc
from schemas.records.base import Origin, World
from schemas.records.decided import Action, Text
from schemas.records.delivered import End
from tests.integration.delivery_rig import counted, fresh_order, revised, working_line
from tests.integration.notifier_rig import until

pytestmark = pytest.mark.kafka


async def test_everyone_reaches_the_end_that_their_device_means(kafka: str, redis_url: str, namespace: str) -> None:
    """Well, gone, too large, throttled, unavailable and slow devices in one job; the counts add up."""
    async with working_line(kafka, redis_url, namespace) as line:
        well = await line.subscribe(20)
        english = await line.subscribe(5, lang="en")
        gone = await line.subscribe(3, kind="gone") + await line.subscribe(2, kind="not_found")
        refused = await line.subscribe(2, kind="too_large") + await line.subscribe(1, kind="redirect")
        ours = await line.subscribe(1, kind="bad_request") + await line.subscribe(1, kind="forbidden")
        throttled = await line.subscribe(4, kind="throttle", times=2, retry_after="1")
        unavailable = await line.subscribe(2, kind="unavailable", times=1, retry_after="1")
        slow = await line.subscribe(2, kind="slow", delay_s=1.5)
        everyone = well + english + gone + refused + ours + throttled + unavailable + slow + ["left-long-ago"]
        order = fresh_order()
        await line.newest(order)
        await line.send(order, everyone)
        ends = await line.ends(order, len(everyone))
        assert set(ends) == set(everyone)
        assert counted(ends, well + english + throttled + unavailable + slow) == {End.ACCEPTED}
        assert counted(ends, [*gone, "left-long-ago"]) == {End.GONE}
        assert counted(ends, refused) == {End.REFUSED}
        assert counted(ends, ours) == {End.FAILED}
        assert {ends[one].attempts for one in well} == {1}
        assert {ends[one].attempts for one in throttled} == {3}
        assert {line.device(one).browser.screen[order.id].lang for one in english} == {"en"}
        assert {line.device(one).browser.rang for one in well + english + throttled + unavailable + slow} == {1}
        assert line.service.devices.counts()["unreadable"] == 0
