"""A Kafka that stops, that is slow, whose disk is full: workers end or wait, and nothing is lost or out of order."""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from schemas.kafka import Publisher
from tests.integration.counting_worker import Counted, CountingFold, chained
from tests.integration.own_kafka import own_kafka, slow_proxy, supervised
from tests.integration.streams_rig import ACTUAL, TOWNS, Line, batch, line

pytestmark = pytest.mark.kafka
FAULT = "exit code 70"
SETTLED_WITHIN_S = 60.0


class Story:
    """Batches for every town, and what a state must hold once all of them are folded in their order."""

    def __init__(self) -> None:
        self.number = 0
        self.chains: dict[str, str] = dict.fromkeys(TOWNS, "")
        self.counts: Counter[str] = Counter()

    async def feed(self, streams: Line, rounds: int, padding: int = 0) -> None:
        """Acknowledged when it returns. `padding` makes each batch so many characters larger."""
        sent = []
        for _ in range(rounds):
            self.number += 1
            for town in TOWNS:
                made = batch(town, self.number, "." * padding)
                sent.append(await streams.publisher.begin("readings", town, made))
                self.chains[town] = chained(self.chains[town], made.id)
                self.counts[town] += 1
        await asyncio.gather(*sent)

    def is_in(self, states: dict[str, Counted]) -> bool:
        """Whether all of it is folded, once each and in order."""
        return all(
            town in states and states[town].chains["ReadingBatch"] == chain for town, chain in self.chains.items()
        )

    async def settled(self, streams: Line) -> None:
        """Returns once all of it is in the stored states; asserts that every input was told of."""
        async with asyncio.timeout(SETTLED_WITHIN_S):
            while not self.is_in(await _states(streams)):  # noqa: ASYNC110 - another process sets no event
                await asyncio.sleep(0.5)
        told = {detection.subject for detection in await streams.records("detections")}
        assert len(told) == self.counts.total()


async def _states(streams: Line) -> dict[str, Counted]:
    try:
        return await streams.states("watch-state", CountingFold().decode)
    except LookupError:  # for a moment after it hung, Kafka knows no leaders
        return {}


@pytest.mark.parametrize("stopped_s", [15, pytest.param(60, marks=[pytest.mark.soak, pytest.mark.deadline(300)])])
async def test_a_kafka_that_stops_and_goes_on(tmp_path: Path, namespace: str, stopped_s: int) -> None:
    """It answers nobody, as when its machine hangs. Workers end by a fault and come again; then all is handled."""
    story = Story()
    async with own_kafka(tmp_path) as kafka, line(kafka.bootstrap, namespace, tmp_path) as streams:  # noqa: SIM117
        async with supervised(streams, "a", "b") as ends:
            await story.feed(streams, 5)
            await story.settled(streams)
            kafka.running.send(signal.SIGSTOP)
            await asyncio.sleep(stopped_s)  # how long it hangs is what is tested
            kafka.running.send(signal.SIGCONT)
            await story.feed(streams, 5)
            await story.settled(streams)
            assert {end for found in ends.values() for end in found} <= {FAULT}


async def test_a_slow_kafka_is_waited_for(tmp_path: Path, namespace: str) -> None:
    """200 ms each way, for data, commits and heartbeats alike: nobody ends, nothing is lost."""
    story = Story()
    async with own_kafka(tmp_path, proxied=True) as kafka:
        told = int(kafka.bootstrap.rsplit(":", 1)[1])
        async with (
            slow_proxy(told, kafka.port, 0.2),
            line(kafka.bootstrap, namespace, tmp_path) as streams,
            supervised(streams, "a", "b") as ends,
        ):
            await story.feed(streams, 20)
            await story.settled(streams)
            assert ends == {"a": [], "b": []}


async def test_a_full_log_directory(tmp_path: Path, namespace: str) -> None:
    """Kafka can write no more and ends; with room again, all that it had acknowledged is handled.

    Full means here that no file may grow beyond 12 MB, which needs neither a disk of its own nor privileges.
    """
    story, room = Story(), 12_000_000
    async with own_kafka(tmp_path, largest_file=room) as kafka, line(kafka.bootstrap, namespace, tmp_path) as streams:  # noqa: SIM117
        async with supervised(streams, "a", "b") as ends:
            await story.feed(streams, 5)
            await story.settled(streams)
            filling = asyncio.create_task(_fill(streams))
            assert await kafka.running.wait() != "exit code 0"
            filling.cancel()
            await kafka.again()
            await story.feed(streams, 5)
            await story.settled(streams)
            assert {end for found in ends.values() for end in found} <= {FAULT}


async def _fill(streams: Line) -> None:
    """Bytes that cannot be compressed, to a topic that no worker here reads, until cancelled."""
    publisher, topic = Publisher(streams.where), streams.where.name("decisions", ACTUAL)
    await publisher.start()
    while True:
        await publisher.resend(topic, b"14205", os.urandom(40_000), 0)
