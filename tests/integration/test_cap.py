"""Role `cap` with a real Kafka: files follow the topic, survive its end, and are never replaced by less."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from notifier.cap import publish
from notifier.settings import NotifierSettings
from schemas.kafka import Publisher, Where
from schemas.records.base import World
from tests.integration.notifier_rig import create_topics, records, role, settings_for, until
from tests.unit.notifier.cap.orders import FIRST, LIFTED, RAISED

pytestmark = pytest.mark.kafka


def settings(kafka: str, namespace: str, folder: Path) -> NotifierSettings:
    """A public folder of the test's own."""
    return settings_for(kafka, "redis://127.0.0.1:1", namespace, public_dir=folder, public_url="https://bosai.example")


async def send(where: Where, *orders: Any) -> None:
    """Acknowledged, in this order."""
    publisher = Publisher(where)
    await publisher.start()
    for order in orders:
        await publisher.send("orders", order.municipality, order)
    await publisher.stop()


def entries(feed: Path) -> int:
    """How many a feed has; -1 while there is none."""
    return len(etree.fromstring(feed.read_bytes()).findall("{*}entry")) if feed.is_file() else -1


async def test_files_follow_the_orders(kafka: str, namespace: str, tmp_path: Path) -> None:
    """In force, then past; a new process over the same topics rewrites nothing; garbage is parked and harms nobody."""
    where = Where(kafka, namespace)
    create_topics(where, ["orders", "dead-letters"])
    now, past = tmp_path / "alerts.atom", tmp_path / "alerts-past.atom"
    async with role(publish, settings(kafka, namespace, tmp_path)) as health:
        await until(lambda: _ready(health), "the role is ready")
        assert (entries(now), entries(past)) == (0, 0)
        await send(where, FIRST, RAISED)
        await until(lambda: _is(now, 1), "the order stands in the feed")
        publisher = Publisher(where)
        await publisher.start()
        await publisher.resend(where.name("orders", World.ACTUAL), b"14205", b"garbage", None)
        await publisher.stop()
        await send(where, LIFTED)
        await until(lambda: _is(past, 1), "the lifted order is past")
        assert entries(now) == 0
    assert len(await records(where, "dead-letters", None)) == 1
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    async with role(publish, settings(kafka, namespace, tmp_path)) as health:
        await until(lambda: _ready(health), "the second process is ready")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == before
    assert len(list((tmp_path / "cap").iterdir())) == 3


async def test_another_cluster_replaces_nothing(kafka: str, namespace: str, tmp_path: Path) -> None:
    """Alerts on disk that its topics do not have: it ends with one sentence, and the files stay."""
    create_topics(Where(kafka, namespace), ["orders", "dead-letters"])
    (tmp_path / "cap").mkdir()
    (tmp_path / "cap" / "zz-1.xml").write_text("<alert/>")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "notifier", "cap", stderr=asyncio.subprocess.PIPE,
        env=os.environ
        | {"SONAE_KAFKA_BOOTSTRAP": kafka, "SONAE_NAMESPACE": namespace, "SONAE_PUBLIC_DIR": str(tmp_path)},
    )  # fmt: skip
    async with asyncio.timeout(30):
        _, told = await process.communicate()
    assert process.returncode == 2
    assert "is this another cluster" in told.decode()
    assert [path.name for path in tmp_path.rglob("*.*")] == ["zz-1.xml"]


async def _ready(health: Any) -> bool:
    return bool(health.checks) and all((await health.ready()).values())


async def _is(feed: Path, count: int) -> bool:
    return entries(feed) == count
