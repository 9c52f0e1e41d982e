"""A resident's week with a real browser and a whole notifier: subscribe, order, update, off and on, drill, leave."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.ports import LOOPBACK, free_port
from local.system import System, Wanted
from local.up import running
from schemas.kafka import Publisher, read_to_end
from schemas.records.base import World
from schemas.records.decided import Action, Text
from schemas.records.delivered import End, Receipt
from tests.e2e.mailbox import Letter, served
from tests.e2e.phones import NOTIFICATIONS, REMEMBERED, Phone, phones, shown, until
from tests.integration.console_running import FUJISAWA
from tests.integration.notifier_rig import records
from tests.unit.console.records import order

PARTS = frozenset({"api", "index", "plan", "deliver", "publish", "pages"})
REAL, DRILL, DRILL_AGAIN = "order-real", "order-drill", "order-drill-again"
TITLE_JA, TITLE_EN = "【警戒レベル４】避難指示　藤沢市", "Alert Level 4: Evacuation Order, Fujisawa City"
ISSUED_AT = datetime(2026, 9, 21, 6, 40, tzinfo=UTC)
PLAYED_WITHIN_S, ERASED_WITHIN_S = 200, 20
CHOOSE = """(() => { const field = document.getElementById('search'); field.value = '藤沢';
  field.dispatchEvent(new Event('input', {bubbles: true})); return true; })()"""
DROP = """navigator.serviceWorker.getRegistration('/').then(found => found.pushManager.getSubscription())
  .then(subscription => subscription.unsubscribe())"""
DONE = "document.getElementById('notify-status').dataset.state === 'ok'"


@dataclass(slots=True)
class Seen:
    """What one phone had on its screen at each step, and what its push service had to keep for it."""

    subscriber: str = ""
    issued: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[Letter] = field(default_factory=list)
    again: list[dict[str, Any]] = field(default_factory=list)
    page: str = ""
    letters_before_opting_in: int = 0
    drilled: list[dict[str, Any]] = field(default_factory=list)
    tested: list[dict[str, Any]] = field(default_factory=list)
    subscriptions: int = 0
    letters: list[Letter] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Played:
    """What was left behind."""

    public: str
    phones: dict[str, Seen]
    ends: dict[tuple[str, int, str], End]
    receipts: tuple[Receipt, ...]
    erased: frozenset[str]


class Door:
    """Stands before the notifier's API and names a browser's endpoint as it can be reached on this machine.

    Chromium's push endpoints are Google's; a name server of our own would do the same, one layer below.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.api = ""
        self.phones: Sequence[Phone] = ()

    def application(self) -> Starlette:
        """Every path."""
        return Starlette(routes=[Route("/{path:path}", self._pass, methods=["GET", "POST", "DELETE", "OPTIONS"])])

    async def _pass(self, request: Request) -> Response:
        body = await request.body()
        if request.url.path == "/subscriptions" and request.method == "POST":
            asked = msgspec.json.decode(body)
            for phone in self.phones:
                asked["subscription"]["endpoint"] = phone.reachable(asked["subscription"]["endpoint"])
            body = msgspec.json.encode(asked)
        left_out = {"host", "content-length", "connection"}
        headers = {name: value for name, value in request.headers.items() if name not in left_out}
        async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
            answer = await client.request(request.method, self.api + request.url.path, content=body, headers=headers)
        kept = {name: value for name, value in answer.headers.items() if name not in {"content-length", "connection"}}
        return Response(answer.content, answer.status_code, kept)


