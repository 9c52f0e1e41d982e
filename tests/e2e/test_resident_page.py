"""The residents' page in a real Chromium: every language and width, the way to a subscription and out of it again."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.records.decided import LANGUAGES
from tests.e2e.accessible import obstacles
from tests.e2e.chromium import Page, browser, installed
from tests.e2e.resident_site import KEYS, SUBSCRIBING, Site, allow, choose, serving, subscribe, visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.deadline(180),
    pytest.mark.skipif(installed() is None, reason="no Chromium here: install chromium to look at the page"),
]
FIRST_VIEW_BYTES = 200_000
ZOOMED = (320, 640, 1280)
"""1280 px, the same at 200 %, and at 400 %: what WCAG 1.4.10 asks for; phones are 360 wide and more."""

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CLIPPED = """[...document.querySelectorAll('button, select, summary, h1, h2, h3, .level, b')]
  .filter(node => node.offsetParent && node.scrollWidth > node.clientWidth + 1)
  .filter(node => getComputedStyle(node).display !== 'inline')
  .map(node => node.outerHTML.slice(0, 120))"""
SMALL = """[...document.querySelectorAll('button, select, summary, input[type=search], .more')]
  .filter(node => node.offsetParent && node.getBoundingClientRect().height < 44)
  .map(node => node.outerHTML.slice(0, 120))"""
UNTRANSLATED = r"""[...document.querySelectorAll('[data-t]')].map(node => node.textContent)
  .filter(text => !text || /^[a-z]+\.[a-z_0-9]+$/.test(text) || /[{}]/.test(text))"""
SHELTERS = (
    "名称,名称_カナ,名称_英字,所在地_連結表記,災害種別_洪水,災害種別_崖崩れ、土石流及び地滑り,災害種別_高潮,災害種別_地震,"
    "災害種別_津波,災害種別_大規模な火事,災害種別_内水氾濫,災害種別_火山現象\n"
    "みなと小学校,ミナトショウガッコウ,Minato Elementary School,神奈川県藤沢市みなと1-2-3,1,1,,1,,,1,\n"
)
OFFERED = (
    ("ne-NP,en", "ne", "ne"),
    ("fil-PH", "tl", "fil"),
    ("zh-TW", "zh", "zh-Hans"),
    ("th,de", "en", "en"),
    ("ja-JP", "ja", "ja"),
)
WHOLE = ("places", "outlines", "districts")
DISTRICTS = "code,name,kana\n01,みなと地区,みなと\n02,やまべ地区,やまべ\n"


def order(level: int | None = 4, revision: int = 1, **changed: Any) -> dict[str, Any]:
    """An order of 藤沢市 as /orders.json has it."""
    row: dict[str, Any] = {
        "id": "order-1",
        "revision": revision,
        "in_force": True,
        "municipality": "14205",
        "municipality_name": "藤沢市",
        "hazard": "flood" if level else "tsunami",
        "order_type": "evacuation_order",
        "level": level,
        "areas": [{"code": "1420500", "name": "藤沢市"}],
        "districts": [],
        "texts": [{"lang": "ja", "title": "避難指示　藤沢市", "body": "境川が氾濫するおそれがあります。"}],
        "issued_at": "2026-09-21T06:03:00+00:00",
    }
    return row | changed


@asynccontextmanager
async def opened(folder: Path, supplied: bool = False) -> AsyncIterator[tuple[Page, Site]]:
    """A browser that has seen nothing yet, and the site."""
    for name, text in (("districts", DISTRICTS), ("shelters", SHELTERS)):
        (folder / name).mkdir()
        (folder / name / "14205.csv").write_text(text, encoding="utf8")
    folders = (folder / "districts", folder / "shelters") if supplied else (None, None)
    async with serving(*folders) as site, browser(folder / "profile") as page:
        await page.size(390)
        yield page, site


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Where pictures go: SONAE_SCREENS keeps them."""
    return Path(os.environ.get("SONAE_SCREENS", tmp_path / "screens")) / "resident"


