"""Quantities that the system knows, the unit each is kept in, and how other units become it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """A quantity's unit, and the range outside of which a number is no such quantity."""

    unit: str
    lowest: float
    highest: float


KNOWN = {
    "stage": Known("m", -50.0, 4000.0),
    "rain_10min": Known("mm", 0.0, 200.0),
    "rain_1h": Known("mm", 0.0, 500.0),
    "rain_3h": Known("mm", 0.0, 1000.0),
    "rain_24h": Known("mm", 0.0, 3000.0),
    "rain_total": Known("mm", 0.0, 10000.0),
    "dam_inflow": Known("m3/s", -1000.0, 50000.0),
    "dam_outflow": Known("m3/s", 0.0, 50000.0),
    "dam_storage": Known("%", 0.0, 200.0),
    "dam_level": Known("m", -50.0, 4000.0),
    "tide": Known("m", -20.0, 20.0),
    "wind": Known("m/s", 0.0, 150.0),
    "snow": Known("cm", 0.0, 3000.0),
    "inundation_depth": Known("m", 0.0, 100.0),
    "closed": Known("0/1", 0.0, 1.0),
}
"""`closed`: 1 shut, 0 open, of a road, an underpass or a gate. Others are free: any name, any unit, any number."""

FACTORS = {
    ("cm", "m"): 0.01,
    ("mm", "m"): 0.001,
    ("km", "m"): 1000.0,
    ("ft", "m"): 0.3048,
    ("m", "cm"): 100.0,
    ("mm", "cm"): 0.1,
    ("cm", "mm"): 10.0,
    ("in", "mm"): 25.4,
    ("inch", "mm"): 25.4,
    ("mm/h", "mm"): 1.0,
    ("L/s", "m3/s"): 0.001,
    ("km/h", "m/s"): 1.0 / 3.6,
    ("kt", "m/s"): 1852.0 / 3600.0,
    ("ft", "cm"): 30.48,
    ("in", "cm"): 2.54,
}
"""International foot, inch and nautical mile."""

SPELLINGS = {
    "m³/s": "m3/s",
    "㎥/s": "m3/s",
    "m^3/s": "m3/s",
    "cms": "m3/s",
    "㎝": "cm",
    "㎜": "mm",
    "ミリ": "mm",
    "メートル": "m",
    "センチ": "cm",
    "％": "%",
    "percent": "%",
}


def plain_unit(unit: str) -> str:
    """A unit as we write it."""
    return SPELLINGS.get(unit.strip(), unit.strip())


def kept_unit(quantity: str, written: str) -> str:
    """The unit in which a quantity is kept: its own if it is known, else as it is written."""
    known = KNOWN.get(quantity)
    return known.unit if known else plain_unit(written)


def factor(quantity: str, written: str) -> float | None:
    """What a number in `written` is multiplied by; None where no table says how."""
    unit, kept = plain_unit(written), kept_unit(quantity, written)
    return 1.0 if unit == kept else FACTORS.get((unit, kept))
