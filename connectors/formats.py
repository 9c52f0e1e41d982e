"""Which code speaks which format: the `kind` of a row of feeds.toml."""

from collections.abc import Callable

from connectors.cap.source import CapSource
from connectors.jma.bosai import BosaiSource
from connectors.jma.feed import AtomSource
from connectors.jma.fetched import Fetched
from connectors.mapped.rows import mapped_source
from connectors.nearest import meant
from connectors.places import Places
from connectors.rain.amedas import AmedasSource
from connectors.river.kawabou import KawabouSource
from connectors.river.kikikanri import KikikanriSource
from connectors.river.recorded import RecordSource
from connectors.rows import BadFeeds, FeedRow, Feeds
from connectors.source import Source
from connectors.traffic.jartic import JarticSource

CHECKS: dict[str, Callable[[FeedRow, Places], Source]] = {"bosai-check": BosaiSource}
"""Sources that can only raise a question."""
STATIONS: dict[str, Callable[[FeedRow, Places], Source]] = {
    "kawabou": KawabouSource,
    "kawabou-rain": KawabouSource,
    "kawabou-dam": KawabouSource,
    "kikikanri": KikikanriSource,
    "kanagawa-record": RecordSource,
    "amedas": AmedasSource,
    "jartic": JarticSource,
    "jartic-hourly": JarticSource,
}
"""Sources of readings: they need no more than their row and the places."""
KINDS = ("jma-atom", *CHECKS, *STATIONS, "mapped", "cap")


def sources_of(feeds: Feeds, places: Places) -> list[Source]:
    """The sources of all rows, which share what they fetched: no telegram is fetched for two of them."""
    fetched = Fetched()
    return [source_of(row, feeds, places, fetched) for row in feeds.rows]


def refused(feeds: Feeds, places: Places) -> dict[str, str]:
    """Row → why `run` would not start with it."""
    found: dict[str, str] = {}
    for row in feeds.rows:
        try:
            source_of(row, feeds, places)
        except BadFeeds as error:
            found[row.id] = str(error)
    return found


def source_of(row: FeedRow, feeds: Feeds, places: Places, fetched: Fetched | None = None) -> Source:
    """The row's source; raises BadFeeds for a kind that nobody speaks."""
    if row.kind == "jma-atom":
        return AtomSource(row, feeds, places, fetched)
    if row.kind == "cap":
        return CapSource(row, feeds, places)
    if row.kind == "mapped":
        return mapped_source(row, feeds, places)
    simple = CHECKS | STATIONS
    if row.kind in simple:
        return simple[row.kind](row, places)
    raise BadFeeds(f"{row.id}: kind {row.kind!r} is unknown; there are {', '.join(KINDS)}{meant(row.kind, KINDS)}")
