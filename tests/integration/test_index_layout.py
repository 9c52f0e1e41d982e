"""The index in Redis: what a subscriber costs, who may write, and what survives a change of keys."""

import base64
import contextlib
import os
import random
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from local.redis import running_redis
from notifier.entries import Entry, Known
from notifier.generations import Generations, Source
from notifier.index_seal import Opener
from notifier.index_turn import IndexReplaced, Turn
from notifier.index_writer import IndexWriter
from notifier.matches import read_matches, read_matches_of, read_meant
from notifier.pages import LAYOUT, SPREAD, Keys, bucket_of, new_generation
from notifier.plan import Match
from notifier.recipients import read_recipients
from notifier.refill import Refiller, connect_once
from notifier.store import connect, raw
from notifier.subscriptions.placing import Move
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import subscriber_id
from schemas.process.clock import now_utc
from tests.integration.index_rig import OPENER
from tests.unit.notifier.webpush.test_encrypt import AUTH, UA_PUBLIC

pytestmark = pytest.mark.kafka
BUDGET_BYTES = 600
COUNT = 5000


def _text(size: int) -> str:
    return base64.urlsafe_b64encode(os.urandom(size)).decode()[:size]


def _known(places: dict[str, tuple[str, ...]], drills: bool = False, endpoint: str | None = None) -> Known:
    at = endpoint or f"https://fcm.googleapis.com/fcm/send/{_text(11)}:APA91b{_text(134)}"
    profile = Profile(at, UA_PUBLIC, AUTH, "0123456789abcdef", "ja", places, drills, None)
    return Known(profile, 1_790_000_000_000_000)


def _arrival(known: Known, before: Known | None = None) -> Move:
    return Move(subscriber_id(known.profile.endpoint), before, known)


async def _writer(redis: Redis, namespace: str, opener: Opener = OPENER, subscribers: int = 100) -> IndexWriter:
    keys = Keys(namespace, new_generation(1, subscribers, opener.current))
    return IndexWriter(await Turn.take(redis, namespace), keys, opener.of(keys), False)


