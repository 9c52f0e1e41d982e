"""What an officer sees before submitting is what will be sent."""

from dataclasses import replace

import pytest

from console import cards
from console.desk import older, sending
from console.phrases import tongue
from console.preview import previews, told
from console.projection import Projection
from console.wording import Subject, suggested, write
from console.words import call_word, lasted
from notifier.render import render_order
from schemas.records.base import Hazard, OrderType, World
from schemas.records.decided import LANGUAGES, Action, CallKind, CaseStatus
from schemas.records.delivered import End
from tests.deliveries import a_call, an_order
from tests.unit.console.records import AT, FUJISAWA, case, minutes, order, outcome, plan, proposal, verdict

TEXTS = write(
    Subject(FUJISAWA, Hazard.FLOOD, Action.REVISE, OrderType.EVACUATION_ORDER, (), ("片瀬",)), suggested("境川", AT)
)


@pytest.mark.parametrize("world", World)
def test_a_preview_is_what_a_device_is_given(world: World) -> None:
    """Title and body of every language, letter by letter as the notifier renders them."""
    for shown in previews(TEXTS, world):
        sent = render_order(an_order(world=world, texts=TEXTS, action=Action.REVISE), shown.lang, "https://example.jp/")
        assert (shown.title, shown.body) == (sent.title, sent.body)


def test_a_preview_counts_the_room() -> None:
    """Bytes of title, body and the whole push, none over its limit."""
    shown = previews(TEXTS, World.EXERCISE)
    assert [one.lang for one in shown] == list(LANGUAGES)
    for one, text in zip(shown, TEXTS, strict=True):
        assert [bar.used for bar in one.bars[:2]] == [len(text.title.encode()), len(text.body.encode())]
        assert all(0 < bar.used <= bar.most for bar in one.bars)


@pytest.mark.parametrize(
    ("action", "before", "message"),
    [
        (Action.ISSUE, None, "Alert"),
        (Action.REVISE, order(), "Update"),
        (Action.LIFT, order(), "Update"),
        (Action.LIFT, order(halted=True), "Cancel"),
    ],
)
def test_partners_are_told_what_the_alert_does(action: Action, before: object, message: str) -> None:
    """As CAP out says it: a lift is an Update, and a Cancel only of what was halted."""
    wanted = replace(proposal(), action=action, texts=TEXTS)
    said = told(wanted, Hazard.FLOOD, "片瀬", before, World.EXERCISE)  # type: ignore[arg-type]  # orders and None
    cap, l_alert = dict(said.cap), dict(said.l_alert)
    assert cap["msgType"].startswith(message)
    assert (cap["status"], l_alert["配信種別"]) == ("Exercise", "Exercise")
    assert cap["headline"].startswith("【訓練】【更新】【警戒レベル４】")
    assert l_alert["発令・解除の別"] == ("解除" if action is Action.LIFT else "発令")


def test_what_html_calls_the_languages() -> None:
    """BCP 47: a screen reader must not read Filipino as something else."""
    assert [tongue(lang) for lang in LANGUAGES] == ["ja", "ja", "en", "zh-Hans", "ko", "vi", "pt", "fil", "ne"]


def test_the_case_says_how_long_it_is_still_sent() -> None:
    """Real time; over, it says so while the order is in force; what failed may be tried again only before that."""
    projection = Projection()
    for record in (verdict(1, case(CaseStatus.IN_FORCE, in_force=True, order_id="order-1", revision=2)), order(2)):
        projection.take(record)
    view = projection.worlds[World.ACTUAL]
    subject = cards.subject(view, FUJISAWA, Hazard.LANDSLIDE)
    assert subject.order is not None
    until = subject.order.deliver_until
    early, late = sending(subject, until - minutes(70)), sending(subject, until)
    assert (early.over, early.left, early.may_resend) == (False, "1時間10分", True)
    assert (late.over, late.may_resend) == (True, False)
    assert older(view, subject) == ()
    projection.take(plan(2))
    projection.take(outcome({"s1": End.ACCEPTED, "s2": End.FAILED}))
    ((number, counts),) = older(view, subject)
    assert (number, counts.planned, counts.failing) == (1, 2, 1)


def test_a_call_about_the_end_of_sending_is_not_called_a_missing_approver() -> None:
    """Its kind is the nearest that there was; the desk goes by its detail."""
    plain = a_call(kind=CallKind.APPROVER_MISSING)
    assert call_word(plain) == "承認待ち"
    assert call_word(replace(plain, detail="sending_ends")) == "送信期限（延ばすか解除するか）"
    assert call_word(replace(plain, detail="of another version")) == "承認待ち"


def test_seconds_in_words() -> None:
    """As officers say them."""
    assert [lasted(s) for s in (None, 0, 59, 60, 200)] == ["", "0秒", "59秒", "1分0秒", "3分20秒"]
