"""An index whose pages no longer fit its subscribers: laid out anew beside the one that serves, then swapped in whole.

Until then readers and the indexer go on with the old one. Whoever dies in between begins again: the next indexer goes
on with the generation that is current, and drops the other.
"""

import asyncio

from notifier.generations import Generations
from notifier.index_turn import Turn
from notifier.indexing import Indexer
from notifier.pages import busy_key
from notifier.polling import batches, stop_if_cancelled
from schemas.kafka import Where, tail_consumer
from schemas.process.log import get_logger

LOOK_AGAIN_S = 0.5


async def keep_fitting(where: Where, physical: str, indexer: Indexer, generations: Generations) -> None:
    """Lay the index out anew as often as its pages do not fit. Until cancelled."""
    while True:
        await indexer.unfit.wait()
        stop_if_cancelled()
        await _quiet(generations.turn)
        people = await indexer.count()
        if not indexer.unfit.is_set():
            continue
        writer = generations.fresh(people, "its pages no longer fit its subscribers")
        await _build(where, physical, indexer, indexer.beside(writer), generations.turn)
        people = await indexer.count()
        get_logger().info("index laid out anew", generation=writer.keys.generation, subscribers=people)


async def _build(where: Where, physical: str, indexer: Indexer, beside: Indexer, turn: Turn) -> None:
    """All of the topic into the new generation, while nobody is being told."""
    consumer = await tail_consumer(where, physical)
    try:
        async for fetched in batches(consumer):
            for messages in fetched.values():
                await indexer.handle(messages)  # first: what the new one holds, the old one holds
                await beside.handle(messages)
            positions = {part.partition: await consumer.position(part) for part in consumer.assignment()}
            if await indexer.give_way(beside, positions):
                return
            await _quiet(turn)
    finally:
        await consumer.stop()


async def _quiet(turn: Turn) -> None:
    while await turn.redis.exists(busy_key(turn.namespace)):  # noqa: ASYNC110 - Redis sets no event
        await asyncio.sleep(LOOK_AGAIN_S)
