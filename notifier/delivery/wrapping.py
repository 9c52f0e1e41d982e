"""From recipients to requests: head, payload and encryption, for a chunk of them at a time."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime

from notifier.delivery.errand import Errand, Site
from notifier.delivery.letters import payload
from notifier.entries import Entry
from notifier.render import Letter
from notifier.webpush.encrypt import SALT_BYTES, Agreement, Receiver, TooLong, prepare, seal
from notifier.webpush.keys import BadKey, VapidTokens
from notifier.webpush.send import Ended, head_of, ttl_of
from notifier.webpush.transport import Head, Post
from schemas.records.base import World
from schemas.records.delivered import End

CHUNK, CALM_CHUNK, FRESH_CHUNK = 256, 64, 16
"""Recipients at a time: of an urgent order, of any other (which an urgent one may interrupt), and where key agreements
have to be made first. About five milliseconds, one, and one."""

_HEADS = 1000


class Heads:
    """The fields that requests share: one object for all that are alike, which transports know by its identity."""

    def __init__(self, ring: Mapping[str, VapidTokens]) -> None:
        self._ring = ring
        self._made: dict[tuple[str, int, bool, str], Head] = {}

    def of(self, errand: Errand, site: Site, until: datetime, now: datetime) -> Head:
        """For requests of this errand that leave now."""
        urgent = errand.job.world == World.ACTUAL
        said = self._ring[site.key_id].authorization(site.origin, now), ttl_of(until, now), urgent, errand.topic
        found = self._made.get(said)
        if found is None:
            if len(self._made) >= _HEADS:
                self._made.clear()
            found = self._made[said] = head_of(*said)
        return found

    def distrust(self, site: Site) -> None:
        """The service said 401 or 403: sign anew next time."""
        self._ring[site.key_id].forget(site.origin)


def most_of(first: Entry, urgent: bool) -> int:
    """How many like this one to wrap at a time: fewer where key agreements have to be made first."""
    if first.agreement is None:
        return FRESH_CHUNK
    return CHUNK if urgent else CALM_CHUNK


def wrapped(errand: Errand, site: Site, entries: Sequence[Entry]) -> tuple[list[Post], list[tuple[str, Ended]]]:
    """The requests, known by their subscribers; and who cannot be sent to because of the keys they gave."""
    letters, token_of, declarative = errand.letters, errand.letters.token, site.declarative
    posts, refused = [], []
    for entry in entries:
        letter, name = letters.of(entry.kind.lang, declarative), entry.subscriber
        if not isinstance(letter, Letter):
            refused.append((name, letter))
            continue
        try:
            agreement = entry.agreement or _agree(entry)
            posts.append(Post(name, entry.target, seal(agreement, payload(letter, token_of(name)))))
        except (BadKey, TooLong) as error:
            refused.append((name, Ended(End.REFUSED, None, str(error), "bad_keys")))
    return posts, refused


def _agree(entry: Entry) -> Agreement:
    return prepare(Receiver.of_raw(entry.p256dh, entry.auth), os.urandom(SALT_BYTES))
