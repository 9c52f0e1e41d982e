"""What an order is in CAP's words (OASIS CAP 1.2 §3.2.2; the mapping of 警戒レベル is in docs/cap.md). Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from schemas.levels import DRILL_MARK, marked
from schemas.records.base import Hazard, OrderType, Origin, World
from schemas.records.decided import Action, Order

PROFILE = "urn:sonae:cap:jp:1.0"
"""The <code> of the profile in docs/cap.md: connectors/cap reads back what is written here."""

STATUS = {World.ACTUAL: "Actual", World.EXERCISE: "Exercise", World.TEST: "Test"}
REPLAY_MARK = "【再生】"
NOT_REAL = "実際の災害ではありません。 This is not a real emergency."

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


def status_of(order: Order) -> str:
    """Actual only for what happens now: a replay of the past is a Test to everybody else."""
    return STATUS[order.world] if order.world is not World.ACTUAL or _is_live(order) else "Test"


def said(order: Order, words: str) -> str:
    """The words with the marks of a drill and of a replay at the start of every line."""
    lines = words if _is_live(order) else "\n".join(REPLAY_MARK + line for line in words.splitlines() or [""])
    return marked(order.world, lines)


def note_of(order: Order) -> str | None:
    """That it is not real; None for what is."""
    marks = DRILL_MARK[order.world] + ("" if _is_live(order) else REPLAY_MARK)
    return f"{marks}{NOT_REAL}" if marks else None


def _is_live(order: Order) -> bool:
    return order.origin is Origin.LIVE
