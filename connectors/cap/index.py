"""Feeds that name CAP messages, Atom and RSS 2.0: which addresses there are. Pure."""

from dataclasses import dataclass
from urllib.parse import urljoin

from connectors.jma.markup import Node
from connectors.rows import is_address
from connectors.source import Park

ATOM = "{http://www.w3.org/2005/Atom}"
CAP_TYPE = "application/cap+xml"


@dataclass(frozen=True, slots=True)
class Entry:
    """One message that a feed names. `version` changes when the same address has something new."""

    url: str
    version: str


def read_index(root: Node, base: str) -> tuple[Entry, ...]:
    """The messages, in the order of the feed. Raises Park `not_a_feed` for what is none."""
    tag = str(root.element.tag)
    if tag == f"{ATOM}feed":
        found = [_atom(entry) for entry in root.all(f"{ATOM}entry")]
    elif tag == "rss":
        found = [(item.text("link"), item.text("pubDate") or item.text("guid")) for item in root.all("channel/item")]
    else:
        raise Park("not_a_feed", f"the root element is {tag[:100]!r}: neither a CAP alert nor an Atom or RSS feed")
    entries = (Entry(urljoin(base, url), version) for url, version in found if url)
    return tuple(entry for entry in dict.fromkeys(entries) if is_address(entry.url))


def _atom(entry: Node) -> tuple[str, str]:
    """The link of CAP's own type, else the first one."""
    links = entry.all(f"{ATOM}link")
    named = next((link for link in links if link.attribute("type") == CAP_TYPE), links[0] if links else None)
    url = named.attribute("href") if named else entry.text(f"{ATOM}id")
    return url, entry.text(f"{ATOM}updated")
