"""What a partner's webhook gets: every event once acknowledged, in order, signed, whatever fails or dies between."""

import asyncio
import functools
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from notifier.webhooks.replay import replay
from schemas.process.clock import now_utc
from schemas.process.service import FAULT
from schemas.records.base import World
from tests.integration.notifier_rig import records, until
from tests.integration.webhook_rig import OLDER, Hooks, hooks

pytestmark = pytest.mark.kafka


@pytest.fixture
async def line(
    kafka: str, redis_url: str, namespace: str, free_port: Callable[[], int], tmp_path: Path
) -> AsyncIterator[Hooks]:
    """Two partners with endpoints."""
    async with hooks(kafka, redis_url, namespace, free_port, tmp_path) as made:
        yield made


async def test_events_come_signed_and_in_order(line: Hooks) -> None:
    """Both secrets verify while one is changed; a drill says so in body and header, and comes only to who asked."""
    async with line.running():
        await line.order("drill", World.EXERCISE)
        for name in ("o1", "o2", "o3"):
            await line.order(name)
        await line.order("yokohama", municipality="14100")
        assert await line.fire.took(3) == ["o1", "o2", "o3"]
        assert sorted(await line.state.took(5)) == ["drill", "o1", "o2", "o3", "yokohama"]
    first = line.fire.posts[0]
    assert Verifier(OLDER).verify(first.body, first.headers) == first.told
    assert (first.told["world"], first.told["mark"], first.headers["sonae-world"]) == ("actual", "", "actual")
    assert "decided_by" not in first.told["record"]
    drill = next(post for post in line.state.posts if post.order == "drill")
    assert (drill.told["world"], drill.told["mark"], drill.headers["sonae-world"]) == (
        "exercise",
        "【訓練】",
        "exercise",
    )
    assert len({post.headers["webhook-id"] for post in [*line.fire.posts, *line.state.posts]}) == 8


async def test_the_next_is_held_until_the_first_is_taken(line: Hooks) -> None:
    """A lift never overtakes its order; each try has the same id; and nobody else waits."""
    line.fire.answers = [(500, {}), (302, {"location": "http://127.0.0.1:1/"}), (429, {"retry-after": "1"})]
    async with line.running():
        await line.order("order")
        await line.order("lift", in_force=False)
        assert await line.state.took(2) == ["order", "lift"]
        assert line.fire.acknowledged() == []
        assert await line.fire.took(2) == ["order", "lift"]
    tries = [post for post in line.fire.posts if post.order == "order"]
    assert [post.answered for post in tries] == [500, 302, 429, 204]
    assert len({post.headers["webhook-id"] for post in tries}) == 1


async def test_who_was_away_gets_what_came_meanwhile(line: Hooks) -> None:
    """Between two runs of the role nothing is lost and nothing comes twice."""
    async with line.running():
        await line.order("before")
        await line.fire.took(1)
    await line.order("between")
    async with line.running():
        await line.order("after")
        assert await line.fire.took(3) == ["before", "between", "after"]


async def test_an_event_too_old_is_recorded_and_the_next_goes(line: Hooks) -> None:
    """Nobody is sent yesterday's order as news; that it was not sent can be seen."""
    async with line.running():
        yesterday = now_utc() - timedelta(hours=25)
        await line.order("old", made_at=yesterday, deliver_until=yesterday)
        await line.order("new")
        assert await line.fire.took(1) == ["new"]
    standing = await line.standing()
    assert (standing.expired, standing.acknowledged) == (1, 1)
    assert standing.expired_last[0].kind == "orders"


async def test_gone_pauses_until_an_operator_goes_on(line: Hooks) -> None:
    """410 is the partner's word; restarts do not end the pause, `--replay` does, and then nothing is missing."""
    line.fire.answers = [(410, {})]
    async with line.running():
        await line.order("o1")
        await until(lambda: _paused(line), "the endpoint is paused")
    async with line.running():
        await line.order("o2")
        assert await line.state.took(2) == ["o1", "o2"]
        assert len(line.fire.posts) == 1
        assert await replay(line.settings, "fire", "stopped") == 0
        assert await line.fire.took(2) == ["o1", "o2"]


async def test_a_replay_sends_again_under_the_same_ids(line: Hooks) -> None:
    """From the oldest, from an id, from a time; a restart does not replay once more."""
    async with line.running():
        await line.order("o1")
        await line.fire.took(1)
        after_first = (await line.standing()).position
        moment = now_utc().isoformat()
        await line.order("o2")
        await line.fire.took(2)
        for since, count in (("0", 4), (str(after_first), 5), (moment, 6)):
            assert await replay(line.settings, "fire", since) == 0
            await line.fire.took(count)
    async with line.running():
        await line.order("o3")
        assert await line.fire.took(7) == ["o1", "o2", "o1", "o2", "o2", "o2", "o3"]
    assert len({post.headers["webhook-id"] for post in line.fire.posts}) == 3


