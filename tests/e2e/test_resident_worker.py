"""The residents' service worker in a real Chromium: what each push shows, what it reports back, what is left offline.

Pushes are delivered over DevTools, which leaves out subscription and encryption: the browser suites go the whole way.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from schemas.records.base import World
from tests.e2e.chromium import Page, browser, installed
from tests.e2e.resident_site import Site, serving, subscribe, visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.deadline(120),
    pytest.mark.skipif(installed() is None, reason="no Chromium here: install chromium to look at the worker"),
]
SHOWN = """navigator.serviceWorker.ready.then(worker => worker.getNotifications()).then(all => all.map(one => ({
  title: one.title, body: one.body, tag: one.tag, urgent: one.requireInteraction, again: one.silent,
  rings: one.renotify, lang: one.lang, url: one.data.url })))"""
CLICK = """self.registration.getNotifications().then(([notification]) =>
  self.dispatchEvent(new NotificationEvent('notificationclick', { notification })))"""
RENEWED = """PushManager.prototype.getSubscription = async () => null;
  PushManager.prototype.subscribe = async options => ({ endpoint: 'https://updates.push.services.mozilla.com/moved',
    options, toJSON() { return { endpoint: this.endpoint, keys: { p256dh: 'p', auth: 'a' } } } });
  self.dispatchEvent(new ExtendableEvent('pushsubscriptionchange'))"""
CLOSE = """navigator.serviceWorker.ready.then(worker => worker.getNotifications())
  .then(all => all.forEach(one => one.close())).then(() => 0)"""
BROKEN = ("", "not json", "[]", "{}", '{"title": 3}', '{"web_push": 8030}', "null")
BODY = "境川が氾濫するおそれがあります。みなと地区の人は全員、避難してください。（藤沢市 15時3分）"


def push(rev: int = 1, level: int | None = 4, world: World = World.ACTUAL, **changed: Any) -> dict[str, Any]:
    """An order's payload as docs/delivery.md has it."""
    words = {World.ACTUAL: "", World.EXERCISE: "【訓練】", World.TEST: "【試験】"}[world]
    message: dict[str, Any] = {
        "v": 1,
        "kind": "order",
        "id": "order-1",
        "rev": rev,
        "tag": "order-1",
        "world": world,
        "title": f"{words}【警戒レベル４】避難指示　藤沢市",
        "body": words + BODY,
        "lang": "ja",
        "level": level,
        "url": "https://example.test/orders/order-1.html",
        "at": "2026-09-21T06:03:00+00:00",
        "urgent": world is World.ACTUAL,
        "receipt": f"receipt-{rev}",
    }
    return message | changed


@asynccontextmanager
async def device(folder: Path) -> AsyncIterator[tuple["Device", Site]]:
    """A browser that has subscribed to 藤沢市."""
    async with serving() as site, browser(folder / "profile") as page:
        await subscribe(page, site)
        registration = await page.worker("navigator.serviceWorker.ready.then(() => 0)")
        yield Device(page, site, registration), site


class Device:
    """Pushes in, notifications out."""

    def __init__(self, page: Page, site: Site, registration: str) -> None:
        self.page, self._site, self._registration = page, site, registration

    async def receive(self, message: object) -> None:
        """One push, as the browser hands it to the worker."""
        data = message if isinstance(message, str) else json.dumps(message)
        await self.page.call(
            "ServiceWorker.deliverPushMessage", origin=self._site.url, registrationId=self._registration, data=data
        )

    async def shows(self, title: str, body: str = "") -> dict[str, Any]:
        """The only notification, once it has this title and something of this body."""
        async with asyncio.timeout(10):
            while True:
                found: list[dict[str, Any]] = await self.page.eval(SHOWN)
                if any(one["title"] == title and body in one["body"] for one in found):
                    (one,) = found
                    return one
                await asyncio.sleep(0.05)

    async def reported(self, count: int) -> list[dict[str, Any]]:
        """The receipts that came, once there are so many."""
        async with asyncio.timeout(10):
            while len(found := self._site.said("POST", "/api/receipts")) < count:  # noqa: ASYNC110 -- the site has no event
                await asyncio.sleep(0.05)
        return found


