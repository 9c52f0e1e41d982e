"""Contestant: a bare aiokafka loop with the same decoding, detection, outputs and state writes. See bench.detect."""

import asyncio
import gc
import time

from aiokafka.structs import ConsumerRecord

from bench.detector import Detector
from bench.odometer import Odometer, spec_of_argv
from schemas.kafka import Publisher, Where, group_consumer
from schemas.process.settings import Settings, load
from schemas.records.base import World
from streams.ledger import AT_MOST_S
from streams.worker import RARELY


async def main() -> None:
    """Outputs at once; every 3 s outputs, then states, then the commit are acknowledged: as *watch* does."""
    gc.set_threshold(*RARELY)
    where = Where.of(load(Settings))
    spec = spec_of_argv()
    detector, odometer, publisher = Detector(spec), Odometer(spec), Publisher(where)
    consumer = group_consumer(where, "bare", "0", where.name("readings", World.ACTUAL))
    await asyncio.gather(publisher.start(), consumer.start())
    owed: dict[str, ConsumerRecord] = {}
    said, settled, over = [], time.monotonic(), False
    while not over:
        for messages in (await consumer.getmany(timeout_ms=100, max_records=200)).values():
            for message in messages:
                town, outputs = detector.take(message.value)
                said += [await publisher.begin(o.topic, o.key, o.record, message.partition) for o in outputs]
                owed[town] = message
                over = odometer.passed(len(outputs)) or over
        if time.monotonic() - settled >= AT_MOST_S:
            await asyncio.gather(*said)
            await _keep(detector, publisher, owed)
            await consumer.commit()
            owed, said, settled = {}, [], time.monotonic()
    await consumer.stop()
    await publisher.stop()


async def _keep(detector: Detector, publisher: Publisher, owed: dict[str, ConsumerRecord]) -> None:
    sent = []
    for town, message in owed.items():
        record = detector.state(town, message.topic, message.partition, message.offset)
        sent.append(await publisher.begin("watch-state", town, record, message.partition))
    await asyncio.gather(*sent)


if __name__ == "__main__":
    asyncio.run(main())
