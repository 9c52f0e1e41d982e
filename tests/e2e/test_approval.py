"""Ordering by mistake, tried in a real browser: twice, from an old page, by the wrong hand, after the session ended."""

import itertools
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from schemas.codec import Codec
from schemas.kafka import read_to_end
from schemas.records.base import Hazard, World
from schemas.records.decided import Decision, DecisionKind, Order
from tests.e2e.chromium import Page, browser, installed
from tests.e2e.test_screens import fill_in, sign_in
from tests.integration.console_running import ODAWARA, Town, recommendation, running_desk

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.deadline(180),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(installed() is None, reason="no Chromium here: install chromium to look at the screens"),
]
HAZARDS = iter((Hazard.LANDSLIDE, Hazard.FLOOD, Hazard.HEAVY_RAIN, Hazard.STORM_SURGE, Hazard.STORM, Hazard.WAVE))
"""Each test orders for a hazard of its own: they share one desk."""
NUMBERS = itertools.count(1)
FIRST = "document.querySelector('main form button[type=submit]').click()"
SUBMIT = "document.querySelector('button[value=submit]').click()"
TWICE = """(() => { const button = document.querySelector('BUTTON'), form = button.form;
  const body = new URLSearchParams(new FormData(form, button));
  const go = () => fetch(form.getAttribute('action'), {method: 'POST', body}).then(answer => answer.text());
  return Promise.all([go(), go()]); })()"""
TICK = "document.querySelector('form.approve .tick input').click()"
APPROVE = "document.querySelector('form.approve button').click()"
UNLIMITED = """document.querySelectorAll('[maxlength]').forEach(field => field.removeAttribute('maxlength'));
  document.querySelector('[name^="blank.ja."]').value = 'あ'.repeat(700)"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A desk and its decide."""
    async with running_desk(kafka, f"t{uuid.uuid4().hex[:8]}-", tmp_path_factory.mktemp("desk")) as running:
        yield running


class Case:
    """One hazard of Odawara, for which level 3 is called for."""

    def __init__(self, town: Town, hazard: Hazard) -> None:
        self.town, self.hazard = town, hazard
        self.place = f"{town.url}/desk/actual/{ODAWARA}/{hazard}"

    async def called(self, level: int) -> None:
        """What watch calls for now."""
        said = recommendation(ODAWARA, next(NUMBERS), self.hazard, level)
        await self.town.publisher.send("recommendations", ODAWARA, said)

    async def orders(self) -> list[Order]:
        """Every order of this hazard."""
        codec, topic = Codec(Order, World.ACTUAL), self.town.where.name("orders", World.ACTUAL)
        found = [codec.decode(message.value) async for message in read_to_end(self.town.where, topic)]
        return [order for order in found if order.hazard is self.hazard]

    async def steps(self, kind: DecisionKind) -> list[Decision]:
        """Every step of that kind that reached the log."""
        codec, topic = Codec(Decision, World.ACTUAL), self.town.where.name("decisions", World.ACTUAL)
        found = [codec.decode(message.value) async for message in read_to_end(self.town.where, topic)]
        return [one for one in found if one.hazard is self.hazard and one.kind is kind]


@asynccontextmanager
async def drafting(town: Town, tmp_path: Path) -> AsyncIterator[tuple[Page, Case]]:
    """Sato before the preview of 高齢者等避難, which is what is called for."""
    case = Case(town, next(HAZARDS))
    await case.called(3)
    async with browser(tmp_path / "profile") as page:
        await sign_in(page, town, "sato")
        await page.open(case.place)
        await page.until("document.querySelector('#called .called') !== null")
        await page.open(f"{case.place}/propose")
        await page.submit(FIRST)
        assert "住民に届く文面の確認" in await page.text()
        yield page, case


@asynccontextmanager
async def approving(town: Town, tmp_path: Path) -> AsyncIterator[tuple[Page, Case]]:
    """Suzuki before the approval of what sato submitted, ticked."""
    async with drafting(town, tmp_path) as (page, case):
        await page.submit(SUBMIT)
        await sign_in(page, town, "suzuki")
        await page.open(case.place)
        await page.eval(TICK)
        yield page, case


async def test_two_presses_are_one(town: Town, tmp_path: Path) -> None:
    """Submitted and approved by two requests at once each: one proposal, one order, and both answers say the same."""
    async with drafting(town, tmp_path) as (page, case):
        for told in await page.eval(TWICE.replace("BUTTON", "button[value=submit]")):
            assert "提出：受け付けました" in told
            assert "承認待ちの案" in told, "the second press took nothing back"
        assert [len(await case.steps(kind)) for kind in (DecisionKind.PROPOSE, DecisionKind.SUBMIT)] == [1, 1]
        await sign_in(page, town, "suzuki")
        await page.open(case.place)
        await page.eval(TICK)
        for told in await page.eval(TWICE.replace("BUTTON", "form.approve button")):
            assert "承認：受け付けました" in told
        assert [(order.revision, order.in_force) for order in await case.orders()] == [(1, True)]


