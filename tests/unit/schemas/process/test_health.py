"""The three pages: alive while the loop turns, ready while what the program needs answers."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from schemas.process.health import STUCK_S, Health


async def yes() -> bool:
    """A dependency that answers."""
    return True


async def broken() -> bool:
    """A dependency that is not there."""
    raise ConnectionError("no Redis")


async def silent() -> bool:
    """A dependency that never answers."""
    await asyncio.Event().wait()
    return True


@pytest.fixture
def health() -> Health:
    """Of a program that just started."""
    return Health()


@pytest.fixture
async def pages(health: Health) -> AsyncIterator[httpx.AsyncClient]:
    """A client of its pages."""
    transport = httpx.ASGITransport(app=Starlette(routes=health.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://program") as client:
        yield client


async def test_a_loop_that_turns_is_alive(health: Health, pages: httpx.AsyncClient) -> None:
    """And one that stood still for longer than five seconds is not, until it turns again."""
    assert (await pages.get("/healthz")).status_code == 200
    health.turned_at = time.monotonic() - STUCK_S - 1
    assert (await pages.get("/healthz")).status_code == 503
    health.progress()
    assert (await pages.get("/healthz")).json()["ok"] is True


async def test_ready_names_what_does_not_answer(health: Health, pages: httpx.AsyncClient) -> None:
    """An error is a no, whatever it is."""
    health.checks |= {"kafka": yes, "redis": broken}
    answer = await pages.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"kafka": True, "redis": False})
    health.checks["redis"] = yes
    assert (await pages.get("/readyz")).status_code == 200


async def test_before_it_knows_what_it_needs_it_is_not_ready(pages: httpx.AsyncClient) -> None:
    """A program that still connects has named nothing yet."""
    answer = await pages.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"started": False})


async def test_a_dependency_may_be_named_while_others_are_asked(health: Health) -> None:
    """A program that is starting adds what it needs while its first heartbeat looks."""

    async def grows() -> bool:
        health.checks["late"] = yes
        await asyncio.sleep(0)
        return True

    health.checks |= {"early": grows, "other": yes}
    assert await health.ready() == {"early": True, "other": True}


async def test_silence_is_a_no(health: Health, pages: httpx.AsyncClient) -> None:
    """The page itself answers in any case."""
    health.checks |= {"kafka": silent}
    health.patience_s = 0.02
    assert (await pages.get("/readyz")).json() == {"kafka": False}


async def test_metrics_are_served(pages: httpx.AsyncClient) -> None:
    """The closed list, in Prometheus' text."""
    text = (await pages.get("/metrics")).text
    for name in ("alert_events_dead_lettered_total", "event_loop_lag_seconds", "push_deliveries_total"):
        assert f"# TYPE {name.removesuffix('_total')}" in text or f"# TYPE {name}" in text
