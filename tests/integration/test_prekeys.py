"""Key agreements on a real Redis: nobody ever gets one that somebody else got, whoever dies and whatever repeats."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs
from redis.asyncio import Redis

from local.child import Child, Running, running
from local.redis import redis_node
from notifier.entries import Entry
from notifier.pages import Keys, busy_key, page_of, raw_id
from notifier.recipients import Broken, read_recipients
from notifier.refill import Refiller, connect_once
from notifier.store import connect
from notifier.subscriptions.seal import subscriber_id
from notifier.webpush.encrypt import POINT_BYTES
from schemas.kafka import Where
from tests.deliveries import an_entry
from tests.integration.index_rig import OPENER, index_entries, prekey
from tests.integration.notifier_rig import KEY, create_topics, until
from tests.unit.notifier.webpush.test_encrypt import AUTH, UA_PUBLIC

pytestmark = pytest.mark.kafka
COUNT = 40


def _entry(number: int) -> Entry:
    endpoint = f"https://fcm.googleapis.com/fcm/send/{number}"
    return an_entry(subscriber_id(endpoint), endpoint, UA_PUBLIC, AUTH, "0123456789abcdef", "ja", False)


ENTRIES = [_entry(number) for number in range(COUNT)]
IDS = [entry.subscriber for entry in ENTRIES]


@dataclass(frozen=True, slots=True)
class Rig:
    """An index of COUNT subscribers without agreements, and a refiller."""

    redis: Redis
    namespace: str
    keys: Keys
    refiller: Refiller

    async def take(self, ids: list[str]) -> dict[str, Entry | Broken]:
        """As a worker does."""
        return await read_recipients(self.redis, OPENER, self.namespace, "14205", 0, ids)

    async def fill(self) -> int:
        """Refill until there is nothing to do; returns how many are ready."""
        await self.redis.delete(busy_key(self.namespace))
        while await self.refiller.turn():
            await self.redis.delete(busy_key(self.namespace))
        return await self.ready()

    async def ready(self) -> int:
        """Agreements in Redis."""
        return sum([await self.redis.hlen(self.keys.agreements(page)) for page in range(1 << self.keys.bits)])


@contextlib.asynccontextmanager
async def _rig(redis_url: str, namespace: str) -> AsyncIterator[Rig]:
    redis, once = connect(redis_url), connect_once(redis_url)
    try:
        keys = await index_entries(redis, namespace, ENTRIES)
        yield Rig(redis, namespace, keys, Refiller(once, OPENER, namespace, 1.0))
    finally:
        await redis.aclose()
        await once.aclose()


@pytest.fixture
async def rig(redis_url: str, namespace: str) -> AsyncIterator[Rig]:
    """One test's own."""
    async with _rig(redis_url, namespace) as made:
        yield made


def _senders(found: dict[str, Entry | Broken]) -> list[bytes]:
    return [one.agreement[-POINT_BYTES:] for one in found.values() if isinstance(one, Entry) and one.agreement]


async def test_everyone_gets_one_and_it_is_used_once(rig: Rig) -> None:
    """Refilled, taken, gone: the second message of a burst falls back to a fresh key, and everyone is still there."""
    assert await rig.fill() == COUNT
    first, second = await rig.take(IDS), await rig.take(IDS)
    assert len(_senders(first)) == len(set(_senders(first))) == COUNT
    assert _senders(second) == []
    assert set(second) == set(IDS)
    assert await rig.fill() == COUNT
    third = _senders(await rig.take(IDS))
    assert not set(third) & set(_senders(first))


async def test_a_fan_out_stops_the_refiller_at_once(rig: Rig) -> None:
    """While recipients are being read nothing is made; the thin page stays marked."""
    await rig.take(IDS[:1])
    assert await rig.refiller.turn() is False
    assert await rig.ready() == 0
    assert await rig.fill() == COUNT


async def test_a_device_that_brings_other_keys_meanwhile_gets_no_stale_agreement(rig: Rig) -> None:
    """Made for the old entry, stored after the new one: refused, and made again for the new keys."""
    name = raw_id(IDS[0])
    page = page_of(name, rig.keys.bits)
    await rig.redis.sadd(rig.keys.thin(), page)
    await index_entries(rig.redis, rig.namespace, [structs.replace(ENTRIES[0], auth=b"x" * 16)])
    await prekey(rig.redis, rig.keys, [ENTRIES[0]])  # as if it had been stored before the new keys were known
    taken = await rig.take([IDS[0]])
    assert isinstance(taken[IDS[0]], Entry)
    assert _senders(taken) == []
    assert await rig.fill() == COUNT
    assert len(_senders(await rig.take([IDS[0]]))) == 1


