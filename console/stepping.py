"""From what an officer asked for to a checked step, and through the decider to its answer; pages and JSON use it."""

import asyncio

from aiokafka.errors import KafkaError
from starlette.requests import Request

from console.decisions import Answer, Hand, Step
from console.officers import Role
from console.projection import WorldView
from console.web import Refused, Visitor, check_role, check_town, desk_of, origin_of, view_of
from schemas.process.metrics import STAGE_LATENCY
from schemas.records.decided import DecisionKind

ORDER_TRIES, ORDER_PAUSE_S = 20, 0.05
NEEDS_REASON = frozenset({DecisionKind.RETURN, DecisionKind.REJECT})
_AUTHOR = (Role.AUTHOR,)
_APPROVER = (Role.APPROVER,)
_ANY = (Role.AUTHOR, Role.APPROVER, Role.ADMIN)
ROLES: dict[DecisionKind, tuple[Role, ...]] = {
    DecisionKind.PROPOSE: _AUTHOR,
    DecisionKind.SUBMIT: _AUTHOR,
    DecisionKind.APPROVE: _APPROVER,
    DecisionKind.RETURN: _APPROVER,
    DecisionKind.REJECT: _APPROVER,
    DecisionKind.HALT: (Role.AUTHOR, Role.APPROVER),
    DecisionKind.ACKNOWLEDGE: _ANY,
    DecisionKind.SET_DUTY: _ANY,
    DecisionKind.SIGN_POLICY: (Role.AUTHOR, Role.APPROVER),
    DecisionKind.APPROVE_POLICY: _APPROVER,
    DecisionKind.REVOKE_POLICY: (Role.AUTHOR, Role.APPROVER),
}
"""Which accounts may ask for what. Whether two people are two people is not decided here but in the verdict."""


async def take(request: Request, who: Visitor, step: Step) -> Answer:
    """Check, sign, write and wait. Raises Refused for what may not even be asked, or if Kafka does not take it."""
    check_town(who, step.municipality)
    check_role(who, *ROLES[step.kind])
    if step.kind in NEEDS_REASON and not step.reason:
        raise Refused(400, "理由を書いてください。差し戻しと却下には理由が必要です。")
    desk = desk_of(request)
    origin = origin_of(desk, view_of(request, step.world), step.municipality)
    try:
        with STAGE_LATENCY.labels("verdict").time():
            answer = await desk.decider.decide(step, Hand(who.officer.id, origin, who.now))
        await _order_read(view_of(request, step.world), answer)
        return answer
    except KafkaError as error:
        if not error.retriable:
            desk.fault(error)
        raise Refused(503, UNSURE) from error


async def _order_read(view: WorldView, answer: Answer) -> None:
    """A verdict may be read a moment before the order that it made: wait for that, so that no page misses it."""
    case = answer.verdict.case if answer.verdict and answer.verdict.accepted else None
    for _ in range(ORDER_TRIES):
        if case is None or case.order_id is None or case.revision in view.orders.get(case.order_id, ()):
            return
        await asyncio.sleep(ORDER_PAUSE_S)


UNSURE = (
    "決定を記録できたか確かめられません（記録システムが応答しません）。30秒ほど待って案件の画面を開き直し、"
    "反映されていなければもう一度操作してください。急ぐときは防災行政無線など別の手段で発令し、運用担当へ連絡してください。"
)
