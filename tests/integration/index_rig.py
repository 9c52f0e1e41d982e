"""An index with given entries, written without an indexer: what workers' tests need."""

import os
from collections.abc import Iterable, Sequence

from redis.asyncio import Redis

from notifier.entries import Known, keys_of, pack, pack_agreement
from notifier.index_seal import Opener, opener_of
from notifier.pages import Entry, Keys, page_of, pointer, raw_id
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import NONCE_BYTES
from notifier.webpush.encrypt import Receiver, prepare
from tests.integration.notifier_rig import KEY

OPENER = opener_of(KEY)


async def index_entries(redis: Redis, namespace: str, entries: Iterable[Entry], opener: Opener = OPENER) -> Keys:
    """Put entries into the one generation of a complete index, sealed as the indexer does."""
    keys = Keys(namespace, f"1-4-{opener.current}")
    seals = opener.of(keys)
    for entry in entries:
        name = raw_id(entry.subscriber)
        sealed = seals.entries.seal(pack(Known(_profile(entry), 1)), os.urandom(NONCE_BYTES), name)
        await redis.hset(keys.entries(page_of(name, keys.bits)), name, sealed)
    await redis.set(pointer(namespace), keys.generation)
    return keys


async def prekey(redis: Redis, keys: Keys, entries: Sequence[Entry], opener: Opener = OPENER) -> None:
    """A key agreement for each of these, as the refiller makes them."""
    for entry in entries:
        name = raw_id(entry.subscriber)
        made = pack_agreement(prepare(Receiver.of_raw(entry.p256dh, entry.auth)))
        sealed = opener.of(keys).agreements.seal(made, os.urandom(NONCE_BYTES), name + keys_of(entry))
        await redis.hset(keys.agreements(page_of(name, keys.bits)), name, sealed)


def _profile(entry: Entry) -> Profile:
    return Profile(entry.endpoint, entry.p256dh, entry.auth, entry.vapid_key_id, entry.lang, {}, entry.drills, None)