async def test_the_role_fills_what_a_killed_one_left(rig: Rig, kafka: str, redis_url: str, tmp_path: Path) -> None:
    """As a process: killed in the middle of a page, started again; then everybody has one."""
    create_topics(Where(kafka, rig.namespace), [])
    env = {"SONAE_KAFKA_BOOTSTRAP": kafka, "SONAE_REDIS_URL": redis_url, "SONAE_NAMESPACE": rig.namespace}
    child = Child(
        "refill",
        (sys.executable, "-m", "notifier", "refill"),
        env=env | {"SONAE_LOCAL": "1", "SONAE_SEALING_KEY": KEY, "SONAE_REFILL_SHARE": "0.02"},
    )
    killed = await Running.start(child, tmp_path)
    await until(rig.ready, "it is at work")
    killed.send(signal.SIGKILL)
    await asyncio.wait_for(killed.wait(), 20)
    assert await rig.ready() < COUNT, "it was killed before it was done"
    again = await Running.start(replace(child, env={**child.env, "SONAE_REFILL_SHARE": "1"}), tmp_path)
    try:
        await until(lambda: _all_ready(rig), "everybody has one")
    finally:
        await again.stop()


async def _all_ready(rig: Rig) -> bool:
    return await rig.ready() == COUNT


async def test_what_redis_finds_again_on_its_disk_is_never_used(tmp_path: Path) -> None:
    """Saved, used, killed, started from what was saved: the agreements lie there again, and nobody gets one. Those that
    are made then are others."""
    node = redis_node(tmp_path)
    assert node.child is not None
    async with running(node.child, tmp_path), _rig(node.url, "disk-") as rig:
        assert await rig.fill() == COUNT
        await rig.redis.save()
        used = _senders(await rig.take(IDS))
        assert len(used) == COUNT
        await rig.redis.shutdown(nosave=True)
    kept = replace(node.child, argv=(*node.child.argv, "--dbfilename", "dump.rdb"))
    async with running(kept, tmp_path), _rig(node.url, "disk-") as rig:
        assert await rig.ready() == COUNT
        found = await rig.take(IDS[:10])
        assert set(found) == set(IDS[:10])
        assert _senders(found) == []
        assert await rig.fill() == COUNT
        again = _senders(await rig.take(IDS))
        assert len(again) == COUNT
        assert not set(again) & set(used)


async def test_one_broken_entry_ends_by_itself(rig: Rig) -> None:
    """The others of its job are read; the unreadable one is named; who is not there is absent."""
    name = raw_id(IDS[3])
    await rig.redis.hset(rig.keys.entries(page_of(name, rig.keys.bits)), name, os.urandom(300))
    found = await rig.take([*IDS, "0" * 22, "no id at all"])
    assert {one for one, value in found.items() if isinstance(value, Broken)} == {IDS[3]}
    assert set(found) == set(IDS)


step: st.SearchStrategy[tuple[str, list[int]]] = st.one_of(
    st.tuples(st.just("take"), st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=20)),
    st.tuples(st.just("refill"), st.just([])),
    st.tuples(st.just("die"), st.integers(1, 30).map(lambda ms: [ms])),
)


@pytest.mark.deadline(600)
@given(steps=st.lists(step, min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_no_agreement_is_handed_out_twice(redis_url: str, steps: list[tuple[str, list[int]]]) -> None:
    """Workers that take the same recipients at the same time, refillers that run beside each other or are killed
    anywhere: no sender key appears twice, and nobody goes missing."""
    async with _rig(redis_url, f"p{os.urandom(6).hex()}-") as rig:
        seen: list[bytes] = []
        for what, numbers in steps:
            await rig.redis.delete(busy_key(rig.namespace))
            if what == "take":
                ids = [IDS[number] for number in numbers]
                refilling = asyncio.create_task(rig.refiller.turn())
                answers = await asyncio.gather(*(rig.take(ids) for _ in range(3)))
                await refilling
                for answer in answers:
                    assert set(answer) == set(ids)
                    seen += _senders(answer)
            elif what == "refill":
                await asyncio.gather(rig.refiller.turn(), rig.refiller.turn())
            else:
                await _killed(redis_url, rig, numbers[0] / 1000)
        await rig.fill()
        seen += _senders(await rig.take(IDS))
        assert len(seen) == len(set(seen))


async def _killed(redis_url: str, rig: Rig, after_s: float) -> None:
    """A refiller and a worker that die in the middle of whatever they do, their connections with them."""
    once, redis = connect_once(redis_url), connect(redis_url)
    dying = Refiller(once, OPENER, rig.namespace, 1.0)
    tasks = [asyncio.create_task(dying.run()), asyncio.create_task(_lost(redis, rig.namespace))]
    await asyncio.wait(tasks, timeout=after_s)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await once.aclose()
    await redis.aclose()


async def _lost(redis: Redis, namespace: str) -> None:
    await read_recipients(redis, OPENER, namespace, "14205", 0, IDS[:20])
