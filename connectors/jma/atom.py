"""JMA's Atom feeds: which telegrams there are, and which of them a row takes. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors.jma.kinds import kinds, plain
from connectors.jma.markup import Node, read_time, read_xml
from connectors.rows import is_address
from connectors.source import Park

NAMED = re.compile(r"_(V[A-Z]{3}\d{2})_(\d{6})")
STAMPED = re.compile(r"(\d{8})(\d{6})_")
TYPED = re.compile(r"(V[A-Z]{3}(?:\d{2}|ii))")


@dataclass(frozen=True, slots=True)
class Entry:
    """One telegram that the feed names. `name` (the last part of its address) is what a cursor remembers."""

    url: str
    title: str
    updated: datetime

    @property
    def name(self) -> str:
        """The telegram's file name."""
        return name_of(self.url)

    @property
    def published(self) -> datetime:
        """When it came into the feed: its name says it; `updated` may lie some minutes before."""
        return stamp_of(self.name) or self.updated


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as read. `skipped` counts entries without an address or a time."""

    updated: datetime
    entries: tuple[Entry, ...]
    skipped: int


def name_of(url: str) -> str:
    """The file name in a telegram's address."""
    return url.partition("?")[0].partition("#")[0].rpartition("/")[2]


def stamp_of(name: str) -> datetime | None:
    """The time (UTC) at which a telegram's file name begins, if it does."""
    found = STAMPED.match(name)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found.group(1)}T{found.group(2)}Z")
    except ValueError:
        return None


def kind_in(name: str) -> tuple[str, str] | None:
    """(data type, office) of a telegram's file name, if it tells them."""
    named = NAMED.search(name)
    return (named.group(1), named.group(2)) if named else None


def read_feed(body: bytes) -> Feed:
    """Raises Park where the bytes are no Atom feed with a time. An entry that cannot be read holds up no other."""
    root = read_xml(body)
    if root.element.tag != "{http://www.w3.org/2005/Atom}feed":
        raise Park("not_a_feed", f"the root element is {str(root.element.tag)[:100]!r}, not an Atom feed")
    updated = read_time(root.text("atom:updated"), "feed/updated")
    nodes = root.all("atom:entry")
    entries = [entry for node in nodes if (entry := _entry(node)) is not None]
    return Feed(updated, tuple(entries), len(nodes) - len(entries))


def is_taken(entry: Entry, take: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether the row wants this telegram: by the data type and office of its name, else by its title. {} wants all."""
    if not take:
        return True
    named = NAMED.search(entry.name)
    kind, office = (named.group(1), named.group(2)) if named else (_kind_of(entry), None)
    offices = next((offices for prefix, offices in take.items() if kind.startswith(prefix)), None)
    return offices is not None and (not offices or office is None or office in offices)


def _kind_of(entry: Entry) -> str:
    typed = TYPED.search(entry.name)
    return typed.group(1) if typed else kinds().titles.get(plain(entry.title), "")


def _entry(node: Node) -> Entry | None:
    link = node.find("atom:link")
    url = (link.attribute("href") if link else "") or node.text("atom:id")
    if not is_address(url):
        return None
    try:
        return Entry(url, node.text("atom:title"), read_time(node.text("atom:updated"), "entry/updated"))
    except Park:
        return None