async def test_every_language_at_every_width(tmp_path: Path, album: Path) -> None:
    """Nothing is untranslated, clipped, too small for a thumb, or wrong in the eyes of axe; light and dark."""
    async with opened(tmp_path, supplied=True) as (page, site):
        site.orders = [order(), order(3, id="order-2"), order(None, id="order-3")]
        await subscribe(page, site)
        for number, lang in enumerate(LANGUAGES):
            await visit(page, site, lang)
            for width in ZOOMED:
                await page.size(width, dark=number % 2 == 1)
                assert await page.eval(OVERFLOW) <= 0, f"{lang} scrolls sideways at {width}"
                assert await page.eval(CLIPPED) == [], f"{lang} at {width}"
            assert await page.eval(UNTRANSLATED) == [], lang
            assert await page.eval(SMALL) == [], lang
            assert await obstacles(page) == [], lang
            for width in (390, 1280):
                await page.size(width, dark=number % 2 == 1)
                await page.shoot(album / f"{lang}-{width}.png")
        assert [error for error in page.errors if "Banner not shown" not in error] == []


async def test_the_first_visit(tmp_path: Path, album: Path) -> None:
    """At most 200 kB with the worker and all it keeps, no question before a tap, and nothing that axe finds."""
    async with opened(tmp_path) as (page, site):
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=SUBSCRIBING)
        await visit(page, site)
        await page.until("navigator.serviceWorker.controller !== null")
        assert site.sent_bytes <= FIRST_VIEW_BYTES
        assert await page.eval("permissionAsked") == 0
        assert await obstacles(page) == []
        await page.shoot(album / "first-390.png")
        for dark in (False, True):
            await page.size(1280, dark=dark)
            assert await obstacles(page) == []
        assert (await page.call("Page.getInstallabilityErrors"))["installabilityErrors"] == []


async def test_the_browsers_language_is_taken(tmp_path: Path) -> None:
    """Without a word of the reader; the tag on the page is the one that screen readers know."""
    async with opened(tmp_path) as (page, site):
        agent = await page.eval("navigator.userAgent")
        for offered, lang, tag in OFFERED:
            await page.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=offered)
            await visit(page, site)
            found = await page.eval("[document.documentElement.dataset.lang, document.documentElement.lang]")
            assert found == [lang, tag], offered


async def test_subscribing_changing_and_leaving(tmp_path: Path) -> None:
    """The permission is asked for by the tap alone; what is chosen reaches the server; leaving leaves nothing."""
    async with opened(tmp_path, supplied=True) as (page, site):
        await subscribe(page, site)
        assert await page.eval("permissionAsked") == 1
        (first,) = site.said("POST", "/api/subscriptions")
        assert (first["places"], first["lang"], first["drills"]) == (["14205"], "ja", False)

        await visit(page, site)
        assert len(site.said("POST", "/api/subscriptions")) == 1, "a visit alone changes nothing"
        await page.eval("document.querySelector('.districts summary').click()")
        await page.until("!!document.querySelector('.districts input')")
        await page.eval("document.querySelector('.districts input').click(); document.getElementById('drills').click()")
        await choose(page, "ｶﾏｸﾗ")
        await page.eval("document.getElementById('save').click()")
        await page.until("document.getElementById('save').hidden")
        changed = site.said("POST", "/api/subscriptions")[-1]
        assert changed["places"] == {
            "14205": {"areas": [], "districts": ["みなと地区"]},
            "14204": {"areas": [], "districts": []},
        }
        assert changed["drills"] is True
        assert "replaces" not in changed, "it is the same subscription"

        await page.eval("document.getElementById('leave').click()")
        await page.until("document.activeElement.id === 'leave-yes'")
        await page.eval("document.getElementById('leave-yes').click()")
        await page.until("!document.getElementById('turn-on').hidden")
        assert len(site.said("DELETE", "/api/subscriptions/")) == 1
        assert await page.eval(_KEPT) == []


async def test_what_was_lost_is_made_again(tmp_path: Path) -> None:
    """A visit repairs what the server forgot, what the browser dropped, and a key that changed, without a question."""
    async with opened(tmp_path) as (page, site):
        await subscribe(page, site)
        await page.eval(_AGED)
        site.known = False
        await _renewed(page, site, 2)
        site.known = True

        site.key = KEYS[1]
        await _renewed(page, site, 3)
        assert site.said("POST", "/api/subscriptions")[-1]["replaces"] == {"subscriber": "s2", "token": "t"}

        await page.eval("localStorage.removeItem('stand-in subscription')")
        await _renewed(page, site, 4)
        assert site.said("POST", "/api/subscriptions")[-1]["places"] == ["14205"]
        assert await page.eval("permissionAsked") == 0, "since this page was opened"


