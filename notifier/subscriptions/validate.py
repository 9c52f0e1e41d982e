"""What may come in at the door: a browser's PushSubscription with places, language and consent. Pure.

Whatever passes here can be sent to: a key that is not on the curve, or a place that does not exist, would only show
when an order has to go out. Each refusal has a stable code and a sentence.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from notifier.subscriptions.endpoint import Hosts, Refused, check_endpoint
from schemas.records.decided import LANGUAGES

P256DH_BYTES, AUTH_BYTES, UNCOMPRESSED = 65, 16, 4
MAX_PLACES, MAX_TICKET_CHARS, MAX_DISTRICT_CHARS = 40, 1024, 60
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Door:
    """What the checks need to know: push services, and the map from codes to areas and from areas to municipalities."""

    hosts: Hosts
    areas_of: Callable[[str], tuple[str, ...]]
    municipality_of: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Former:
    """The subscriber that this device was, and the token that proves it."""

    subscriber: str
    token: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A valid request: `places` maps municipalities to the class20 areas wanted there, none meaning all of it.

    `districts` does so for districts that a municipality has drawn itself, by their names.
    """

    endpoint: str
    p256dh: bytes
    auth: bytes
    lang: str
    places: dict[str, tuple[str, ...]]
    drills: bool
    ticket: str | None
    districts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    replaces: Former | None = None


def validate(body: bytes, door: Door) -> Wanted:
    """The request in `body`; raises Refused with the first thing that is wrong."""
    request = _object(body)
    subscription = _part(request, "subscription")
    keys = _part(subscription, "keys")
    places, districts = _places(request.get("places"), door)
    return Wanted(
        endpoint=check_endpoint(subscription.get("endpoint"), door.hosts),
        p256dh=_point(keys.get("p256dh")),
        auth=_secret(keys.get("auth")),
        lang=_language(request.get("lang", "ja")),
        places=places,
        drills=_consent(request.get("drills", False)),
        ticket=_ticket(request.get("ticket")),
        districts=districts,
        replaces=_former(request.get("replaces")),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        request = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("not_json", "The request is not JSON.") from error
    if not isinstance(request, dict):
        raise Refused("not_object", "The request must be a JSON object.")
    return request


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    part = whole.get(name)
    if not isinstance(part, dict):
        raise Refused(f"{name}_missing", f"There is no {name}: send the browser's PushSubscription as JSON.")
    return part


def _point(text: object) -> bytes:
    raw = _decoded("p256dh", text)
    if len(raw) != P256DH_BYTES or raw[0] != UNCOMPRESSED:
        raise Refused("p256dh_form", "p256dh must be an uncompressed P-256 point: 65 bytes that begin with 4.")
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw)
    except ValueError as error:
        raise Refused("p256dh_off_curve", "p256dh is not a point on the curve P-256.") from error
    return raw


def _secret(text: object) -> bytes:
    raw = _decoded("auth", text)
    if len(raw) != AUTH_BYTES:
        raise Refused("auth_length", f"auth must be {AUTH_BYTES} bytes, this is {len(raw)}.")
    return raw


def _decoded(name: str, text: object) -> bytes:
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text):
        raise Refused(f"{name}_encoding", f"{name} must be unpadded base64url.")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise Refused(f"{name}_encoding", f"{name} must be unpadded base64url.") from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise Refused(f"{name}_encoding", f"{name} has bits left over: it was cut or changed.")
    return raw


def _language(lang: object) -> str:
    if not isinstance(lang, str) or lang not in LANGUAGES:
        raise Refused("lang_unknown", f"lang must be one of {', '.join(LANGUAGES)}.")
    return lang


def _consent(drills: object) -> bool:
    if not isinstance(drills, bool):
        raise Refused("drills_form", "drills must be true or false.")
    return drills


def _ticket(ticket: object) -> str | None:
    if ticket is None or (isinstance(ticket, str) and len(ticket) <= MAX_TICKET_CHARS):
        return ticket
    raise Refused("ticket_form", "ticket must be the text that the desk gave out.")


def _former(said: object) -> Former | None:
    if said is None:
        return None
    try:
        return msgspec.convert(said, Former)
    except msgspec.ValidationError as error:
        raise Refused("replaces_form", "replaces must hold the former subscriber and its token.") from error


def _places(said: object, door: Door) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Areas and districts by municipality, from a list of codes, or from {code: areas or {areas, districts}}."""
    if not isinstance(said, list | dict) or not said:
        raise Refused("places_missing", "Name at least one place: a municipality, ward or area code.")
    wishes = [_Wish(code) for code in said] if isinstance(said, list) else [_wish(*item) for item in said.items()]
    if len(wishes) > MAX_PLACES or sum(len(wish.areas) for wish in wishes) > MAX_PLACES:
        raise Refused("places_too_many", f"At most {MAX_PLACES} places.")
    wanted = {area for wish in wishes for code in (wish.areas or [wish.code]) for area in _areas(code, door)}
    districts = {_municipality(wish.code, door): wish.districts for wish in wishes if wish.districts}
    return _by_municipality(wanted, door), districts


@dataclass(frozen=True, slots=True)
class _Wish:
    """One place as it was named. No areas and no districts: all of it."""

    code: object
    areas: tuple[object, ...] = ()
    districts: tuple[str, ...] = ()


def _wish(code: str, said: object) -> _Wish:
    part = said if isinstance(said, dict) else {"areas": said}
    areas, districts = part.get("areas") or [], part.get("districts") or []
    if not isinstance(areas, list) or not isinstance(districts, list):
        raise Refused("places_form", "A place holds a list of areas, or lists of areas and districts.")
    if len(districts) > MAX_PLACES:
        raise Refused("districts_too_many", f"At most {MAX_PLACES} districts a place.")
    return _Wish(code, tuple(areas), tuple(sorted({_district(name) for name in districts})))


def _district(name: object) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= MAX_DISTRICT_CHARS or not name.isprintable():
        raise Refused("district_form", f"A district is a name of at most {MAX_DISTRICT_CHARS} characters.")
    return name


def _municipality(code: object, door: Door) -> str:
    return door.municipality_of(_areas(code, door)[0])


def _areas(code: object, door: Door) -> tuple[str, ...]:
    found = door.areas_of(code) if isinstance(code, str) else ()
    if not found:
        raise Refused("place_unknown", "One of the places is no code that we know.")
    return found


def _by_municipality(areas: Iterable[str], door: Door) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, set[str]] = {}
    for area in areas:
        grouped.setdefault(door.municipality_of(area), set()).add(area)
    return {
        municipality: () if members >= set(door.areas_of(municipality)) else tuple(sorted(members))
        for municipality, members in sorted(grouped.items())
    }
