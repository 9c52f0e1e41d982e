"""The link test's beats reach every partner, whatever it follows, and never hold back or overtake a real event."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.records.base import World
from schemas.records.plumbing import Heartbeat
from tests.integration.notifier_rig import records, until
from tests.integration.test_broadcast import Told, events
from tests.integration.test_broadcast_lines import Servers, servers, serving
from tests.integration.webhook_rig import Hooks, hooks
from tests.unit.console.records import recommendation

pytestmark = pytest.mark.kafka
QUIET = "14201"

__all__ = ["servers"]


@pytest.fixture
async def line(
    kafka: str, redis_url: str, namespace: str, free_port: Callable[[], int], tmp_path: Path
) -> AsyncIterator[Hooks]:
    """Two partners with endpoints, neither of which asked for the test world, and a link test."""
    async with hooks(kafka, redis_url, namespace, free_port, tmp_path) as made:
        made.settings = made.settings.model_copy(update={"beat_municipality": QUIET, "heartbeat_s": 0.3})
        yield made


async def say(publisher: Any, number: int, municipality: str = QUIET, world: World = World.TEST) -> None:
    """What *watch* says of a municipality."""
    await publisher.send(
        "recommendations", municipality, recommendation(number, municipality=municipality, world=world)
    )


async def test_every_webhook_gets_a_beat(line: Hooks) -> None:
    """Signed, of the test world, marked; who does not take it is failing until it takes the next one."""
    line.fire.answers = [(500, {})]
    async with line.running():
        await say(line.publisher, 1)
        await until(lambda: _came(line.fire.posts, 1), "the first partner was told")
        await until(lambda: _came(line.state.posts, 1), "the second partner was told")
        (post,) = line.fire.posts
        assert (post.told["kind"], post.told["world"], post.told["mark"]) == ("heartbeat", "test", "【試験】")
        assert (post.headers["sonae-kind"], post.headers["sonae-world"]) == ("heartbeat", "test")
        await until(lambda: _state(line, "fire", "failing"), "it did not take it, and that is said")
        await until(lambda: _state(line, "state", "ok"), "the other did")
        await say(line.publisher, 2)
        await until(lambda: _state(line, "fire", "ok"), "it took the next one")
        await line.order("o1")
        await until(lambda: _came(line.fire.posts, 3), "a real event comes all the same")
        assert line.fire.posts[-1].order == "o1"


async def test_other_municipalities_and_worlds_are_no_beats(line: Hooks) -> None:
    """Only the link test's own municipality, only in the test world."""
    async with line.running():
        await say(line.publisher, 1, municipality="14205")
        await say(line.publisher, 1, world=World.EXERCISE)
        await say(line.publisher, 2)
        await until(lambda: _came(line.fire.posts, 1), "the beat came")
        assert [post.told["id"] for post in line.fire.posts] == [f"r-{QUIET}-2"]


async def test_every_line_of_the_event_stream_hears_of_a_beat(servers: Servers) -> None:
    """As an event of its own, without an id: what a reader has is not changed by it."""
    settings, _, publisher = servers
    settings = settings.model_copy(update={"beat_municipality": QUIET})
    async with serving(settings, publisher) as stream, stream.follow() as answer:
        told = events(answer)
        await anext(told)
        await say(publisher, 1)
        beat = await _heartbeat(told)
        assert (beat.json["kind"], beat.json["world"], beat.json["mark"], beat.id) == (
            "heartbeat",
            "test",
            "【試験】",
            "",
        )


async def _heartbeat(told: AsyncIterator[Told]) -> Told:
    async for one in told:
        if one.event == "heartbeat":
            return one
    raise AssertionError("the stream ended")


async def _came(posts: list[Any], count: int) -> bool:
    return len(posts) >= count


async def _state(line: Hooks, partner: str, state: str) -> bool:
    beats: list[Heartbeat] = await records(line.where, "heartbeats", None)
    mine = [beat for beat in beats if beat.source == f"partner:{partner}:webhook"]
    return bool(mine) and mine[-1].state == state
