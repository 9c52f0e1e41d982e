"""An index with given entries, written without an indexer: what workers' tests need."""

import os
from collections.abc import Iterable, Sequence

from redis.asyncio import Redis

from notifier.entries import Entry, Known, pack
from notifier.index_seal import Opener, opener_of
from notifier.pages import Keys, page_of, pointer, raw_id
from notifier.prekeys import make
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import NONCE_BYTES
from notifier.taking import read_sealed
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
    life = (await read_sealed(redis, keys.namespace, [])).life
    for entry in entries:
        name = raw_id(entry.subscriber)
        page = keys.agreements(page_of(name, keys.bits))
        sealed = opener.of(keys).entries.seal(pack(Known(_profile(entry), 1)), os.urandom(NONCE_BYTES), name)
        for made in make(opener.of(keys), life, {name: sealed}, os.urandom):
            await redis.hset(page, name, made.sealed)
    await redis.set(keys.life(), life)


def _profile(entry: Entry) -> Profile:
    return Profile(
        entry.endpoint, entry.p256dh, entry.auth, entry.kind.vapid_key_id, entry.kind.lang, {}, entry.kind.drills, None
    )
