"""The recipients of a job as a worker gets them: opened entries, each with its single-use key agreement if one is left.

What is taken is gone, and nobody else can get it (`taking.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from notifier.entries import Entry, entry_of, unpack_sent
from notifier.index_seal import Opener as Opener
from notifier.index_seal import Unopened, bound_to
from notifier.index_seal import opener_of as opener_of
from notifier.taking import BUSY_MS, Sealed, read_sealed
from notifier.webpush.encrypt import Agreement
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
    opened = _opened(await read_sealed(redis, namespace, ids, BUSY_MS, opener.last), opener)
    _count(opened)
    return opened


async def read_entries(redis: Redis, opener: Opener, namespace: str, ids: Sequence[str]) -> dict[str, Entry | Broken]:
    """The same without taking anything: no entry has an agreement."""
    return _opened(await read_sealed(redis, namespace, ids, probably=opener.last), opener)


def _opened(sealed: Sealed, opener: Opener) -> dict[str, Entry | Broken]:
    seals, life = opener.of(sealed.keys), sealed.life
    open_entry, open_agreement = seals.entries.open, seals.agreements.open
    found: dict[str, Entry | Broken] = {}
    for name, raw, entry, taken in sealed.found:
        try:
            sent = unpack_sent(open_entry(entry, raw))
            agreement = _agreed(open_agreement, taken, bound_to(life, raw, sent.auth, sent.p256dh)) if taken else None
            found[name] = entry_of(name, sent, agreement)
        except (ValueError, IndexError) as error:
            found[name] = Broken(name, f"the index holds no entry that can be read: {error}")
    return found


def _agreed(open_agreement: Callable[[bytes, bytes], bytes], taken: bytes, about: bytes) -> Agreement | None:
    try:
        return Agreement(open_agreement(taken, about))
    except Unopened:  # made for keys that this device no longer has, or kept on a disk since before it was used
        return None


def _count(opened: dict[str, Entry | Broken]) -> None:
    ready = sum(isinstance(one, Entry) and one.agreement is not None for one in opened.values())
    broken = [one for one in opened.values() if isinstance(one, Broken)]
    PREKEYS.labels("used").inc(ready)
    PREKEYS.labels("fallback").inc(len(opened) - ready - len(broken))
    if broken:
        BROKEN_ENTRIES.inc(len(broken))
        get_logger().error("entries of the index cannot be read: rebuild it", count=len(broken), why=broken[0].reason)
