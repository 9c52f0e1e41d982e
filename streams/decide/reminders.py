"""While an order is in force and its sending ends, somebody on duty is asked to extend it, or to lift the order.

`deliver_until` is real time, so it is compared with the real time of ticks; a case remembers which reminder it had.
"""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from schemas.levels import HAZARD_WORDS, ORDER_WORDS
from schemas.records.base import Origin, content_id
from schemas.records.decided import Call, CallState, Order
from streams.decide.calls import SENDING, Saying, close_calls, on_duty, record
from streams.decide.cases import put_case
from streams.decide.model import Case, DecideState, OpenCall, grade_of

BEFORE = timedelta(minutes=20)
"""How long ahead; for an order that is sent for less than twice as long, halfway."""
NEAR, OVER = 1, 2
_JST = timezone(timedelta(hours=9))


def remind(state: DecideState, real: datetime, saying: Saying) -> tuple[DecideState, tuple[Call, ...]]:
    """A tick: each order in force gets one call before its sending ends, and one when it has. `real` is real time."""
    said: list[Call] = []
    for case in state.cases:
        order = case.in_force
        stage = _stage(order, real) if order is not None else 0
        if order is not None and (order.revision, stage) > max(case.reminded, (order.revision, 0)):
            reminded = put_case(state, replace(case, reminded=(order.revision, stage)))
            state, calls = _wake(reminded, case, order, stage == OVER, saying)
            said += calls
    return state, tuple(said)


def _stage(order: Order, real: datetime) -> int:
    """0: nothing to say; a halted sending was ended by a person, who knows."""
    if order.halted:
        return 0
    left = order.deliver_until - real
    if left <= timedelta(0):
        return OVER
    return NEAR if left <= min(BEFORE, (order.deliver_until - order.made_at) / 2) else 0


def _wake(
    state: DecideState, case: Case, order: Order, over: bool, saying: Saying
) -> tuple[DecideState, tuple[Call, ...]]:
    state, closed = close_calls(state, case.id, SENDING, CallState.CLOSED, None, saying)
    kind, detail = SENDING
    opened = OpenCall(
        id=content_id("call", detail, order.id, order.revision, over),
        kind=kind,
        case_id=case.id,
        hazard=case.hazard,
        grade=grade_of(order.order_type),
        level=order.level,
        recommendation_id=order.recommendation_id,
        text=_words(order, over),
        barred=(),
        step=0,
        officers=on_duty(state.duty, (), 0),
        replayed=order.origin is Origin.REPLAY,
        stepped_at=saying.at,
        detail=detail,
    )
    said = record(state, opened, CallState.OPEN, None, saying)
    return replace(state, calls=(*state.calls, opened)), (*closed, said)


def _words(order: Order, over: bool) -> str:
    until = f"{order.deliver_until.astimezone(_JST):%H:%M}"
    what = f"{HAZARD_WORDS[order.hazard][0]}: 「{ORDER_WORDS[order.order_type][0]}」の送信は{until}に"
    how = f"{what}終わりました。発令は続いています。" if over else f"{what}終わります。発令は続きます。"
    return f"{how}送信を延ばすか、危険が去ったなら解除してください。"
