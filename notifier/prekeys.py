"""Key agreements made in quiet times: for whom one is missing, what is stored, how long to rest. Pure but for chance.

A pair is made fresh for one subscriber, agreed on with the browser's key, and its private half dropped; what is kept
is what one message takes (RFC 8291 §3.3–3.4: key, nonce, salt, our public point), sealed. It serves one message:
whoever reads it has deleted it, and one that a restarted Redis finds again on its disk cannot be opened. That leaves
2 µs of work a message for when it counts, instead of 70.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from notifier.entries import unpack_sent
from notifier.index_seal import Seals, bound_to
from notifier.subscriptions.seal import NONCE_BYTES
from notifier.webpush.encrypt import SALT_BYTES, Receiver, prepare
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


def make(seals: Seals, life: bytes, entries: Mapping[bytes, bytes], random: Callable[[int], bytes]) -> list[Made]:
    """One agreement for each sealed entry; about 65 µs each. What cannot be read or agreed with is left out.

    `life` names the memory that they will lie in; `random` gives so many fresh random bytes (os.urandom).
    """
    made = []
    for name, sealed in entries.items():
        try:
            sent = unpack_sent(seals.entries.open(sealed, name))
            receiver = Receiver.of_raw(sent.p256dh, sent.auth)
        except (ValueError, IndexError, BadKey):
            continue  # its push will say so: an alarm there, none here every hour
        agreement = prepare(receiver, random(SALT_BYTES))
        about = bound_to(life, name, sent.auth, sent.p256dh)
        made.append(Made(name, sealed[:NONCE_BYTES], seals.agreements.seal(agreement, random(NONCE_BYTES), about)))
    return made


def rest_s(worked_s: float, share: float) -> float:
    """How long to rest after working, so that the work takes no more than this share of a core."""
    return worked_s * (1 - share) / share
