"""Telegrams read a second time, by local names only and without the program's tables: what tests expect."""

import unicodedata
from datetime import datetime
from pathlib import Path

from lxml import etree

from connectors.everywhere import everywhere
from connectors.jma.telegram import parse_telegram
from connectors.source import Parsed
from schemas.records.observed import Bulletin
from tests.unit.connectors.writing import AT, bulletins, payload

Element = etree._Element


def files(folder: Path, *patterns: str) -> list[Path]:
    """Samples and real telegrams whose names match; never none."""
    found = [file for pattern in patterns for file in sorted(folder.rglob(pattern))]
    assert found, f"{folder} has nothing like {patterns}"
    return found


def parsed(file: Path) -> Parsed:
    """What the program makes of a file, answering for all of Japan."""
    body = file.read_bytes()
    return parse_telegram(payload(body, file.name), everywhere(body), AT, judge_future=False)


def told(file: Path) -> list[Bulletin]:
    """Its bulletins; the file must have parsed without a complaint."""
    made = parsed(file)
    assert made.parked == (), file.name
    return bulletins(made)


def root_of(file: Path) -> Element:
    """The root element."""
    return etree.fromstring(file.read_bytes())


def all_of(element: Element, path: str) -> list[Element]:
    """Elements by a path of local names; `//` in front searches at any depth."""
    deep, plain = path.startswith("//"), path.removeprefix("//")
    steps = "/".join(f"*[local-name()='{name}']" for name in plain.split("/"))
    found: list[Element] = element.xpath(("//" if deep else "./") + steps)
    return found


def text(element: Element, path: str) -> str:
    """The text at a path of local names, "" if there is none."""
    found = all_of(element, path)
    return (found[0].text or "").strip() if found else ""


def is_cancelled(file: Path) -> bool:
    """Whether Head/InfoType is 取消."""
    return text(root_of(file), "Head/InfoType") == "取消"


def at(written: str) -> datetime | None:
    """A time with its offset; None for an empty text."""
    return datetime.fromisoformat(written) if written else None


def narrow(written: str) -> str:
    """Full-width digits and letters as narrow ones."""
    return unicodedata.normalize("NFKC", written).strip()
