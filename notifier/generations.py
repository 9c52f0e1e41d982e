"""Generations of the index, as one indexer begins them or goes on with them, all in its one turn."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from notifier.index_seal import Opener
from notifier.index_turn import Turn
from notifier.index_writer import IndexWriter
from notifier.pages import IndexState, Keys, Spread, index_state, new_generation
from schemas.process.log import get_logger


@dataclass(frozen=True, slots=True)
class Source:
    """The topic as it stood at the start: its id, its ends, and how many records it holds at most."""

    topic_id: str
    ends: dict[int, int]
    records: int


@dataclass(frozen=True, slots=True)
class Generations:
    """Makes their writers. `now` is real time: a generation's name says when it was begun."""

    turn: Turn
    opener: Opener
    spread: Spread
    now: Callable[[], datetime]

    async def resume(self, source: Source) -> tuple[IndexWriter, dict[int, int]]:
        """The writer of the current generation and its offsets, or of a fresh one, to be read from the start.

        What others left behind is dropped.
        """
        state = await index_state(self.turn.redis, self.turn.namespace)
        why = self._unfit(state, source)
        if state is None or why is not None:
            writer, offsets = self.fresh(source.records, why or ""), {}
        else:
            writer, offsets = self._writer(Keys(self.turn.namespace, state.generation), True), state.offsets
        await writer.drop_others()
        return writer, offsets

    def fresh(self, subscribers: int, why: str) -> IndexWriter:
        """A generation that nobody reads yet, with pages for so many."""
        began_us = int(self.now().timestamp() * 1e6)
        keys = Keys(self.turn.namespace, new_generation(began_us, subscribers, self.opener.current, self.spread))
        get_logger().warning("building the index anew", reason=why, generation=keys.generation, pages=1 << keys.bits)
        return self._writer(keys, False)

    def _writer(self, keys: Keys, serving: bool) -> IndexWriter:
        return IndexWriter(self.turn, keys, self.opener.of(keys), serving)

    def _unfit(self, state: IndexState | None, source: Source) -> str | None:
        """Why the index cannot be gone on with. Offsets mean something only in the topic they were read from."""
        if state is None:
            return "there is none"
        if state.topic_id != source.topic_id or any(
            at > source.ends.get(part, 0) for part, at in state.offsets.items()
        ):
            return "it was read from another topic"
        if Keys("", state.generation).key_id != self.opener.current:
            return "the sealing key was changed"
        return None
