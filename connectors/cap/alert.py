"""A CAP alert as typed fields, checked against what the standard requires. Nothing missing is filled in."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.jma.markup import Node, read_time
from connectors.source import Park
from schemas.records.base import World

VERSIONS = {"urn:oasis:names:tc:emergency:cap:1.1": "1.1", "urn:oasis:names:tc:emergency:cap:1.2": "1.2"}
WORLDS = {"Actual": World.ACTUAL, "Exercise": World.EXERCISE, "Test": World.TEST}
NOT_FOR_ACTION = ("System", "Draft")
MESSAGES = ("Alert", "Update", "Cancel", "Ack", "Error")
URGENCIES = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTIES = ("Observed", "Likely", "Possible", "Unlikely", "Unknown", "Very Likely")
"""`Very Likely` is CAP 1.0's and still met; 1.1 says to read it as Likely."""
FORBIDDEN = re.compile(r"[\s,<&]")
"""CAP 1.2 §3.2.1: neither in an identifier nor in a sender; a comma would break the triplets of `references`."""
AHEAD = timedelta(minutes=10)
MAX_INFOS, MAX_AREAS, MAX_TEXT = 60, 500, 4000
LANGUAGE = "en-US"
"""What an info without a language is written in (§3.2.2)."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The triplet that names an earlier message: exactly this sender, identifier and time of sending."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """One <area>. Polygons are rings of (latitude, longitude), circles (latitude, longitude, radius in km)."""

    description: str
    geocodes: tuple[tuple[str, str], ...]
    polygons: tuple[str, ...]
    circles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Info:
    """One <info>: one event in one language."""

    language: str
    categories: tuple[str, ...]
    event: str
    responses: tuple[str, ...]
    urgency: str
    severity: str
    certainty: str
    event_codes: tuple[tuple[str, str], ...]
    onset: datetime | None
    expires: datetime | None
    sender_name: str
    headline: str
    description: str
    instruction: str
    parameters: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """One message. `world` follows its status; System and Draft are no message for us."""

    version: str
    world: World
    message: str
    itself: Reference
    references: tuple[Reference, ...]
    codes: tuple[str, ...]
    note: str
    incidents: str
    infos: tuple[Info, ...]


def is_cap(root: Node) -> bool:
    """Whether the root element is an alert of a CAP version."""
    return str(root.element.tag).startswith("{urn:oasis:names:tc:emergency:cap:")


def read_alert(root: Node, received_at: datetime | None) -> Alert:
    """Raises Park for what is no valid alert, naming the element. `received_at` None: do not judge the future."""
    version = _version(root)
    _check_scope(root)
    world = _world(root)
    message = _one_of(root, "msgType", MESSAGES)
    itself = Reference(_name(root, "sender"), _name(root, "identifier"), read_time(_text(root, "sent"), "sent"))
    if received_at is not None and itself.sent > received_at + AHEAD:
        raise Park("future_time", f"sent {itself.sent.isoformat()} lies ahead of {received_at.isoformat()}")
    infos = tuple(_info(node) for node in _limited(root, "info", MAX_INFOS))
    return Alert(
        version=version,
        world=world,
        message=message,
        itself=itself,
        references=_references(root, message),
        codes=_texts(root, "code"),
        note=_text(root, "note")[:MAX_TEXT],
        incidents=_text(root, "incidents")[:200],
        infos=infos,
    )


def _version(root: Node) -> str:
    namespace, _, name = str(root.element.tag).removeprefix("{").rpartition("}")
    if name != "alert" or not is_cap(root):
        raise Park("not_cap", f"the root element is {str(root.element.tag)[:100]!r}, not a CAP alert")
    if namespace not in VERSIONS:
        raise Park("unknown_version", f"{namespace[-20:]!r} is no version that is read; 1.1 and 1.2 are")
    return VERSIONS[namespace]


def _world(root: Node) -> World:
    status = _one_of(root, "status", (*WORLDS, *NOT_FOR_ACTION))
    if status in NOT_FOR_ACTION:
        raise Park("not_for_action", f"status is {status}: nobody may act on it")
    return WORLDS[status]


def _check_scope(root: Node) -> None:
    scope = _one_of(root, "scope", ("Public", "Restricted", "Private"))
    if scope != "Public":
        raise Park("not_public", f"scope is {scope}: it is not for everybody, so it goes no further")


def _references(root: Node, message: str) -> tuple[Reference, ...]:
    """Required of every message about another one; a triplet that is none is never guessed."""
    triplets = _text(root, "references").split()
    if message != "Alert" and not triplets:
        raise Park("missing_references", f"msgType is {message}, but references names no earlier message")
    return tuple(_reference(triplet) for triplet in triplets)


def _reference(triplet: str) -> Reference:
    parts = triplet.split(",")
    if len(parts) != 3 or not all(parts):
        raise Park("bad_value", f"references has {triplet[:100]!r}, which is no sender,identifier,sent")
    return Reference(parts[0], parts[1], read_time(parts[2], "a time in references"))


def _info(node: Node) -> Info:
    return Info(
        language=_text(node, "language") or LANGUAGE,
        categories=_texts(node, "category") or _required(node, "category"),
        event=_text(node, "event") or _required(node, "event")[0],
        responses=_texts(node, "responseType"),
        urgency=_one_of(node, "urgency", URGENCIES),
        severity=_one_of(node, "severity", SEVERITIES),
        certainty=_one_of(node, "certainty", CERTAINTIES),
        event_codes=_pairs(node, "eventCode"),
        onset=_time(node, "onset") or _time(node, "effective"),
        expires=_time(node, "expires"),
        sender_name=_text(node, "senderName")[:MAX_TEXT],
        headline=_text(node, "headline")[:MAX_TEXT],
        description=_text(node, "description")[:MAX_TEXT],
        instruction=_text(node, "instruction")[:MAX_TEXT],
        parameters=_pairs(node, "parameter"),
        places=tuple(_place(area) for area in _limited(node, "area", MAX_AREAS)),
    )


def _place(node: Node) -> Place:
    description = _text(node, "areaDesc") or _required(node, "areaDesc")[0]
    return Place(description[:MAX_TEXT], _pairs(node, "geocode"), _texts(node, "polygon"), _texts(node, "circle"))


def _text(node: Node, name: str) -> str:
    return node.text(f"{{*}}{name}")


def _texts(node: Node, name: str) -> tuple[str, ...]:
    return tuple(text for found in node.all(f"{{*}}{name}") if (text := found.text(".")))


def _pairs(node: Node, name: str) -> tuple[tuple[str, str], ...]:
    return tuple((_text(found, "valueName"), _text(found, "value")) for found in node.all(f"{{*}}{name}"))


def _limited(node: Node, name: str, most: int) -> list[Node]:
    found = node.all(f"{{*}}{name}")
    if len(found) > most:
        raise Park("too_large", f"{len(found)} elements <{name}> are more than {most}")
    return found


def _time(node: Node, name: str) -> datetime | None:
    text = _text(node, name)
    return read_time(text, name) if text else None


def _name(node: Node, name: str) -> str:
    text = _text(node, name) or _required(node, name)[0]
    if FORBIDDEN.search(text):
        raise Park("bad_value", f"{name} is {text[:100]!r}; blanks, commas, < and & have no place in it")
    return text


def _one_of(node: Node, name: str, words: tuple[str, ...]) -> str:
    text = _text(node, name) or _required(node, name)[0]
    if text not in words:
        raise Park("bad_value", f"{name} is {text[:60]!r}; it is one of {', '.join(words)}")
    return text


def _required(node: Node, name: str) -> tuple[str, ...]:
    raise Park("missing_element", f"the element {name} is missing in {str(node.element.tag).rpartition('}')[2]}")
