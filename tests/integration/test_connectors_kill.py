"""The connectors as a process, killed again and again while their sources go on."""

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.kafka import Where
from schemas.records.base import World
from tests.integration.connectors_rig import DATA, FEED, ROW, SAKAI, STAGES, feeds_at, name, publishing
from tests.integration.notifier_rig import records, until
from tests.integration.odd_server import Answers, OddServer, Writer, odd_server, reply
from tests.unit.connectors.answers import atom
from tests.unit.connectors.writing import WARNED, landslide, stage_file

pytestmark = pytest.mark.kafka

JST = timedelta(hours=9)
TELEGRAMS, KILLS = 24, 5


@pytest.mark.deadline(180)
async def test_killed_again_and_again_nothing_is_missing(kafka: str, namespace: str, tmp_path: Path) -> None:
    """SIGKILL at any moment, 5 times: every telegram and every value arrives, repeats are known by their ids."""
    where, chance = Where(kafka, namespace), random.Random(20260921)
    async with publishing(kafka, namespace), odd_server(_growing()) as server:
        file = tmp_path / "feeds.toml"
        file.write_text(_feeds_file(server), encoding="utf8")
        for _ in range(KILLS):
            async with connectors(where, file):
                await asyncio.sleep(chance.uniform(0.8, 3.0))  # any moment: that is what is tested
        async with connectors(where, file):
            await until(lambda: _all_there(where), "every telegram and value is there")
    made = await records(where, "bulletins", World.ACTUAL)
    assert {bulletin.serial for bulletin in made} == set(range(TELEGRAMS))
    assert len({bulletin.id for bulletin in made}) == TELEGRAMS
    assert await records(where, "dead-letters", None) == []


@contextlib.asynccontextmanager
async def connectors(where: Where, feeds: Path) -> AsyncIterator[None]:
    """`python -m connectors run` as a process, killed at the end of the block."""
    env = os.environ | {"SONAE_KAFKA_BOOTSTRAP": where.bootstrap, "SONAE_NAMESPACE": where.namespace}
    argv = (sys.executable, "-m", "connectors", "run", "--feeds", str(feeds))
    process = await asyncio.create_subprocess_exec(*argv, env=env, stderr=asyncio.subprocess.DEVNULL)
    try:
        yield
        assert process.returncode is None, "it ended by itself"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


def _feeds_file(server: OddServer) -> str:
    rows = feeds_at(server, ROW, STAGES).rows
    return "\n".join(
        f'[[feed]]\nid = "{row.id}"\nkind = "{row.kind}"\nurl = "{row.url}"\ninterval_s = 1\nlicence = "-"\n'
        f'attribution = "-"\nstations = {list(row.stations)}\n'
        for row in rows
    )


def _growing() -> Answers:
    """One more telegram and one more slot each half second from now on, until all are there."""
    loop = asyncio.get_running_loop()
    born, first = loop.time(), datetime.now(UTC) + JST - timedelta(hours=12)
    first = first.replace(minute=0)

    def count() -> int:
        return min(TELEGRAMS, int((loop.time() - born) / 0.5) + 1)

    def slot(number: int) -> str:
        return f"{first + timedelta(minutes=10 * number):%Y/%m/%d %H:%M}"

    def value(number: int) -> dict[str, object]:
        return {"obsTime": slot(number), "stg": number / 10, "stgCcd": 0}

    answers: Answers = {DATA + name(i): [reply(landslide(WARNED, serial=str(i)))] for i in range(TELEGRAMS)}
    answers[FEED] = [_writes(lambda: atom([name(i) for i in range(count())]))]
    clock = "/kawabou/file/system/tmCrntTime.json"
    answers[clock] = [_writes(lambda: f'{{"crntObsTime": "{slot(count() - 1)}"}}'.encode())]
    for number in range(TELEGRAMS):
        path = slot(number).replace("/", "").replace(":", "").replace(" ", "/")
        shown = stage_file(*(value(i) for i in range(number + 1)))
        answers[f"/kawabou/file/files/tmlist/stg/{path}/{SAKAI}.json"] = [reply(shown)]
    return answers


def _writes(body: Callable[[], bytes]) -> Writer:
    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(reply(body()))
        await writer.drain()

    return write


async def _all_there(where: Where) -> bool:
    made = await records(where, "bulletins", World.ACTUAL)
    batches = await records(where, "readings", World.ACTUAL)
    values = {reading.value for batch in batches for reading in batch.readings}
    return {b.serial for b in made} == set(range(TELEGRAMS)) and values == {n / 10 for n in range(TELEGRAMS)}