TITLE = "【警戒レベル４】避難指示　藤沢市"


async def test_an_order_its_revisions_and_what_comes_late(tmp_path: Path) -> None:
    """One notification an order: the newest revision, which rings again only if things got worse, and stays."""
    async with device(tmp_path) as (phone, _site):
        await phone.receive(push(1, 3, title="【警戒レベル３】高齢者等避難　藤沢市"))
        first = await phone.shows("【警戒レベル３】高齢者等避難　藤沢市")
        assert first["urgent"] is False
        await phone.receive(push(3, 4))
        risen = await phone.shows(TITLE)
        assert (risen["urgent"], risen["rings"], risen["again"]) == (True, True, False)
        assert (risen["tag"], risen["url"]) == ("order-1", "https://example.test/orders/order-1.html")
        assert risen["body"] == BODY

        await phone.receive(push(2, 5, title="古い"))
        late = await phone.shows(TITLE)
        assert late["body"] == BODY, "an older revision is never shown over a newer one"
        await phone.receive(push(4, 4, title="【解除】避難指示　藤沢市", action="lift"))
        lifted = await phone.shows("【解除】避難指示　藤沢市")
        assert (lifted["urgent"], lifted["rings"]) == (False, False)
        shown = await phone.reported(3)
        assert [(one["rev"], one["event"], one["receipt"]) for one in shown] == [
            (1, "shown", "receipt-1"),
            (3, "shown", "receipt-3"),
            (4, "shown", "receipt-4"),
        ]


async def test_revisions_in_any_order_leave_the_newest(tmp_path: Path) -> None:
    """Late, twice, all at once: what stands at the end is the newest, and each that was news was reported once."""
    async with device(tmp_path) as (phone, _site):
        came = (3, 1, 4, 1, 5, 9, 2, 6, 5, 3)
        for rev in came:
            await phone.receive(push(rev, title=f"警戒レベル4 改訂{rev}"))
        assert (await phone.shows("警戒レベル4 改訂9"))["tag"] == "order-1"
        news = [rev for at, rev in enumerate(came) if rev > max(came[:at], default=0)]
        assert [one["rev"] for one in await phone.reported(len(news))] == news
        await phone.receive(push(8, title="警戒レベル4 改訂8"))
        await phone.receive(push(1, id="other", tag="other", title="別の警戒レベル4"))
        await phone.page.until(f"{SHOWN}.then(all => all.length === 2)")
        titles = {one["title"] for one in await phone.page.eval(SHOWN)}
        assert titles == {"警戒レベル4 改訂9", "別の警戒レベル4"}


async def test_what_a_notification_says_and_whether_it_stays(tmp_path: Path) -> None:
    """A drill says so on every line and never stays; a tsunami order stays; level and time are said."""
    async with device(tmp_path) as (phone, _site):
        await phone.receive(push(world=World.EXERCISE, body="【訓練】一行目\n二行目 15時3分", urgent=True))
        drill = await phone.shows(f"【訓練】{TITLE}")
        assert (drill["body"], drill["urgent"]) == ("【訓練】一行目\n【訓練】二行目 15時3分", False)

        await phone.receive(push(2, None, title="津波 避難指示　藤沢市"))
        assert (await phone.shows("津波 避難指示　藤沢市"))["urgent"] is True

        await phone.receive(push(3, 4, title="みなと地区のみなさんへ", body="すぐに避難してください。"))
        own = await phone.shows("みなと地区のみなさんへ")
        assert own["body"].split("\n") == ["警戒レベル4 避難指示", "すぐに避難してください。", "2026/09/21 15:03"]


