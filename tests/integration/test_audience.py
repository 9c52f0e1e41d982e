"""The number of devices that the desk shows is the index's own."""

import pytest

from notifier import indexer
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import sealer_of
from notifier.subscriptions.store import put
from schemas.kafka import Publisher, Where
from schemas.process.clock import now_utc
from schemas.records.base import World
from tests.integration.notifier_rig import KEY, create_topics, records, role, settings_for, until

pytestmark = pytest.mark.kafka


async def test_the_index_tells_how_many_devices_a_town_has(kafka: str, redis_url: str, namespace: str) -> None:
    """Three in Fujisawa, one of which takes part in drills; nobody in Yugawara, and that is said, too."""
    settings = settings_for(kafka, redis_url, namespace)
    where = Where.of(settings)
    create_topics(where, ["subscriptions", "dead-letters", "outcomes"])
    publisher = Publisher(where)
    await publisher.start()
    for name, drills in (("a", False), ("b", False), ("c", True)):
        url = f"http://127.0.0.1:9/{name}"
        await put(
            publisher, sealer_of(KEY), Profile(url, b"p", b"a", "v", "ja", {"14205": ()}, drills, None), now_utc()
        )

    async def told() -> dict[tuple[str, World | None], int]:
        beats = await records(where, "heartbeats", None)
        return {(b.source, b.world): b.records for b in beats if b.source.startswith("audience:")}

    async def told_all() -> dict[tuple[str, World | None], int]:
        found = await told()
        return found if ("audience:14402", World.TEST) in found else {}

    async with role(indexer, settings):
        found = await until(told_all, "all towns were counted")
    assert [found["audience:14205", world] for world in World] == [3, 1, 1]
    assert found["audience:14384", World.ACTUAL] == 0
    await publisher.stop()
