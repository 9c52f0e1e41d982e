"""The recipients of a job as a worker gets them: opened entries, each with its single-use key agreement if one is left.

What is taken is gone, and nobody else can get it (`taking.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from notifier.entries import unpack_entry
from notifier.index_seal import Opener as Opener
from notifier.index_seal import Seals, Unopened
from notifier.index_seal import opener_of as opener_of
from notifier.pages import Entry
from notifier.taking import BUSY_MS, read_sealed
from schemas.process.log import get_logger
from schemas.process.metrics import BROKEN_ENTRIES, PREKEYS


@dataclass(frozen=True, slots=True)
class Broken:
    """What lies in the index for this one cannot be read. It ends as failed, with an alarm; the others go on."""

    subscriber: str
    reason: str


async def read_recipients(
    redis: Redis,
    opener: Opener,
    namespace: str,
    place: str,  # noqa: ARG001 - one entry serves all places of a subscriber; the job names its page
    bucket: int,  # noqa: ARG001 - as above: an id alone says where it lies
    ids: Sequence[str],
) -> dict[str, Entry | Broken]:
    """These subscribers' entries, each with its agreement, which nobody gets again; an id that vanished is absent.

    Raises IndexIncomplete. `Entry.agreement` is None where a fresh key pair has to be made.
    """
    sealed = await read_sealed(redis, namespace, ids, BUSY_MS)
    seals = opener.of(sealed.keys)
    opened = {name: _opened(seals, name, raw, entry, taken) for name, raw, entry, taken in sealed.found}
    _count(opened)
    return opened


async def read_entries(redis: Redis, opener: Opener, namespace: str, ids: Sequence[str]) -> dict[str, Entry | Broken]:
    """The same without taking anything: no entry has an agreement."""
    sealed = await read_sealed(redis, namespace, ids)
    seals = opener.of(sealed.keys)
    return {name: _opened(seals, name, raw, entry, None) for name, raw, entry, _ in sealed.found}


def _opened(seals: Seals, name: str, raw: bytes, sealed: bytes, taken: bytes | None) -> Entry | Broken:
    try:
        packed = seals.entries.open(sealed, raw)
        if taken is None:
            return unpack_entry(name, packed)
        return unpack_entry(name, packed, lambda keys: _agreed(seals, taken, raw + keys))
    except (ValueError, IndexError) as error:
        return Broken(name, f"the index holds no entry that can be read: {error}")


def _agreed(seals: Seals, taken: bytes, about: bytes) -> bytes | None:
    try:
        return seals.agreements.open(taken, about)
    except Unopened:  # made for keys that this device no longer has
        return None


def _count(opened: dict[str, Entry | Broken]) -> None:
    ready = sum(isinstance(one, Entry) and one.agreement is not None for one in opened.values())
    broken = [one for one in opened.values() if isinstance(one, Broken)]
    PREKEYS.labels("used").inc(ready)
    PREKEYS.labels("fallback").inc(len(opened) - ready - len(broken))
    if broken:
        BROKEN_ENTRIES.inc(len(broken))
        get_logger().error("entries of the index cannot be read: rebuild it", count=len(broken), why=broken[0].reason)
