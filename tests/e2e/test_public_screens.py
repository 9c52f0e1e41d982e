"""The public pages in a real Chromium, without Kafka: each language and width, with axe; a page says its age."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from console import wording
from console.beat.page import page as status_page
from console.beat.rounds import HOPS, Route
from console.public import site
from console.public.book import Book
from console.public.folder import Folder
from console.public.pages import application
from console.settings import PublicSettings
from local.ports import LOOPBACK, free_port
from schemas.process.health import Health
from schemas.public_paths import folder
from schemas.records.base import Hazard, OrderType, World
from schemas.records.decided import LANGUAGES, Action, Order
from tests.e2e.accessible import obstacles
from tests.e2e.chromium import Page, browser, installed
from tests.e2e.mailbox import served
from tests.unit.console.records import AT, FUJISAWA, ODAWARA, order

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.deadline(180),
    pytest.mark.skipif(installed() is None, reason="no Chromium here: install chromium to look at the pages"),
]
FIRST_VIEW_BYTES = 200_000
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """[...document.querySelectorAll('.button, nav a')].filter(node => node.getBoundingClientRect().height < 44)
  .map(node => node.outerHTML.slice(0, 120))"""
LATE = "document.querySelector('.late').textContent"
LOOK = site.Look((FUJISAWA, ODAWARA))


@dataclass(frozen=True, slots=True)
class Shelf:
    """The pages of a book on a server, and a way to print a new edition."""

    url: str
    folder: Folder
    book: Book

    def edition(self, checked_at: datetime) -> None:
        """Write everything as of a moment."""
        told = site.Told(checked_at, checked_at)
        for world in World:
            for found in self.book.ids(world):
                self.folder.put(site.of_order(self.book, world, found, told, LOOK))
            self.folder.put(site.lists(self.book, world, told, LOOK))


@asynccontextmanager
async def shelf(root: Path, *orders: Order) -> AsyncIterator[Shelf]:
    """A server of pages that a publisher would have written just now."""
    book, port = Book(), free_port()
    for taken in orders:
        book.take(taken)
    made = Shelf(f"http://{LOOPBACK}:{port}", Folder(root / "public"), book)
    made.folder.put(site.assets())
    made.folder.offer(site.STATUS, site.no_status())
    made.edition(datetime.now(UTC))
    async with served(application(PublicSettings(public_dir=root / "public"), Health()), port):
        yield made


def worded(kind: OrderType = OrderType.EVACUATION_ORDER, hazard: Hazard = Hazard.FLOOD, **changes: Any) -> Order:
    """An order with the texts that officers' templates give, in all languages."""
    subject = wording.Subject(FUJISAWA, hazard, Action.ISSUE, kind, (), ())
    texts = wording.write(subject, wording.suggested("境川", AT))
    return order(hazard=hazard, order_type=kind, texts=texts, **changes)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Where pictures go: SONAE_SCREENS keeps them."""
    return Path(os.environ.get("SONAE_SCREENS", tmp_path / "screens")) / "public"


async def test_every_language_world_and_width(tmp_path: Path, album: Path) -> None:
    """Nothing scrolls sideways, is too small for a thumb, or stands in anybody's way; light and dark."""
    elders = worded(OrderType.ELDERLY_EVACUATION, id="order-3", level=3)
    ended = replace(elders, id="order-past", in_force=False, action=Action.LIFT)
    wave = worded(OrderType.TSUNAMI_EVACUATION, Hazard.TSUNAMI, id="order-t", level=None)
    drill = replace(worded(), world=World.EXERCISE)
    async with shelf(tmp_path, worded(), elders, wave, ended, drill) as pages, browser(tmp_path / "profile") as page:
        for number, lang in enumerate(LANGUAGES):
            home = folder(World.ACTUAL, lang)
            paths = {"list": home, "order": f"{home}orders/order-t.html", "past": f"{home}orders/order-past.html"}
            paths |= {"drill": folder(World.EXERCISE, lang), "ended": f"{home}past.html"}
            for name, path in paths.items():
                await page.open(f"{pages.url}/{path}")
                for width in (320, 1280):
                    await page.size(width, dark=number % 2 == 1)
                    assert await page.eval(OVERFLOW) <= 0, f"{name} in {lang} scrolls sideways at {width}"
                assert await page.eval(SMALL) == [], (name, lang)
                if name != "past":
                    assert await obstacles(page) == [], (name, lang)
            for name in ("list", "drill", "ended"):
                await page.open(f"{pages.url}/{paths[name]}")
                for width in (390, 1280):
                    await page.size(width, dark=number % 2 == 1)
                    await page.shoot(album / f"{name}-{lang}-{width}.png")
        assert page.errors == []


