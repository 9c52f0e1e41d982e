"""XML → rows. Paths are those of ElementTree (`obs/level`, `.//row`), with `@name` behind for an attribute."""

from lxml import etree

from connectors.jma.markup import read_xml
from connectors.mapped.mapping import Mapping
from connectors.mapped.row import RAW_CHARS, Cell, Look, Row, Rows
from connectors.source import Park


def read_elements(mapping: Mapping, body: bytes) -> Rows:
    """Every element at `rows.at`, named by its line and path. No DTD, no entities, no network: see read_xml."""
    root = read_xml(body).element
    found = _found(root, mapping.rows.at, mapping.rows.namespaces)
    if not found:
        raise Park("no_rows", f"rows.at = {mapping.rows.at!r} finds nothing in <{_local(root)}>")
    tree = root.getroottree()
    for element in found:
        raw = etree.tostring(element, encoding="unicode", with_tail=False)[:RAW_CHARS]
        place = f"line {element.sourceline} {tree.getpath(element)}"
        yield Row(place, raw, _looking(root, element, mapping.rows.namespaces))


def _looking(root: etree._Element, row: etree._Element, namespaces: dict[str, str]) -> Look:
    def look(ref: str) -> Cell:
        start, path = (root, ref[1:]) if ref.startswith("/") else (row, ref)
        path, _, attribute = path.rpartition("@") if "@" in path and "[@" not in path else (path, "", "")
        path = path.rstrip("/")
        found = [start] if path in ("", ".") else _found(start, path, namespaces)
        if not found:
            raise Park("no_field", f"{ref!r} is not in <{_local(start)}>")
        if attribute:
            return found[0].get(attribute)
        return "".join(str(text) for text in found[0].itertext()).strip()

    return look


def _found(start: etree._Element, path: str, namespaces: dict[str, str]) -> list[etree._Element]:
    try:
        return start.findall(path, namespaces)
    except (SyntaxError, KeyError) as error:
        raise Park("bad_path", f"{path!r} is no path: {error}") from error


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname
