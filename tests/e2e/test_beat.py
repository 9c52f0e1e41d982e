"""The link test through a whole Sonae: every hop answers, a dead hop is named, and the status page says so."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from console.beat.rounds import HOPS
from local.system import ALL_PARTS, System, Wanted
from local.up import running
from schemas.records.base import World

pytestmark = pytest.mark.kafka
PARTS = ALL_PARTS - {"console", "cap", "broadcast"} | {"beat"}
A_BEAT_S = 110


async def status(system: System) -> dict[str, Any]:
    """The public status, as data."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{system.url('pages')}/status.json")
    return dict(answer.json()) if answer.status_code == 200 else {}


async def test_a_beat_goes_through_every_hop(namespace: str, tmp_path: Path) -> None:
    """Feed to device: all six hops, and the page that says so."""
    feeds = tmp_path / "feeds.toml"
    feeds.write_text("official_hosts = []\n", encoding="utf8")
    wanted = Wanted(None, feeds, worlds=(World.TEST,), parts=PARTS, namespace=namespace)
    async with running(wanted, Console(quiet=True)) as system:
        async with asyncio.timeout(A_BEAT_S):
            while len((found := await status(system)).get("hops", ())) < len(HOPS):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.5)
        assert found["state"] == "ok"
        assert tuple(found["hops"]) == HOPS
        async with httpx.AsyncClient(trust_env=False) as client:
            page = (await client.get(f"{system.url('pages')}/status.html")).text
        assert "正常 OK" in page
