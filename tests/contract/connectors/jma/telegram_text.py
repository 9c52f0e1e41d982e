"""A second, plain reader of telegrams, straight XPath on the file: what records are checked against.

It shares no code and no table with the parser; the levels are those of JMA's code table as printed in its description.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from lxml import etree

from connectors.everywhere import everywhere
from connectors.jma.telegram import parse_telegram
from connectors.source import Parsed
from schemas.records.observed import Bulletin
from tests.unit.connectors.writing import AT, bulletins, payload

NAMES = {
    "j": "http://xml.kishou.go.jp/jmaxml1/",
    "h": "http://xml.kishou.go.jp/jmaxml1/informationBasis1/",
    "m": "http://xml.kishou.go.jp/jmaxml1/body/meteorology1/",
    "e": "http://xml.kishou.go.jp/jmaxml1/elementBasis1/",
}
LEVELS = (
    dict.fromkeys(("33", "39", "38"), 5)
    | dict.fromkeys(("43", "49", "48"), 4)
    | dict.fromkeys(("03", "09", "08", "04"), 3)
    | dict.fromkeys(("10", "29", "19", "18"), 2)
)
"""Kind/Code → 警戒レベル相当; every other code of the table has none."""
OVER = {"解除", "発表警報・注意報はなし", "なし"}
DANGER = {"51": 5.0, "41": 4.0, "31": 3.0, "22": 2.0, "21": 2.0, "11": 0.0}


@dataclass(frozen=True)
class Kind:
    """One Kind of one row, as written."""

    code: str
    status: str
    element: etree._Element

    @property
    def over(self) -> bool:
        """Whether its status says that nothing is in force."""
        return self.status in OVER

    @property
    def level(self) -> int | None:
        """What the code table says, 0 for what is over."""
        return 0 if self.over else LEVELS.get(self.code)


@cache
def opened(file: Path) -> etree._Element:
    """The root of the file."""
    return etree.parse(str(file)).getroot()


def strings(element: etree._Element, path: str) -> list[str]:
    """The texts at an XPath."""
    return [str(found.text or "").strip() for found in element.xpath(path, namespaces=NAMES)]


def text(element: etree._Element, path: str) -> str:
    """The first text at an XPath, or ""."""
    return next(iter(strings(element, path)), "")


def moment(written: str) -> datetime:
    """An ISO time in UTC."""
    return datetime.fromisoformat(written).astimezone(UTC)


def hours(written: str) -> timedelta:
    """PTnH or P1D, the only forms of a Duration in the recordings."""
    if written == "P1D":
        return timedelta(days=1)
    assert written.startswith("PT")
    assert written.endswith("H")
    return timedelta(hours=int(written[2:-1]))


def rows(root: etree._Element, section: str) -> dict[str, list[Kind]]:
    """Area code → the kinds of a Warning section, in the order of the telegram."""
    found: dict[str, list[Kind]] = {}
    for item in root.xpath("//m:Body/m:Warning[@type=$section]/m:Item", namespaces=NAMES, section=section):
        kinds = [
            Kind(text(kind, "m:Code"), text(kind, "m:Status"), kind) for kind in item.xpath("m:Kind", namespaces=NAMES)
        ]
        found.setdefault(text(item, "m:Area/m:Code"), []).extend(kinds)
    return found


@cache
def parsed(file: Path) -> Parsed:
    """What the program makes of the file, for every area that it names."""
    body = file.read_bytes()
    return parse_telegram(payload(body, file.name), everywhere(body), AT, judge_future=False)


def by_area(found: Parsed) -> dict[str, Bulletin]:
    """The bulletins by area, each area once."""
    made = bulletins(found)
    assert len({one.area for one in made}) == len(made)
    return {one.area: one for one in made}


def same_head(file: Path, found: Parsed) -> None:
    """World, times, ids, office and title of every bulletin are those that Control and Head state."""
    root = opened(file)
    worlds = {"通常": "actual", "訓練": "exercise", "試験": "test"}
    head = (
        worlds[text(root, "j:Control/j:Status")],
        moment(text(root, "h:Head/h:ReportDateTime")),
        text(root, "h:Head/h:EventID"),
        text(root, "h:Head/h:Serial"),
        text(root, "j:Control/j:EditorialOffice"),
        text(root, "h:Head/h:Title"),
    )
    for one in bulletins(found):
        serial = "" if one.serial is None else str(one.serial)
        assert (one.world, one.reported_at, one.event_id, serial, one.office, one.title) == head
