"""Where a tap leads, whom the guard stops, and what a payload holds."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.delivery.letters import Letters, Links, payload
from notifier.guard import Asked
from notifier.receipts import receipt_token
from notifier.render import Letter
from notifier.webpush.send import Ended
from schemas.records.base import Origin, World
from schemas.records.decided import Order, Text
from schemas.records.delivered import End
from tests.deliveries import NOON, a_call, a_job, an_order

LINKS = Links("https://sonae.example.jp/", "https://desk.example.jp/")
KEY = b"k" * 32


def verdict(order: Order, *, lang: str = "ja", loopback: bool = True, drills: bool = True) -> Ended | None:
    """What the guard says of such a device."""
    job = a_job(order)
    letters = Letters(job, LINKS, KEY)
    return letters.verdict(Asked(job, order.world, None, NOON), lang, False, loopback, drills)


def test_an_orders_page_is_in_the_readers_language_and_of_its_world() -> None:
    """As the publisher names its files; Japanese at the root."""
    job = a_job(an_order())
    assert LINKS.of(job, "ja") == f"https://sonae.example.jp/orders/{job.order_id}.html"
    assert LINKS.of(job, "en") == f"https://sonae.example.jp/en/orders/{job.order_id}.html"
    drill = a_job(an_order(world=World.EXERCISE))
    assert LINKS.of(drill, "ja") == f"https://sonae.example.jp/exercise/orders/{job.order_id}.html"


def test_a_call_leads_to_its_page_on_the_desk() -> None:
    """Where the officer acknowledges and acts."""
    assert LINKS.of(a_job(a_call()), "ja") == f"https://desk.example.jp/calls/{a_call().id}"


def test_the_guard_is_asked_for_each_kind_of_device() -> None:
    """A drill needs consent; a replay stays on this machine; what is real and wanted goes."""
    assert verdict(an_order()) is None
    drill = an_order(world=World.EXERCISE)
    assert verdict(drill) is None
    assert verdict(drill, drills=False) == Ended(End.REFUSED, None, "guard: no_consent", "guard_no_consent")
    replay = verdict(an_order(origin=Origin.REPLAY), loopback=False)
    assert replay is not None
    assert (replay.end, replay.detail) == (End.REFUSED, "guard: replayed")


def test_a_real_order_with_a_drills_mark_is_refused_with_an_alarm() -> None:
    """In whatever language it stands."""
    texts = (Text("ja", "藤沢市 避難指示", "【訓練】逃げてください。"), Text("en", "Fujisawa", "Leave."))
    stopped = verdict(an_order(texts=texts))
    assert stopped is not None
    assert (stopped.detail, stopped.alarm) == ("guard: mismarked", True)
    assert verdict(an_order(texts=texts), lang="en") is None


@pytest.mark.parametrize("order", [an_order(texts=(Text("ja", "t", "逃" * 1667),)), an_order(id="../../etc")])
def test_what_cannot_be_said_is_refused_before_anything_is_sent(order: Order) -> None:
    """Too long is refused whole, never cut; an id that is no page's name leads nowhere."""
    stopped = verdict(order)
    assert stopped is not None
    assert (stopped.end, stopped.label, stopped.alarm) == (End.REFUSED, "unrenderable", True)


@given(st.text(max_size=40))
def test_a_payload_is_json_around_any_subscribers_token(subscriber: str) -> None:
    """The same as Letter.payload makes, as a reader of JSON sees it."""
    order = an_order()
    letters = Letters(a_job(order), LINKS, KEY)
    letter = letters.of("ja", declarative=False)
    assert isinstance(letter, Letter)
    short = dataclasses.replace(letter, tail=b"}")
    token = receipt_token(KEY, order.world, subscriber, order.id, order.revision)
    assert json.loads(payload(short, letters.token(subscriber))) == json.loads(short.payload(token))
