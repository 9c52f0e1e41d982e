"""What is a drill cannot look real, and what is real cannot look like a drill: whatever the words, on every channel.

The words are any that may be approved; decide's own check is what says so.
"""

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notifier.broadcast.event import event_of
from notifier.broadcast.position import Stream
from notifier.cap.alert import Issuer, alert_of
from notifier.cap.feed import feed_of
from notifier.cap.lalert import lalert_of
from notifier.guard import Asked, Device, Reason, Words, stops_device
from notifier.render import MAX_PAYLOAD_BYTES, render_call, render_order
from schemas.levels import DRILL_MARK
from schemas.records.base import World
from schemas.records.decided import LANGUAGES, Action, CallKind, Order, Text
from streams.decide.checks import check_texts
from streams.decide.model import Refused
from tests.deliveries import NOON, a_call, a_job, an_order

URL = "https://sonae.city.fujisawa.kanagawa.jp/zh/exercise/orders/" + "0d" * 16 + ".html"
RECEIPT = "0123456789abcdef012345." + "m" * 43
MARKS = tuple(mark for mark in DRILL_MARK.values() if mark)
ISSUER = Issuer("bosai.pref.example", "https://bosai.pref.example/")
ANY = Device(loopback=True, drills=True, ended=None)

_SEEN = st.characters(exclude_categories=["C", "Zl", "Zp"])
TITLES = st.text(_SEEN, min_size=1, max_size=40).filter(str.strip)
_SHORT = st.text(st.one_of(_SEEN, st.just("\n")), min_size=1, max_size=200)
_LONG = st.builds(lambda text, times: text * times, st.text('a"\\\n避නế', min_size=1, max_size=8), st.integers(1, 400))
BODIES = st.one_of(_SHORT, _LONG).filter(str.strip)


def texts_of(title: str, body: str) -> tuple[Text, ...]:
    """The same words in every language."""
    return tuple(Text(lang, title, body) for lang in LANGUAGES)


