"""Which hazard an event is: by its SAME code, else by its name, else "other". The table is events.toml."""

import tomllib
from functools import cache
from pathlib import Path

from connectors.cap.alert import Info
from schemas.records.base import Hazard

SAME = "SAME"


def hazard_of(info: Info) -> Hazard:
    """Never guessed from a part of a text."""
    same, events = _tables()
    codes = (same.get(value) for name, value in info.event_codes if name == SAME)
    return next((code for code in codes if code), None) or events.get(info.event.strip().lower(), Hazard.OTHER)


@cache
def _tables() -> tuple[dict[str, Hazard], dict[str, Hazard]]:
    found = tomllib.loads(Path(__file__).with_name("events.toml").read_text(encoding="utf8"))
    same, events = ({name: Hazard(word) for name, word in found[table].items()} for table in ("same", "event"))
    return same, events
