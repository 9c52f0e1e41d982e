"""Polling the rebuilt feeds with the real sources, through outages and kills, by a clock of the test's own."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.formats import sources_of
from connectors.jma.feed import AtomSource
from connectors.places import from_reference
from connectors.rows import FeedRow, Feeds
from connectors.source import Failed, Recalls, Source
from tests.rebuilt_feeds import FEEDS, HOST, Server

SOONER = timedelta(seconds=5)


def four_rows(address: str = HOST) -> Feeds:
    """JMA's four feeds with their long ones; every telegram is taken."""
    rows = tuple(
        FeedRow(
            id=f"jma-{name}",
            kind="jma-atom",
            url=f"{address}/developer/xml/feed/{name}.xml",
            long_url=f"{address}/developer/xml/feed/{name}_l.xml",
            interval_s=60,
            offset_s=20,
            cadence_s=7200,
            licence="-",
            attribution="-",
        )
        for name in FEEDS
    )
    return Feeds(rows, frozenset({"www.data.jma.go.jp"}) if address == HOST else frozenset())


@dataclass(slots=True)
class Poller:
    """The connectors' process, as far as its feeds go: sources, saved cursors, and what it published."""

    server: Server
    feeds: Feeds = field(default_factory=four_rows)
    sources: list[Source] = field(default_factory=list)
    saved: dict[str, str] = field(default_factory=dict)
    published: Counter[str] = field(default_factory=Counter)
    longest_cursor: int = 0
    polls: int = 0
    waiting: int = 0

    def start(self) -> None:
        """A new process: all that it knows are the cursors that were saved."""
        self.sources = sources_of(self.feeds, from_reference())
        for source in self.sources:
            assert isinstance(source, Recalls)
            source.recall(self.saved.get(source.row.id))

    async def minute(self, killed_before_save: bool = False) -> None:
        """All four feeds polled once; a kill loses what was fetched but not saved. A backlog is polled on at once."""
        self.waiting = 0
        for source in self.sources:
            await self._poll(source, killed_before_save)
        if killed_before_save:
            self.start()

    async def _poll(self, source: Source, killed: bool) -> None:
        assert isinstance(source, AtomSource)
        waiting, rounds = 1, 0
        while waiting and rounds < 8:  # as often as a minute has room for
            result = await source.poll(self.saved.get(source.row.id), self.server, self.server.now + rounds * SOONER)
            self.polls, rounds = self.polls + 1, rounds + 1
            if isinstance(result, Failed) or killed:
                return
            self.published.update(one.key for one in getattr(result, "payloads", ()))
            self.saved[source.row.id] = result.cursor
            self.longest_cursor = max(self.longest_cursor, len(result.cursor))
            waiting = result.waiting
        self.waiting += waiting

    async def until(self, end: datetime) -> None:
        """Polled at :20 of every minute."""
        while self.server.now < end:
            await self.minute()
            self.server.now += timedelta(minutes=1)
