"""The residents' page when things go wrong around it: push service, network, settings, storage, clock, a second tab."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from console.resident.texts import texts
from schemas.records.decided import LANGUAGES
from tests.e2e.accessible import obstacles
from tests.e2e.chromium import Page, browser, installed
from tests.e2e.resident_site import SUBSCRIBING, Site, allow, choose, field_of, serving, subscribe, visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.deadline(120),
    pytest.mark.skipif(installed() is None, reason="no Chromium here: install chromium to look at the page"),
]
SILENT = """(() => { const real = PushManager.prototype.subscribe; const wait = window.setTimeout; window.late = [];
  PushManager.prototype.subscribe = function (wanted) {
    return new Promise(done => window.late.push(() => done(real.call(this, wanted)))); };
  window.setTimeout = (act, ms, ...rest) => wait(act, ms === 25000 ? 300 : ms, ...rest);
  window.reached = () => { PushManager.prototype.subscribe = real; }; })()"""
"""A push service that cannot be reached: the browser waits, and may come back late. 25 s pass within 0.3 s."""

REFUSES = """PushManager.prototype.subscribe = async () => {
  throw new DOMException('Registration failed - push service error', 'AbortError'); }; 0"""
KEPT = """new Promise(done => { const asked = indexedDB.open('sonae');
  asked.onsuccess = () => { const found = asked.result.transaction('kept').objectStore('kept').get('KEY');
    found.onsuccess = () => { asked.result.close(); done(found.result ?? null); }; }; })"""
CLEARED = "indexeddb,cache_storage,service_workers"
SUMMARY = "document.querySelector('#notify-cause summary')"
STANDS_ON = "(document.activeElement?.id || document.activeElement?.tagName)"
RAW = "document.body.innerText.match(/\\b(?:page|orders|places|notify|check|shelters|offline)\\.[a-z_]+/g)"
TURN_ON = f"{field_of('turn-on')}.click()"


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Page, Site]]:
    """A browser that has seen nothing yet, at a phone's width, and the site."""
    async with serving() as site, browser(folder / "profile") as page:
        await page.size(390)
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=SUBSCRIBING)
        yield page, site


async def about_to_subscribe(page: Page, site: Site) -> None:
    """A place is chosen and the permission given; only the tap is missing."""
    await visit(page, site, "ja")
    await choose(page, "藤沢")
    await allow(page, "notifications")


async def registered(site: Site, times: int) -> list[Any]:
    """What the server was told, once it was told so often."""
    async with asyncio.timeout(10):
        while len(told := site.said("POST", "/api/subscriptions")) < times:  # noqa: ASYNC110 -- the site has no event
            await asyncio.sleep(0.05)
    return told


async def status(page: Page, state: str) -> str:
    """What stands below the button, once it is in a state."""
    await page.until(f"{field_of('notify-status')}.dataset.state === '{state}'")
    return str(await page.eval(f"{field_of('notify-status')}.textContent"))


async def test_a_push_service_that_cannot_be_reached_is_said_in_time(tmp_path: Path) -> None:
    """After 25 s the reader is told; nothing is half saved, the second tap works, and what comes late does no harm."""
    async with opened(tmp_path) as (page, site):
        await about_to_subscribe(page, site)
        await page.eval(SILENT)
        await page.eval(TURN_ON)
        assert await status(page, "no") == "つながりませんでした。通信を確かめて、もう一度押してください。"
        assert site.said("POST", "/api/subscriptions") == []
        assert await page.eval(KEPT.replace("KEY", "subscriber")) is None
        assert "登録が完了していません" not in await page.text()

        await page.eval("window.reached(); 0")
        await page.eval(TURN_ON)
        await status(page, "ok")
        (told,) = site.said("POST", "/api/subscriptions")
        await page.eval("window.late[0](); 0")
        moved = (await registered(site, 2))[-1]
        assert moved["subscription"]["endpoint"] != told["subscription"]["endpoint"]
        assert moved["replaces"] == {"subscriber": "s1", "token": "t"}, "the browser has one only: the server is told"


