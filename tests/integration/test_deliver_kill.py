"""The worker is killed with SIGKILL in the middle of a job, again and again: every recipient still reaches an end."""

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from local import ports
from local.child import Child, Running
from notifier.settings import NotifierSettings
from notifier.webpush.pace import WIDEST_WINDOW
from schemas.records.delivered import End
from tests.integration.delivery_rig import Line, fresh_order, line
from tests.integration.notifier_rig import until

pytestmark = [pytest.mark.kafka, pytest.mark.deadline(180)]
JOBS, PER_JOB, KILLS = 6, 100, 3


def worker(settings: NotifierSettings, number: int = 0) -> Child:
    port = ports.free_port()
    env = {
        "SONAE_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "SONAE_REDIS_URL": settings.redis_url,
        "SONAE_NAMESPACE": settings.namespace,
        "SONAE_LOCAL": "1",
        "SONAE_INSTANCE": str(number),
        "SONAE_SEALING_KEY": settings.sealing_key,
        "SONAE_VAPID_KEY": settings.vapid_key,
        "SONAE_VAPID_SUBJECT": settings.vapid_subject,
        "SONAE_HEALTH_PORT": str(port),
        "SONAE_PUSH_CONNECTIONS": str(settings.push_connections),
    }

    async def ready() -> bool:
        return await ports.answers(f"http://{ports.LOOPBACK}:{port}/readyz")

    return Child(f"deliver-{number}", (sys.executable, "-m", "notifier", "deliver"), ready, env)


async def test_a_killed_worker_loses_nobody_and_repeats_only_what_was_in_flight(
    kafka: str, redis_url: str, namespace: str, tmp_path: Path
) -> None:
    """600 recipients, slow enough to be killed among them; nobody is missing, no phone rings twice."""
    async with line(kafka, redis_url, namespace) as made:
        phones = await made.subscribe(JOBS * PER_JOB - 60, kind="slow", delay_s=0.3)
        phones += await made.subscribe(60, kind="throttle", times=1, retry_after="1")
        order = fresh_order()
        await made.newest(order)
        for start in range(0, len(phones), PER_JOB):
            await made.send(order, phones[start : start + PER_JOB])
        await _killed_again_and_again(made, tmp_path, len(phones))
        running = await Running.start(worker(made.settings), tmp_path)
        try:
            ends = await made.ends(order, len(phones))
        finally:
            await running.stop()
        assert Counter(end.end for end in ends.values()) == {End.ACCEPTED: len(phones)}
        screens = [made.device(phone).browser for phone in phones]
        assert {browser.rang for browser in screens} == {1}
        repeats = sum(browser.repeats for browser in screens)
        print(f"{len(phones)} recipients, {KILLS} kills: {repeats} sent twice, none missing", file=sys.stderr)
        assert repeats <= KILLS * WIDEST_WINDOW  # what was under way to one push service, and what was noted last


async def test_a_second_worker_that_joins_rings_nobody_twice(
    kafka: str, redis_url: str, namespace: str, tmp_path: Path
) -> None:
    """Partitions move while jobs run and while retries wait: what runs ends first, what waits is the next owner's."""
    async with line(kafka, redis_url, namespace) as made:
        phones = await made.subscribe(300, kind="slow", delay_s=0.4)
        phones += await made.subscribe(50, kind="throttle", times=1, retry_after="4")
        first = await Running.start(worker(made.settings, 0), tmp_path)
        orders = [fresh_order() for _ in range(6)]
        try:
            await first.until_ready()
            for order in orders:
                await made.send(order, phones)
            await until(lambda: _accepted(made, 200), "two hundred pushes are out")
            second = await Running.start(worker(made.settings, 1), tmp_path)
            try:
                for order in orders:
                    ends = await made.ends(order, 350)
                    assert {end.end for end in ends.values()} == {End.ACCEPTED}
            finally:
                await second.stop()
        finally:
            await first.stop()
        assert {made.device(phone).browser.repeats for phone in phones} == {0}
        assert {made.device(phone).browser.rang for phone in phones} == {6}


async def test_two_workers_share_the_jobs_and_one_dies(
    kafka: str, redis_url: str, namespace: str, tmp_path: Path
) -> None:
    """Its partitions pass to the other; the counts are whole."""
    async with line(kafka, redis_url, namespace) as made:
        phones = await made.subscribe(200, kind="slow", delay_s=0.2)
        both = [await Running.start(worker(made.settings, number), tmp_path) for number in (0, 1)]
        try:
            await asyncio.gather(*(one.until_ready() for one in both))
            orders = [fresh_order() for _ in range(8)]
            for order in orders:
                await made.send(order, phones[:100], topic="jobs")
            await until(lambda: _accepted(made, 100), "a hundred pushes are out")
            os.kill(both[0].pid, 9)
            for order in orders:
                ends = await made.ends(order, 100)
                assert {end.end for end in ends.values()} == {End.ACCEPTED}
        finally:
            await asyncio.gather(*(one.stop() for one in both))


async def _killed_again_and_again(made: Line, logs: Path, count: int) -> None:
    for kill in range(KILLS):
        running = await Running.start(worker(made.settings), logs)
        wanted = (kill + 1) * count // (KILLS + 2)
        try:
            await until(lambda wanted=wanted: _accepted(made, wanted), f"{wanted} pushes are out")  # type: ignore[misc]
            os.kill(running.pid, 9)
        finally:
            await running.stop()


async def _accepted(made: Line, count: int) -> bool:
    return bool(made.service.devices.counts()["answers"].get("201", 0) >= count)