async def test_a_double_click_leaves_once(town: Town, tmp_path: Path) -> None:
    """As a finger does it: the page that follows says that it was done."""
    async with approving(town, tmp_path) as (page, case):
        await page.submit(f"{APPROVE}; {APPROVE}")
        assert "承認：受け付けました" in await page.text()
        assert len(await case.orders()) == 1
        await page.submit("history.back()")
        await page.until("document.readyState === 'complete'")
        if await page.eval("!!document.querySelector('form.approve')"):
            await page.eval(TICK)
            await page.submit(APPROVE)
        assert len(await case.orders()) == 1, "back and again is the same step"


async def test_a_second_tab_that_still_shows_the_proposal_orders_nothing(town: Town, tmp_path: Path) -> None:
    """Approved in one tab; the other, read before, is refused, and says so."""
    async with approving(town, tmp_path) as (page, case):
        old = await page.eval("document.querySelector('form.approve').outerHTML")
        await page.submit(APPROVE)
        await page.eval(f"document.querySelector('main').innerHTML = {old!r}")
        await page.eval("document.querySelector('[name=nonce]').value = 'another tab'")
        await page.eval(TICK)
        await page.submit(APPROVE)
        assert "案件の状態が変わっていて、この操作はできません" in await page.text()
        assert len(await case.orders()) == 1


async def test_a_recommendation_that_rose_must_be_read_first(town: Town, tmp_path: Path) -> None:
    """Between reading and approving, level 4 is called for: 高齢者等避難 is not ordered before that was seen."""
    async with approving(town, tmp_path) as (page, case):
        await case.called(4)
        await page.until("!document.getElementById('moved').hidden")
        await page.submit(APPROVE)
        assert "推奨が変わりました（いま：警戒レベル４ 避難指示）" in await page.text()
        assert await case.orders() == []
        await page.open(case.place)
        assert "この案より高いレベルです" in await page.text()
        await page.eval(TICK)
        await page.submit(APPROVE)
        assert len(await case.orders()) == 1, "the officer may decide so, knowing it"


async def test_a_preview_of_before_is_not_submitted(town: Town, tmp_path: Path) -> None:
    """Level 4 is called for while the author reads the preview of level 3: the form again, with what was written."""
    async with drafting(town, tmp_path) as (page, case):
        await case.called(4)
        await page.until(f"fetch('{case.place}').then(a => a.text()).then(t => t.includes('警戒レベル４ 避難指示'))")
        await page.submit(SUBMIT)
        assert "推奨が変わりました（いま：警戒レベル４ 避難指示）" in await page.text()
        assert await page.eval('document.querySelector(\'[name="blank.ja.place"], [name^="blank.ja"]\') !== null')
        assert await case.steps(DecisionKind.PROPOSE) == []


async def test_a_session_that_ended_costs_no_proposal(town: Town, tmp_path: Path) -> None:
    """Who signs in again in the same browser submits the page that stood open; a colleague in their chair does not."""
    async with drafting(town, tmp_path) as (page, case):
        form = await page.eval("document.querySelector('main form:last-of-type').outerHTML")
        put_back = f"document.querySelector('main').innerHTML = {form!r}"
        cookies = (await page.call("Network.getCookies", urls=[town.url]))["cookies"]
        await sign_in(page, town, "suzuki")
        await page.eval(put_back)
        await page.submit(SUBMIT)
        assert "この画面は古くなっています" in await page.text()
        assert await case.steps(DecisionKind.PROPOSE) == []

        await page.call("Network.clearBrowserCookies")
        await page.call("Network.setCookies", cookies=[cookie | {"url": town.url} for cookie in cookies])
        await page.open(f"{town.url}/signin")
        await fill_in(page, "sato")
        await page.eval(put_back)
        await page.submit(SUBMIT)
        assert "提出：受け付けました" in await page.text()


async def test_what_is_too_long_stops_before_the_preview(town: Town, tmp_path: Path) -> None:
    """Whatever the browser's own limit on the field."""
    async with browser(tmp_path / "profile") as page:
        await sign_in(page, town, "sato")
        await page.open(f"{town.url}/desk/actual/{ODAWARA}/tsunami/propose")
        await page.eval(UNLIMITED)
        await page.submit(FIRST)
        assert "文字までです" in await page.text()
        assert "住民に届く文面の確認" not in await page.text()
