"""Which code speaks which format: the `kind` of a row of feeds.toml."""

from connectors.jma.feed import AtomSource
from connectors.places import Places
from connectors.river.kawabou import KawabouSource
from connectors.rows import BadFeeds, FeedRow, Feeds
from connectors.source import Source

KINDS = ("jma-atom", "kawabou")


def source_of(row: FeedRow, feeds: Feeds, places: Places) -> Source:
    """The row's source; raises BadFeeds for a kind that nobody speaks."""
    if row.kind == "jma-atom":
        return AtomSource(row, feeds, places)
    if row.kind == "kawabou":
        return KawabouSource(row, places)
    raise BadFeeds(f"{row.id}: kind {row.kind!r} is unknown; there are {', '.join(KINDS)}")