async def test_a_page_that_stays_open_follows_and_says_its_age(tmp_path: Path, album: Path) -> None:
    """A newer edition takes its place by itself; one that is old says so in words, also when the server is gone."""
    async with browser(tmp_path / "profile") as page:
        async with shelf(tmp_path, worded()) as pages:
            await page.open(f"{pages.url}/")
            assert await page.eval(LATE) == ""
            pages.book.take(worded(id="order-5", kind=OrderType.EMERGENCY_SAFETY, level=5))
            pages.edition(datetime.now(UTC) + timedelta(seconds=1))
            await page.eval("document.dispatchEvent(new Event('visibilitychange'))")
            await page.until("document.body.innerText.includes('警戒レベル５ 緊急安全確保')")
            pages.edition(datetime.now(UTC) - timedelta(minutes=12))
            await page.open(f"{pages.url}/en/")
            assert "12 minutes old" in await page.until(LATE)
            await page.size(390)
            await page.shoot(album / "late-en-390.png")
        await page.eval("document.getElementById('main').dataset.checkedAt = '2026-01-01T00:00:00Z'")
        await page.eval("document.dispatchEvent(new Event('visibilitychange'))")
        await page.until(f"!{LATE}.includes('12 minutes')")
        assert "Alert Level 4" in await page.text(), "the last orders stay on the screen"


async def test_a_clock_that_is_wrong_by_a_day_changes_nothing(tmp_path: Path) -> None:
    """The server's time says how old a page is; a phone a day ahead or behind says nothing else."""
    async with browser(tmp_path / "profile") as page, shelf(tmp_path, worded()) as pages:
        script = await _wrong_clock(page, hours=24)
        await page.open(f"{pages.url}/")
        await page.until("performance.getEntriesByType('resource').some(one => one.initiatorType === 'fetch')")
        assert await page.eval(LATE) == ""
        await page.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
        await _wrong_clock(page, hours=-24)
        pages.edition(datetime.now(UTC) - timedelta(minutes=12))
        await page.open(f"{pages.url}/en/")
        assert "12 minutes old" in await page.until(LATE)


async def test_the_status_page_says_that_there_is_no_link_test(tmp_path: Path, album: Path) -> None:
    """Every page leads there; it stands in nobody's way, and says what to look at instead."""
    async with shelf(tmp_path, worded()) as pages, browser(tmp_path / "profile") as page:
        await page.open(f"{pages.url}/")
        await page.submit("document.querySelector('.foot a').click()")
        assert "示せる結果はありません" in await page.text()
        for width in (390, 1280):
            await page.size(width, dark=width == 390)
            assert await page.eval(OVERFLOW) <= 0
            assert await obstacles(page) == []
            await page.shoot(album / f"status-{width}.png")


async def test_the_link_tests_page_follows_and_says_its_age(tmp_path: Path, album: Path) -> None:
    """It moves by itself without leaving the reader's place, and says in words when it no longer does."""
    route = Route("late", "", AT, None, dict.fromkeys(HOPS[:3], 1.0))
    async with shelf(tmp_path, worded()) as pages, browser(tmp_path / "profile") as page:
        pages.folder.put({site.STATUS: status_page(route, (), datetime.now(UTC) - timedelta(minutes=9)).encode()})
        await page.open(f"{pages.url}/{site.STATUS}")
        assert "9分前の表示です" in await page.until(LATE)
        for width in (390, 1280):
            await page.size(width, dark=width == 390)
            assert await page.eval(OVERFLOW) <= 0
            assert await obstacles(page) == []
            await page.shoot(album / f"link-test-{width}.png")
        pages.folder.put({site.STATUS: status_page(replace(route, state="ok"), (), datetime.now(UTC)).encode()})
        await page.eval("document.dispatchEvent(new Event('visibilitychange'))")
        await page.until("document.body.innerText.includes('正常 OK')")
        assert await page.eval(LATE) == ""


async def _wrong_clock(page: Page, hours: int) -> str:
    """From the next document on; the number by which it can be taken back."""
    source = f"Date.now = (now => () => now() + {hours} * 3600e3)(Date.now.bind(Date))"
    added = await page.call("Page.addScriptToEvaluateOnNewDocument", source=source)
    return str(added["identifier"])


async def test_without_script_everything_can_be_read(tmp_path: Path) -> None:
    """Orders, languages and the time of the data are in the HTML; the first view is small."""
    async with shelf(tmp_path, worded()) as pages, browser(tmp_path / "profile") as page:
        await page.call("Emulation.setScriptExecutionDisabled", value=True)
        await page.open(f"{pages.url}/")
        await page.call("Emulation.setScriptExecutionDisabled", value=False)
        words = await page.text()
    for said in (
        "警戒レベル４ 避難指示",
        "情報の時刻",
        "この時刻より後に発令された避難情報は、まだこのページにありません。",
        "नेपाली",
    ):
        assert said in words
    sizes = [
        len((tmp_path / "public" / name).read_bytes())
        for name in ("index.html", "static/public.css", "static/fresh.js")
    ]
    assert sum(sizes) <= FIRST_VIEW_BYTES


async def test_a_tap_leads_from_the_list_to_the_order(tmp_path: Path) -> None:
    """The whole card is the link; each language stays in its own pages."""
    async with shelf(tmp_path, worded()) as pages, browser(tmp_path / "profile") as page:
        await page.open(f"{pages.url}/vi/")
        await page.submit("document.querySelector('a.whole').click()")
        assert await page.eval("location.pathname") == "/vi/orders/order-1.html"
        await page.submit("document.querySelector('nav.langs a[lang=ko]').click()")
        assert await page.eval("location.pathname") == "/ko/orders/order-1.html"
        await page.submit("document.querySelector('.brand').click()")
        assert await page.eval("location.pathname") == "/ko/"
