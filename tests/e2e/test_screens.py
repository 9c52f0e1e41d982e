"""The desk in a real browser, at phone and desktop width: readable, complete, safe."""

import json
import os
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from schemas.codec import Codec
from schemas.kafka import read_to_end
from schemas.records.base import World
from schemas.records.decided import Order
from schemas.records.delivered import End
from tests.e2e.chromium import Page, browser, installed
from tests.e2e.desk_scene import deliver, publish
from tests.integration.console_running import FUJISAWA, ODAWARA, PASSWORD, Town, running_desk

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.deadline(240),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(installed() is None, reason="no Chromium here: install chromium to look at the screens"),
]
PHONE, DESKTOP = 390, 1280
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf8")
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
UNLABELLED = """[...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a')].filter(node =>
  !(node.labels && node.labels.length) && !node.textContent.trim() && !node.getAttribute('aria-label'))
  .map(node => node.outerHTML)"""
UNREACHED = """PushManager.prototype.getSubscription = async () => ({ endpoint: 'https://push.example.test/half' });
  PushManager.prototype.subscribe = async () => { throw new DOMException('push service error', 'AbortError'); };
  window.fetch = async () => Response.json({ public_key: 'BA' });"""
"""A push service out of reach, and a subscription that no server knows."""

NOTIFICATIONS = """navigator.serviceWorker.ready.then(worker => worker.getNotifications())
  .then(all => all.some(n => n.title === 'TITLE') && all.map(n => [n.title, n.body, n.tag, n.data.url]))"""
COVERED = """[...document.querySelectorAll('.plot svg')].filter(svg => svg.checkVisibility()).flatMap(svg => {
  const curve = [...svg.querySelectorAll('.stage')].flatMap(line => [...line.points].map(point => point.x));
  const end = svg.viewBox.baseVal.width;
  return [...svg.querySelectorAll('.th-text')].map(text => [text.textContent, text.getBBox()])
    .filter(([, box]) => box.x < Math.max(...curve) || box.x + box.width > end).map(([words]) => words); })"""
