"""The decide fold as the app runs it: its outputs with their topics, and the state as bytes."""

from datetime import datetime

import msgspec

from schemas.records.base import World
from schemas.records.decided import Call, Order, Verdict
from streams.decide.fold import Input, fold
from streams.decide.model import DecideState, Knowledge
from streams.fold import ContentError, Output

_TOPICS: dict[type, str] = {Verdict: "verdicts", Order: "orders", Call: "calls"}
_DECODER = msgspec.msgpack.Decoder(DecideState)


class DecideFold:
    """Decisions, recommendations and ticks become verdicts, orders and calls. Pure; see streams/fold.py."""

    layout = "decide1"

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def initial(self, world: World, municipality: str) -> DecideState:
        """No case, no duty list, no policy."""
        return DecideState(world, municipality)

    def step(self, state: DecideState, record: object, made_at: datetime) -> tuple[DecideState, tuple[Output, ...]]:
        """The state after the record and what to say; raises ContentError for a record of another kind."""
        if not isinstance(record, Input):
            raise ContentError(f"decide does not fold a {type(record).__name__}")
        state, said = fold(state, record, self._knowledge, made_at)
        return state, tuple(Output(_TOPICS[type(one)], state.municipality, one) for one in said)

    def encode(self, state: DecideState) -> bytes:
        """The state as bytes."""
        return msgspec.msgpack.encode(state)

    def decode(self, body: bytes) -> DecideState:
        """The state that `encode` wrote."""
        return _DECODER.decode(body)