@dataclass(slots=True)
class Stage:
    """The running notifier with its phones, and what they have seen so far."""

    system: System
    publisher: Publisher
    phones: list[Phone]
    seen: dict[str, Seen]
    album: Path

    async def shoot(self, phone: Phone, step: str) -> None:
        """What the phone shows, at phone and desktop width."""
        for width in (390, 1280):
            await phone.shoot(self.album / f"{step}-{phone.name}-{width}.png", width)

    async def order(
        self, order_id: str, revision: int, action: Action, words: str, world: World = World.ACTUAL
    ) -> None:
        """What decide writes when two officers approved."""
        now = datetime.now(UTC)
        texts = (Text("ja", TITLE_JA, words), Text("en", TITLE_EN, f"EN {words}"))
        made = order(
            revision=revision, id=order_id, world=world, action=action, texts=texts, in_force=action is not Action.LIFT,
            issued_at=ISSUED_AT, made_at=now, deliver_until=now + timedelta(minutes=20),
        )  # fmt: skip
        await self.publisher.send("orders", FUJISAWA, made)

    async def reported(self, revisions: set[int]) -> None:
        """Wait until every phone said that it showed these; what was not said before it went off is said later."""
        wanted = {(seen.subscriber, revision) for seen in self.seen.values() for revision in revisions}
        async with asyncio.timeout(40):
            while True:
                found = await records(self.system.where, "receipts", World.ACTUAL)
                if wanted <= {(r.subscriber, r.revision) for r in found if r.event == "shown"}:
                    return
                await asyncio.sleep(0.2)

    async def ends(self, order_id: str, revision: int, world: World = World.ACTUAL) -> list[End]:
        """Wait until every phone's delivery of a revision has an end."""
        async with asyncio.timeout(30):
            while True:
                found = await records(self.system.where, "outcomes", world)
                mine = [o for o in found if (o.order_id, o.revision) == (order_id, revision)]
                ends = [end.end for outcome in mine for end in outcome.ends]
                if len(ends) >= len(self.phones):
                    return ends
                await asyncio.sleep(0.1)


async def play(folder: Path, album: Path) -> Played:
    """Start everything, play, stop everything; pictures go to `album`."""
    door = Door()
    wanted = Wanted(None, None, worlds=(World.ACTUAL, World.EXERCISE), parts=PARTS)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SONAE_API_PUBLIC_URL", f"http://{LOOPBACK}:{door.port}")
        async with asyncio.timeout(PLAYED_WITHIN_S), _stage(folder, album, door, wanted) as stage:
            return await _week(stage)


@asynccontextmanager
async def _stage(folder: Path, album: Path, door: Door, wanted: Wanted) -> AsyncIterator[Stage]:
    async with running(wanted, Console(width=160)) as system, phones(folder, system.url("pages")) as made:
        door.api, door.phones = system.url("api"), made
        publisher = Publisher(system.where)
        await publisher.start()
        try:
            async with served(door.application(), door.port):
                yield Stage(system, publisher, made, {phone.name: Seen() for phone in made}, album)
        finally:
            await publisher.stop()


async def _week(stage: Stage) -> Played:
    await _each(stage, _subscribe)
    await stage.order(DRILL, 1, Action.ISSUE, "訓練の本文です。\n二行目です。", World.EXERCISE)
    await stage.order(REAL, 1, Action.ISSUE, "いますぐ避難してください。")
    await _each(stage, _look, "issued", REAL, 1)
    await stage.order(REAL, 2, Action.REVISE, "地区を広げます。いますぐ避難してください。")
    await _each(stage, _look, "updated", REAL, 2)
    await _each(stage, _off)
    for revision in (3, 4):
        await stage.order(REAL, revision, Action.CORRECT, f"第{revision}版です。いますぐ避難してください。")
        await stage.ends(REAL, revision)
    await _each(stage, _on_again)
    await _each(stage, _opt_in)
    await _each(stage, _try_it)
    await stage.order(DRILL_AGAIN, 1, Action.ISSUE, "訓練の本文です。\n二行目です。", World.EXERCISE)
    await _each(stage, _look, "drilled", DRILL_AGAIN, 1)
    await stage.reported({1, 2, 4})
    await _each(stage, _forget)
    await stage.order(REAL, 5, Action.LIFT, "避難指示を解除しました。")
    await stage.ends(REAL, 5)
    return await _left_behind(stage)


async def _each(stage: Stage, act: Any, *words: Any) -> None:
    async with asyncio.TaskGroup() as group:
        for phone in stage.phones:
            group.create_task(act(stage, phone, stage.seen[phone.name], *words))


