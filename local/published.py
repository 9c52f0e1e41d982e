"""What residents' pages must say at the end of the demo: the last word on every order, as files."""

import asyncio
from collections.abc import Mapping

import httpx

from local.story import Story
from schemas.public_paths import order_data
from schemas.records.base import World
from schemas.records.decided import Order

WITHIN_S = 5.0


async def check_pages(story: Story, url: str) -> None:
    """Add the check to the story's list."""
    newest = {order.id: order.revision for order in story.witness.of(Order)}
    async with httpx.AsyncClient(base_url=url, timeout=5, trust_env=False) as browser:
        shown = await _shown(browser, newest)
    right = bool(newest) and shown == newest
    story.check("the residents' pages have the last word on every order", right, f"{len(shown)} pages")


async def _shown(browser: httpx.AsyncClient, newest: Mapping[str, int]) -> dict[str, int]:
    """Which revision each order's page shows; asks again for a moment while one is behind."""
    shown: dict[str, int] = {}
    for _ in range(round(WITHIN_S * 10)):
        answers = {order: await browser.get(f"/{order_data(World.ACTUAL, order)}") for order in newest}
        shown = {order: answer.json()["revision"] for order, answer in answers.items() if answer.status_code == 200}
        if shown == newest:
            break
        await asyncio.sleep(0.1)
    return shown
