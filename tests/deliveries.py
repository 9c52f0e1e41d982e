"""Orders, calls and jobs as tests of delivery need them: true to the records, one thing changed at a time."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from notifier.entries import Entry, Known, entry_of, pack, unpack_sent
from notifier.subscriptions.profile import Profile
from notifier.webpush.encrypt import Agreement
from schemas.records.base import Hazard, OrderType, Origin, Trace, World
from schemas.records.decided import Action, Call, CallKind, CallState, Order, Text
from schemas.records.delivered import DeliveryJob

NOON = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)
TEXTS = (
    Text("ja", "藤沢市 避難指示", "境川が氾濫するおそれがあります。\n危険な場所から全員避難してください。"),
    Text(
        "en", "Fujisawa City: Evacuation Order", "The Sakai River may overflow.\nEveryone, leave dangerous places now."
    ),
)


def an_order(**changed: Any) -> Order:
    """避難指示 for Fujisawa, live and actual, sent until an hour after noon."""
    order = Order(
        id="0d" * 16,
        revision=1,
        world=World.ACTUAL,
        origin=Origin.LIVE,
        municipality="14205",
        municipality_name="藤沢市",
        case_id="ca" * 16,
        hazard=Hazard.FLOOD,
        action=Action.ISSUE,
        order_type=OrderType.EVACUATION_ORDER,
        level=4,
        areas=("1420500",),
        districts=(),
        texts=TEXTS,
        in_force=True,
        halted=False,
        issued_at=NOON,
        deliver_until=NOON + timedelta(hours=1),
        decided_by=("sato", "suzuki"),
        policy_id=None,
        recommendation_id=None,
        trace=Trace("7e" * 16, NOON),
        made_at=NOON,
    )
    return dataclasses.replace(order, **changed)


def a_call(**changed: Any) -> Call:
    """An officer of Fujisawa is to look at a level 4 recommendation."""
    call = Call(
        id="ca11" * 8,
        world=World.ACTUAL,
        origin=Origin.LIVE,
        municipality="14205",
        kind=CallKind.RECOMMENDATION_ROSE,
        state=CallState.OPEN,
        step=1,
        hazard=Hazard.FLOOD,
        level=4,
        case_id=None,
        recommendation_id="4e" * 16,
        officers=("sato",),
        acknowledged_by=None,
        text="境川の水位から、避難指示の基準に達しました。",
        called_at=NOON,
        trace=Trace("7e" * 16, NOON),
        made_at=NOON,
    )
    return dataclasses.replace(call, **changed)


def a_job(subject: Order | Call, recipients: tuple[str, ...] = ("s1",), **changed: Any) -> DeliveryJob:
    """A first attempt at delivering this order or call."""
    order = subject if isinstance(subject, Order) else None
    call = subject if isinstance(subject, Call) else None
    job = DeliveryJob(
        id="10b" * 10,
        world=subject.world,
        origin=subject.origin,
        municipality=subject.municipality,
        plan_id="91a" * 10,
        order_id=subject.id,
        revision=order.revision if order else subject.step if isinstance(subject, Call) else 0,
        bucket=0,
        attempt=0,
        not_before=None,
        recipients=recipients,
        order=order,
        call=call,
        trace=subject.trace,
        made_at=subject.made_at,
    )
    return dataclasses.replace(job, **changed)


def an_entry(
    subscriber: str,
    endpoint: str,
    p256dh: bytes,
    auth: bytes,
    key_id: str,
    lang: str = "ja",
    drills: bool = False,
    agreement: Agreement | None = None,
) -> Entry:
    """A subscriber as a worker gets it from the index."""
    profile = Profile(endpoint, p256dh, auth, key_id, lang, {}, drills, None)
    return entry_of(subscriber, unpack_sent(pack(Known(profile, 1))), agreement)
