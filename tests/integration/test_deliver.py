"""Jobs to devices, on a real Kafka and Redis and against a push service that decrypts as a browser does."""

import asyncio
from datetime import timedelta

import pytest

from notifier.delivery.remembered import Remembered
from notifier.pages import pointer
from schemas.process.clock import now_utc
from schemas.records.base import OrderType, Origin, World
from schemas.records.decided import Action, Text
from schemas.records.delivered import End
from tests.integration.delivery_rig import (
    Line,
    counted,
    endpoint_elsewhere,
    fresh_order,
    push_service,
    revised,
    working_line,
)
from tests.integration.notifier_rig import records, until

pytestmark = pytest.mark.kafka
MARKS = {World.EXERCISE: "【訓練】", World.TEST: "【試験】"}


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
        everyone = [*well, *english, *gone, *refused, *ours, *throttled, *unavailable, *slow, "left-long-ago"]
        order = fresh_order()
        await line.newest(order)
        await line.send(order, everyone)
        ends = await line.ends(order, len(everyone))
        assert set(ends) == set(everyone)
        accepted = [*well, *english, *throttled, *unavailable, *slow]
        assert counted(ends, accepted) == {End.ACCEPTED}
        assert counted(ends, [*gone, "left-long-ago"]) == {End.GONE}
        assert counted(ends, refused) == {End.REFUSED}
        assert counted(ends, ours) == {End.FAILED}
        assert {ends[one].attempts for one in well} == {1}
        assert {ends[one].attempts for one in throttled} == {3}
        assert {line.device(one).browser.screen[order.id].lang for one in english} == {"en"}
        assert {line.device(one).browser.rang for one in accepted} == {1}
        assert line.service.devices.counts()["unreadable"] == 0


async def test_the_push_says_how_long_how_urgent_and_what_it_replaces(
    kafka: str, redis_url: str, namespace: str
) -> None:
    """TTL is the time left to deliver_until; issue, revision and lift are urgent and share one topic."""
    async with working_line(kafka, redis_url, namespace) as line:
        (phone,) = await line.subscribe(1)
        issue = fresh_order(minutes=10)
        lift = revised(revised(issue, action=Action.REVISE), action=Action.LIFT, in_force=False)
        for order in (issue, revised(issue, action=Action.REVISE), lift):
            await line.newest(order)
            await line.send(order, [phone])
            await line.ends(order, 1)
        sent = [one for one in line.service.happened if one["status"] == 201]
        assert [one["urgency"] for one in sent] == ["high"] * 3
        assert len({one["topic"] for one in sent}) == 1
        assert all(560 < int(one["ttl"]) <= 600 for one in sent)
        screen = line.device(phone).browser.screen
        assert [shown.rev for shown in screen.values()] == [3]
        assert screen[issue.id].title.startswith("【解除】")


async def test_an_offline_phone_shows_only_the_newest_when_it_comes_back(
    kafka: str, redis_url: str, namespace: str
) -> None:
    """Three revisions while the phone is off: one stays with the push service, one notification appears."""
    async with working_line(kafka, redis_url, namespace) as line:
        (phone,) = await line.subscribe(1)
        line.device(phone).online = False
        order = fresh_order()
        for _ in range(3):
            await line.newest(order)
            await line.send(order, [phone])
            await line.ends(order, 1)
            order = revised(order, action=Action.REVISE)
        assert len(line.device(phone).waiting) == 1
        assert [shown.rev for shown in line.device(phone).connect()] == [3]


@pytest.mark.parametrize("world", [World.EXERCISE, World.TEST])
async def test_a_drill_reaches_only_who_opted_in_and_is_marked_on_every_line(
    kafka: str, redis_url: str, namespace: str, world: World
) -> None:
    """In both languages; nobody else's phone rings, and their end says why."""
    async with working_line(kafka, redis_url, namespace, world=world) as line:
        willing = await line.subscribe(4, drills=True) + await line.subscribe(4, lang="en", drills=True)
        others = await line.subscribe(6)
        order = fresh_order(world)
        await line.newest(order)
        await line.send(order, willing + others, topic="jobs")
        ends = await line.ends(order, 14)
        assert counted(ends, willing) == {End.ACCEPTED}
        assert counted(ends, others) == {End.REFUSED}
        assert {ends[one].detail for one in others} == {"guard: no_consent"}
        assert all(not line.device(one).browser.screen for one in others)
        for one in willing:
            shown = line.device(one).browser.screen[order.id]
            assert all(text.startswith(MARKS[world]) for text in [shown.title, *shown.body.splitlines()])
        assert {one["urgency"] for one in line.service.happened} == {"normal"}


async def test_a_real_order_bears_no_mark_also_on_the_devices_of_who_drills(
    kafka: str, redis_url: str, namespace: str
) -> None:
    """Consent to drills changes nothing about what is real."""
    async with working_line(kafka, redis_url, namespace) as line:
        phones = await line.subscribe(2, drills=True) + await line.subscribe(2)
        order = fresh_order()
        await line.send(order, phones)
        assert counted(await line.ends(order, 4), phones) == {End.ACCEPTED}
        shown = [line.device(one).browser.screen[order.id] for one in phones]
        assert all(mark not in one.title + one.body for one in shown for mark in MARKS.values())


