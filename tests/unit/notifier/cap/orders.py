"""Orders as a test writes them down."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from schemas.records.base import Hazard, OrderType, Origin, Trace, World
from schemas.records.decided import Action, Order, Text

NOW = datetime(2026, 9, 21, 5, 50, tzinfo=UTC)
TEXTS = (
    Text(
        "ja",
        "【警戒レベル４】避難指示 藤沢市",
        "境川が氾濫するおそれがあります。\n全員、危険な場所から避難してください。",
    ),
    Text("en", "Alert Level 4: Evacuation Order, Fujisawa", "The Sakai River may overflow. Leave now."),
)
FIRST = Order(
    id="f1a2b3", revision=1, world=World.ACTUAL, origin=Origin.LIVE, municipality="14205",
    municipality_name="藤沢市", case_id="c1", hazard=Hazard.FLOOD, action=Action.ISSUE,
    order_type=OrderType.EVACUATION_ORDER, level=4, areas=(), districts=(), texts=TEXTS, in_force=True, halted=False,
    issued_at=NOW, deliver_until=NOW + timedelta(hours=3), decided_by=("a", "b"), policy_id=None,
    recommendation_id=None, trace=Trace("t", NOW), made_at=NOW,
)  # fmt: skip
RAISED = replace(
    FIRST,
    revision=2,
    action=Action.REVISE,
    order_type=OrderType.EMERGENCY_SAFETY,
    level=5,
    made_at=NOW + timedelta(minutes=30),
)
LIFTED = replace(RAISED, revision=3, action=Action.LIFT, in_force=False, made_at=NOW + timedelta(hours=9))
