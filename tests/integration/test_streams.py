"""*watch*'s shell on a real Kafka: every input reaches its end, content parks, and contradictions stop the process."""

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from confluent_kafka.cimpl import NewTopic

from schemas.admin import admin
from schemas.codec import Codec
from schemas.records.base import Hazard, InputOffset, World
from schemas.records.observed import ReadingBatch, ReportKind
from schemas.records.plumbing import DeadLetter, WatchState
from tests.integration.counting_worker import CountingFold
from tests.integration.streams_rig import ACTUAL, AT, COUNTING, TOWNS, Line, batch, line, statement
from tests.unit.streams.inputs import report

pytestmark = pytest.mark.kafka
DECODE = CountingFold().decode
FAULT, NEEDS_PERSON = "exit code 70", "exit code 78"


@pytest_asyncio.fixture
async def streams(kafka: str, namespace: str, tmp_path: Path) -> AsyncIterator[Line]:
    """A namespace of its own."""
    async with line(kafka, namespace, tmp_path) as made:
        yield made


async def test_content_that_cannot_be_read_parks_and_the_next_is_handled(streams: Line) -> None:
    """Garbage, another world, a wrong key, a tombstone, an impossible batch, an unsigned report; then a good one."""
    topic, send = streams.where.name("readings", ACTUAL), streams.publisher.resend
    drill = Codec(ReadingBatch, World.EXERCISE).encode(_exercise(batch("14205", 1)))
    good = Codec(ReadingBatch, ACTUAL)
    await send(topic, b"14205", b"\x00garbage", None)
    await send(topic, b"14205", drill, None)
    await send(topic, b"14205", good.encode(batch("14100", 2)), None)
    await send(topic, b"14205", None, None)  # type: ignore[arg-type]  # a tombstone, which nobody should write
    await send(topic, b"not a town", b"?" * 70_000, None)
    await streams.publisher.send("readings", "14205", batch("14205", 3, reason="impossible"))
    await streams.publisher.send("reports", "14205", report(AT, ReportKind.SLIDE, Hazard.LANDSLIDE))
    await streams.publisher.send("readings", "14205", batch("14205", 4))
    worker = await streams.worker()
    letters: list[DeadLetter] = await streams.until("dead-letters", lambda found: len(found) == 7)
    seen = await streams.until("detections", lambda found: len(found) == 1)
    assert seen[0].subject == batch("14205", 4).id
    assert sorted(letter.reason for letter in letters) == [
        "ContentError", "ContentError", "ContentError", "Unreadable", "Unreadable", "Unreadable", "WrongWorld",
    ]  # fmt: skip
    garbage = next(letter for letter in letters if letter.body == b"\x00garbage")
    assert (garbage.municipality, garbage.topic, garbage.program) == ("14205", topic, "watch")
    assert garbage.sha256 == hashlib.sha256(b"\x00garbage").hexdigest()
    large = next(letter for letter in letters if letter.size == 70_000)
    assert (large.municipality, large.truncated, len(large.body)) == (None, True, 65_536)
    await worker.stop()


async def test_a_tick_acts_only_once_the_inputs_it_names_are_handled(streams: Line) -> None:
    """Ticks are written at the start; the count that a tick saw is that of all inputs before it."""
    for number in range(200):
        await streams.publisher.begin("readings", "14205", batch("14205", number))
    worker = await streams.worker()
    states = await streams.until("watch-state", lambda found: bool(found) and DECODE(found[-1].body).ticked > 0)
    ticked = [DECODE(record.body).ticked for record in states]
    assert set(ticked) <= {0, 200}  # a quick worker stores states before the first tick, too
    assert ticked[-1] == 200
    await worker.stop()


async def test_two_workers_share_partitions_and_each_keeps_a_partitions_inputs_together(streams: Line) -> None:
    """Readings and bulletins of one town are folded by one worker, also when a third joins four partitions."""
    workers = [await streams.worker(instance=name) for name in ("a", "b", "c")]
    expected = len(TOWNS) * 2
    for town in TOWNS:
        await streams.publisher.send("readings", town, batch(town, 1))
        await streams.publisher.send("bulletins", town, statement(town, 1))
    await streams.until("detections", lambda found: len({d.id for d in found}) == expected)
    states = await streams.states("watch-state", DECODE)
    assert {town: dict(state.counts) for town, state in states.items()} == {
        town: {"ReadingBatch": 1, "Bulletin": 1} for town in TOWNS
    }
    for worker in workers:
        await worker.stop()


async def test_a_topic_that_was_made_again_stops_the_worker_with_a_message(streams: Line) -> None:
    """Its offsets start at 0: going on would skip every new input in silence."""
    await streams.publisher.send("readings", "14205", batch("14205", 1))
    worker = await streams.worker()
    await streams.until("watch-state", lambda found: len(found) >= 1)
    await worker.stop()
    await asyncio.to_thread(_make_again, streams, "readings")
    await streams.publisher.send("readings", "14205", batch("14205", 2))
    assert await (await streams.worker()).wait() == NEEDS_PERSON
    assert "was made again" in streams.log()


