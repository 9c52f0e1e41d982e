"""Where each source stands, in the compacted topic `cursors`: read to its end at start, written last.

Beside a row's own cursor stand its counts (`=row`) and, per host, the bytes of today (`@host`): they may be a bit old.
"""

from connectors.rows import FeedRow
from schemas.codec import Codec, Unreadable
from schemas.kafka import Where, read_to_end
from schemas.records.plumbing import Cursor

PREFIX = "connectors:"
"""Owners are shared with other programs (partners' webhooks): ours carry the program's name."""


COUNTS, HOST = "=", "@"
"""What stands before a row's id for its counts, and before a host's name. No row's id begins with them."""


def owner_of(row: FeedRow) -> str:
    """The key under which a row's cursor is kept."""
    return f"{PREFIX}{row.id}"


async def restore(where: Where) -> dict[str, str]:
    """The newest cursor of every row by its id, beside them counts and hosts. What cannot be read only repeats."""
    return {name: cursor.value for name, cursor in (await saved(where)).items()}


async def saved(where: Where) -> dict[str, Cursor]:
    """The same as records: they say when they were made."""
    codec: Codec[Cursor] = Codec(Cursor, None)
    found: dict[str, Cursor] = {}
    async for message in read_to_end(where, where.name("cursors", None)):
        owner = (message.key or b"").decode(errors="replace")
        if not owner.startswith(PREFIX):
            continue
        try:
            found[owner.removeprefix(PREFIX)] = codec.decode(message.value)
        except Unreadable:
            found.pop(owner.removeprefix(PREFIX), None)
    return found
