"""Which reader speaks which data type. A new family: its tables in kinds/, its reader, one line here."""

from collections.abc import Callable
from dataclasses import dataclass

from connectors.jma import cancelled
from connectors.jma.claims import Body
from connectors.jma.envelope import Envelope
from connectors.jma.flash import read_flash, read_record_rain
from connectors.jma.floods import read_flood
from connectors.jma.listed import LANDSLIDE, TORNADO, reader
from connectors.jma.markup import Node
from connectors.jma.quake import read_hypocentre, read_intensity
from connectors.jma.shaking import read_shaking
from connectors.jma.special import read_special
from connectors.jma.timeseries import read_timeseries
from connectors.jma.tsunami import cancelled_tsunami, read_tsunami_information, read_tsunami_warning
from connectors.jma.typhoon import cancelled_typhoon, read_typhoon
from connectors.jma.volcano import cancelled_volcano, read_volcano
from connectors.jma.warnings import read_snapshot, read_warnings
from connectors.places import Places


@dataclass(frozen=True, slots=True)
class Family:
    """`read` makes a body of a telegram that says something; `cancelled` tells what a 取消 is about."""

    read: Callable[[Node, Envelope, Places], Body]
    cancelled: Callable[[Envelope, Places, str], cancelled.About]


FAMILIES: dict[str, Family] = {
    **dict.fromkeys(
        ("VPWW53", "VPWW54", "VPWW55", "VPWW56", "VPWW57", "VPWW58", "VPWW59", "VPWW60", "VPWW61"),
        Family(read_warnings, cancelled.by_prefecture),
    ),
    "VPWS50": Family(read_snapshot, cancelled.snapshot),
    "VPWP50": Family(read_timeseries, cancelled.by_prefecture),
    "VPNO50": Family(read_special, cancelled.by_prefecture),
    "VPBS50": Family(read_flash, cancelled.by_event),
    "VPOA50": Family(read_record_rain, cancelled.by_event),
    **dict.fromkeys(("VPHW50", "VPHW51"), Family(reader(TORNADO), cancelled.by_event)),
    "VXWW50": Family(reader(LANDSLIDE), cancelled.by_event),
    **dict.fromkeys(("VXKO", "VXSU"), Family(read_flood, cancelled.by_section)),
    "VTSE41": Family(read_tsunami_warning, cancelled_tsunami),
    **dict.fromkeys(("VTSE51", "VTSE52"), Family(read_tsunami_information, cancelled_tsunami)),
    **dict.fromkeys(("VXSE51", "VXSE53"), Family(read_intensity, cancelled.everywhere)),
    "VXSE52": Family(read_hypocentre, cancelled.everywhere),
    **dict.fromkeys(("VXSE43", "VXSE44", "VXSE45"), Family(read_shaking, cancelled.everywhere)),
    **dict.fromkeys(("VFVO50", "VFVO51", "VFVO52", "VFVO56"), Family(read_volcano, cancelled_volcano)),
    "VPTW60": Family(read_typhoon, cancelled_typhoon),
}
