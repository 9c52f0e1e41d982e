"""One subscriber as it lies in the index: packed small, about 280 bytes for a device of FCM. Pure.

A worker reads the leading fields only; the indexer reads all of it. What is fixed here (prefixes, languages, order of
fields) is part of the layout: change `pages.LAYOUT` with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from notifier.pages import Entry
from notifier.plan import Match
from notifier.subscriptions.endpoint import is_loopback
from notifier.subscriptions.profile import Profile, officer_of
from notifier.webpush.encrypt import Agreement

# What an endpoint begins with, and the push service's name in metrics. New ones at the end; a place in here is stored.
_PREFIXES = (
    ("", ""),
    ("https://fcm.googleapis.com/fcm/send/", "fcm.googleapis.com"),
    ("https://updates.push.services.mozilla.com/wpush/v2/", "updates.push.services.mozilla.com"),
    ("https://web.push.apple.com/", "web.push.apple.com"),
    ("https://fcm.googleapis.com/wp/", "fcm.googleapis.com"),
)
_SERVICES = frozenset(service for _, service in _PREFIXES if service)
_LANGS = ("ja", "ja-easy", "en", "zh", "ko", "vi", "pt", "tl", "ne")
_DRILLS = 1


class _Sent(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What a worker needs."""

    prefix: int
    rest: str
    p256dh: bytes
    auth: bytes
    key: bytes
    lang: int | str
    flags: int


class _Packed(_Sent, array_like=True, gc=False, frozen=True):
    """And what the indexer needs."""

    updated_us: int
    places: dict[str, tuple[tuple[str, ...], tuple[str, ...]] | None]
    replaces: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What the index knows of a subscriber: its profile, and since when (µs, real)."""

    profile: Profile
    updated_us: int

    @property
    def matches(self) -> dict[str, Match]:
        """What it wants in each of its places."""
        said = self.profile
        return {place: Match(areas, said.drills, said.districts.get(place, ())) for place, areas in said.places.items()}

    @property
    def service(self) -> str:
        """Its push service."""
        return service_of(self.profile.endpoint)


def pack(known: Known) -> bytes:
    """For the index."""
    said = known.profile
    prefix = _prefix_of(said.endpoint)
    packed = _Packed(
        prefix=prefix,
        rest=said.endpoint[len(_PREFIXES[prefix][0]) :],
        p256dh=said.p256dh,
        auth=said.auth,
        key=_short_key(said.vapid_key_id),
        lang=_LANGS.index(said.lang) if said.lang in _LANGS else said.lang,
        flags=_DRILLS if said.drills else 0,
        updated_us=known.updated_us,
        places={place: _wish(areas, said.districts.get(place, ())) for place, areas in said.places.items()},
        replaces=said.replaces,
    )
    return _ENCODER.encode(packed)


def unpack(packed: bytes) -> Known:
    """All of it; raises ValueError or IndexError."""
    found = _PACKED.decode(packed)
    wishes = {place: wish or ((), ()) for place, wish in found.places.items()}
    profile = Profile(
        endpoint=_PREFIXES[found.prefix][0] + found.rest,
        p256dh=found.p256dh,
        auth=found.auth,
        vapid_key_id=found.key.hex() if len(found.key) == _KEY_BYTES else _named(found.key),
        lang=found.lang if isinstance(found.lang, str) else _LANGS[found.lang],
        places={place: areas for place, (areas, _) in wishes.items()},
        drills=bool(found.flags & _DRILLS),
        officer=officer_of(found.places),
        districts={place: districts for place, (_, districts) in wishes.items() if districts},
        replaces=found.replaces,
    )
    return Known(profile, found.updated_us)


def unpack_entry(subscriber: str, packed: bytes, agree: Callable[[bytes], bytes | None] | None = None) -> Entry:
    """What a worker needs; raises ValueError or IndexError.

    `agree` opens the agreement that lay beside it, given what that is bound to; None if it is worth nothing.
    """
    sent = _SENT.decode(packed)
    key, lang = sent.key, sent.lang
    agreed = None if agree is None else agree(sent.auth + sent.p256dh)
    return Entry(
        subscriber,
        _PREFIXES[sent.prefix][0] + sent.rest,
        sent.p256dh,
        sent.auth,
        key.hex() if len(key) == _KEY_BYTES else _named(key),
        lang if isinstance(lang, str) else _LANGS[lang],
        sent.flags & _DRILLS != 0,
        None if agreed is None else Agreement(agreed[_IKM_BYTES:], agreed[:_IKM_BYTES]),
    )


def keys_of(entry: Entry | Profile) -> bytes:
    """What an agreement is bound to, beside the id: with other keys it is worth nothing."""
    return entry.auth + entry.p256dh


def pack_agreement(agreement: Agreement) -> bytes:
    """For the index."""
    return agreement.ikm + agreement.sender


def service_of(endpoint: str) -> str:
    """The push service's name: never a stranger's words, so it may stand in a metric."""
    host = urlsplit(endpoint).hostname or ""
    if host in _SERVICES:
        return host
    if host.endswith(".notify.windows.com"):
        return "notify.windows.com"
    if host.endswith(".push.apple.com"):
        return "push.apple.com"
    return "loopback" if is_loopback(host) else "other"


def _prefix_of(endpoint: str) -> int:
    found = (place for place, (prefix, _) in enumerate(_PREFIXES) if prefix and endpoint.startswith(prefix))
    return next(found, 0)


def _wish(areas: tuple[str, ...], districts: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    return (areas, districts) if areas or districts else None


def _short_key(key_id: str) -> bytes:
    """8 bytes for a key id as `VapidKey.key_id` makes it; any other text behind a mark that is longer."""
    try:
        raw = bytes.fromhex(key_id)
    except ValueError:
        raw = b""
    return raw if len(raw) == _KEY_BYTES and raw.hex() == key_id else _NAMED + key_id.encode()


def _named(key: bytes) -> str:
    return key.removeprefix(_NAMED).decode()


_KEY_BYTES, _NAMED = 8, b"named key:"
_IKM_BYTES = 32
_ENCODER = msgspec.msgpack.Encoder()
_SENT = msgspec.msgpack.Decoder(_Sent)
_PACKED = msgspec.msgpack.Decoder(_Packed)
