"""What an order is in the elements of Lアラート, as far as public documents name them (docs/lalert.md). Pure.

Not the wire format: the schemas of version 2 are for members only. The keys are element paths of version 1, so that
an operator, or a sender that is a member, need not retype anything.
"""

import uuid
from typing import Any

from notifier.cap.words import identifier_of, message_type, said, status_of, time_of
from schemas.levels import HAZARD_WORDS, ORDER_WORDS
from schemas.records.decided import Action, Order
from schemas.reference import areas, check_digit, municipalities

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sonae:lalert")
_DISTRIBUTION = {"Alert": "Report", "Update": "Update", "Cancel": "Cancel"}


def lalert_of(history: tuple[Order, ...]) -> dict[str, Any]:
    """The last order of `history`, which holds its earlier revisions, oldest first."""
    order, before = history[-1], history[:-1]
    text = next(text for text in order.texts if text.lang == "ja")
    lifted = order.action is Action.LIFT
    return {
        "edxlde:distributionID": str(uuid.uuid5(_SPACE, f"{order.world}:{identifier_of(order)}")),
        "edxlde:dateTimeSent": time_of(order.made_at),
        "edxlde:distributionStatus": status_of(order),
        "edxlde:distributionType": _DISTRIBUTION[message_type(order, before)],
        "commons:targetArea/commons:areaName": order.municipality_name,
        "commons:targetArea/commons:jisX0402": order.municipality + check_digit(order.municipality),
        "pcx_ib:Head/commons:documentID": str(uuid.uuid5(_SPACE, f"{order.world}:{order.id}")),
        "pcx_ib:Head/commons:documentRevision": len(before) + 1,
        "pcx_ib:Head/pcx_ib:Title": f"{order.municipality_name} 避難情報",
        "pcx_ib:Head/pcx_ib:CreateDateTime": time_of(order.made_at),
        "pcx_ib:Head/pcx_ib:FirstCreateDateTime": time_of(history[0].made_at),
        "pcx_ib:Head/pcx_ib:ReportDateTime": time_of(order.issued_at),
        "pcx_ib:Head/pcx_ib:TargetDateTime": time_of(order.issued_at),
        "pcx_ib:Head/pcx_ib:Headline/pcx_ib:Text": said(order, f"{text.title}\n{text.body}"),
        "pcx_ev:EvacuationOrder/pcx_eb:Disaster/pcx_eb:DisasterName": HAZARD_WORDS[order.hazard][0],
        "pcx_ev:EvacuationOrder/pcx_ev:Detail/pcx_ev:Sort": ORDER_WORDS[order.order_type][0],
        "pcx_ev:EvacuationOrder/pcx_ev:Detail/pcx_ev:IssueOrLift": "解除" if lifted else "発令",
        "pcx_ev:EvacuationOrder/pcx_ev:Detail/pcx_ev:Areas": [_area(order, name) for name in _places(order)],
        "警戒レベル": order.level,
    }


def _places(order: Order) -> list[str]:
    """Districts where the order names them, else areas, else the whole municipality."""
    if order.districts:
        return list(order.districts)
    if not order.areas or set(order.areas) == set(municipalities()[order.municipality].areas):
        return ["市町村全域"]
    return [areas()[code].name for code in order.areas]


def _area(order: Order, name: str) -> dict[str, str]:
    return {
        "pcx_ev:Area/pcx_eb:Location/commons:areaName": name,
        "pcx_ev:Area/pcx_ev:DateTime": time_of(order.issued_at),
    }
