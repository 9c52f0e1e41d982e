"""Documents pushed at the running program on a real Kafka: what 202 promises, who may push, and what a kill costs."""

import asyncio
import contextlib
import gzip
import hashlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from schemas.kafka import Where
from schemas.records.base import Origin, World
from schemas.records.observed import ReadingBatch
from tests.integration.connectors_rig import publishing
from tests.integration.notifier_rig import records, until
from tests.unit.connectors.mapped.making import STAGES

pytestmark = pytest.mark.kafka

TOKEN = "9f2c7d1e5b8a4c3d9f2c7d1e5b8a4c3d"
HEAD = "gauge,time,level\n"


@dataclass(slots=True)
class Pushed:
    """The program's door, as somebody who pushes sees it. It may be killed and started again."""

    where: Where
    feeds: Path
    tokens: Path
    port: int
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Until it takes pushes in."""
        env = os.environ | {
            "SONAE_KAFKA_BOOTSTRAP": self.where.bootstrap,
            "SONAE_NAMESPACE": self.where.namespace,
            "SONAE_PUSH_PORT": str(self.port),
            "SONAE_PUSH_TOKENS": str(self.tokens),
        }
        argv = (sys.executable, "-m", "connectors", "run", "--feeds", str(self.feeds))
        self.process = await asyncio.create_subprocess_exec(*argv, env=env, stderr=asyncio.subprocess.DEVNULL)
        await until(self._is_open, "the door is open")

    async def kill(self) -> None:
        """As a power cut does."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()

    async def send(self, body: bytes, token: str = TOKEN, source: str = "city", **headers: str) -> httpx.Response:
        """One push."""
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            address = f"http://127.0.0.1:{self.port}/push/{source}"
            return await client.post(address, content=body, headers={"Authorization": f"Bearer {token}"} | headers)

    async def batches(self) -> list[ReadingBatch]:
        """Batches with readings that are in the topic."""
        found: list[ReadingBatch] = await records(self.where, "readings", World.ACTUAL)
        return [batch for batch in found if batch.readings]

    async def _is_open(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return (await self.send(b"")).status_code == 400
        return False


@pytest.fixture
async def door(kafka: str, namespace: str, tmp_path: Path, free_port: Callable[[], int]) -> AsyncIterator[Pushed]:
    """A running program with one source that is pushed to."""
    mapping, feeds, tokens = (tmp_path / name for name in ("city.toml", "feeds.toml", "tokens.toml"))
    mapping.write_text(STAGES, encoding="utf8")
    tokens.write_text(f'city = ["{hashlib.sha256(TOKEN.encode()).hexdigest()}"]', encoding="utf8")
    feeds.write_text(
        f'official_inboxes = ["push://city"]\n[[feed]]\nid = "city"\nkind = "mapped"\nurl = "push://city"\n'
        f'mapping = "{mapping}"\ninterval_s = 1\nmax_bytes = 200000\nlicence = "-"\nattribution = "-"\n',
        encoding="utf8",
    )
    async with publishing(kafka, namespace):
        pushed = Pushed(Where(kafka, namespace), feeds, tokens, free_port())
        await pushed.start()
        try:
            yield pushed
        finally:
            await pushed.kill()


def line(minutes_ago: int, level: str = "1.0") -> str:
    """A row of the table, observed so many minutes ago."""
    at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=minutes_ago)
    return f"g1,{at.isoformat()},{level}\n"


async def test_202_means_that_bytes_and_records_are_kept(door: Pushed) -> None:
    """Killed right after the answer, nothing is missing; sent again, nothing is doubled."""
    body = (HEAD + line(20) + line(10, "1.5") + line(5, "x")).encode()
    answer = await door.send(body)
    await door.kill()
    assert answer.status_code == 202
    assert answer.json()["readings"] == 2
    assert [one["reason"] for one in answer.json()["parked"]] == ["not_a_number"]
    assert "line 4" in answer.json()["parked"][0]["text"]
    (batch,) = await door.batches()
    assert ([one.value for one in batch.readings], batch.origin) == ([1.0, 1.5], Origin.LIVE)
    (raw,) = await records(door.where, "raw", None)
    assert gzip.decompress(raw.body) == body
    assert len(await records(door.where, "dead-letters", None)) == 1
    await door.start()
    again = await door.send(body)
    assert (again.status_code, again.json()["readings"], again.json()["repeated"]) == (202, 0, 2)
    assert {one.id for one in await door.batches()} == {batch.id}


