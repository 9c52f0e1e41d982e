"""The recipients of a job as a worker gets them: opened entries, each with its single-use key agreement if one is left.

What is taken is gone: an agreement is read and deleted in one step, so nobody else can get it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from redis.asyncio import Redis

from notifier.pages import Entry, current_generation, decode_entry, pointer
from notifier.store import raw, text
from notifier.subscriptions.seal import sealing_key


@dataclass(frozen=True, slots=True)
class Broken:
    """What lies in the index for this one cannot be read. It ends as failed, with an alarm; the others go on."""

    subscriber: str
    reason: str


class Opener:
    """Opens what is sealed in the index. One a process; it keeps its ciphers."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self.keys = keys


def opener_of(current: str, old: tuple[str, ...] = ()) -> Opener:
    """From sealing keys as the settings hold them, the current one first."""
    return Opener(tuple(sealing_key(text) for text in (current, *old)))


async def read_recipients(
    redis: Redis,
    opener: Opener,  # noqa: ARG001 - entries are not sealed yet
    namespace: str,
    place: str,
    bucket: int,
    ids: Sequence[str],
) -> dict[str, Entry | Broken]:
    """These subscribers' entries; an id that vanished is absent. Raises IndexIncomplete.

    `place` and `bucket` are the job's. `Entry.agreement` is None where a fresh key pair has to be made.
    """
    wanted = list(ids)
    if not wanted:
        return {}
    while True:
        keys = await current_generation(redis, namespace)
        pipe = redis.pipeline(transaction=True)
        pipe.hmget(keys.page(place, bucket), wanted)
        pipe.get(pointer(namespace))
        found, current = await pipe.execute()
        if current is not None and text(current) == keys.generation:  # else the page was swapped out under the reading
            return {name: _entry(name, raw(one)) for name, one in zip(wanted, found, strict=True) if one is not None}


def _entry(name: str, packed: bytes) -> Entry | Broken:
    try:
        return decode_entry(packed)
    except msgspec.DecodeError as error:
        return Broken(name, f"the index holds no entry that can be read: {error}")
