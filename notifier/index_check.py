"""Whether Redis keeps our hashes packed: unpacked, each subscriber costs about a fifth more memory."""

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from notifier.store import text
from schemas.process.log import get_logger

_PATTERN = "hash-max-ziplist-*"
LEAST = {"hash-max-ziplist-entries": 512, "hash-max-ziplist-value": 2560}
"""Redis 7 calls them hash-max-listpack-… and knows these names, too. A page has about 48 entries; an endpoint may have
2 kB."""


async def check_packing(redis: Redis) -> None:
    """Warns with the words to put into redis.conf. A Redis that tells nobody its settings is warned about, too."""
    try:
        found = {
            text(name or b""): int(text(value or b"0")) for name, value in (await redis.config_get(_PATTERN)).items()
        }
    except ResponseError as error:
        get_logger().warning("Redis does not say how it packs hashes", wanted=_words(), why=str(error))
        return
    if any(found.get(name, 0) < least for name, least in LEAST.items()):
        get_logger().warning("Redis keeps the index unpacked, in a fifth more memory", add_to_redis_conf=_words())


def _words() -> str:
    return ", ".join(f"{name} {least}" for name, least in LEAST.items())
