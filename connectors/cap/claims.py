"""What an alert claims for each of our areas: items, and the words around them, in one language. Pure."""

from dataclasses import dataclass

from connectors.cap.alert import Alert, Info, Place
from connectors.cap.areas import areas_of
from connectors.cap.hazards import hazard_of
from connectors.cap.profile import KIND, stated
from connectors.places import Places
from schemas.records.observed import BulletinItem, Quantity

ALL_CLEAR = "AllClear"
LANGUAGES = ("ja", "en")
"""Which language is shown first where an area is told in several; then the first of the alert."""
SEVERITY = {"Extreme": 4.0, "Severe": 3.0, "Moderate": 2.0, "Minor": 1.0}
URGENCY = {"Immediate": 4.0, "Expected": 3.0, "Future": 2.0, "Past": 1.0}
CERTAINTY = {"Observed": 4.0, "Likely": 3.0, "Very Likely": 3.0, "Possible": 2.0, "Unlikely": 1.0}
MAX_CODE, MAX_NAME, MAX_SUMMARY, MAX_ITEMS = 40, 200, 1000, 40


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said for one area: `headline` and `text` in the language that was chosen."""

    items: tuple[BulletinItem, ...]
    headline: str
    text: str
    office: str


def claims_of(alert: Alert, places: Places) -> dict[str, Claim]:
    """By area of ours. Raises Park for a shape or a word of our profile that is none."""
    spoken: dict[str, list[tuple[Info, Place]]] = {}
    for info in alert.infos:
        for place in info.places:
            for area in areas_of(place, places):
                spoken.setdefault(area, []).append((info, place))
    return {area: _claim(alert, area, rows) for area, rows in spoken.items()}


def _claim(alert: Alert, area: str, rows: list[tuple[Info, Place]]) -> Claim:
    language = _language([info for info, _ in rows])
    shown = [(info, place) for info, place in rows if info.language == language]
    infos = list(dict.fromkeys(info for info, _ in shown))
    items = dict.fromkeys(_item(alert, area, info, place) for info, place in shown)
    words = dict.fromkeys(info.headline or info.event for info in infos)
    text = dict.fromkeys(part for info in infos for part in (info.description, info.instruction) if part)
    return Claim(tuple(items)[:MAX_ITEMS], "\n".join(words), "\n".join(text), infos[0].sender_name)


def _language(infos: list[Info]) -> str:
    for wanted in LANGUAGES:
        for info in infos:
            if info.language.lower().split("-")[0] == wanted:
                return info.language
    return infos[0].language


def _item(alert: Alert, area: str, info: Info, place: Place) -> BulletinItem:
    """Status decides: an info whose only response is AllClear is over, whatever its event is called."""
    ours = stated(alert, info)
    active = set(info.responses) != {ALL_CLEAR}
    code = dict(info.event_codes).get(KIND) or next((value for _, value in info.event_codes), "")
    return BulletinItem(
        hazard=ours.hazard or hazard_of(info),
        subject=area,
        subject_name=place.description[:MAX_NAME],
        kind_code=code[:MAX_CODE],
        kind_name=info.event[:MAX_NAME],
        status=" ".join((alert.message, *info.responses))[:MAX_NAME],
        active=active,
        level=ours.level if active or ours.level is None else 0,
        valid_from=info.onset,
        valid_until=info.expires,
        summary=f"{info.severity} / {info.urgency} / {info.certainty}. {info.headline or info.event}"[:MAX_SUMMARY],
        quantities=_quantities(area, info),
    )


def _quantities(area: str, info: Info) -> tuple[Quantity, ...]:
    """CAP's three scales as they were said: the word as condition, its rank as value, null for Unknown."""
    said = (
        ("cap_severity", SEVERITY, info.severity),
        ("cap_urgency", URGENCY, info.urgency),
        ("cap_certainty", CERTAINTY, info.certainty),
    )
    return tuple(Quantity(name, area, "", ranks.get(word), "1-4", None, None, word) for name, ranks, word in said)
