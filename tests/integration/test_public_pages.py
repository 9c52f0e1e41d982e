"""The public pages on a real Kafka: written within a second, never poorer, and served when nothing else is left."""

import asyncio
import functools
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from local.child import Child, ChildError, Running, running
from local.ports import answers, free_port
from schemas.admin import sync_topics
from schemas.kafka import Publisher, Where
from schemas.records.base import World
from schemas.records.decided import Action, Order, Text
from schemas.topics import load_profiles
from tests.integration.own_kafka import OwnKafka, own_kafka
from tests.unit.console.records import order

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True, slots=True)
class Press:
    """A Kafka of its own, a publisher and a server of pages over one folder."""

    kafka: OwnKafka
    folder: Path
    port: int
    records: Publisher
    pages: Running

    def publisher(self, namespace: str = "", folder: Path | None = None) -> Child:
        """`python -m console publish`; another namespace is another, empty cluster."""
        port = free_port()
        env = self.env(port, folder) | {"SONAE_KAFKA_BOOTSTRAP": self.kafka.bootstrap, "SONAE_NAMESPACE": namespace}
        return _child("publish", port, env)

    def env(self, health: int, folder: Path | None = None) -> dict[str, str]:
        """What both roles are told."""
        return {
            "SONAE_PUBLIC_DIR": str(folder or self.folder),
            "SONAE_PUBLIC_TOWNS": "14205,14206",
            "SONAE_HEALTH_PORT": str(health),
        }

    async def get(self, path: str) -> httpx.Response:
        """What a resident's browser gets."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False) as browser:
            return await browser.get(path)

    async def until(self, path: str, true: Callable[[httpx.Response], bool], within_s: float = 10) -> httpx.Response:
        """Wait until an answer is as wanted."""
        async with asyncio.timeout(within_s):
            while not true(answer := await self.get(path)):  # noqa: ASYNC110 -- another process sets no event of ours
                await asyncio.sleep(0.02)
        return answer

    async def send(self, **changes: Any) -> Order:
        """An order as decide would write it."""
        made = order(**changes)
        await self.records.send("orders", made.municipality, made)
        return made


def _says(words: str, answer: httpx.Response) -> bool:
    return words in answer.text


def _child(role: str, health: int, env: dict[str, str]) -> Child:
    ready = functools.partial(answers, f"http://127.0.0.1:{health}/readyz")
    return Child(role, (sys.executable, "-m", "console", role), ready, env, ready_within_s=60)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def press(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Press]:
    """Topics and a server of pages that nobody has written yet."""
    base = tmp_path_factory.mktemp("press")
    folder, port = base / "public", free_port()
    async with own_kafka(base / "kafka") as kafka:
        where = Where(kafka.bootstrap, "")
        await asyncio.to_thread(sync_topics, where, load_profiles()["local"])
        records = Publisher(where)
        await records.start()
        env = {"SONAE_PUBLIC_DIR": str(folder), "SONAE_PUBLIC_PORT": str(port), "SONAE_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
        alive = functools.partial(answers, f"http://127.0.0.1:{port}/healthz")
        child = Child("pages", (sys.executable, "-m", "console", "pages"), alive, env)
        try:
            async with running(child, base) as pages:
                yield Press(kafka, folder, port, records, pages)
        finally:
            await records.stop()


async def test_a_change_is_on_the_page_within_a_second(press: Press, tmp_path: Path) -> None:
    """From the order's acknowledgement to the page that a resident gets: issue, update and lift, in each world."""
    assert (await press.get("/")).status_code == 503
    async with running(press.publisher(), tmp_path):
        home = (await press.get("/")).text
        assert "発令中の避難情報はありません" in home
        assert "/resident/" not in home, "nobody can subscribe here"
        assert "示せる結果はありません" in (await press.get("/status.html")).text, "no link test runs here"
        took = []
        steps = ((Action.ISSUE, True, "いますぐ"), (Action.REVISE, True, "もっと急いで"), (Action.LIFT, False, "解除"))
        for revision, (action, in_force, words) in enumerate(steps, 1):
            texts = (Text("ja", "題名", words), Text("en", "title", f"{words} en"))
            await press.send(revision=revision, id="order-a", action=action, in_force=in_force, texts=texts)
            sent = time.monotonic()
            await press.until("/orders/order-a.html", functools.partial(_says, words))
            await press.until("/", functools.partial(_says, words if in_force else "発令中の避難情報はありません"))
            took.append(time.monotonic() - sent)
            assert f"{words} en" in (await press.get("/en/orders/order-a.html")).text
        assert min(took) < 1.0, f"the quickest of three: others may have had the cores meanwhile: {took}"
        assert "/orders/order-a.html" in (await press.get("/past.html")).text

        await press.send(id="drill", world=World.EXERCISE, texts=(Text("ja", "題名", "訓練の本文"),))
        drill = await press.until("/exercise/orders/drill.html", lambda answer: answer.status_code == 200)
        assert "【訓練】訓練の本文" in drill.text
        await press.until("/exercise/", functools.partial(_says, "訓練の本文"))
        assert "訓練の本文" not in (await press.get("/")).text
        assert (await press.get("/orders/drill.html")).status_code == 404


