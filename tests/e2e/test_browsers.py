"""Real browsers, the real page, the real notifier: what a resident's phone shows, keeps, reports back and forgets."""

import asyncio
import os
from pathlib import Path

import pytest

from schemas.records.delivered import End
from tests.e2e import chromium, firefox
from tests.e2e.rig_browsers import DRILL, DRILL_AGAIN, REAL, TITLE_EN, TITLE_JA, Played, Seen, play

INSTALLED = {"firefox": firefox.installed(), "chromium": chromium.installed()}
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.kafka,
    pytest.mark.browser,
    pytest.mark.deadline(240),
    pytest.mark.skipif(not any(INSTALLED.values()), reason="no browser here: install firefox-esr and chromium"),
]
LANGS = {"firefox": "ja", "chromium": "en"}
"""Firefox is told to prefer Japanese; Chromium is left with English: the page follows both."""

TITLES = {"ja": TITLE_JA, "en": TITLE_EN}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The week, played once with every browser that is installed; the tests look at what it left behind."""
    folder = tmp_path_factory.mktemp("browsers")
    return asyncio.run(play(folder, Path(os.environ.get("SONAE_SCREENS", folder / "screens")) / "browsers"))


@pytest.fixture(params=sorted(INSTALLED))
def name(request: pytest.FixtureRequest) -> str:
    """Each browser; one that is not installed skips and says so."""
    if INSTALLED[request.param] is None:
        pytest.skip(f"no {request.param} here: install it to see what residents see")
    return str(request.param)


@pytest.fixture
def seen(played: Played, name: str) -> Seen:
    """What one browser saw."""
    return played.phones[name]


def test_a_real_order_arrives_and_says_what_to_do(played: Played, seen: Seen, name: str) -> None:
    """Title with level as number and word and the place, the action, the time; it stays until it is read."""
    (notice,) = seen.issued
    words = {"ja": "いますぐ避難してください。", "en": "EN いますぐ避難してください。"}[LANGS[name]]
    assert notice["title"] == TITLES[LANGS[name]]
    assert notice["body"].startswith(words)
    assert {"ja": "15:40", "en": "3:40"}[LANGS[name]] in notice["body"], "when it was issued, in Japan's time"
    assert notice["requireInteraction"] is True
    assert notice["lang"] == LANGS[name]
    folder = {"ja": "", "en": "en/"}[LANGS[name]]
    assert notice["data"]["url"] == f"{played.public}/{folder}orders/{REAL}.html"


def test_an_update_takes_the_place_of_what_it_updates(seen: Seen) -> None:
    """One notification, the newer words."""
    (notice,) = seen.updated
    assert "地区を広げます。" in notice["body"]
    assert notice["data"]["rev"] == 2


def test_a_phone_that_was_off_gets_the_newest_only(played: Played, seen: Seen) -> None:
    """Its push service kept one letter of two, by their Topic; the third revision was never on its screen."""
    assert len(seen.waiting) == 1
    real = [notice for notice in seen.again if notice["tag"] == REAL]
    assert [notice["data"]["rev"] for notice in real] == [4]
    assert "第4版です。" in real[0]["body"]
    assert not [r for r in played.receipts if (r.subscriber, r.order_id, r.revision) == (seen.subscriber, REAL, 3)]


def test_the_notification_leads_to_the_order_in_the_readers_language(seen: Seen, name: str) -> None:
    """What a tap opens is the page of the newest revision, as a file, in the words of the notification."""
    level = {"ja": "警戒レベル４ 避難指示", "en": "Alert Level 4: Evacuation Order"}[LANGS[name]]
    words = {"ja": "第4版です。いますぐ避難してください。", "en": "EN 第4版です。"}[LANGS[name]]
    assert level in seen.page
    assert words in seen.page


def test_the_device_itself_reports_what_it_showed(played: Played, seen: Seen) -> None:
    """Accepted by a push service is not shown: the receipts are."""
    mine = {(r.revision, r.event) for r in played.receipts if (r.subscriber, r.order_id) == (seen.subscriber, REAL)}
    assert {(1, "shown"), (2, "shown"), (4, "shown")} <= mine


def test_a_drill_comes_only_to_who_opted_in(played: Played, seen: Seen) -> None:
    """Before: the four real revisions and nothing else. After: also the drill that was in force already, at once."""
    assert seen.letters_before_opting_in == 4
    tags = {notice["tag"] for notice in seen.drilled}
    assert {DRILL, DRILL_AGAIN} <= tags
    assert {played.ends[order, 1, seen.subscriber] for order in (DRILL, DRILL_AGAIN)} == {End.ACCEPTED}


def test_send_me_a_test_really_sends_one(seen: Seen) -> None:
    """From the button to a notification that says on its title and every line that it is a test."""
    (notice,) = [one for one in seen.tested if one["data"]["world"] == "test"]
    assert all(line.startswith("【試験】") for line in (notice["title"], *notice["body"].splitlines())), notice
    assert notice["requireInteraction"] is False


def test_a_drill_cannot_look_real_nor_the_real_one_like_a_drill(seen: Seen) -> None:
    """The mark on the title and on every line of a drill, on none of the real order; a drill does not stay on top."""
    worlds = {notice["tag"]: notice["data"]["world"] for notice in seen.drilled}
    assert worlds[DRILL_AGAIN] == "exercise"
    orders = (*seen.issued, *seen.updated, *seen.again, *seen.drilled)
    for notice in (one for one in orders if one["data"]["world"] != "test"):
        lines = [notice["title"], *notice["body"].splitlines()]
        drill = notice["tag"] != REAL
        assert [line.startswith("【訓練】") for line in lines] == [drill] * len(lines), notice
        assert notice["requireInteraction"] is not drill
        assert ("/exercise/" in notice["data"]["url"]) is drill


def test_one_subscription_serves_both_worlds(seen: Seen) -> None:
    """The same endpoint all week: opting in changed what we know, not what the browser holds."""
    assert seen.subscriptions == 1


def test_every_push_was_as_a_push_service_wants_it(seen: Seen) -> None:
    """VAPID, TTL, Topic and encoding were judged by the stand-in; a drill is never as urgent as a real order."""
    assert set(seen.answers[:-1]) == {201}
    assert all(letter.topic and letter.ttl > 0 for letter in seen.letters)
    assert len({letter.topic for letter in seen.letters[:4]}) == 1, "one Topic for all revisions of an order"
    assert {letter.urgency for letter in seen.letters[:4]} == {"high"}


def test_who_left_in_the_browser_is_told_gone_and_erased(played: Played, seen: Seen) -> None:
    """The browser dropped its subscription: 410, the end `gone`, and nothing of them is kept."""
    assert seen.answers[-1] == 410
    assert played.ends[REAL, 5, seen.subscriber] is End.GONE
    assert seen.subscriber in played.erased
