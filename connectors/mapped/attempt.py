"""`python -m connectors try MAPPING FILE`: what a mapping makes of a file, as JSON lines, and counts at the end."""

from pathlib import Path
from typing import TextIO

import msgspec

from connectors.mapped.load import load_mapping, mapping_file
from connectors.mapped.parse import Understanding, understand
from connectors.mapped.where import Where
from connectors.places import Places


def try_mapping(named: str, file: Path, places: Places, out: TextIO) -> int:
    """0 if something was understood, 1 if nothing was or the file cannot be opened. Raises BadMapping."""
    mapping = load_mapping(mapping_file(named))
    try:
        body = file.read_bytes()
    except OSError as error:
        _line(out, {"file": str(file), "unreadable": str(error)})
        return 1
    found = understand(mapping, Where.of(mapping, places), body, None)
    for line in described(found):
        _line(out, line)
    return 0 if found.readings or found.notices else 1


def described(found: Understanding) -> list[dict[str, object]]:
    """Records, then what is parked with its place and reason, then the counts."""
    lines: list[dict[str, object]] = [
        {"kind": "reading", "place": one.place, "areas": one.areas, "record": one.reading} for one in found.readings
    ]
    lines += [{"kind": "notice", "place": one.place, "areas": one.areas, "record": one.item} for one in found.notices]
    lines += [{"parked": bad.reason, "place": bad.place, "text": bad.text, "row": bad.raw[:300]} for bad in found.bad]
    return [*lines, {"counts": _counts(found)}]


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
