"""The index of subscribers: rebuilt and swapped in whole, resumed where it stood, cleared of the gone."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from notifier import indexer
from notifier.index_seal import opener_of
from notifier.index_turn import IndexReplaced
from notifier.matches import read_matches
from notifier.pages import LAYOUT, IndexIncomplete, bucket_of, current_generation, index_state, of_one_generation
from notifier.recipients import read_entries
from notifier.settings import NotifierSettings
from notifier.store import connect
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import Sealer, sealer_of, subscriber_id
from notifier.subscriptions.store import erase, put
from schemas.admin import admin
from schemas.kafka import Publisher, Where
from schemas.process.clock import now_utc
from schemas.process.health import Health
from schemas.records.base import Origin, Trace, World
from schemas.records.delivered import End, JobOutcome, RecipientEnd
from tests.integration.index_rig import OPENER
from tests.integration.notifier_rig import (
    KEY,
    PATIENCE_S,
    create_exactly,
    create_topics,
    records,
    role,
    settings_for,
    until,
)

pytestmark = pytest.mark.kafka
SEALER = sealer_of(KEY)


@dataclass(slots=True)
class Rig:
    """Topics and Redis of one test; each test starts the indexer itself."""

    settings: NotifierSettings
    publisher: Publisher
    redis: Redis

    @property
    def namespace(self) -> str:
        """The test's own prefix."""
        return self.settings.namespace

    async def subscribe(self, name: str, *places: str, sealer: Sealer = SEALER) -> str:
        """A device; returns its subscriber id."""
        profile = Profile(f"http://127.0.0.1:9/{name}", b"p", b"a", "v", "ja", dict.fromkeys(places, ()), False, None)
        await put(self.publisher, sealer, profile, now_utc())
        return subscriber_id(profile.endpoint)

    async def page(self, place: str) -> set[str]:
        """Everyone in a place, by a worker's reading."""
        try:
            pages = await of_one_generation(
                self.redis, self.namespace, lambda keys: read_matches(self.redis, keys, [place])
            )
        except IndexIncomplete:
            return set()
        found: set[str] = set()
        for (_, bucket), members in pages.items():
            assert {bucket_of(name) for name in members} <= {bucket}
            found |= members.keys()
        entries = await read_entries(self.redis, OPENER, self.namespace, sorted(found))
        return set(entries)

    async def generations(self) -> set[str]:
        """Of which generations there is anything in Redis."""
        names = [key.decode() async for key in self.redis.scan_iter(match=f"{self.namespace}{LAYOUT}:*:*")]
        return {name.removeprefix(f"{self.namespace}{LAYOUT}:").split(":")[0] for name in names}

    async def is_alone(self, generation: str) -> bool:
        """Whether nothing of any other one is left."""
        return await self.generations() == {generation}

    async def holds(self, place: str, names: set[str]) -> None:
        """Wait until exactly these are in a place."""

        async def there() -> bool:
            return await self.page(place) == names

        await until(there, f"exactly {len(names)} subscribers in {place}")


@pytest.fixture
async def rig(kafka: str, redis_url: str, namespace: str) -> AsyncIterator[Rig]:
    """A namespace of our own."""
    settings = settings_for(kafka, redis_url, namespace)
    create_topics(Where.of(settings), ["subscriptions", "dead-letters", "outcomes"])
    publisher, redis = Publisher(Where.of(settings)), connect(redis_url)
    await publisher.start()
    yield Rig(settings, publisher, redis)
    await publisher.stop()
    await redis.aclose()


async def test_a_restart_goes_on_where_it_stood(rig: Rig) -> None:
    """The same generation, nothing read twice, and what came meanwhile is there."""
    first = await rig.subscribe("a", "14205")
    async with role(indexer, rig.settings):
        await rig.holds("14205", {first})
    before = await index_state(rig.redis, rig.namespace)
    second = await rig.subscribe("b", "14205")
    await rig.subscribe("a", "14204")
    async with role(indexer, rig.settings):
        await rig.holds("14205", {second})
        await rig.holds("14204", {first})
    after = await index_state(rig.redis, rig.namespace)
    assert before is not None
    assert after is not None
    assert after.generation == before.generation
    assert sum(after.offsets.values()) == 3


async def test_a_lost_redis_is_rebuilt_whole(rig: Rig) -> None:
    """Planners see no index until all of it is there: never a few of the people."""
    names = {await rig.subscribe(f"d{number}", "14205", "14204") for number in range(300)}
    left = await rig.subscribe("left", "14205")
    await erase(rig.publisher, left, now_utc())
    async with role(indexer, rig.settings):
        await rig.holds("14205", names)
    async for key in rig.redis.scan_iter(match=f"{rig.namespace}*"):
        await rig.redis.delete(key)
    sizes: set[int] = set()

    async def watch() -> bool:
        sizes.add(len(await rig.page("14204")))
        return len(names) in sizes

    async with role(indexer, rig.settings):
        await until(watch, "the index is back")
    assert sizes <= {0, len(names)}
    hosts = await rig.redis.hgetall((await current_generation(rig.redis, rig.namespace)).services())
    assert hosts == {b"loopback": str(len(names)).encode()}


