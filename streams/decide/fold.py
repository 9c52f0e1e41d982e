"""`decisions` is a log per municipality: this folds it, with what is recommended and with time, into orders."""

from dataclasses import replace
from datetime import datetime

import msgspec

from schemas.records.base import World
from schemas.records.decided import Call, Decision, Order, Verdict
from schemas.records.judged import Recommendation
from schemas.records.plumbing import Tick
from streams.decide.calls import Saying, escalate
from streams.decide.model import REMEMBERED, DecideState, Knowledge, Refused, Remembered
from streams.decide.recommended import on_recommendation
from streams.decide.steps import STEPS, Done, Said
from streams.decide.verdicts import ACCEPTED, accepted_text, verdict_of
from streams.fold import Output

_TOPICS: dict[type, str] = {Verdict: "verdicts", Order: "orders", Call: "calls"}
_NOT_SIGNED = "The console did not sign this step: sign in again and repeat it."


class DecideFold:
    """(state, decision | recommendation | tick) → (state', verdicts, orders, calls)."""

    layout = "decide.1"

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._decoder = msgspec.msgpack.Decoder(DecideState)

    def initial(self, world: World, municipality: str) -> DecideState:
        """No case, no duty list, no policy."""
        return DecideState(world, municipality)

    def encode(self, state: DecideState) -> bytes:
        """MessagePack."""
        return msgspec.msgpack.encode(state)

    def decode(self, body: bytes) -> DecideState:
        """What `encode` wrote in this layout."""
        return self._decoder.decode(body)

    def step(self, state: DecideState, record: object, made_at: datetime) -> tuple[DecideState, tuple[Output, ...]]:
        """Fold one record. A refused decision changes nothing but the memory that it was answered."""
        said: Said
        match record:
            case Decision():
                state, said = self._decide(state, record, Saying(record.decided_at, record.trace, made_at))
            case Recommendation():
                saying = Saying(record.at, record.trace, made_at)
                state, said = on_recommendation(state, record, self._knowledge, saying)
            case Tick():
                state, said = escalate(state, Saying(record.at, record.trace, made_at))
            case _:
                raise TypeError(f"decide folds no {type(record).__name__}")
        return state, tuple(Output(_TOPICS[type(one)], state.municipality, one) for one in said)

    def _decide(self, state: DecideState, decision: Decision, saying: Saying) -> tuple[DecideState, Said]:
        """A verdict first, then what follows. What nobody signed is not remembered: the real one may yet come."""
        if not self._knowledge.is_signed(decision):
            answer = _answer(decision, Refused("not_signed", _NOT_SIGNED), None)
            return state, (verdict_of(state, decision, answer, saying),)
        before = next((one for one in state.remembered if one.decision_id == decision.id), None)
        if before is not None:
            return state, (verdict_of(state, decision, before, saying),)
        done, refusal = self._tried(state, decision, saying)
        answer = _answer(decision, refusal, done)
        state = replace(done.state, remembered=(*done.state.remembered, answer)[-REMEMBERED:])
        return state, (verdict_of(state, decision, answer, saying), *done.said)

    def _tried(self, state: DecideState, decision: Decision, saying: Saying) -> tuple[Done, Refused | None]:
        try:
            return STEPS[decision.kind](state, decision, self._knowledge, saying), None
        except Refused as refusal:
            named = next((case for case in state.cases if case.id == decision.case_id), None)
            return Done(state, named), refusal


def _answer(decision: Decision, refusal: Refused | None, done: Done | None) -> Remembered:
    case = done.case if done is not None else None
    return Remembered(
        decision_id=decision.id,
        accepted=refusal is None,
        code=refusal.code if refusal is not None else ACCEPTED,
        text=refusal.text if refusal is not None else accepted_text(decision.kind),
        hazard=case.hazard if case is not None else decision.hazard,
    )
