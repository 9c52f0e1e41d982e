"""`python -m bench.japan`: a day of all Japan worked through by one worker of *watch*, and what a restart costs.

1,741 municipalities, about 20,000 gauges with thresholds, ten-minute data of a day, and in every municipality warnings
that rise and end, so that rules and recommendations are at work. All lies on the real Kafka when the worker starts.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.detect import ROWS, erase
from bench.rivers import EVERY, Spec, batches, towns_of
from local.child import Child, Running
from local.kafka import running_kafka
from schemas.admin import sync_topics
from schemas.kafka import Publisher, Where, read_to_end
from schemas.records.base import Hazard, Origin, Trace, World, content_id
from schemas.records.observed import Bulletin, BulletinItem, InfoType
from schemas.signing import new_key_pair
from schemas.topics import load_profiles
from streams.kafka_side import SideReader

TOWNS, GAUGES, ROUNDS, FLOODED = 1741, 12, 144, 0.01
WARNED_EVERY, LEVELS = 12, (3, 4, None)
"""Polls from one telegram of a municipality to its next; the levels of its landslide warning, telegram by telegram."""
MOST_S, GIVEN_UP_S = 60.0, 900.0


def telegrams(spec: Spec, number: int) -> Iterator[Bulletin]:
    """One round's: every municipality has one every two hours, at a round of its own."""
    at = datetime.fromtimestamp(spec.began, UTC) + number * EVERY
    for place, town in enumerate(towns_of(spec)):
        if (number + place) % WARNED_EVERY == 0:
            turn = (number + place) // WARNED_EVERY
            yield _telegram(town, turn, LEVELS[turn % len(LEVELS)], at)


def _telegram(town: str, serial: int, level: int | None, at: datetime) -> Bulletin:
    area, status = f"{town}00", "解除" if level is None else "発表"
    item = BulletinItem(Hazard.LANDSLIDE, area, area, "", f"レベル{level}", status, level is not None, level or 0)
    bulletin_id = content_id("japan", town, serial, at)
    return Bulletin(
        *(bulletin_id, World.ACTUAL, Origin.LIVE, "measured", town, area, town, "VXWW50", "VXWW50", "", serial + 1),
        *(InfoType.ISSUED, at, at + timedelta(minutes=1), "土砂災害警戒情報", "", "", "", ""),
        *((item,), Trace(bulletin_id, at), at),
    )


