"""What the connectors' integration tests share: rows at an odd server's address, telegrams to serve, a publisher."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from connectors.rows import FeedRow, Feeds
from schemas.kafka import Publisher, Where
from tests.integration.notifier_rig import create_topics
from tests.integration.odd_server import Answers, OddServer, reply
from tests.unit.connectors.answers import atom

TOPICS = ("raw", "bulletins", "readings", "cursors", "heartbeats", "dead-letters")
SAKAI = "3585_4_309"
FEED, DATA = "/developer/xml/feed/extra.xml", "/developer/xml/data/"
ROW = FeedRow(
    id="jma", kind="jma-atom", url="-", interval_s=1, licence="-", attribution="-", deadline_s=10, take={"VXWW50": ()}
)
STAGES = replace(ROW, id="stage", kind="kawabou", take={}, stations=(SAKAI,))


@contextlib.asynccontextmanager
async def publishing(kafka: str, namespace: str) -> AsyncIterator[Publisher]:
    """Connected, with topics of this test's own."""
    where = Where(kafka, namespace)
    await asyncio.to_thread(create_topics, where, TOPICS)
    publisher = Publisher(where)
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()


def name(serial: int) -> str:
    """A telegram's file name."""
    return f"20260921{serial:06d}_0_VXWW50_140000.xml"


def telegrams(bodies: dict[str, bytes]) -> Answers:
    """A feed that names these telegrams, and the telegrams."""
    answers: Answers = {DATA + key: [reply(body)] for key, body in bodies.items()}
    answers[FEED] = [reply(atom(list(bodies)))]
    return answers


def feeds_at(server: OddServer, *rows: FeedRow) -> Feeds:
    """The rows at the server's address."""
    paths = {"jma-atom": FEED, "kawabou": "/kawabou/"}
    return Feeds(tuple(replace(row, url=server.address + paths[row.kind]) for row in rows), frozenset())