async def test_another_topic_means_another_index(rig: Rig) -> None:
    """Offsets of a topic that was deleted and made anew mean nothing: everything is read again."""
    await rig.subscribe("old", "14205")
    async with role(indexer, rig.settings):
        await until(lambda: rig.page("14205"), "the old subscriber")
    old = await index_state(rig.redis, rig.namespace)
    where = rig.publisher.where
    client = admin(where)
    for future in client.delete_topics([where.name("subscriptions", None)]).values():
        future.result(PATIENCE_S)
    await _recreated(rig)
    new = await rig.subscribe("new", "14205")
    async with role(indexer, rig.settings):
        await rig.holds("14205", {new})
        state = await index_state(rig.redis, rig.namespace)
        assert state is not None
        assert old is not None
        assert state.generation != old.generation
        await until(lambda: rig.is_alone(state.generation), "the old index is gone")


async def test_nobody_is_lost_when_the_sealing_key_is_changed(rig: Rig) -> None:
    """A new key before the old one: who was sealed under either is in the new index, which is sealed under the new."""
    first = await rig.subscribe("a", "14205")
    async with role(indexer, rig.settings):
        await rig.holds("14205", {first})
    before = await current_generation(rig.redis, rig.namespace)
    fresh = base64.urlsafe_b64encode(b"\x09" * 32).rstrip(b"=").decode()
    changed = rig.settings.model_copy(update={"sealing_key": fresh, "sealing_keys_old": KEY})
    second = await rig.subscribe("b", "14205", sealer=sealer_of(fresh, (KEY,)))

    async def both() -> bool:
        keys = await current_generation(rig.redis, rig.namespace)
        found = await read_entries(rig.redis, opener_of(fresh, (KEY,)), rig.namespace, [first, second])
        return keys.generation != before.generation and set(found) == {first, second}

    async with role(indexer, changed):
        await until(both, "both are in a new index")
    assert (await current_generation(rig.redis, rig.namespace)).key_id == opener_of(fresh).current


async def _recreated(rig: Rig) -> None:
    for _ in range(50):
        try:
            await asyncio.to_thread(create_exactly, rig.publisher.where, ["subscriptions"])
            return
        except Exception:  # noqa: BLE001 - the broker may still be deleting the old one
            await asyncio.sleep(0.1)
    pytest.fail("the topic could not be made anew")


async def test_an_emptied_redis_ends_the_process(rig: Rig) -> None:
    """Also where nobody subscribes: until the indexer begins anew there is no index, and no order reaches anybody."""
    name = await rig.subscribe("a", "14205")
    running = asyncio.create_task(indexer.body(rig.settings, Health()))
    await rig.holds("14205", {name})
    async for key in rig.redis.scan_iter(match=f"{rig.namespace}*"):
        await rig.redis.delete(key)
    await asyncio.wait({running}, timeout=PATIENCE_S)
    with pytest.raises(ExceptionGroup) as failed:
        running.result()
    assert failed.group_contains(IndexReplaced, match="Redis was emptied")


async def test_what_cannot_be_opened_is_parked(rig: Rig) -> None:
    """Sealed under a foreign key, or no record at all: set aside with its reason, and the next one is indexed."""
    await rig.subscribe("foreign", "14205", sealer=Sealer((b"\x07" * 32,)))
    await rig.publisher.resend(rig.publisher.where.name("subscriptions", None), b"x", b"junk", None)
    good = await rig.subscribe("good", "14205")
    async with role(indexer, rig.settings):
        await rig.holds("14205", {good})
        await until(lambda: _letters(rig, 2), "two dead letters")
    letters = await records(rig.publisher.where, "dead-letters", None)
    assert {letter.reason for letter in letters} == {"Unsealable", "Unreadable"}


async def _letters(rig: Rig, count: int) -> bool:
    return len(await records(rig.publisher.where, "dead-letters", None)) == count


async def test_gone_devices_are_erased_and_no_others(rig: Rig) -> None:
    """404 and 410 erase; a throttled, failed or merely missing one stays; who came back since stays, too."""
    cases = {
        "gone410": (End.GONE, 410), "gone404": (End.GONE, 404), "missing": (End.GONE, None),
        "failed": (End.FAILED, 503), "refused": (End.REFUSED, 413), "back": (End.GONE, 410),
    }  # fmt: skip
    names = {case: await rig.subscribe(case, "14205") for case in cases}
    async with role(indexer, rig.settings):
        await rig.holds("14205", set(names.values()))
        ends = tuple(
            RecipientEnd(names[case], end, status, None, 1, now_utc()) for case, (end, status) in cases.items()
        )
        ends = tuple(
            replace(one, at=one.at - timedelta(hours=1)) if one.subscriber == names["back"] else one for one in ends
        )
        await rig.publisher.send("outcomes", "o1", _outcome(ends))
        await rig.holds("14205", {names[case] for case in ("missing", "failed", "refused", "back")})


def _outcome(ends: tuple[RecipientEnd, ...]) -> JobOutcome:
    now = now_utc()
    return JobOutcome(
        "x1", "j1", World.EXERCISE, Origin.REPLAY, "14205", "p1", "o1", 1, 0, 0, ends, Trace("t", now), now
    )