async def test_what_cannot_be_read_is_said_in_words(tmp_path: Path) -> None:
    """A push without a notification ends a subscription; a broken one leads to the page with the orders."""
    async with device(tmp_path) as (phone, _site):
        for broken in BROKEN:
            await phone.receive(broken)
            assert (await phone.shows("避難のお知らせを確かめてください"))["url"] == "/", broken
            await phone.page.eval(CLOSE)


async def test_a_declarative_message_is_the_same_order(tmp_path: Path) -> None:
    """What Safari shows by itself, and other browsers hand to the worker."""
    known = push(2)
    words = {name: known.pop(name) for name in ("title", "body", "lang", "tag")}
    notification = words | {"navigate": known.pop("url"), "silent": False, "data": known}
    async with device(tmp_path) as (phone, _site):
        await phone.receive({"web_push": 8030, "notification": notification, "mutable": True})
        assert (await phone.shows(TITLE))["urgent"] is True
        await phone.receive(push(1, title="古い"))
        await phone.shows(TITLE, BODY)
        assert [one["rev"] for one in await phone.reported(1)] == [2]


async def test_a_test_arrives_and_the_page_says_when(tmp_path: Path) -> None:
    """The reader presses, the server sends, the worker tells the page; it is there at the next visit, too."""
    async with device(tmp_path) as (phone, site):
        await phone.page.eval("document.getElementById('send-test').click()")
        async with asyncio.timeout(10):
            while not site.said("POST", "/api/subscriptions/s1/test"):  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.05)
        await phone.receive(
            push(0, None, World.TEST, kind="selftest", id="test-1", tag="selftest", title="【試験】届きました")
        )
        await phone.page.until("document.getElementById('test-status').dataset.state === 'ok'")
        assert "秒で届きました" in await phone.page.text()
        await visit(phone.page, site)
        assert await phone.page.eval("document.querySelector('[data-check=test]').dataset.state") == "ok"


async def test_receipts_wait_for_the_server(tmp_path: Path) -> None:
    """What could not be reported is written down, and sent at the next wake."""
    async with device(tmp_path) as (phone, site):
        site.down = True
        await phone.receive(push(1))
        await phone.shows(TITLE)
        await phone.reported(1)
        site.down = False
        worker = await phone.page.inside("service_worker")
        await worker.eval(CLICK)
        heard = {(one["rev"], one["event"]) for one in await phone.reported(3)}
        assert heard == {(1, "shown"), (1, "clicked")}


async def test_a_subscription_that_the_browser_changed_is_told_to_the_server(tmp_path: Path) -> None:
    """Without a page and without a question: the new address takes the place of the old one."""
    async with device(tmp_path) as (phone, site):
        worker = await phone.page.inside("service_worker")
        await worker.eval(RENEWED)
        async with asyncio.timeout(10):
            while len(site.said("POST", "/api/subscriptions")) < 2:  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.05)
        moved = site.said("POST", "/api/subscriptions")[-1]
        assert moved["subscription"]["endpoint"].endswith("/moved")
        assert (moved["places"], moved["replaces"]) == (["14205"], {"subscriber": "s1", "token": "t"})


async def test_without_a_network_what_was_saved_is_shown_with_its_time(tmp_path: Path) -> None:
    """The order's page cannot be had: the offline page has its words, says when they came, and that they may be old."""
    async with device(tmp_path) as (phone, site):
        await phone.receive(push(1))
        await phone.shows(TITLE)
        site.end()
        await phone.page.until("fetch('/x').then(() => false, () => true)")
        await phone.page.open(f"{site.url}/orders/order-1.html")
        await phone.page.until("document.documentElement.dataset.ready")
        words = await phone.page.text()
        assert "つながりません" in words
        assert "いまの情報ではありません" in words
        assert BODY in words
        assert "に保存" in words
        await phone.page.open(f"{site.url}/resident/")
        await phone.page.until("document.documentElement.dataset.ready")
        assert "最新の情報を取得できません" in await phone.page.text()