SMALL = """[...document.querySelectorAll('button, .button, nav a, .row-link, select, input:not([type=hidden])')]
  .filter(node => node.checkVisibility() && !['radio', 'checkbox'].includes(node.type))
  .filter(node => node.getBoundingClientRect().height < 44)
  .map(node => node.outerHTML.slice(0, 120))"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A desk, its decide, and a night's records."""
    async with running_desk(kafka, f"t{uuid.uuid4().hex[:8]}-", tmp_path_factory.mktemp("desk")) as running:
        await publish(running, datetime.now(UTC))
        yield running


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Where pictures go: SONAE_SCREENS keeps them."""
    return Path(os.environ.get("SONAE_SCREENS", tmp_path / "screens"))


async def test_every_page_at_phone_and_desktop_width(town: Town, tmp_path: Path, album: Path) -> None:
    """No page scrolls sideways, has an unlabelled field or a target too small for a thumb, or breaks its own policy."""
    async with browser(tmp_path / "profile") as page:
        await page.size(DESKTOP)
        await sign_in(page, town, "sato")
        pages = {
            "list": "/desk/actual",
            "river": f"/desk/actual/{FUJISAWA}/flood",
            "slope": f"/desk/actual/{ODAWARA}/landslide",
            "propose": f"/desk/actual/{FUJISAWA}/flood/propose",
            "call": "/calls/call-odawara",
            "measured": "/measured/actual",
            "sources": "/sources/actual",
            "report": "/report/actual",
            "duty": "/duty/actual",
            "policies": "/policies/actual",
            "policy-new": f"/policies/actual/{ODAWARA}/new",
            "device": "/device",
            "drill-list": "/desk/exercise",
            "replay-list": "/desk/test",
            "signin": "/signin",
            "missing": "/orders/none",
        }
        for name, path in pages.items():
            for width, dark in ((PHONE, False), (DESKTOP, False), (PHONE, True)):
                await page.size(width, dark=dark)
                await page.open(town.url + path)
                await page.shoot(album / f"{name}-{width}{'-dark' if dark else ''}.png")
                assert await page.eval(OVERFLOW) <= 0, f"{name} scrolls sideways at {width}"
                assert await page.eval(UNLABELLED) == [], name
                assert await page.eval(SMALL) == [], name
                assert await page.eval(COVERED) == [], f"{name} at {width}: a label covers the curve, or is cut"
                assert await page.eval(CONTRAST) == [], f"{name} at {width}, {'dark' if dark else 'light'}"
        assert [error for error in page.errors if "404" not in error] == []


async def test_an_order_from_evidence_to_deliveries(town: Town, tmp_path: Path, album: Path) -> None:
    """Two officers order through the pages alone; the counts then move by themselves and add up."""
    place = f"{town.url}/desk/actual/{FUJISAWA}/flood"
    async with browser(tmp_path / "profile") as page:
        await page.size(DESKTOP)
        await sign_in(page, town, "sato")
        await page.open(place)
        words = await page.text()
        assert "境川橋" in words
        assert "内部計算（職員のみ・公表不可）" in words
        assert "22〜48分" in words
        assert "データなし" in words

        await page.open(f"{place}/propose")
        await page.submit("document.querySelector('main form button[type=submit]').click()")
        assert "高齢者等避難" in await page.text()
        await _look(page, album, "preview")
        await page.submit("document.querySelector('button[value=submit]').click()")
        words = await page.text()
        assert "提出：受け付けました" in words
        assert "鈴木 花子" in words, "who else can approve is named"
        assert not await page.eval("!!document.querySelector('form.approve')"), "no approval button for the author"
        await page.shoot(album / "submitted-own-1280.png")

        await sign_in(page, town, "suzuki")
        await page.open(place)
        sentence = await page.eval("document.querySelector('form.approve .tick').innerText")
        assert "藤沢市全域に「警戒レベル３ 高齢者等避難」を発令し" in sentence
        await _look(page, album, "approve")
        await page.eval("document.querySelector('form.approve .tick input').click()")
        await page.submit("document.querySelector('form.approve button').click()")
        assert "発令中：警戒レベル３ 高齢者等避難" in await page.text()

        order = await _order(town)
        await deliver(town, order, {End.ACCEPTED: 188, End.GONE: 7, End.EXPIRED: 2, End.FAILED: 1}, 203)
        await page.until("document.querySelector('.counts .open td')?.innerText === '5'")
        numbers = await page.eval("[...document.querySelectorAll('.counts tbody td')].map(td => +td.innerText)")
        total = await page.eval("+document.querySelector('.counts tfoot td').innerText")
        assert (sum(numbers), total) == (203, 203)
        await page.shoot(album / "in-force-1280.png")
        for step in ("halt", "extend", "resend"):
            await page.open(f"{place}/{step}")
            await _look(page, album, step)
        await page.size(PHONE, dark=True)
        await page.open(place)
        await page.shoot(album / "in-force-390-dark.png")


async def _look(page: Page, album: Path, name: str) -> None:
    """What stands open now, at both widths: no scrolling sideways, every field labelled, all of it readable."""
    for width in (PHONE, DESKTOP):
        await page.size(width)
        await page.shoot(album / f"{name}-{width}.png")
        assert await page.eval(OVERFLOW) <= 0, f"{name} scrolls sideways at {width}"
        for audit in (UNLABELLED, SMALL, CONTRAST):
            assert await page.eval(audit) == [], f"{name} at {width}"


async def test_a_telegram_never_becomes_markup(town: Town, tmp_path: Path) -> None:
    """What a feed says is shown as words, even if it looks like a script."""
    async with browser(tmp_path / "profile") as page:
        await sign_in(page, town, "sato")
        await page.open(f"{town.url}/desk/actual/{ODAWARA}/landslide")
        assert "<script>alert('x')</script>" in await page.text()
        assert await page.eval("document.querySelectorAll('main script').length") == 0


async def test_a_push_becomes_a_notification(town: Town, tmp_path: Path) -> None:
    """The worker shows a call's payload, with its tag and the page that a tap opens; a revision takes its place."""
    async with browser(tmp_path / "profile") as page:
        await sign_in(page, town, "sato")
        await page.open(f"{town.url}/device")
        await page.call("Browser.grantPermissions", origin=town.url, permissions=["notifications"])
        versions = await page.worker(
            "navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)"
        )
        plain = {
            "v": 1,
            "kind": "call",
            "id": "c",
            "rev": 0,
            "tag": "t",
            "world": "actual",
            "title": "【呼出】確認してください",
        }
        plain |= {
            "body": "土砂災害",
            "lang": "ja",
            "level": 4,
            "url": f"{town.url}/calls/c",
            "at": "2026-09-21T06:40:00Z",
        }
        standard = {"title": "【呼出】2回目", "body": "土砂災害", "tag": "t", "lang": "ja", "navigate": plain["url"]}
        declarative = {"web_push": 8030, "notification": standard | {"data": plain}}
        for payload, title in ((plain, plain["title"]), (declarative, standard["title"])):
            await page.call(
                "ServiceWorker.deliverPushMessage", origin=town.url, registrationId=versions, data=json.dumps(payload)
            )
            shown = await page.until(NOTIFICATIONS.replace("TITLE", str(title)))
            assert shown == [[title, "土砂災害", "t", plain["url"]]], "one notification per tag"


async def test_a_device_that_cannot_be_registered_says_so(town: Town, tmp_path: Path) -> None:
    """In our own sentence, the browser's words apart; what the browser has and no server took is no registration."""
    async with browser(tmp_path / "profile") as page:
        await sign_in(page, town, "sato")
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=UNREACHED)
        await page.open(f"{town.url}/device")
        await page.call("Browser.grantPermissions", origin=town.url, permissions=["notifications"])
        await page.eval("(button => { button.disabled = false; button.click(); })(document.getElementById('register'))")
        await page.until("!document.getElementById('cause').hidden")
        line = "document.querySelector('[data-check=registered]')"
        said = await page.eval(f"{line}.textContent")
        assert said == "登録できませんでした。通信を確かめて、もう一度押してください"
        assert "AbortError" in await page.eval("document.querySelector('#cause p').textContent")
        await page.open(f"{town.url}/device")
        assert await page.until(f"{line}.dataset.state") == "wait"


async def sign_in(page: Page, town: Town, officer: str) -> None:
    """Through the form, as an officer does."""
    await page.open("about:blank")  # no page of the former officer may notice that the session went
    await page.call("Network.clearBrowserCookies")
    await page.open(f"{town.url}/desk/actual")
    await fill_in(page, officer)


async def fill_in(page: Page, officer: str) -> None:
    """The form, sent."""
    fields = {"officer": officer, "password": PASSWORD}
    for name, value in fields.items():
        await page.eval(f"document.getElementById('{name}').value = {value!r}")
    await page.submit("document.querySelector('main form button').click()")
    assert "サインアウト" in await page.text()


async def _order(town: Town) -> Order:
    codec = Codec(Order, World.ACTUAL)
    found = [codec.decode(m.value) async for m in read_to_end(town.where, town.where.name("orders", World.ACTUAL))]
    return found[-1]
