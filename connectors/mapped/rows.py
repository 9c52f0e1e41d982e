"""A row of kind `mapped` → its source: the mapping is loaded, and the route by which its documents come is chosen."""

import re
from pathlib import Path

from connectors.mapped.drop import Drop
from connectors.mapped.load import BadMapping, load_mapping, mapping_file
from connectors.mapped.mapping import Mapping
from connectors.mapped.push import Push
from connectors.mapped.source import MappedSource, Route
from connectors.mapped.web import Web
from connectors.places import Places
from connectors.rows import BadFeeds, FeedRow, Feeds

PUSHED = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)


def mapped_source(row: FeedRow, feeds: Feeds, places: Places) -> MappedSource:
    """Raises BadFeeds: for a mapping that cannot be used, or one whose fixed areas are nobody's here."""
    if not row.mapping:
        raise BadFeeds(f"{row.id}: say which mapping: mapping = a name in connectors/mappings, or a path")
    try:
        mapping = load_mapping(mapping_file(row.mapping))
    except BadMapping as error:
        raise BadMapping(f"{row.id}: mapping {error}") from error
    _check_areas(row, mapping, places)
    return MappedSource(row, mapping, places, _route(row, feeds))


def _route(row: FeedRow, feeds: Feeds) -> Route:
    if row.url.startswith("push://"):
        if row.url != f"push://{row.id}" or not PUSHED.fullmatch(row.id):
            raise BadFeeds(f'{row.id}: write url = "push://{row.id}", with an id of a-z, 0-9 and -')
        return Push()
    if row.url.startswith("file:///"):
        if ".." in Path(row.url).parts:
            raise BadFeeds(f"{row.id}: write the folder's path without ..")
        return Drop(row, feeds.origin_of(row.url))
    return Web(row.url)


def _check_areas(row: FeedRow, mapping: Mapping, places: Places) -> None:
    """A mapping for one fixed place that is not ours would be read for nobody."""
    fixed = [mapping.area.const] if mapping.area and mapping.area.const and mapping.area.by == "code" else []
    listed = [area for station in mapping.stations for area in station.areas]
    codes = fixed or listed
    if codes and not any(places.areas_of(code) for code in codes):
        told = f"area {codes[0]} of its mapping is not in schemas/reference"
        raise BadFeeds(f"{row.id}: {told}, so nobody would be told; add it there")