async def _subscribe(stage: Stage, phone: Phone, seen: Seen) -> None:
    """As a person does: search for the town, tap it, tap the button."""
    await phone.start()
    await phone.open(f"{stage.system.url('pages')}/resident/")
    await until(phone, "document.documentElement.dataset.ready === 'true'", "the page is ready")
    await phone.eval(CHOOSE)
    await until(phone, "!!document.querySelector('#found button')", "the town is offered")
    await phone.eval("document.querySelector('#found button').click() ?? true")
    await phone.eval("document.getElementById('turn-on').click() ?? true")
    await until(phone, DONE, "subscribed")
    await stage.shoot(phone, "subscribed")
    seen.subscriber = (await phone.eval(REMEMBERED.replace("KEY", "'subscriber'")))["id"]


async def _look(_stage: Stage, phone: Phone, seen: Seen, step: str, order_id: str, revision: int) -> None:
    setattr(seen, step, await shown(phone, order_id, revision))


async def _off(_stage: Stage, phone: Phone, _seen: Seen) -> None:
    await phone.stop()


async def _on_again(stage: Stage, phone: Phone, seen: Seen) -> None:
    """The phone comes back: its push service hands over what waited; its owner goes where the notification leads."""
    seen.waiting = [letter for box in phone.mailbox.boxes.values() for letter in box.waiting.values()]
    await phone.start()
    await phone.open(seen.updated[0]["data"]["url"])
    seen.again = await shown(phone, REAL, 4)
    await until(phone, "document.body.innerText.includes('第4版です')", "the page of the newest revision")
    seen.page = await phone.eval("document.body.innerText")
    await stage.shoot(phone, "order")


async def _opt_in(stage: Stage, phone: Phone, seen: Seen) -> None:
    """The same subscription, now for drills, too."""
    seen.letters_before_opting_in = len(phone.mailbox.letters)
    await phone.open(f"{stage.system.url('pages')}/resident/")
    await until(phone, "document.documentElement.dataset.ready === 'true'", "the page is ready")
    await phone.eval("document.getElementById('drills').click() ?? true")
    await phone.eval("document.getElementById('save').click() ?? true")
    await until(phone, DONE, "opted in to drills")
    await stage.shoot(phone, "opted-in")


async def _try_it(stage: Stage, phone: Phone, seen: Seen) -> None:
    """The self-check's button: one push at once, through the same encryption and transport."""
    await phone.eval("document.getElementById('send-test').click() ?? true")
    await until(phone, REMEMBERED.replace("KEY", "'test'"), "the test has come")
    seen.tested = await phone.eval(NOTIFICATIONS)
    await stage.shoot(phone, "tested")


async def _forget(_stage: Stage, phone: Phone, _seen: Seen) -> None:
    """The browser drops the subscription without a word to us, as when somebody resets its permissions."""
    assert await phone.eval(DROP)
    async with asyncio.timeout(20):
        while not all(box.closed for box in phone.mailbox.boxes.values()):  # noqa: ASYNC110 -- as above
            await asyncio.sleep(0.05)


async def _left_behind(stage: Stage) -> Played:
    where = stage.system.where

    for phone in stage.phones:
        seen = stage.seen[phone.name]
        seen.answers, seen.letters = phone.mailbox.posts, phone.mailbox.letters
        seen.subscriptions = len(phone.mailbox.boxes)
    outcomes = [o for world in (World.ACTUAL, World.EXERCISE) for o in await records(where, "outcomes", world)]
    ends = {(o.order_id, o.revision, end.subscriber): end.end for o in reversed(outcomes) for end in o.ends}
    receipts = [r for world in (World.ACTUAL, World.EXERCISE) for r in await records(where, "receipts", world)]
    return Played(stage.system.url("pages"), stage.seen, ends, tuple(receipts), await _erased(stage))


async def _erased(stage: Stage) -> frozenset[str]:
    """Who is kept no longer; it follows the outcome, so everybody who is gone is waited for."""
    where, gone = stage.system.where, {seen.subscriber for seen in stage.seen.values()}
    end = asyncio.get_running_loop().time() + ERASED_WITHIN_S
    while True:
        last = {m.key: m.value async for m in read_to_end(where, where.name("subscriptions", None))}
        erased = frozenset(key.decode() for key, value in last.items() if value is None)
        if gone <= erased or asyncio.get_running_loop().time() > end:
            return erased
        await asyncio.sleep(0.2)
