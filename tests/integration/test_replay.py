"""The replay server over real HTTP: conditional GET as the sources answer it, and every misbehaviour on demand."""

import sys
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from local.child import Child, running
from local.ports import answers

FEED = "/developer/xml/feed/extra.xml"


@pytest_asyncio.fixture
async def replay(tmp_path: Path, free_port: Callable[[], int]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a replay server that serves a folder with one file, its clock at the first bulletin."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "telegram.xml").write_bytes(b"<as-recorded/>")
    port = free_port()
    argv = (sys.executable, "-m", "local", "replay", "--port", str(port), "--data", str(tmp_path / "data"))
    child = Child("replay", argv, partial(answers, f"http://127.0.0.1:{port}/healthz"))
    async with running(child, tmp_path), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        await client.post("/clock/advance", json={"to": "2026-09-21T18:51:00+09:00"})
        yield client


async def test_what_did_not_change_is_not_sent_again(replay: httpx.AsyncClient) -> None:
    """304 by ETag and by Last-Modified; 200 again when a bulletin was added."""
    first = await replay.get(FEED)
    by_tag = await replay.get(FEED, headers={"If-None-Match": first.headers["etag"]})
    by_time = await replay.get(FEED, headers={"If-Modified-Since": first.headers["last-modified"]})
    await replay.post("/clock/advance", json={"to": "2026-09-21T20:51:00+09:00"})
    later = await replay.get(FEED, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, by_tag.status_code, by_time.status_code, later.status_code) == (200, 304, 304, 200)
    assert by_tag.content == b""


async def test_a_telegram_is_served_once_it_is_published(replay: httpx.AsyncClient) -> None:
    """The second bulletin's address is 404 until its time has come."""
    name = "/developer/xml/data/20260921115000_2_VXWW50_140000.xml"
    before = await replay.get(name)
    await replay.post("/clock/advance", json={"to": "2026-09-21T20:50:25+09:00"})
    assert (before.status_code, (await replay.get(name)).status_code) == (404, 200)


async def test_recorded_bytes_are_served_as_they_are(replay: httpx.AsyncClient) -> None:
    """From the folder, and from nowhere above it."""
    assert (await replay.get("/recorded/telegram.xml")).content == b"<as-recorded/>"
    assert (await replay.get("/recorded/..%2F..%2Fetc%2Fpasswd")).status_code == 404


@pytest.mark.parametrize(("mode", "status"), [("500", 500), ("garbage", 200), ("stale", 200)])
async def test_it_misbehaves_once_and_then_recovers(replay: httpx.AsyncClient, mode: str, status: int) -> None:
    """The fault takes the next answer only."""
    good = (await replay.get(FEED)).content
    await replay.post("/clock/advance", json={"to": "2026-09-21T20:51:00+09:00"})
    await replay.post("/misbehave", json={"mode": mode, "prefix": "/developer", "count": 1})
    bad = await replay.get(FEED)
    after = (await replay.get(FEED)).content
    assert bad.status_code == status
    assert bad.content != after != good
    assert (bad.content == good) == (mode == "stale")


async def test_a_truncated_answer_breaks_its_promise_of_length(replay: httpx.AsyncClient) -> None:
    """Fewer bytes than Content-Length says: the client sees a broken answer, not a short one."""
    await replay.post("/misbehave", json={"mode": "truncated", "prefix": FEED, "count": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        await replay.get(FEED)
    assert (await replay.get(FEED)).status_code == 200


async def test_a_fault_it_does_not_know_is_refused(replay: httpx.AsyncClient) -> None:
    """The answer lists the known ones."""
    answer = await replay.post("/misbehave", json={"mode": "explode"})
    assert answer.status_code == 400
    assert "truncated" in answer.json()["error"]


async def test_the_clock_answers_long_polls_and_refuses_the_past(replay: httpx.AsyncClient) -> None:
    """A long poll returns after its wait when time stands still; going back is refused."""
    still = await replay.get("/clock", params={"after": "2026-09-21T18:51:00+09:00", "wait": "0.2"})
    back = await replay.post("/clock/advance", json={"to": "2026-09-20T18:51:00+09:00"})
    assert still.json() == {"now": "2026-09-21T18:51:00+09:00", "running": False, "ended": False, "real_time": False}
    assert back.status_code == 400
