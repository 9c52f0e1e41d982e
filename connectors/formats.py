"""Which code speaks which format: the `kind` of a row of feeds.toml."""

from collections.abc import Callable

from connectors.jma.feed import AtomSource
from connectors.places import Places
from connectors.river.kawabou import KawabouSource
from connectors.rows import BadFeeds, FeedRow, Feeds
from connectors.source import Source

STATIONS: dict[str, Callable[[FeedRow, Places], Source]] = {
    "kawabou": KawabouSource,
    "kawabou-rain": KawabouSource,
    "kawabou-dam": KawabouSource,
}
"""Sources of readings: they need no more than their row and the places."""
KINDS = ("jma-atom", *STATIONS)


def source_of(row: FeedRow, feeds: Feeds, places: Places) -> Source:
    """The row's source; raises BadFeeds for a kind that nobody speaks."""
    if row.kind == "jma-atom":
        return AtomSource(row, feeds, places)
    if row.kind in STATIONS:
        return STATIONS[row.kind](row, places)
    raise BadFeeds(f"{row.id}: kind {row.kind!r} is unknown; there are {', '.join(KINDS)}")
