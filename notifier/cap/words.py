"""What an order is in CAP's words (OASIS CAP 1.2 §3.2.2; the mapping of 警戒レベル is in docs/cap.md). Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from schemas.records.base import Hazard, OrderType, World
from schemas.records.decided import Action, Order

PROFILE = "urn:sonae:cap:jp:1.0"
"""The <code> of the profile in docs/cap.md: connectors/cap reads back what is written here."""

STATUS = {World.ACTUAL: "Actual", World.EXERCISE: "Exercise", World.TEST: "Test"}

LANGUAGE = {
    "ja": "ja-JP", "ja-easy": "ja-x-easy", "en": "en", "zh": "zh-Hans", "ko": "ko", "vi": "vi", "pt": "pt-BR",
    "tl": "fil", "ne": "ne",
}  # fmt: skip
"""RFC 5646 tags; やさしい日本語 has none of its own, so it is a private use of ja."""

_JST = timezone(timedelta(hours=9))
_GEO = frozenset({Hazard.LANDSLIDE, Hazard.TSUNAMI})


@dataclass(frozen=True, slots=True)
class Gravity:
    """The three judgements and what people are to do."""

    urgency: str
    severity: str
    certainty: str
    response: tuple[str, ...]


_GRAVITY = {
    OrderType.ELDERLY_EVACUATION: Gravity("Expected", "Severe", "Likely", ("Prepare", "Evacuate")),
    OrderType.EVACUATION_ORDER: Gravity("Immediate", "Severe", "Likely", ("Evacuate",)),
    OrderType.EMERGENCY_SAFETY: Gravity("Immediate", "Extreme", "Likely", ("Shelter",)),
    OrderType.TSUNAMI_EVACUATION: Gravity("Immediate", "Extreme", "Likely", ("Evacuate",)),
}
_OVER = Gravity("Past", "Minor", "Unlikely", ("AllClear",))


def identifier_of(order: Order) -> str:
    """The alert's identifier, and its file's name: no spaces, commas or markup (CAP 1.2 §3.2.1)."""
    return f"{order.id}-{order.revision}"


def gravity_of(order: Order) -> Gravity:
    """Of an order as it stands: a lift is an all-clear, whatever was ordered."""
    return _OVER if order.action is Action.LIFT else _GRAVITY[order.order_type]


def categories_of(hazard: Hazard) -> tuple[str, ...]:
    """The event's own category first; an evacuation is always about safety, too."""
    return ("Geo" if hazard in _GEO else "Met", "Safety")


def message_type(order: Order, before: tuple[Order, ...]) -> str:
    """Alert, Update, or Cancel.

    解除 is an Update that gives the all-clear. Only a lift of what was halted is 取消, a Cancel: its sending had been
    stopped because it should not have gone out.
    """
    if not before:
        return "Alert"
    return "Cancel" if order.action is Action.LIFT and before[-1].halted else "Update"


def time_of(moment: datetime) -> str:
    """As CAP wants it: seconds, and a numeric offset."""
    return moment.astimezone(_JST).isoformat(timespec="seconds")