def approved(title: str, body: str, world: World) -> tuple[Text, ...]:
    """As much of these words as two officers may approve in this world; without any, hypothesis tries others."""
    while not may_be_approved(texts_of(title, body), world):
        body = body[: len(body) * 9 // 10]
        assume(body.strip())
    return texts_of(title, body)


def may_be_approved(texts: tuple[Text, ...], world: World) -> bool:
    """What decide says."""
    with contextlib.suppress(Refused):
        check_texts(texts, world)
        return True
    return False


def lines(*words: str) -> list[str]:
    """Every line that somebody reads."""
    return [line for part in words for line in part.splitlines() if line.strip()]


def all_marked(world: World, *words: str) -> bool:
    """Marked on each line exactly if it is not real."""
    if world is World.ACTUAL:
        return not any(line.startswith(MARKS) for line in lines(*words))
    return all(line.startswith(DRILL_MARK[world]) for line in lines(*words))


def order_in(world: World, texts: tuple[Text, ...], action: Action) -> Order:
    """An order of these words."""
    return an_order(world=world, texts=texts, action=action, in_force=action is not Action.LIFT)


@given(
    title=TITLES,
    body=BODIES,
    world=st.sampled_from(World),
    action=st.sampled_from(Action),
    lang=st.sampled_from(LANGUAGES),
    declarative=st.booleans(),
)
def test_any_approved_text_is_a_push_that_is_marked_iff_it_is_not_real(
    title: str, body: str, world: World, action: Action, lang: str, declarative: bool
) -> None:
    """It fits, the guard lets it pass, title and every line are marked; so nothing approved is stopped on its way."""
    order = order_in(world, approved(title, body, world), action)
    letter = render_order(order, lang, URL, declarative)
    assert len(letter.payload(RECEIPT)) <= MAX_PAYLOAD_BYTES
    said = json.loads(letter.payload(RECEIPT))
    shown = said["notification"] if declarative else said
    facts = said["notification"]["data"] if declarative else said
    assert all_marked(world, shown["title"], shown["body"])
    assert (facts["world"], facts["urgent"]) == (world, world is World.ACTUAL)
    asked = Asked(a_job(order), world, None, NOON)
    assert stops_device(asked, ANY, Words(shown["title"], shown["body"])) is None


@given(body=BODIES, world=st.sampled_from(World))
def test_longest_payloads_fit_in_every_language(body: str, world: World) -> None:
    """The title at its limit, a body with quotes, breaks and letters of three bytes, as a correction."""
    order = order_in(world, approved("避" * 66, body, world), Action.CORRECT)
    for lang in LANGUAGES:
        for declarative in (False, True):
            assert len(render_order(order, lang, URL, declarative).payload(RECEIPT)) <= MAX_PAYLOAD_BYTES


@given(mark=st.sampled_from(MARKS), before=st.sampled_from(["", "避", "避\n"]), lang=st.sampled_from(LANGUAGES))
def test_real_words_that_begin_with_a_mark_are_refused_twice(mark: str, before: str, lang: str) -> None:
    """When they are proposed, and again by the guard if they came by another way."""
    body = f"{before}{mark}逃げてください"
    with pytest.raises(Refused, match="drill's mark"):
        check_texts(texts_of("避難指示", body), World.ACTUAL)
    if before in ("", "避\n"):
        order = order_in(World.ACTUAL, texts_of("避難指示", body), Action.ISSUE)
        letter = render_order(order, lang, URL)
        asked = Asked(a_job(order), World.ACTUAL, None, NOON)
        assert stops_device(asked, ANY, Words(letter.title, letter.body)) is Reason.MISMARKED


@given(world=st.sampled_from([World.EXERCISE, World.TEST]), other=st.sampled_from(World))
def test_a_drill_reaches_only_who_opted_in_and_only_as_a_drill(world: World, other: World) -> None:
    """No consent, no drill; a job of one world is no job of another worker."""
    order = order_in(world, texts_of("避難指示", "逃げてください"), Action.ISSUE)
    letter = render_order(order, "ja", URL)
    said = Words(letter.title, letter.body)
    job = a_job(order)
    assert stops_device(Asked(job, world, None, NOON), replace(ANY, drills=False), said) is Reason.NO_CONSENT
    if other is not world:
        assert stops_device(Asked(job, other, None, NOON), ANY, said) is Reason.OTHER_WORLD
    assert stops_device(Asked(job, world, None, NOON), ANY, Words("避難指示", "逃げて")) is Reason.UNMARKED


@given(text=BODIES, world=st.sampled_from(World), kind=st.sampled_from(CallKind), lang=st.sampled_from(["ja", "en"]))
def test_calls_to_officers_are_marked_iff_they_are_not_real(text: str, world: World, kind: CallKind, lang: str) -> None:
    """An officer on duty must not drive to the town hall for a drill."""
    assume(not any(mark in text for mark in MARKS))
    for detail in (None, "sending_ends"):
        letter = render_call(a_call(world=world, text=text, kind=kind, detail=detail), lang, URL)
        assert all_marked(world, letter.title, letter.body)


@pytest.mark.parametrize("world", World)
@pytest.mark.parametrize("action", [Action.ISSUE, Action.LIFT])
def test_cap_atom_and_l_alert_say_which_world_it_is(world: World, action: Action) -> None:
    """CAP's status, and the mark on every headline, description, title and summary."""
    order = order_in(world, texts_of("避難指示", "境川があふれます。\n逃げてください。"), action)
    status = {World.ACTUAL: "Actual", World.EXERCISE: "Exercise", World.TEST: "Test"}[world]
    alert = alert_of((order,), ISSUER)
    assert [one.text for one in alert.iter("{*}status")] == [status]
    said = [one.text or "" for name in ("headline", "description") for one in alert.iter(f"{{*}}{name}")]
    assert len(said) == 2 * len(LANGUAGES)
    assert all_marked(world, *said)
    entry = next(feed_of("alerts", world, [order], ISSUER, NOON).iter("{*}entry"))
    assert all_marked(world, *[one.text or "" for name in ("title", "summary") for one in entry.iter(f"{{*}}{name}")])
    l_alert = lalert_of((order,))
    assert l_alert["edxlde:distributionStatus"] == status
    assert all_marked(world, l_alert["pcx_ib:Head/pcx_ib:Headline/pcx_ib:Text"])


@pytest.mark.parametrize("world", World)
def test_an_event_says_its_world_and_its_mark(world: World) -> None:
    """Of Server-Sent Events and webhooks alike: what a partner must put before every line it shows."""
    order = order_in(world, texts_of("避難指示", "逃げてください。"), Action.ISSUE)
    told = json.loads(event_of(Stream(world, "orders", 0), 7, order).data)
    assert (told["world"], told["mark"], told["record"]["world"]) == (world, DRILL_MARK[world], world)


def test_titles_of_drills_say_so_in_the_readers_language() -> None:
    """【訓練】 alone says nothing to who reads no Japanese."""
    order = order_in(World.EXERCISE, texts_of("title", "body"), Action.ISSUE)
    titles = {lang: render_order(order, lang, URL).title for lang in LANGUAGES}
    assert all(title.startswith("【訓練】") and title.endswith("title") for title in titles.values())
    assert len(set(titles.values())) == len(LANGUAGES)
    assert titles["en"] == "【訓練】DRILL: title"
    actual = order_in(World.ACTUAL, texts_of("title", "body"), Action.ISSUE)
    assert {render_order(actual, lang, URL).title for lang in LANGUAGES} == {"title"}