async def test_a_record_of_another_world_reaches_nobody(kafka: str, redis_url: str, namespace: str) -> None:
    """An exercise order inside an actual job, on the actual world's topic, is refused for every recipient."""
    async with working_line(kafka, redis_url, namespace) as line:
        phones = await line.subscribe(3, drills=True)
        order = fresh_order(World.EXERCISE)
        await line.send(order, phones, world=World.ACTUAL)
        ends = await line.ends(fresh_order(id=order.id), 3)
        assert {end.detail for end in ends.values()} == {"guard: other_world"}
        assert line.service.happened == []


async def test_a_replay_never_leaves_this_machine_and_what_is_live_does(
    kafka: str, redis_url: str, namespace: str
) -> None:
    """To a live endpoint a replay is refused by the guard; the same order, live, is sent (and finds no such host)."""
    async with working_line(kafka, redis_url, namespace) as line:
        here = await line.subscribe(2)
        there = await endpoint_elsewhere(line)
        replay = fresh_order(origin=Origin.REPLAY)
        await line.send(replay, [*here, there])
        ends = await line.ends(replay, 3)
        assert counted(ends, here) == {End.ACCEPTED}
        assert (ends[there].end, ends[there].detail) == (End.REFUSED, "guard: replayed")
        live = fresh_order(origin=Origin.LIVE, deliver_until=now_utc() + timedelta(seconds=4))
        await line.send(live, [*here, there])
        ends = await line.ends(live, 3)
        assert counted(ends, here) == {End.ACCEPTED}
        assert ends[there].end in (End.FAILED, End.EXPIRED)
        assert ends[there].detail != "guard: replayed"


async def test_a_text_of_five_thousand_bytes_is_refused_and_says_why(
    kafka: str, redis_url: str, namespace: str
) -> None:
    """Whole, not cut; who reads the shorter language still gets it."""
    async with working_line(kafka, redis_url, namespace) as line:
        japanese, english = await line.subscribe(2), await line.subscribe(2, lang="en")
        texts = (Text("ja", "藤沢市 避難指示", "逃" * 1667), Text("en", "Fujisawa", "Leave now."))
        order = fresh_order(texts=texts)
        await line.send(order, japanese + english)
        ends = await line.ends(order, 4)
        assert counted(ends, japanese) == {End.REFUSED}
        assert "bytes of at most 2641: shorten title or body" in str(ends[japanese[0]].detail)
        assert counted(ends, english) == {End.ACCEPTED}


async def test_a_superseded_revision_stops_where_it_is(kafka: str, redis_url: str, namespace: str) -> None:
    """Also one that waits for another try: who was throttled gets the newer words, never the older after them."""
    async with working_line(kafka, redis_url, namespace) as line:
        throttled = await line.subscribe(3, kind="throttle", times=1, retry_after="2")
        first, well = fresh_order(), await line.subscribe(2)
        await line.newest(first)
        await line.send(first, throttled + well)
        await until(lambda: _answered(line.service.devices.counts(), "429", 3), "three were throttled")
        second = revised(first, action=Action.REVISE)
        await line.newest(second)
        await line.send(second, throttled + well)
        ends = await line.ends(first, 5)
        assert counted(ends, throttled) == {End.SUPERSEDED}
        assert counted(ends, well) == {End.ACCEPTED}
        assert counted(await line.ends(second, 5), throttled + well) == {End.ACCEPTED}
        assert {line.device(one).browser.screen[first.id].rev for one in throttled + well} == {2}
        assert {line.device(one).browser.stale for one in throttled + well} == {0}


async def test_a_halted_revision_stops_and_the_next_one_goes(kafka: str, redis_url: str, namespace: str) -> None:
    """One officer can stop the sending; what is ordered after it is sent."""
    async with working_line(kafka, redis_url, namespace) as line:
        phones = await line.subscribe(3)
        order = fresh_order()
        await line.newest(order, halted=True)
        await line.send(order, phones)
        ends = await line.ends(order, 3)
        assert {end.detail for end in ends.values()} == {"guard: halted"}
        assert line.service.happened == []
        second = revised(order, action=Action.CORRECT)
        await line.newest(second)
        await line.send(second, phones)
        assert counted(await line.ends(second, 3), phones) == {End.ACCEPTED}


async def test_an_order_whose_time_is_over_is_not_sent(kafka: str, redis_url: str, namespace: str) -> None:
    """Late is worse than never for an order that is no longer so."""
    async with working_line(kafka, redis_url, namespace) as line:
        phones = await line.subscribe(3)
        order = fresh_order(minutes=-1)
        await line.send(order, phones)
        assert counted(await line.ends(order, 3), phones) == {End.EXPIRED}
        assert line.service.happened == []


async def test_the_same_job_twice_rings_once(kafka: str, redis_url: str, namespace: str) -> None:
    """A planner or a broker may repeat it; the ends are the first ones."""
    async with working_line(kafka, redis_url, namespace) as line:
        phones = await line.subscribe(5)
        order = fresh_order()
        await line.send(order, phones, id="the same")
        first = await line.ends(order, 5)
        await line.send(order, phones, id="the same")
        await until(lambda: _outcomes(line, 2), "the repeat has its outcome")
        assert await line.ends(order, 5) == first
        assert {line.device(one).answers["201"] for one in phones} == {1}