async def test_a_second_publisher_stands_by_and_takes_over(press: Press, tmp_path: Path) -> None:
    """Killed with -9, the first one lets go; the second one's pages lack nothing."""
    async with running(press.publisher(), tmp_path / "first") as first:
        second = await Running.start(press.publisher(), tmp_path / "second")
        try:
            await press.send(id="order-b", texts=(Text("ja", "題名", "二つめ"),))
            await press.until("/", lambda answer: "二つめ" in answer.text)
            assert not await second.child.ready()
            first.send(signal.SIGKILL)
            await second.until_ready()
            await press.send(id="order-c", texts=(Text("ja", "題名", "三つめ"),))
            page = await press.until("/", lambda answer: "三つめ" in answer.text)
            assert "二つめ" in page.text
        finally:
            await second.stop()


async def test_a_publisher_without_records_never_empties_the_pages(press: Press, tmp_path: Path) -> None:
    """Its topics are made anew, or it follows the wrong cluster: it says so, ends, and the pages stay as they are."""
    before = await press.get("/")
    await asyncio.to_thread(sync_topics, Where(press.kafka.bootstrap, "other-"), load_profiles()["local"])
    with pytest.raises(ChildError, match="3 of 3 published orders of the world actual are missing"):
        async with running(press.publisher("other-"), tmp_path):
            pass
    after = await press.get("/")
    assert (after.text, after.headers["etag"]) == (before.text, before.headers["etag"])
    assert "二つめ" in after.text


async def test_an_order_that_cannot_be_read_is_said_on_the_page(press: Press, tmp_path: Path) -> None:
    """Garbage among the orders hides none of the others, and the page does not look complete."""
    async with running(press.publisher(), tmp_path):
        await press.records.resend(press.records.where.name("orders", World.TEST), b"14205", b"garbage", None)
        await press.send(id="order-t", world=World.TEST, texts=(Text("ja", "題名", "試験の本文"),))
        page = await press.until("/test/", lambda answer: "試験の本文" in answer.text)
        assert "読み取れなかった発令があります" in page.text
        assert "読み取れなかった発令があります" not in (await press.get("/")).text


async def test_with_everything_dead_the_last_orders_are_still_served(press: Press, tmp_path: Path) -> None:
    """Kafka killed: the publisher waits and the pages keep their time. The publisher killed, too: still 200."""
    async with running(press.publisher(), tmp_path) as publisher:
        before = await press.get("/")
        press.kafka.running.send(signal.SIGKILL)
        await press.kafka.running.wait()
        await asyncio.sleep(1)
        assert not publisher.ended
        publisher.send(signal.SIGKILL)
        await publisher.wait()
    after = await press.get("/")
    assert (after.status_code, after.text) == (200, before.text)
    assert "三つめ" in after.text
    assert "stale-if-error" in after.headers["cache-control"]
    assert (await press.get("/orders.json")).json()["orders"][0]["id"] == "order-b"
    assert not press.pages.ended