async def test_the_position_never_leaves_the_device(tmp_path: Path) -> None:
    """The outlines come first, whole; once the position is known nothing at all is asked for."""
    async with opened(tmp_path) as (page, site):
        await visit(page, site, "ja")
        await allow(page, "geolocation")
        city_hall = {"latitude": 35.3390, "longitude": 139.4900, "accuracy": 20}
        await page.call("Emulation.setGeolocationOverride", **city_hall)
        await page.eval(
            "navigator.geolocation.getCurrentPosition = (heard => (...given) => { window.asked = performance.now(); "
            "return heard(...given) })(navigator.geolocation.getCurrentPosition.bind(navigator.geolocation))"
        )
        await page.eval("document.getElementById('here').click()")
        await page.until("document.querySelector('#chosen strong')?.textContent === '藤沢市'")
        fetched = await page.eval("performance.getEntriesByType('resource').map(one => [one.name, one.startTime])")
        asked = await page.eval("window.asked")
        assert [name for name, at in fetched if at >= asked] == []
        assert {path for _, path, _ in site.asked[-3:]} == {f"/resident/{name}.json" for name in WHOLE}


async def test_a_reader_who_said_no_is_told_how_to_allow(tmp_path: Path) -> None:
    """The button makes room for the way through this browser's settings."""
    async with opened(tmp_path) as (page, site):
        setting = {"permission": {"name": "notifications"}, "setting": "denied", "origin": site.url}
        await page.call("Browser.setPermission", **setting)
        await visit(page, site, "en")
        assert "Notifications are blocked" in await page.text()
        assert "icon left of the address" in await page.text()
        assert await page.eval("document.getElementById('turn-on').hidden")


async def test_an_iphone_is_led_to_the_home_screen(tmp_path: Path) -> None:
    """Safari there has pushes only for pages that were added to it."""
    agent = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 Version/18.4 Mobile Safari/604.1"
    )
    async with opened(tmp_path) as (page, site):
        await page.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage="en")
        await visit(page, site)
        assert "Add to Home Screen" in await page.text()
        assert await page.eval("document.getElementById('turn-on').hidden")
        assert await obstacles(page) == []


async def test_only_a_new_order_of_life_and_death_is_spoken(tmp_path: Path) -> None:
    """Level 3 stands in the list; level 4 is an alert when it appears, once, and not again at the next look."""
    async with opened(tmp_path) as (page, site):
        site.orders = [order(3)]
        await visit(page, site, "en")
        await choose(page, "Fujisawa")
        await page.until("document.querySelectorAll('.order').length === 1")
        assert await page.eval("document.getElementById('alert').textContent") == ""
        site.orders = [order(4, revision=2)]
        await page.eval(_LOOK)
        await page.until("!!document.querySelector('#alert p')")
        await page.eval("window.line = document.querySelector('#alert p'); 0")
        assert "Alert Level 4" in await page.eval("document.getElementById('alert').textContent")
        await page.eval(_LOOK)
        assert await page.eval("document.querySelector('#alert p') === window.line")


async def test_old_data_says_so_and_no_data_is_not_nothing(tmp_path: Path) -> None:
    """A page that stands still, or cannot be reached, never says that all is well."""
    async with opened(tmp_path) as (page, site):
        site.as_of = datetime.now(UTC) - timedelta(hours=2)
        await visit(page, site, "en")
        await choose(page, "Fujisawa")
        await page.until("document.getElementById('orders-late').textContent !== ''")
        assert "There may be newer orders" in await page.text()
        site.end()
        await page.until("fetch('/orders.json').then(() => false, () => true)")
        await page.eval(_LOOK)
        await page.until("document.getElementById('orders-late').textContent.includes('could not be loaded')")
        assert "No order is in force" not in await page.text()


_LOOK = "document.dispatchEvent(new Event('visibilitychange')); new Promise(done => setTimeout(done, 300))"
_AGED = """new Promise(done => { const asked = indexedDB.open('sonae'); asked.onsuccess = () => {
  const kept = asked.result.transaction('kept', 'readwrite').objectStore('kept'); const found = kept.get('subscriber');
  found.onsuccess = () => { found.result.at = new Date(Date.now() - 60000).toISOString();
    kept.put(found.result, 'subscriber').onsuccess = () => done(0); }; }; })"""
"""As if a minute had passed: the server's index may be behind its door for a moment."""
_KEPT = """new Promise(done => { const asked = indexedDB.open('sonae');
  asked.onsuccess = () => { const keys = asked.result.transaction('kept').objectStore('kept').getAllKeys();
    keys.onsuccess = () => done(keys.result.filter(key => key !== 'shelter-towns')); }; })"""


async def _renewed(page: Page, site: Site, times: int) -> None:
    await visit(page, site)
    assert len(site.said("POST", "/api/subscriptions")) == times, json.dumps(site.said("POST", "/api/"))
