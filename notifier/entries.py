"""One subscriber as it lies in the index: packed small, about 280 bytes for a device of FCM. Pure.

A worker reads the leading fields only; the indexer reads all of it. What is fixed here (prefixes, languages, order of
fields) is part of the layout: change `pages.LAYOUT` with it.
"""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

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


class Sent(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What a worker needs."""

    prefix: int
    rest: str
    p256dh: bytes
    auth: bytes
    key: bytes
    lang: int | str
    flags: int


class _Packed(Sent, array_like=True, gc=False, frozen=True):
    """And what the indexer needs."""

    updated_us: int
    places: dict[str, tuple[tuple[str, ...], tuple[str, ...]] | None]
    replaces: str | None


class Kind(msgspec.Struct, frozen=True):
    """What many devices share. Their endpoints begin with `prefix`, scheme and host, which a path follows."""

    prefix: str
    vapid_key_id: str
    lang: str
    drills: bool


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One subscriber as a worker needs it. Entries that are alike share one `kind` object.

    `agreement` was made beforehand, to be used once; None means that a fresh one has to be made.
    """

    subscriber: str
    kind: Kind
    target: bytes
    p256dh: bytes
    auth: bytes
    agreement: Agreement | None = None

    @property
    def endpoint(self) -> str:
        """The address of its push service."""
        return self.kind.prefix + self.target.decode()


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


def unpack_sent(packed: bytes) -> Sent:
    """What of it a worker needs, still packed small; raises ValueError."""
    return _SENT.decode(packed)


def entry_of(subscriber: str, sent: Sent, agreement: Agreement | None = None) -> Entry:
    """The same as an entry; raises ValueError or IndexError."""
    rest = sent.rest
    if sent.prefix:
        begin, target = _HEADS[sent.prefix]
        kind = _kind(begin, sent.key, sent.lang, sent.flags)
        return Entry(subscriber, kind, target + rest.encode(), sent.p256dh, sent.auth, agreement)
    path = rest.find("/", len("https://"))
    begin = rest if path < 0 else rest[:path]
    target = b"/" if path < 0 else rest[path:].encode()
    return Entry(subscriber, _kind(begin, sent.key, sent.lang, sent.flags), target, sent.p256dh, sent.auth, agreement)


def unpack_entry(subscriber: str, packed: bytes) -> Entry:
    """What a worker needs, without an agreement; raises ValueError or IndexError."""
    return entry_of(subscriber, unpack_sent(packed))


def keys_of(entry: Entry | Sent | Profile) -> bytes:
    """What an agreement is bound to, beside the id: with other keys it is worth nothing."""
    return entry.auth + entry.p256dh


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


@lru_cache(maxsize=4096)
def _kind(prefix: str, key: bytes, lang: int | str, flags: int) -> Kind:
    """One object for all that are alike."""
    key_id = key.hex() if len(key) == _KEY_BYTES else _named(key)
    return Kind(prefix, key_id, lang if isinstance(lang, str) else _LANGS[lang], flags & _DRILLS != 0)


def _head(prefix: str) -> tuple[str, bytes]:
    """An endpoint's beginning, cut before its path."""
    cut = prefix.find("/", len("https://"))
    return prefix[:cut], prefix[cut:].encode()


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
_HEADS = tuple(_head(prefix) if prefix else ("", b"") for prefix, _ in _PREFIXES)
_ENCODER = msgspec.msgpack.Encoder()
_SENT = msgspec.msgpack.Decoder(Sent)
_PACKED = msgspec.msgpack.Decoder(_Packed)
