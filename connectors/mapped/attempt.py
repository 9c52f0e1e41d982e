"""`python -m connectors try MAPPING FILE`: what a mapping makes of a file, as JSON lines, and counts at the end."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TextIO

import msgspec

from connectors.mapped.load import load_mapping, mapping_file
from connectors.mapped.parse import Understanding, understand
from connectors.mapped.remarks import is_anybodys, jst, remarks
from connectors.mapped.where import Where
from connectors.places import Places


def try_mapping(named: str, file: Path, places: Places, out: TextIO, now: datetime) -> int:
    """1 if nobody would be told of anything, or the file cannot be opened; else 0. Raises BadMapping."""
    mapping = load_mapping(mapping_file(named))
    try:
        body = file.read_bytes()
    except OSError as error:
        _line(out, {"file": str(file), "unreadable": str(error)})
        return 1
    found = understand(mapping, Where.of(mapping, places), body, None)
    for line in described(found, places):
        _line(out, line)
    for sentence in remarks(mapping, found, body, now):
        _line(out, {"remark": sentence})
    _line(out, {"counts": _counts(found)})
    return 0 if is_anybodys(found) else 1


def described(found: Understanding, places: Places) -> list[dict[str, object]]:
    """Records, each with its areas' names and its time in Japan; then what is parked with its place and reason."""
    lines: list[dict[str, object]] = [
        {
            "kind": "reading",
            "place": one.place,
            "areas": _named(one.areas, places),
            "jst": jst(one.reading.observed_at),
            "record": one.reading,
        }
        for one in found.readings
    ]
    lines += [
        {"kind": "notice", "place": one.place, "areas": _named(one.areas, places), "record": one.item}
        for one in found.notices
    ]
    lines += [{"parked": bad.reason, "place": bad.place, "text": bad.text, "row": bad.raw[:300]} for bad in found.bad]
    return lines


def _named(areas: Iterable[str], places: Places) -> dict[str, str]:
    """Code → name."""
    return {code: places.areas[code].name if code in places.areas else "" for code in areas}


def _counts(found: Understanding) -> dict[str, int]:
    return {
        "rows": found.rows,
        "readings": len(found.readings),
        "notices": len(found.notices),
        "parked": len(found.bad),
        "filtered": found.left_out,
        "repeated": found.repeats,
        "outside": found.outside,
    }


def _line(out: TextIO, line: dict[str, object]) -> None:
    print(msgspec.json.encode(line, enc_hook=str).decode(), file=out)
