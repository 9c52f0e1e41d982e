"""When an officer's wish to try again is carried out, and for whom; what is newest stops what is not sent yet."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.resending import is_in_time, resend_of
from notifier.newest import Newest, stop_of
from notifier.resend import NotAgain, ends_of, refusal_of, resend_plan_id, tried_again
from schemas.records.decided import Order
from schemas.records.delivered import End
from schemas.signing import is_signed, new_key_pair, private_key, public_key
from tests.deliveries import NOON, an_order

SIGNING, VERIFY = new_key_pair()
ORDER = an_order()
RESEND = resend_of(ORDER, "sato", (End.FAILED, End.EXPIRED), NOON, private_key(SIGNING), "n1")


def test_the_console_signs_what_the_planner_checks() -> None:
    """One key pair, one canonical form; the same form sent twice is one wish."""
    assert is_signed(public_key(VERIFY), RESEND)
    assert not is_signed(public_key(VERIFY), replace(RESEND, ends=("accepted",)))
    again = resend_of(ORDER, "sato", (End.EXPIRED, End.FAILED), NOON, private_key(SIGNING), "n1")
    other = resend_of(ORDER, "sato", (End.FAILED,), NOON, private_key(SIGNING), "n1")
    assert resend_plan_id(again) == resend_plan_id(RESEND) != resend_plan_id(other)


@pytest.mark.parametrize(
    ("newest", "why"),
    [
        (ORDER, None),
        (None, NotAgain.UNKNOWN),
        (replace(ORDER, municipality="14204"), NotAgain.OTHER_ORDER),
        (replace(ORDER, revision=2), NotAgain.SUPERSEDED),
        (replace(ORDER, halted=True), NotAgain.HALTED),
        (replace(ORDER, deliver_until=NOON), NotAgain.OVER),
    ],
)
def test_each_refusal_says_why(newest: Order | None, why: NotAgain | None) -> None:
    """Nothing is sent again that would not be sent now; the desk's own answer is the same."""
    assert refusal_of(RESEND, newest, NOON) is why
    if newest is not None and why in {None, NotAgain.HALTED, NotAgain.OVER}:
        assert is_in_time(newest, NOON) is (why is None)


def test_only_what_failed_is_tried_again() -> None:
    """Whom a push service accepted, or called gone, is left alone; so is who has no end yet."""
    assert ends_of(RESEND) == {End.FAILED, End.EXPIRED}
    assert ends_of(replace(RESEND, ends=("accepted", "failed", "gone"))) == {End.FAILED}
    assert refusal_of(replace(RESEND, ends=("accepted",)), ORDER, NOON) is NotAgain.NO_ENDS
    ends = {"a": End.FAILED, "b": End.ACCEPTED, "c": None, "d": End.EXPIRED, "e": End.GONE}
    assert tried_again(ends.items(), ends_of(RESEND)) == ["a", "d"]


@pytest.mark.parametrize(
    ("newest", "end"),
    [
        (None, None),
        (Newest(1, False, NOON + timedelta(hours=1)), None),
        (Newest(2, False, NOON + timedelta(hours=1)), End.SUPERSEDED),
        (Newest(2, True, NOON + timedelta(hours=1)), End.SUPERSEDED),
        (Newest(1, True, NOON + timedelta(hours=1)), End.REFUSED),
        (Newest(1, False, NOON), End.EXPIRED),
        (Newest(0, False, NOON + timedelta(hours=1)), None),
    ],
)
def test_how_what_was_never_sent_ends(newest: Newest | None, end: End | None) -> None:
    """As the guard would end it at a worker, without a job in between."""
    stop = stop_of(newest, 1, NOON)
    assert (stop and stop[0]) == end