async def test_the_same_push_again_is_answered_the_same(door: Pushed) -> None:
    """Whoever did not hear the answer sends again; a longer table sends what is new."""
    body = (HEAD + line(20)).encode()
    first, second = await door.send(body), await door.send(body)
    assert (first.json()["repeat"], second.json()["repeat"]) == (False, True)
    assert second.json()["trace"] == first.json()["trace"]
    assert (await door.send(body + line(10).encode())).json()["readings"] == 1
    assert len(await records(door.where, "raw", None)) == 2


async def test_who_may_not_push_learns_nothing(door: Pushed) -> None:
    """A wrong token, a short one and an unknown source look the same; many of them shut the door for a while."""
    body = (HEAD + line(20)).encode()
    for answer in (await door.send(body, "x" * 32), await door.send(body, "-"), await door.send(body, source="other")):
        assert (answer.status_code, answer.json()["reason"]) == (401, "token_wrong")
    assert await records(door.where, "raw", None) == []
    answers = [(await door.send(body, "x" * 32)).status_code for _ in range(40)]
    assert answers[-1] == 429
    assert (await door.send(body)).status_code == 202


async def test_bodies_that_are_too_large_packed_or_nonsense(door: Pushed) -> None:
    """A gzip may come; a bomb, too much and another coding may not; nonsense is kept, parked and told."""
    body = (HEAD + line(20)).encode()
    packed = {"Content-Encoding": "gzip"}
    assert (await door.send(gzip.compress(body), **packed)).json()["readings"] == 1
    assert (await door.send(gzip.compress(b" " * 300_000), **packed)).status_code == 413
    assert (await door.send(b" " * 300_000)).status_code == 413
    assert (await door.send(body, **{"Content-Encoding": "br"})).status_code == 415
    nonsense = await door.send(b"\x00\x01")
    assert (nonsense.status_code, nonsense.json()["readings"]) == (422, 0)
    assert len(await records(door.where, "raw", None)) == 2


@pytest.mark.deadline(180)
async def test_killed_while_pushes_come_nothing_is_lost(door: Pushed) -> None:
    """SIGKILL at any moment, 3 times: whoever sends until 202 finds every value in the topic."""
    rows = [line(900 - number, f"{number / 10}") for number in range(40)]
    sender = asyncio.create_task(_send_all(door, rows))
    chance = random.Random(20260921)
    for _ in range(3):
        await asyncio.sleep(chance.uniform(0.1, 1.0))  # any moment: that is what is tested
        await door.kill()
        await door.start()
    await sender
    found = [reading for batch in await door.batches() for reading in batch.readings]
    assert {reading.value for reading in found} == {number / 10 for number in range(40)}
    assert {reading.observed_at for reading in found} == {datetime.fromisoformat(row.split(",")[1]) for row in rows}
    assert await records(door.where, "dead-letters", None) == []


async def _send_all(door: Pushed, rows: list[str]) -> None:
    """Each until it is answered with 202, as a sender should."""
    for row in rows:
        answered = 0
        while answered != 202:
            with contextlib.suppress(httpx.TransportError):
                answered = (await door.send((HEAD + row).encode())).status_code
            await asyncio.sleep(0.02)


@pytest.mark.deadline(180)
async def test_killed_while_files_come_each_is_taken(door: Pushed, tmp_path: Path) -> None:
    """A folder beside the push: 12 files, 3 kills; every value arrives, and the files stay as they were laid."""
    folder = tmp_path / "drop"
    folder.mkdir()
    with door.feeds.open("a", encoding="utf8") as feeds:
        feeds.write(
            f'[[feed]]\nid = "drop"\nkind = "mapped"\nurl = "file://{folder}"\nmapping = "{tmp_path / "city.toml"}"\n'
            'interval_s = 1\nlicence = "-"\nattribution = "-"\n'
        )
    laid = {f"{number:02}.csv": HEAD + line(900 - number, f"{number}") for number in range(12)}
    for kill in range(3):
        for name in sorted(laid)[4 * kill : 4 * kill + 4]:
            (folder / name).write_text(laid[name], encoding="utf8")
            os.utime(folder / name, (1_700_000_000, 1_700_000_000))
        await door.kill()
        await door.start()
    await until(lambda: _have(door, 12), "every file was taken")
    assert {file.name: file.read_text(encoding="utf8") for file in folder.iterdir()} == laid


async def _have(door: Pushed, many: int) -> bool:
    values = {reading.value for batch in await door.batches() for reading in batch.readings}
    return values == set(range(many))