async def test_the_same_job_twice_at_once_rings_once(kafka: str, redis_url: str, namespace: str) -> None:
    """A planner that was killed writes its job again while the first one still runs."""
    async with working_line(kafka, redis_url, namespace) as line:
        phones = await line.subscribe(10, kind="slow", delay_s=0.5)
        order = fresh_order()
        for _ in range(3):
            await line.send(order, phones, id="the same")
        await until(lambda: _outcomes(line, 3), "all three have an outcome")
        assert counted(await line.ends(order, 10), phones) == {End.ACCEPTED}
        assert {line.device(one).answers["201"] for one in phones} == {1}


async def test_an_urgent_job_overtakes_one_that_is_on_its_way(kafka: str, redis_url: str, namespace: str) -> None:
    """Six hundred devices of a level 3 order wait for a service that answers none; ten of level 4 ring before all."""
    async with working_line(kafka, redis_url, namespace, push_connections=256) as line:
        many, few = await line.subscribe(600), await line.subscribe(10)
        line.service.held.update(many)
        calm = fresh_order(order_type=OrderType.ELDERLY_EVACUATION, level=3)
        urgent = fresh_order()
        await line.send(calm, many, topic="jobs")
        await until(lambda: _held(line), "the calm job is on its way")
        await line.send(urgent, few)
        assert counted(await line.ends(urgent, 10), few) == {End.ACCEPTED}
        assert line.service.devices.counts()["answers"] == {"201": 10}
        line.service.gate.set()
        assert counted(await line.ends(calm, 600), many) == {End.ACCEPTED}


async def test_one_hanging_push_service_does_not_delay_another(kafka: str, redis_url: str, namespace: str) -> None:
    """Forty devices of a service that never answers, and forty well ones in the same job: these ring at once."""
    async with working_line(kafka, redis_url, namespace) as line, push_service() as stuck:
        hanging = await line.subscribe(40, service=stuck, kind="hang")
        well = await line.subscribe(40)
        order = fresh_order(deliver_until=now_utc() + timedelta(seconds=9))
        await line.send(order, hanging + well)
        ends = await line.ends(order, 80)
        assert counted(ends, well) == {End.ACCEPTED}
        assert counted(ends, hanging) == {End.EXPIRED}
        assert max(ends[one].at for one in well) < min(ends[one].at for one in hanging)


async def test_ends_reached_are_remembered_while_the_job_still_runs(kafka: str, redis_url: str, namespace: str) -> None:
    """A worker killed now would not ring the well ones again; progress is already in `outcomes`."""
    async with working_line(kafka, redis_url, namespace) as line:
        slow, well = await line.subscribe(1, kind="slow", delay_s=4.0), await line.subscribe(10)
        order = fresh_order()
        job = await line.send(order, slow + well)
        memory = Remembered(line.redis, line.settings.namespace, World.ACTUAL)

        async def remembered() -> bool:
            return {name for one in await memory.of(job.id, job.recipients) for name in one.names} == set(well)

        await until(remembered, "ten ends are remembered")
        await line.ends(order, 10)
        assert counted(await line.ends(order, 11), slow) == {End.ACCEPTED}


async def test_a_job_that_cannot_be_read_is_parked_and_the_next_goes_on(
    kafka: str, redis_url: str, namespace: str
) -> None:
    """Its bytes and its reason are kept for a person."""
    async with working_line(kafka, redis_url, namespace) as line:
        phones = await line.subscribe(2)
        order = fresh_order()
        await line.publisher.resend(line.where.name("jobs-urgent", World.ACTUAL), order.id.encode(), b"not avro", None)
        await line.send(order, phones)
        assert counted(await line.ends(order, 2), phones) == {End.ACCEPTED}
        (letter,) = await records(line.where, "dead-letters", None)
        assert (letter.program, letter.reason, letter.body) == ("notifier", "Unreadable", b"not avro")


async def test_a_lost_index_is_waited_for_not_taken_for_nobody(kafka: str, redis_url: str, namespace: str) -> None:
    """Redis was emptied: residents are not `gone`, they are not yet there."""
    async with working_line(kafka, redis_url, namespace) as line:
        phones = await line.subscribe(3)
        named = await line.redis.get(pointer(namespace)) or ""
        await line.redis.delete(pointer(namespace))
        order = fresh_order()
        await line.send(order, phones)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.ends(order, 1), 1.5)
        await line.redis.set(pointer(namespace), named)
        assert counted(await line.ends(order, 3), phones) == {End.ACCEPTED}


async def _held(line: Line) -> bool:
    return line.service.waiting > 0


async def _answered(counts: dict[str, dict[str, int]], status: str, count: int) -> bool:
    return counts["answers"].get(status, 0) >= count


async def _outcomes(line: Line, count: int) -> bool:
    return len(await records(line.where, "outcomes", World.ACTUAL)) >= count
