"""XML from outside, read without trust: no DTD, no entities, no network, bounded size and depth."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from connectors.source import Park

MAX_BYTES = 24_000_000
"""Four times the largest snapshot of all Japan."""
NAMESPACES = {
    "jmx": "http://xml.kishou.go.jp/jmaxml1/",
    "ib": "http://xml.kishou.go.jp/jmaxml1/informationBasis1/",
    "met": "http://xml.kishou.go.jp/jmaxml1/body/meteorology1/",
    "seis": "http://xml.kishou.go.jp/jmaxml1/body/seismology1/",
    "volc": "http://xml.kishou.go.jp/jmaxml1/body/volcanology1/",
    "eb": "http://xml.kishou.go.jp/jmaxml1/elementBasis1/",
    "atom": "http://www.w3.org/2005/Atom",
}


BLANK_LEAVES = etree.XPath("//*[not(*) and text() and not(normalize-space())]")


@dataclass(frozen=True, slots=True)
class Node:
    """One element. Paths use the prefixes of NAMESPACES."""

    element: etree._Element

    def find(self, path: str) -> "Node | None":
        """The first element at `path`."""
        found = self.element.find(path, NAMESPACES)
        return None if found is None else Node(found)

    def all(self, path: str) -> "list[Node]":
        """Every element at `path`, in document order."""
        return [Node(found) for found in self.element.findall(path, NAMESPACES)]

    def text(self, path: str) -> str:
        """The text at `path` without outer blanks; "" if there is no such element or it is empty."""
        found = self.element.find(path, NAMESPACES)
        return "" if found is None else (found.text or "").strip()

    def attribute(self, name: str) -> str:
        """An attribute, or ""."""
        return self.element.get(name) or ""


def read_xml(body: bytes) -> Node:
    """The root element. Raises Park with `empty`, `too_large`, `not_xml` or `doctype`."""
    if not body.strip():
        raise Park("empty", "the body is empty")
    if len(body) > MAX_BYTES:
        raise Park("too_large", f"{len(body)} bytes are more than the {MAX_BYTES} that a telegram may have")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:  # ValueError: an encoding that libxml2 does not know
        raise Park("not_xml", _not_xml(body, error)) from error
    if root is None:
        raise Park("empty", "there is no element in the body")
    if root.getroottree().docinfo.doctype:
        raise Park("doctype", "a document type declaration has no place in a telegram; it may hide entities")
    return Node(root)


def _not_xml(body: bytes, error: Exception) -> str:
    """A file that begins as markup and does not end as such was cut on its way, or is still being written."""
    begins, ends = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"), body.rstrip().endswith(b">")
    if begins and (not ends or "Premature end" in str(error)):
        return "the file seems cut: it ends in the middle of its XML; fetch it again"
    return f"not well-formed XML: {str(error).partition(' (<string>')[0]}"


def canonical_sha256(root: Node) -> str:
    """SHA-256 of the canonical form without blanks between elements: the same telegram laid out anew is the same.

    C14N 1.0 is libxml2's own: lxml's newer one takes a second for a telegram about all of Japan.
    """
    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True)
    tight = etree.fromstring(etree.tostring(root.element, encoding="utf-8"), parser)
    for empty in BLANK_LEAVES(tight):
        empty.text = None
    return hashlib.sha256(etree.tostring(tight, method="c14n")).hexdigest()


def read_time(text: str, what: str) -> datetime:
    """A time in UTC. Raises Park `missing_time`, `bad_time`, or `naive_time` where no offset is given."""
    if not text:
        raise Park("missing_time", f"{what} is missing")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Park("bad_time", f"{what} is {text[:40]!r}, which is no time") from error
    if moment.tzinfo is None:
        raise Park("naive_time", f"{what} is {text[:40]!r} without an offset; which hour it means cannot be known")
    if not 1990 < moment.year < 2200:
        raise Park("bad_time", f"{what} is {text[:40]!r}, which is no time of this service")
    return moment.astimezone(UTC)