async def test_late_after_giving_up_leaves_nothing_behind(tmp_path: Path) -> None:
    """The browser has a subscription that no server knows: nobody is told anything, and the next tap takes it."""
    async with opened(tmp_path) as (page, site):
        await about_to_subscribe(page, site)
        await page.eval(SILENT)
        await page.eval(TURN_ON)
        await status(page, "no")
        await page.eval("window.late[0](); window.reached(); 0")
        await page.until("localStorage.getItem('stand-in subscription') !== null")
        assert site.said("POST", "/api/subscriptions") == []
        await page.eval(TURN_ON)
        await status(page, "ok")
        assert len(site.said("POST", "/api/subscriptions")) == 1


async def test_whatever_was_said_follows_the_language(tmp_path: Path) -> None:
    """Our sentence in the reader's language on every line; the browser's own words stand apart, and closed."""
    async with opened(tmp_path) as (page, site):
        await about_to_subscribe(page, site)
        await page.eval(REFUSES)
        await page.eval(TURN_ON)
        for lang in LANGUAGES:
            await visit_language(page, lang)
            said = texts(lang)
            assert await status(page, "no") == said["notify.unreachable"]
            assert (
                await page.eval("document.querySelector('#notify-cause summary').textContent") == said["notify.cause"]
            )
            assert "AbortError" not in await page.text(), "before the details are opened"
            line = await page.eval(f"{field_of('place-status')}.textContent")
            before, after = said["places.added"].split("{place}")
            assert line.startswith(before), lang
            assert line.endswith(after), lang
            tile = await page.eval("document.querySelector('[data-check=permission] .state').textContent")
            assert tile == f"{said['check.is_ok']} · {said['check.permission_ok']}", lang
        await page.eval(f"{SUMMARY}.click()")
        assert "AbortError Registration failed - push service error" in await page.text()
        assert await obstacles(page) == []


async def visit_language(page: Page, lang: str) -> None:
    """Choose a language on the page that is open."""
    await page.eval(f"(f => {{ f.value = '{lang}'; f.dispatchEvent(new Event('change')); }})({field_of('language')})")
    await page.until(f"document.documentElement.dataset.lang === '{lang}'")


async def test_a_language_that_cannot_be_had_now(tmp_path: Path) -> None:
    """Without a network the page stays in the language it speaks, says so, and speaks it after a reload, too."""
    async with opened(tmp_path) as (page, site):
        await subscribe(page, site)
        await page.until("navigator.serviceWorker.controller !== null")
        await visit(page, site)
        site.end()
        await page.until("fetch('/x').then(() => false, () => true)")
        await page.eval(f"(f => {{ f.value = 'ne'; f.dispatchEvent(new Event('change')); }})({field_of('language')})")
        await page.until(f"{field_of('language-status')}.textContent === '{texts('ja')['page.language_failed']}'")
        assert await page.eval(f"{field_of('language')}.value") == "ja"
        await page.eval("localStorage.setItem('lang', 'ne')")
        await page.open(f"{site.url}/resident/")
        await page.until("document.documentElement.dataset.ready", 30)
        assert "最新の情報を取得できません" in await page.text()
        assert await page.eval(RAW) is None


async def test_two_tabs_tell_the_same(tmp_path: Path) -> None:
    """What was chosen, subscribed or ended in one is so in the other as soon as somebody looks at it."""
    async with opened(tmp_path) as (page, site):
        await visit(page, site, "ja")
        other = await page.another()
        await other.call("Page.addScriptToEvaluateOnNewDocument", source=SUBSCRIBING)
        await visit(other, site)
        await subscribe(page, site)
        await _looked_at(other)
        await other.until(f"!{field_of('is-on')}.hidden")
        assert "藤沢市" in str(await other.eval(f"{field_of('chosen')}.textContent"))
        await other.eval(f"{field_of('leave')}.click(); {field_of('leave-yes')}.click()")
        await other.until(f"!{field_of('turn-on')}.hidden")
        await _looked_at(page)
        await page.until(f"!{field_of('turn-on')}.hidden")
        assert len(site.said("DELETE", "/api/subscriptions/")) == 1


