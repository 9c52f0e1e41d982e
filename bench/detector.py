"""The same detection for every contestant: bytes of a batch in, bytes of outputs and of the state out.

Imported in environments that have neither Faust nor aiokafka.
"""

from datetime import UTC, datetime
from typing import Any

from bench.rivers import Spec, knowledge_of
from schemas.batches import BatchReader
from schemas.codec import Codec, record_types
from schemas.records.base import InputOffset, World
from schemas.records.plumbing import WatchState
from schemas.topics import topic
from streams.fold import Output
from streams.watch import Watched, WatchFold


class Detector:
    """*watch*'s fold over states in memory."""

    def __init__(self, spec: Spec) -> None:
        self.knowledge = knowledge_of(spec)
        self.fold = WatchFold(self.knowledge)
        self.reader = BatchReader(World.ACTUAL)
        self.states: dict[str, Watched] = {}
        self._codecs: dict[str, Codec[Any]] = {}

    def take(self, message: bytes | None) -> tuple[str, tuple[Output, ...]]:
        """Fold one message: whose it was, and what is to be said."""
        batch = self.reader.decode(message)
        town = batch.municipality
        state = self.states.get(town) or self.fold.initial(World.ACTUAL, town)
        self.states[town], outputs = self.fold.step(state, batch, datetime.now(UTC))
        return town, outputs

    def state(self, town: str, input_topic: str, partition: int, offset: int) -> WatchState:
        """The state as *watch* would write it."""
        inputs = (InputOffset(input_topic, "measured", partition, offset),)
        body = self.fold.encode(self.states[town])
        return WatchState(World.ACTUAL, town, self.fold.layout, inputs, body, datetime.now(UTC))

    def encoded(self, row: str, record: Any) -> bytes:
        """A record as its topic holds it."""
        codec = self._codecs.get(row)
        if codec is None:
            codec = self._codecs[row] = Codec(record_types()[topic(row).record], World.ACTUAL)
        return codec.encode(record)
