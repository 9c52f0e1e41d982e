"""Bulletins that went out before: the same telegram again, under another name or from another address."""

from connectors.source import Record
from schemas.process.metrics import DUPLICATES
from schemas.records.observed import Bulletin

REMEMBERED = 5000
"""Ids, about 400 kB: more than a bad day brings for one row. A forgotten one goes out again, and is known by its id."""


class Repeats:
    """The ids of one source's bulletins that Kafka acknowledged, in this process."""

    def __init__(self) -> None:
        self._known: dict[str, None] = {}

    def left_out(self, source: str, records: tuple[Record, ...]) -> tuple[Record, ...]:
        """The records without repeats, which are counted. Readings are no repeats: they say that a poll took place."""
        fresh = tuple(record for record in records if not (isinstance(record, Bulletin) and record.id in self._known))
        DUPLICATES.labels(source).inc(len(records) - len(fresh))
        return fresh

    def note(self, records: tuple[Record, ...]) -> None:
        """They are acknowledged."""
        self._known |= {record.id: None for record in records if isinstance(record, Bulletin)}
        for old in list(self._known)[: max(0, len(self._known) - REMEMBERED)]:
            del self._known[old]
