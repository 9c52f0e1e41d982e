"""Key agreements made in quiet times: for whom one is missing, what is stored, how long to rest. Pure but for chance.

A pair is made fresh for one subscriber, agreed on with the browser's key, and its private half dropped; what is kept
is our public point and the keying material (RFC 8291 §3.3–3.4), sealed. It serves one message: whoever reads it has
deleted it. That leaves 7 µs of work a message for when it counts, instead of 70.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from notifier.entries import keys_of, pack_agreement, unpack_entry
from notifier.index_seal import Seals
from notifier.subscriptions.seal import NONCE_BYTES
from notifier.webpush.encrypt import Receiver, prepare
from notifier.webpush.keys import BadKey


@dataclass(frozen=True, slots=True)
class Made:
    """One agreement, sealed. `entry_nonce` names the very entry it was made for: another one must not get it."""

    name: bytes
    entry_nonce: bytes
    sealed: bytes


def lacking(entries: Iterable[bytes], ready: Collection[bytes]) -> list[bytes]:
    """The ids that have an entry and no agreement."""
    has = set(ready)
    return [name for name in entries if name not in has]


def make(seals: Seals, entries: Mapping[bytes, bytes], nonces: Iterator[bytes]) -> list[Made]:
    """One agreement for each sealed entry; about 65 µs each. What cannot be read or agreed with is left out."""
    made = []
    for name, sealed in entries.items():
        try:
            entry = unpack_entry("", seals.entries.open(sealed, name))
            receiver = Receiver.of_raw(entry.p256dh, entry.auth)
        except (ValueError, IndexError, BadKey):
            continue  # its push will say so: an alarm there, none here every hour
        agreement = seals.agreements.seal(pack_agreement(prepare(receiver)), next(nonces), name + keys_of(entry))
        made.append(Made(name, sealed[:NONCE_BYTES], agreement))
    return made


def rest_s(worked_s: float, share: float) -> float:
    """How long to rest after working, so that the work takes no more than this share of a core."""
    return worked_s * (1 - share) / share