async def _looked_at(tab: Page) -> None:
    """The tab comes to the front; the event is sent once more for a tab that was there already."""
    await tab.call("Page.bringToFront")
    await tab.eval("document.dispatchEvent(new Event('visibilitychange')); 0")


async def test_allowed_again_in_the_browsers_settings(tmp_path: Path) -> None:
    """Blocked while subscribed, then allowed: the page follows without a reload, and subscribes again what was lost."""
    async with opened(tmp_path) as (page, site):
        await subscribe(page, site)
        setting = {"permission": {"name": "notifications"}, "origin": site.url}
        await page.call("Browser.setPermission", **setting, setting="denied")
        await page.until(f"!{field_of('denied')}.hidden && {field_of('is-on')}.hidden")
        await page.until("document.querySelector('[data-check=permission]').dataset.state === 'no'")
        await page.eval("localStorage.removeItem('stand-in subscription')")
        await page.call("Browser.setPermission", **setting, setting="granted")
        await page.until(f"{field_of('denied')}.hidden && !{field_of('is-on')}.hidden")
        await registered(site, 2)
        await page.until("document.querySelector('[data-check=subscription]').dataset.state === 'ok'")


async def test_storage_that_was_cleared_while_the_page_is_open(tmp_path: Path) -> None:
    """Choosing and subscribing go on without a reload; after one the page does not believe that it is registered."""
    async with opened(tmp_path) as (page, site):
        await subscribe(page, site)
        await page.call("Storage.clearDataForOrigin", origin=site.url, storageTypes=CLEARED)
        await choose(page, "鎌倉")
        await page.until(f"{KEPT.replace('KEY', 'wanted')}.then(one => one?.places.length === 2)")
        await visit(page, site)
        assert not await page.eval(f"{field_of('turn-on')}.hidden")
        await page.until("document.querySelector('[data-check=subscription]').dataset.state === 'no'")
        assert "登録が完了していません" in await page.text()
        await page.eval(TURN_ON)
        await status(page, "ok")
        assert site.said("POST", "/api/subscriptions")[-1]["places"] == ["14205", "14204"]


async def test_a_phones_clock_that_is_wrong_by_a_day(tmp_path: Path) -> None:
    """Fresh orders are not called old, nor old ones fresh: the server's clock counts."""
    async with opened(tmp_path) as (page, site):
        source = "Date.now = (now => () => now() + 24 * 3600e3)(Date.now.bind(Date))"
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=source)
        await about_to_subscribe(page, site)
        assert await page.eval(f"{field_of('orders-late')}.textContent") == ""
        assert await page.eval(f"{field_of('orders-time')}.textContent") != ""
        await page.eval(TURN_ON)
        await status(page, "ok")


async def test_with_the_keyboard_alone(tmp_path: Path) -> None:
    """From the first field to a registered device and out of it again; the keyboard's place is never lost."""
    async with opened(tmp_path) as (page, site):
        await visit(page, site, "ja")
        await allow(page, "notifications")
        await page.eval(f"{field_of('search')}.focus()")
        await page.call("Input.insertText", text="ふじさわ")
        await page.until("!!document.querySelector('#found button')")
        await page.press("Tab")
        await page.press("Enter")
        assert await page.eval(STANDS_ON) == "chosen"
        await _tab_to(page, "turn-on")
        await page.press("Enter")
        await status(page, "ok")
        await page.until(f"{STANDS_ON} === 'notify-status'")
        await _tab_to(page, "send-test")
        await page.press(" ")
        assert await page.eval(STANDS_ON) == "send-test"
        await page.eval(f"{field_of('leave')}.focus()")
        await page.press("Enter")
        assert await page.eval(STANDS_ON) == "leave-yes"
        await page.press("Enter")
        await page.until(f"{STANDS_ON} === 'notify-status'")
        assert "通知をやめました" in await page.eval(f"{field_of('notify-status')}.textContent")


async def _tab_to(page: Page, wanted: str) -> None:
    for _ in range(20):
        if await page.eval(STANDS_ON) == wanted:
            return
        await page.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached with Tab")