async def fill(where: Where, spec: Spec) -> int:
    """The day in its order, round by round; how many records that is."""
    await asyncio.to_thread(sync_topics, where, load_profiles()["local"], ROWS)
    publisher = Publisher(where)
    await publisher.start()
    count, sent = 0, list[asyncio.Future[Any]]()
    for batch in batches(spec):
        if count % spec.towns == 0:
            await asyncio.gather(*sent)
            sent = [
                await publisher.begin("bulletins", told.municipality, told)
                for told in telegrams(spec, count // spec.towns)
            ]
        sent.append(await publisher.begin("readings", batch.municipality, batch))
        count += 1
    await asyncio.gather(*sent)
    await publisher.stop()
    return count


async def worked_through(where: Where, logs: Path, argv: Sequence[str]) -> tuple[float, float]:
    """Processor seconds and seconds until one worker had committed all inputs; it is killed (-9) then."""
    env = {
        "SONAE_KAFKA_BOOTSTRAP": where.bootstrap,
        "SONAE_NAMESPACE": where.namespace,
        "SONAE_VERIFY_KEY": new_key_pair()[1],
        "SONAE_LOG_LEVEL": "warning",
    }
    began = time.monotonic()
    worker = await Running.start(Child("watch", (sys.executable, *argv), env=env), logs)
    reader = SideReader(where, "watch-actual")
    await reader.start()
    try:
        topics = [where.name(name, World.ACTUAL) for name in ("readings", "bulletins")]
        ends = await reader.ends(topics, range(4))
        async with asyncio.timeout(GIVEN_UP_S):
            while await _done(reader, topics) < sum(ends.values()):
                if worker.ended:
                    raise RuntimeError(f"the worker ended: {await worker.wait()}, see {worker.log}")
                await asyncio.sleep(0.2)
        return cpu_s(worker.pid), time.monotonic() - began
    finally:
        worker.send(signal.SIGKILL)
        await worker.wait()
        await reader.stop()


async def _done(reader: SideReader, topics: list[str]) -> int:
    return sum([sum((await reader.next_offsets(topics, partition)).values()) for partition in range(4)])


def cpu_s(pid: int) -> float:
    """Processor time of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def bench(towns: int, rounds: int) -> int:
    """Prints the figures; 0 if a day is worked through in time, be it by extrapolation."""
    gauges = GAUGES
    now = int(time.time() // 600 * 600)
    spec = Spec(towns, gauges, rounds, 0, FLOODED, now - rounds * 600)
    argv = ("-m", "bench.run_watch", spec.text())
    with tempfile.TemporaryDirectory(prefix="sonae-japan-") as folder:
        async with running_kafka(Path(folder)) as bootstrap:
            where = Where(bootstrap, "japan-")
            count = await fill(where, spec)
            print(f"{towns} municipalities, {towns * gauges} gauges, {rounds} polls: {count} batches lie on Kafka")
            cpu, wall = await worked_through(where, Path(folder), argv)
            print(f"worked through in {cpu:.1f} s of processor time, {wall:.1f} s in all, start included")
            sizes = await _sizes(where)
            print(f"state of a municipality: {sum(sizes) / len(sizes) / 1000:.1f} kB, at most {max(sizes) / 1000:.1f}")
            again = await fill_again(where, spec)
            _, wall_again = await worked_through(where, Path(folder), argv)
            print(f"killed (-9), started again: {again} more batches handled after {wall_again:.1f} s")
            await asyncio.to_thread(erase, where)
    return 0 if _judge(cpu, towns, rounds) else 1


def _judge(cpu: float, towns: int, rounds: int) -> bool:
    """Prints the verdict; what was shorter than the whole day is scaled up, with the start in it, and says so."""
    day_s = cpu * (TOWNS * ROUNDS) / (towns * rounds)
    met, whole = day_s <= MOST_S, (towns, rounds) == (TOWNS, ROUNDS)
    how = "measured" if whole else f"EXTRAPOLATED from {towns} municipalities and {rounds} of {ROUNDS} polls"
    print(f"{'met  ' if met else 'MISSED'} a day in {day_s:.1f} s of processing (at most {MOST_S:.0f}), {how}")
    if not whole:
        print("       the start, which a day has once, is scaled up too; only a whole day is a verdict")
    return met


async def fill_again(where: Where, spec: Spec) -> int:
    """One poll of everybody more, for the worker that comes again: it reads all states first."""
    publisher = Publisher(where)
    await publisher.start()
    later = Spec(spec.towns, spec.gauges, 1, 0, 0.0, spec.began + spec.rounds * 600, spec.seed + 1)
    sent = [await publisher.begin("readings", batch.municipality, batch) for batch in batches(later)]
    await asyncio.gather(*sent)
    await publisher.stop()
    return len(sent)


async def _sizes(where: Where) -> list[int]:
    newest: dict[bytes, int] = {}
    async for message in read_to_end(where, where.name("watch-state", World.ACTUAL)):
        newest[message.key or b""] = len(message.value or b"")
    return list(newest.values())


def main(argv: list[str]) -> int:
    """Exit codes: 0 in time, 1 not."""
    parser = argparse.ArgumentParser(prog="python -m bench.japan", description=__doc__)
    parser.add_argument("--towns", type=int, default=TOWNS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args(argv)
    return asyncio.run(bench(arguments.towns, arguments.rounds))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