@pytest.mark.parametrize(
    ("partner", "since"), [("nobody", "0"), ("fire", "yesterday"), ("fire", "2026-09-21T06:00:00")]
)
async def test_a_replay_asked_wrongly_is_refused(
    line: Hooks, partner: str, since: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With one sentence."""
    assert await replay(line.settings, partner, since) == 2
    assert capsys.readouterr().err.strip()


async def test_each_partner_has_a_heartbeat(line: Hooks) -> None:
    """How it does, and since when; never its address or a secret."""
    line.fire.answers = [(500, {})] * 50
    async with line.running():
        await line.order("o1")
        await line.state.took(1)
        beats = await until(lambda: _beats(line), "both partners have beaten, one in trouble")
    assert beats["partner:state:webhook"].state == "ok"
    failing = beats["partner:fire:webhook"]
    assert (failing.state, failing.succeeded_at) == ("failing", None)
    assert "500" in failing.text
    assert "hook" not in failing.text


@pytest.mark.deadline(180)
async def test_killed_anywhere_nothing_is_lost(line: Hooks) -> None:
    """kill -9 again and again: every order is taken, in order, and per kill at most the one in flight comes twice."""
    names = [f"o{number:03}" for number in range(45)]
    async with line.running():
        pass  # its place is kept
    kills = 0
    writing = asyncio.create_task(_write(line, names))
    while len(set(line.fire.acknowledged())) < len(names):
        process = await _start(line)
        seen = len(line.fire.posts)
        await until(functools.partial(_more, line, seen + 15, len(names)), "it delivers again")
        process.send_signal(signal.SIGKILL)
        await process.wait()
        kills += 1
    await writing
    got = line.fire.acknowledged()
    assert list(dict.fromkeys(got)) == names
    assert len(got) - len(names) <= kills
    assert len({post.headers["webhook-id"] for post in line.fire.posts}) == len(names)


@pytest.mark.deadline(180)
async def test_of_two_processes_one_delivers(line: Hooks) -> None:
    """The other stands by, takes over when it is stopped or killed, and nothing is missing or comes out of order."""
    async with line.running():
        pass  # its place is kept
    first = await _start(line)
    await line.order("o1")
    await line.fire.took(1)
    second = await _start(line)
    await line.order("o2")
    assert await line.fire.took(2) == ["o1", "o2"]
    await until(functools.partial(_kept, line, 2), "its place after both is kept")
    first.send_signal(signal.SIGSTOP)
    await line.order("o3")
    assert (await line.fire.took(3))[2:] == ["o3"]
    first.send_signal(signal.SIGCONT)
    assert await asyncio.wait_for(first.wait(), 20) == FAULT
    third = await _start(line)
    await until(functools.partial(_kept, line, 3), "its place after three is kept")
    second.send_signal(signal.SIGKILL)
    await second.wait()
    await line.order("o4")
    assert await line.fire.took(4) == ["o1", "o2", "o3", "o4"]
    third.terminate()
    assert await third.wait() == 0
    assert len({post.headers["webhook-id"] for post in line.fire.posts}) == 4


async def _write(line: Hooks, names: list[str]) -> None:
    for name in names:
        await line.order(name)
        await asyncio.sleep(0.02)


async def _kept(line: Hooks, count: int) -> bool:
    return (await line.standing()).acknowledged == count


async def _more(line: Hooks, posts: int, all_of_them: int) -> bool:
    return len(line.fire.posts) >= posts or len(set(line.fire.acknowledged())) == all_of_them


async def _start(line: Hooks) -> asyncio.subprocess.Process:
    settings = line.settings
    env = {name: value for name, value in os.environ.items() if not name.startswith("SONAE_")} | {
        "SONAE_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "SONAE_REDIS_URL": settings.redis_url,
        "SONAE_NAMESPACE": settings.namespace,
        "SONAE_PARTNERS": str(settings.partners),
        "SONAE_LOCAL": "1",
    }
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "notifier", "webhook", env=env)


async def _paused(line: Hooks) -> bool:
    return bool((await line.standing()).paused)


async def _beats(line: Hooks) -> dict[str, object] | None:
    beats = {beat.source: beat for beat in await records(line.where, "heartbeats", None)}
    told = beats.get("partner:fire:webhook")
    return beats if "partner:state:webhook" in beats and told is not None and told.state == "failing" else None
