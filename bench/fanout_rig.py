"""A notifier on a real Kafka and Redis, with a TLS HTTP/2 push service beside it: what bench.fanout measures."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from redis.asyncio import Redis

from bench.sinks import Sink, nginx
from local import ports
from local.child import Child, Running
from local.kafka import running_kafka
from local.redis import running_redis
from notifier.pages import SPREAD, IndexIncomplete, current_generation
from notifier.store import connect
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import NONCE_BYTES, sealer_of
from notifier.webpush.keys import VapidKey, b64url, new_vapid_key
from schemas.admin import sync_topics
from schemas.kafka import Publisher, Where
from schemas.process.clock import now_utc
from schemas.signing import new_key_pair
from schemas.topics import load_profiles

PATIENCE_S = 1800.0
AT_ONCE = 2000
_PIPED = 512


@dataclass(slots=True)
class Rig:
    """What runs. `point` is every subscriber's key: only endpoints and secrets differ."""

    where: Where
    redis: Redis
    sink: Sink
    folder: Path
    env: dict[str, str]
    publisher: Publisher
    point: bytes

    @contextlib.asynccontextmanager
    async def role(self, name: str, *argv: str, **more: str) -> AsyncIterator[Running]:
        """One role in a process of its own, ready, for the block."""
        port = ports.free_port()

        async def ready() -> bool:
            return await ports.answers(f"http://{ports.LOOPBACK}:{port}/readyz")

        env = self.env | {"SONAE_HEALTH_PORT": str(port), "SONAE_INSTANCE": name} | more
        child = Child(name, (sys.executable, *argv), ready, env, ready_within_s=PATIENCE_S)
        running = await Running.start(child, self.folder)
        try:
            await running.until_ready()
            yield running
        finally:
            await asyncio.shield(running.stop())

    @contextlib.asynccontextmanager
    async def workers(self, count: int, transport: str) -> AsyncIterator[list[Running]]:
        """So many workers, sampled."""
        async with contextlib.AsyncExitStack() as stack:
            made = []
            for number in range(count):
                argv = ("-m", "bench.stages", str(self.stages(transport, number)))
                role = self.role(f"{transport}-{number}", *argv, SONAE_PUSH_TRANSPORT=transport)
                made.append(await stack.enter_async_context(role))
            yield made

    def stages(self, transport: str, number: int) -> Path:
        """Where a worker writes what its stages cost."""
        return self.folder / f"stages-{transport}-{number}.json"

    def shares(self, transport: str, count: int) -> dict[str, float]:
        """Seconds per stage of all workers that have ended."""
        total: dict[str, float] = {}
        for number in range(count):
            for stage, seconds in json.loads(self.stages(transport, number).read_text()).items():
                total[stage] = total.get(stage, 0.0) + seconds
        return total

    async def subscribe(self, town: str, people: int, origin: str = "") -> None:
        """So many into `subscriptions`, as the API would have written them; at the sink, or another origin."""
        sealer, key = sealer_of(self.env["SONAE_SEALING_KEY"]), VapidKey.of(self.env["SONAE_VAPID_KEY"])
        acks: list[asyncio.Future[Any]] = []
        for number in range(people):
            endpoint = f"{origin or self.sink.origin}/fcm/send/{town}{number:08d}{'x' * 140}"
            profile = Profile(endpoint, self.point, os.urandom(16), key.key_id, "ja", {town: ()}, False, None)
            record = sealer.seal(profile, os.urandom(NONCE_BYTES), now_utc())
            acks.append(await self.publisher.begin("subscriptions", record.subscriber, record))
            if len(acks) == AT_ONCE:
                await asyncio.gather(*acks)
                acks.clear()
        await asyncio.gather(*acks)

    async def counted(self, kind: str) -> int:
        """How many `entries` or `agreements` the index holds."""
        try:
            keys = await current_generation(self.redis, self.where.namespace)
        except IndexIncomplete:
            return 0
        name_of, found = getattr(keys, kind), 0
        for start in range(0, 1 << keys.bits, _PIPED):
            pipe = self.redis.pipeline(transaction=False)
            for page in range(start, min(start + _PIPED, 1 << keys.bits)):
                pipe.hlen(name_of(page))
            found += sum(await pipe.execute())
        return found

    async def refill(self, people: int, cores: int) -> None:
        """A key agreement for everybody, by the role that does it in quiet times."""
        async with contextlib.AsyncExitStack() as stack:
            for number in range(cores):
                role = self.role(f"refill-{number}", "-m", "notifier", "refill", SONAE_REFILL_SHARE="1")
                await stack.enter_async_context(role)
            await until(lambda: self._has("agreements", people), f"{people} key agreements")

    async def _has(self, kind: str, people: int) -> bool:
        return await self.counted(kind) >= people

    async def indexed(self, people: int) -> None:
        """Wait for everybody to be in the index."""
        await until(lambda: self._has("entries", people), f"{people} subscribers in the index")

    async def packed(self, people: int) -> None:
        """Wait until the index has pages for so many: one that has outgrown its own is built anew by itself."""

        async def is_packed() -> bool:
            keys = await current_generation(self.redis, self.where.namespace)
            return SPREAD.fits(people, keys.bits)

        async def is_alone() -> bool:
            """The generation before it is gone, and its memory is free."""
            keys = await current_generation(self.redis, self.where.namespace)
            mark = f"{keys.generation}:".encode()
            others = [key async for key in self.redis.scan_iter(match="*:e:*", count=10_000) if mark not in key]
            return not others and not (await self.redis.info("memory"))["lazyfree_pending_objects"]

        await until(is_packed, f"pages for {people} subscribers")
        await until(is_alone, "the index before it is gone")

    async def memory(self) -> int:
        """Bytes that Redis uses."""
        return int((await self.redis.info("memory"))["used_memory"])


