"""Our own names inside of CAP: what makes an alert of ours readable for ourselves. docs/cap.md describes them."""

from dataclasses import dataclass

from connectors.cap.alert import Alert, Info
from connectors.source import Park
from schemas.records.base import Hazard

PROFILE = "urn:sonae:cap:jp:1.0"
"""A <code>. Only an alert that bears it may state a level; everybody else's severity stays a word."""
CLASS20 = "JMA:class20"
"""<geocode>: a warning area of JMA, seven digits."""
LOCAL_GOVERNMENT = "JP:LG"
"""<geocode>: 全国地方公共団体コード, five digits or six with the check digit."""
LEVEL, HAZARD, KIND = "JP:level", "JP:hazard", "JP:kind"
"""<parameter>: 警戒レベル 0 to 5; a word of Hazard; <eventCode>: the kind's code (an order type, a telegram's code)."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What an alert of our profile says beyond CAP."""

    level: int | None
    hazard: Hazard | None


def stated(alert: Alert, info: Info) -> Stated:
    """Nothing for an alert without the profile's code. Raises Park `bad_value` for a level or hazard that is none."""
    if PROFILE not in alert.codes:
        return Stated(None, None)
    parameters = dict(info.parameters)
    level, hazard = parameters.get(LEVEL), parameters.get(HAZARD)
    if level is not None and level not in ("0", "1", "2", "3", "4", "5"):
        raise Park("bad_value", f"{LEVEL} is {level[:40]!r}, not 0 to 5")
    if hazard is not None and hazard not in set(Hazard):
        raise Park("bad_value", f"{HAZARD} is {hazard[:40]!r}; it is one of {', '.join(Hazard)}")
    return Stated(None if level is None else int(level), None if hazard is None else Hazard(hazard))
