"""For people: a record in one short line, with names instead of codes and times of Japan."""

from collections.abc import Iterator
from datetime import datetime

from connectors.hosts import JST
from schemas.records.observed import Bulletin, BulletinItem, InfoType, Reading


def short(line: dict[str, object]) -> Iterator[str]:
    """What `parse` would print as JSON: a line per hazard of a bulletin, else one."""
    record = line.get("record")
    if isinstance(record, Bulletin):
        yield from _bulletin(record)
    elif isinstance(record, Reading):
        value = "-" if record.value is None else f"{record.value:g} {record.unit}"
        yield "  ".join((_jst(record.observed_at), record.station, record.quantity, value, record.quality.value))
    elif "parked" in line:
        yield f"parked  {line['parked']}: {line['text']}"
    else:
        yield "  ".join(_jst(one) if isinstance(one, datetime) else str(one) for one in line.values())


def _bulletin(record: Bulletin) -> Iterator[str]:
    about = (_jst(record.reported_at), record.area_name)
    if not record.items:
        word = "取消" if record.info_type is InfoType.CANCELLED else "-"
        yield "  ".join((*about, word, f"{record.title} ({record.carrier})"))
    for item in record.items:
        yield "  ".join((*about, item.hazard.value, _level(item), _state(item), f"{item.kind_name} ({record.carrier})"))


def _level(item: BulletinItem) -> str:
    return "no level" if item.level is None else f"level {item.level}"


def _state(item: BulletinItem) -> str:
    """In force or over, and the telegram's own word where that is another one."""
    state = "発表" if item.active else "解除"
    return f"{state} ({item.status})" if item.status and item.status != state else state


def _jst(at: datetime) -> str:
    return f"{at.astimezone(JST):%Y-%m-%d %H:%M} JST"
