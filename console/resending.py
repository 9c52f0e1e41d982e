"""An officer's wish to try again whom an order did not reach, as a signed record for `resends`. Pure."""

from collections.abc import Iterable
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.records.base import Trace, content_id
from schemas.records.decided import Order, Resend
from schemas.records.delivered import End
from schemas.signing import sign

TRIED_AGAIN = (End.FAILED, End.EXPIRED)
"""What a new try may change: our own fault, or a push service that kept us waiting."""


def resend_of(
    order: Order, officer: str, ends: Iterable[End], now: datetime, key: Ed25519PrivateKey, nonce: str
) -> Resend:
    """The record, keyed by its municipality; `now` is real time. The same `nonce` (a form's) is the same wish."""
    wanted = tuple(sorted({end.value for end in ends} & {end.value for end in TRIED_AGAIN}))
    name = content_id("resend", order.world, order.id, order.revision, officer, *wanted, nonce)
    unsigned = Resend(
        id=name,
        world=order.world,
        origin=order.origin,
        municipality=order.municipality,
        order_id=order.id,
        revision=order.revision,
        officer=officer,
        ends=wanted,
        requested_at=now,
        signature=b"",
        trace=Trace(name, now),
        made_at=now,
    )
    return sign(key, unsigned)


def is_in_time(order: Order, now: datetime) -> bool:
    """Whether the planner would carry it out: sending is neither halted nor over. `now` is real time."""
    return not order.halted and now < order.deliver_until