async def test_a_subscriber_costs_no_more_than_its_budget(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Endpoints of FCM's length, one place in five subscribers a second one, a key agreement for each: everything that
    Redis holds, by its own count, with the settings that local/redis.py gives it."""
    async with running_redis(tmp_path_factory.mktemp("redis")) as url:
        redis, once = connect(url), connect_once(url)
        before = int((await redis.info("memory"))["used_memory"])
        writer = await _writer(redis, "t-", subscribers=COUNT)
        for start in range(0, COUNT, 1000):
            places: list[dict[str, tuple[str, ...]]] = [
                {"14205": ()} if number % 5 else {"14205": (), "14100": ("1410011",)} for number in range(1000)
            ]
            await writer.apply([_arrival(_known(wanted)) for wanted in places], {0: start}, "topic")
        await writer.serve()
        refiller = Refiller(once, OPENER, "t-", 1.0)
        while await refiller.turn():
            pass
        after = int((await redis.info("memory"))["used_memory"])
        ready = sum([await redis.hlen(writer.keys.agreements(page)) for page in range(1 << writer.keys.bits)])
        await redis.aclose()
        await once.aclose()
    assert ready == COUNT
    print(f"{(after - before) / COUNT:.0f} bytes a subscriber")
    assert (after - before) / COUNT <= BUDGET_BYTES


async def test_of_two_indexers_the_later_one_writes(redis: Redis, namespace: str) -> None:
    """A former indexer that wakes up writes nothing, whatever it had in hand: the index is the later one's."""
    first, move = await _writer(redis, namespace), _arrival(_known({"14205": ()}))
    await first.apply([move], {0: 1}, "topic")
    await first.serve()
    second = IndexWriter(await Turn.take(redis, namespace), first.keys, OPENER.of(first.keys), True)
    with pytest.raises(IndexReplaced, match="took over"):
        await first.apply([Move(move.subscriber, move.after, None)], {0: 2}, "topic")
    with pytest.raises(IndexReplaced, match="took over"):
        await first.serve()
    assert set(await second.known([move.subscriber])) == {move.subscriber}


class Dying(Turn):
    """A turn of an indexer that is killed before its transaction number `steps`."""

    steps = 0

    @contextlib.asynccontextmanager
    async def step(self, serving: Keys | None) -> AsyncIterator[Pipeline]:
        """As every turn's, while it lives."""
        self.steps -= 1
        if self.steps < 0:
            raise Killed
        async with super().step(serving) as pipe:
            yield pipe


class Killed(Exception):
    """By kill -9, as it were."""


@pytest.mark.parametrize("steps", range(7))
async def test_whoever_dies_between_two_generations_leaves_one(redis: Redis, namespace: str, steps: int) -> None:
    """Before any transaction of a build beside the one that serves: the next indexer has one whole generation."""
    moves = [_arrival(_known({"14205": ()}, endpoint=f"https://x.example/{number}")) for number in range(40)]
    old = await _writer(redis, namespace)
    await old.apply(moves, {0: 40}, "topic")
    await old.serve()
    turn = await Dying.take(redis, namespace)
    turn.steps = steps
    keys = Keys(namespace, new_generation(2, 4000, OPENER.current))
    beside = IndexWriter(turn, keys, OPENER.of(keys), False)
    with contextlib.suppress(Killed):
        await beside.apply(moves[:20], {0: 20}, "topic")
        await beside.apply(moves[20:], {0: 40}, "topic")
        await beside.apply((), {0: 40}, "topic")
        await beside.serve(old.keys)
    generations = Generations(await Turn.take(redis, namespace), OPENER, SPREAD, now_utc)
    writer, offsets = await generations.resume(Source("topic", {0: 40}, 40))
    assert writer.serving
    assert writer.keys == (keys if steps > 3 else old.keys)
    assert offsets == {0: 40}
    assert set(await writer.known([move.subscriber for move in moves])) == {move.subscriber for move in moves}
    left = [key async for key in redis.scan_iter(match=f"{namespace}{LAYOUT}:*-*:*")]
    assert {key.decode().split(":")[1] for key in left} == {writer.keys.generation}


async def test_a_former_layout_is_dropped_and_its_programs_wait(redis: Redis, namespace: str) -> None:
    """What another release wrote under its own names does not stay behind once this index is whole."""
    await redis.hset(f"{namespace}index:old:page:14205:1", "somebody", "sealed")
    await redis.set(f"{namespace}index:current", "old")
    writer = await _writer(redis, namespace)
    await writer.apply([], {0: 0}, "topic")
    await writer.serve()
    assert [key async for key in redis.scan_iter(match=f"{namespace}index:*")] == []


PLACES = ("14100", "14204", "14205")
wish = st.none() | st.tuples(st.sets(st.sampled_from(PLACES), min_size=1), st.booleans(), st.sampled_from([(), ("1",)]))


@given(st.lists(st.lists(st.tuples(st.integers(0, 5), wish), max_size=6), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_planners_and_workers_read_what_was_said_last(
    redis_url: str, batches: list[list[tuple[int, tuple[set[str], bool, tuple[str, ...]] | None]]]
) -> None:
    """Any history in any batches: every page, every kind, every entry is the last word, and nobody is there twice."""
    redis, namespace = connect(redis_url), f"p{random.randbytes(6).hex()}-"
    writer = await _writer(redis, namespace)
    last: dict[str, Known] = {}
    for number, batch in enumerate(batches):
        moves = []
        for device, said in batch:
            endpoint = f"https://x.example/{device}"
            name = subscriber_id(endpoint)
            known = None if said is None else _known(dict.fromkeys(said[0], said[2]), said[1], endpoint)
            moves.append(Move(name, last.pop(name, None), known))
            if known is not None:
                last[name] = known
        await writer.apply(moves, {0: number}, "topic")
    await writer.serve()
    assert await writer.known(list(last)) == last
    for place in PLACES:
        meant = {name: known.matches[place] for name, known in last.items() if place in known.matches}
        await _check(redis, writer.keys, place, meant)
    found = await read_recipients(redis, OPENER, namespace, "14205", 0, [*last, "0" * 22])
    assert {name: one.endpoint for name, one in found.items() if isinstance(one, Entry)} == {
        name: known.profile.endpoint for name, known in last.items()
    }
    async for key in redis.scan_iter(match=f"{namespace}*"):
        await redis.delete(key)
    await redis.aclose()


async def _check(redis: Redis, keys: Keys, place: str, meant: dict[str, Match]) -> None:
    pages = await read_matches(redis, keys, [place])
    assert {name: match for members in pages.values() for name, match in members.items()} == meant
    assert await read_matches_of(redis, keys, place, [*meant, "0" * 22, "no id"]) == pages
    for bucket in range(16):
        names = await read_meant(redis, keys, place, bucket, lambda match: match.drills)
        assert names == sorted(name for name, match in meant.items() if match.drills and bucket_of(name) == bucket)


async def test_the_index_is_sealed(redis: Redis, namespace: str) -> None:
    """Nothing in Redis shows an endpoint, a key, or where somebody wants to be told of, beside their id."""
    known = _known({"14205": ("1420500",)})
    writer = await _writer(redis, namespace)
    await writer.apply([_arrival(known)], {0: 1}, "topic")
    await writer.serve()
    secrets = [known.profile.endpoint[-40:].encode(), known.profile.p256dh[1:20], known.profile.auth]
    for value in await _values(redis, [key async for key in redis.scan_iter(match=f"{namespace}*")]):
        assert not any(secret in value for secret in secrets)


async def _values(redis: Redis, keys: Sequence[bytes]) -> list[bytes]:
    found: list[bytes | str] = []
    for key in keys:
        match await redis.type(key):
            case b"hash":
                found += [part for item in (await redis.hgetall(key)).items() for part in item]
            case b"string":
                found.append(await redis.get(key) or b"")
            case _:
                found.append(await redis.dump(key) or b"")
    return [raw(value) for value in found]
