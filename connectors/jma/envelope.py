"""Control and Head of a telegram: which world, which data type, which version, when. Nothing here is guessed."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.jma.kinds import Carrier, kinds, plain
from connectors.jma.markup import Node, read_time
from connectors.source import Park
from schemas.records.base import World
from schemas.records.observed import InfoType

WORLDS = {"通常": World.ACTUAL, "訓練": World.EXERCISE, "試験": World.TEST}
INFO_TYPES = {
    "発表": InfoType.ISSUED,
    "訂正": InfoType.CORRECTED,
    "遅延": InfoType.DELAYED,
    "取消": InfoType.CANCELLED,
}
AHEAD = timedelta(minutes=10)
"""How far ReportDateTime may lie ahead of the time of receipt: a far one would outrank every later telegram."""
MAX_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Envelope:
    """What Control and Head say."""

    carrier: str
    world: World
    title: str
    office: str
    reported_at: datetime
    event_id: str
    serial: int | None
    info_type: InfoType
    headline: str

    @property
    def subject(self) -> str:
        """What the telegrams of one event share: 情報タグ and 記録雨 add the time of each issue behind a "_"."""
        return self.event_id.partition("_")[0]


def world_of(root: Node) -> World:
    """Control/Status decides the world. Raises Park `unknown_status`: there is no default."""
    status = plain(root.text("jmx:Control/jmx:Status"))
    if status not in WORLDS:
        raise Park("unknown_status", f"Control/Status is {status!r}; only 通常, 訓練 and 試験 are known")
    return WORLDS[status]


def read_envelope(root: Node, received_at: datetime | None) -> Envelope:
    """Raises Park for anything that is missing, unknown or impossible. `received_at` None: do not judge the future."""
    if root.element.tag != "{http://xml.kishou.go.jp/jmaxml1/}Report":
        raise Park("not_a_telegram", f"the root element is {str(root.element.tag)[:100]!r}, not JMA's Report")
    world = world_of(root)
    carrier = _carrier(root)
    _check_kind(root, carrier)
    reported_at = read_time(root.text("ib:Head/ib:ReportDateTime"), "Head/ReportDateTime")
    if received_at is not None and reported_at > received_at + AHEAD:
        raise Park("future_time", f"ReportDateTime {reported_at.isoformat()} lies ahead of {received_at.isoformat()}")
    return Envelope(
        carrier=carrier,
        world=world,
        title=root.text("ib:Head/ib:Title")[:MAX_TEXT],
        office=root.text("jmx:Control/jmx:EditorialOffice")[:MAX_TEXT],
        reported_at=reported_at,
        event_id=root.text("ib:Head/ib:EventID")[:200],
        serial=_serial(root.text("ib:Head/ib:Serial")),
        info_type=_info_type(root),
        headline=root.text("ib:Head/ib:Headline/ib:Text")[:MAX_TEXT],
    )


def _carrier(root: Node) -> str:
    title = plain(root.text("jmx:Control/jmx:Title"))
    carrier = kinds().titles.get(title)
    if title in kinds().left:
        raise Park("not_read", kinds().left[title])
    if carrier is None:
        raise Park("unknown_title", f"Control/Title is {title[:100]!r}; this data type is not read")
    return carrier


def _check_kind(root: Node, carrier: str) -> None:
    known: Carrier = kinds().carriers[carrier]
    kind = plain(root.text("ib:Head/ib:InfoKind"))
    if kind != known.info_kind:
        raise Park("unknown_info_kind", f"{carrier} has InfoKind {kind[:100]!r}; {known.info_kind} was expected")
    version = plain(root.text("ib:Head/ib:InfoKindVersion"))
    major = re.match(r"\d{1,4}(?=\.)", version, re.ASCII)
    if major is None or int(major.group()) not in known.majors:
        raise Park("unknown_version", f"{carrier} has version {version[:40]!r}; majors {known.majors} are known")


def _info_type(root: Node) -> InfoType:
    text = plain(root.text("ib:Head/ib:InfoType"))
    if text not in INFO_TYPES:
        raise Park("unknown_info_type", f"Head/InfoType is {text[:40]!r}; {'、'.join(INFO_TYPES)} are known")
    return INFO_TYPES[text]


def _serial(text: str) -> int | None:
    """Empty for most warnings, and once wrong in production (2026-06-17): never a reason to refuse a telegram."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
