"""ReadingBatch, decoded by its layout: the polls of one source for one place differ only in times and values.

The first message of a layout is decoded as any other, and where its times and values stand is kept. A message that is
equal to it in all other bytes is cut at the same places, in one go. Whatever does not fit is decoded in full, so both
ways give the same record (a property test says so), or the same refusal.
"""

from schemas.batch_layout import Layout, NoLayout, layout_of
from schemas.codec import Codec
from schemas.framing import HEADER
from schemas.records.base import World
from schemas.records.observed import ReadingBatch

LAYOUTS = 4096
"""Layouts that are remembered, of some 12 kB each: one for each source and municipality of a partition."""
_ENUMS, _PLACE = 2, 6
_SMALLEST = 64
_Key = tuple[int, bytes]


class BatchReader:
    """decode() as a Codec's, for the ReadingBatches of one world."""

    def __init__(self, world: World) -> None:
        self._codec = Codec(ReadingBatch, world)
        self._layouts: dict[_Key, Layout] = {}

    def decode(self, message: bytes | None) -> ReadingBatch:
        """The record, perhaps as Columns; raises Unreadable or WrongWorld."""
        if message is None or len(message) < _SMALLEST:
            return self._codec.decode(message)
        key = _key(message)
        layout = self._layouts.get(key)
        found = layout.read(message) if layout is not None else None
        return found if found is not None else self._learn(key, message)

    def _learn(self, key: _Key, message: bytes) -> ReadingBatch:
        record = self._codec.decode(message)
        try:
            layout = layout_of(record, message)
        except NoLayout:
            return record
        if len(self._layouts) >= LAYOUTS:
            self._layouts.clear()
        self._layouts[key] = layout
        return record


def _key(message: bytes) -> _Key:
    """What tells layouts apart at a glance: the length, and the bytes of world, origin, source and municipality.

    Where they stand is only guessed (of another layout they are other bytes): `read` looks at every byte.
    """
    source = HEADER.size + 1 + (message[HEADER.size] >> 1) + _ENUMS
    place = source + 1 + (message[min(source, len(message) - 1)] >> 1)
    return len(message), message[source - _ENUMS : place + _PLACE]
