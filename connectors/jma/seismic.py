"""What telegrams of the seismology1 body share: numbers that may be missing, the hypocentre, the fixed comments."""

import math
from datetime import datetime

from connectors.jma.kinds import plain
from connectors.jma.markup import Node, read_time
from connectors.source import Park

QUAKES = "seis:Body/seis:Earthquake"
COMMENTS = "seis:Body/seis:Comments"


def number(text: str) -> float | None:
    """The number that the text is; None for "", NaN and everything that is none: never 0 for what is missing."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def moment(text: str) -> datetime | None:
    """The time that the text is, or None: one bad arrival time must not hold up a warning."""
    try:
        return read_time(text, "a time of the body")
    except Park:
        return None


def words(*parts: str) -> str:
    """Those of the texts that say something, in the telegram's order."""
    return "、".join(filter(None, (plain(part) for part in parts)))


def body_text(root: Node) -> str:
    """For people: hypocentre and magnitude of each quake, the free text, and the fixed comments."""
    told = [_quake(quake) for quake in root.all(QUAKES)]
    free = [
        node.text(".") for node in (*root.all("seis:Body/seis:Text"), *root.all(f"{COMMENTS}/seis:FreeFormComment"))
    ]
    fixed = [node.text("seis:Text") for node in root.all(f"{COMMENTS}/*")]
    return "\n".join(filter(None, (*told, *fixed, *free)))


def _quake(quake: Node) -> str:
    place = quake.find("seis:Hypocenter/seis:Area/eb:Coordinate")
    size = quake.find("eb:Magnitude")
    told = words(
        quake.text("seis:Hypocenter/seis:Area/seis:Name"),
        place.attribute("description") if place else "",
        size.attribute("description") if size else "",
    )
    return f"震源: {told}" if told else ""
