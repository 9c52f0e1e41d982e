"""Which reader speaks which data type. A new family: its tables in kinds/, its reader, one line here."""

from collections.abc import Callable
from dataclasses import dataclass

from connectors.jma import cancelled
from connectors.jma.claims import Body
from connectors.jma.envelope import Envelope
from connectors.jma.floods import read_flood
from connectors.jma.landslide import read_landslide
from connectors.jma.markup import Node
from connectors.jma.warnings import read_warnings
from connectors.places import Places


@dataclass(frozen=True, slots=True)
class Family:
    """`read` makes a body of a telegram that says something; `cancelled` tells what a 取消 is about."""

    read: Callable[[Node, Envelope, Places], Body]
    cancelled: Callable[[Envelope, Places, str], cancelled.About]


FAMILIES: dict[str, Family] = {
    **dict.fromkeys(("VPWW54", "VPWW55", "VPWW56"), Family(read_warnings, cancelled.by_prefecture)),
    "VXWW50": Family(read_landslide, cancelled.by_event),
    "VXKO": Family(read_flood, cancelled.by_section),
}