async def test_a_topic_that_lost_its_end_stops_the_worker(streams: Line) -> None:
    """The state includes an offset that the topic has not reached."""
    worker = await streams.worker()
    await streams.publisher.send("readings", "14205", batch("14205", 1))
    (state,) = await streams.until("watch-state", lambda found: len(found) == 1)
    await worker.stop()
    offset = InputOffset(state.inputs[0].topic, state.inputs[0].topic_id, state.inputs[0].partition, 1_000_000)
    ahead = WatchState(ACTUAL, "14205", state.layout, (offset,), state.body, AT)
    await streams.publisher.send("watch-state", "14205", ahead)
    assert await (await streams.worker()).wait() == NEEDS_PERSON
    assert "lost its end" in streams.log()


async def test_a_state_in_another_layout_is_rebuilt_from_its_inputs(streams: Line) -> None:
    """A threshold changed between two starts: what was counted is counted again, and nothing is said twice."""
    worker = await streams.worker()
    for number in range(20):
        await streams.publisher.send("readings", "14205", batch("14205", number))
        await streams.publisher.send("bulletins", "14205", statement("14205", number))
    await streams.until("detections", lambda found: len(found) == 40)
    await streams.until(
        "watch-state", lambda found: DECODE(found[-1].body).counts == {"ReadingBatch": 20, "Bulletin": 20}
    )
    await worker.stop()
    worker = await streams.worker((*COUNTING, "counting2"))
    await streams.publisher.send("readings", "14205", batch("14205", 20))
    await streams.until("detections", lambda found: len(found) == 41)
    states = await streams.states("watch-state", DECODE)
    assert states["14205"].counts == {"ReadingBatch": 21, "Bulletin": 20}
    await worker.stop()


async def test_unequal_partition_counts_stop_the_start(streams: Line) -> None:
    """State and inputs of a town would no longer lie side by side."""
    name = streams.where.name("bulletins", ACTUAL)
    await asyncio.to_thread(_recreate, streams, name, 3)
    assert await (await streams.worker()).wait() == NEEDS_PERSON
    assert "equally many partitions" in streams.log()


async def test_a_missing_topic_ends_the_start_with_what_to_do(kafka: str, namespace: str, tmp_path: Path) -> None:
    """Nobody ran sync."""
    async with line(kafka, namespace, tmp_path) as other:
        other.where = type(other.where)(kafka, f"{namespace}nobody-")
        assert await (await other.worker()).wait() == FAULT
        assert "python -m schemas sync" in other.log()


async def test_a_worker_that_stood_still_longer_than_its_session_ends_itself(streams: Line) -> None:
    """Its partitions may have a new owner: it must not write once more when it wakes."""
    worker = await streams.worker()
    await streams.publisher.send("readings", "14205", batch("14205", 1))
    await streams.until("watch-state", lambda found: len(found) == 1)
    os.kill(worker.pid, signal.SIGSTOP)
    await asyncio.sleep(5)  # longer than STOOD_STILL_S: real time is what is tested here
    await streams.publisher.send("readings", "14205", batch("14205", 2))
    os.kill(worker.pid, signal.SIGCONT)
    assert await worker.wait() == FAULT
    again = await streams.worker()
    await streams.until(
        "detections", lambda found: {d.subject for d in found} == {batch("14205", n).id for n in (1, 2)}
    )
    await again.stop()


async def test_stopping_takes_a_moment_and_loses_nothing(streams: Line) -> None:
    """SIGTERM in the middle of twenty thousand inputs, then another worker: every input once in the state."""
    inputs = 20_000
    for number in range(inputs):
        await streams.publisher.begin("readings", "14205", batch("14205", number))
    worker = await streams.worker()
    await streams.until("watch-state", lambda found: bool(found))
    await worker.stop()
    assert await worker.wait() == "exit code 0"
    states = await streams.states("watch-state", DECODE)
    assert states["14205"].counts["ReadingBatch"] < inputs, "it was stopped in the middle"
    again = await streams.worker()
    await streams.until("watch-state", lambda found: DECODE(found[-1].body).counts.get("ReadingBatch") == inputs, 90)
    await again.stop()


def _exercise(record: ReadingBatch) -> ReadingBatch:
    return replace(record, world=World.EXERCISE)


def _make_again(streams: Line, name: str) -> None:
    _recreate(streams, streams.where.name(name, ACTUAL), 4)


def _recreate(streams: Line, physical: str, partitions: int) -> None:
    client = admin(streams.where)
    client.delete_topics([physical], operation_timeout=20)[physical].result(20)
    client.create_topics([NewTopic(physical, partitions, 1)], operation_timeout=20)[physical].result(20)