async def until(condition: Callable[[], Awaitable[object]], what: str) -> None:
    """Wait for a condition; TimeoutError after PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while not await condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"within {PATIENCE_S:.0f} s: {what}")
        await asyncio.sleep(0.2)


def cpu_s(running: Sequence[Running]) -> float:
    """CPU seconds of these processes so far."""
    return sum(map(_cpu_s, running))


def begin_anew(running: Sequence[Running]) -> None:
    """Samples taken before this do not count."""
    for one in running:
        one.send(signal.SIGUSR1)


@contextlib.asynccontextmanager
async def rig(topics: Sequence[str]) -> AsyncIterator[Rig]:
    """Kafka, Redis, the push service and a publisher, for the block."""
    with tempfile.TemporaryDirectory(prefix="sonae-bench-") as name:
        folder = Path(name)
        async with running_kafka(folder / "kafka") as kafka, running_redis(folder / "redis") as url, nginx() as sink:
            where, redis = Where(kafka, "bench-"), connect(url)
            await asyncio.to_thread(sync_topics, where, load_profiles()["local"], only=topics)
            publisher = Publisher(where)
            await publisher.start()
            point = ec.generate_private_key(ec.SECP256R1()).public_key()
            p256dh = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            try:
                yield Rig(where, redis, sink, folder, _env(kafka, url, sink), publisher, p256dh)
            finally:
                await publisher.stop()
                await redis.aclose()


def _env(kafka: str, redis: str, sink: Sink) -> dict[str, str]:
    made: Mapping[str, str] = {
        "SONAE_KAFKA_BOOTSTRAP": kafka,
        "SONAE_REDIS_URL": redis,
        "SONAE_NAMESPACE": "bench-",
        "SONAE_LOCAL": "1",
        "SONAE_PUSH_CA": str(sink.ca),
        "SONAE_SEALING_KEY": b64url(os.urandom(32)),
        "SONAE_VAPID_KEY": new_vapid_key(),
        "SONAE_VERIFY_KEY": new_key_pair()[1],
        "SONAE_VAPID_SUBJECT": "mailto:bench@sonae.example.jp",
        "SONAE_PUBLIC_URL": "https://sonae.example.jp",
    }
    return dict(made)


def _cpu_s(running: Running) -> float:
    user, system = Path(f"/proc/{running.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
