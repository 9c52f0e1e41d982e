"""`python -m local demo`: the scenario from feed bytes to devices, shown as it happens, checked, and ended."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx

from local import narrate, story
from local.crowd import Crowd
from local.hands import Hands
from local.latency import HOPS, measure
from local.ledger import ENDS, accounts
from local.partner import Partner
from local.published import check_pages
from local.scenario import load_scenario
from local.screen import Screen
from local.story import Story
from local.system import System, Wanted
from local.up import running
from local.verify import verify
from local.witness import NotSeen, Witness
from schemas.process.clock import now_utc
from schemas.records.decided import Order
from schemas.signing import private_key, ticket

RESIDENTS = {"14205": 0.45, "14206": 0.25, "14384": 0.2, "14100": 0.1}
ACTS = (story.sign_policy, story.rapid_rise, story.landslide, story.revision, story.lift)


class DemoFailed(RuntimeError):
    """Something that had to be true was not; the message lists what."""


async def demo(scenario: Path, data: Path | None, devices: int) -> int:
    """0 if every stage was seen and the counts add up, 1 if not."""
    try:
        await _play(scenario, data, devices)
    except DemoFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def _play(scenario: Path, data: Path | None, devices: int) -> None:
    screen, began = Screen(), time.monotonic()
    facts = load_scenario(scenario, data)
    screen.banner(facts.title, facts.banner)
    async with running(Wanted(scenario, None, data=data), screen.console) as system:
        screen.note(f"ready after {time.monotonic() - began:.1f} s")
        async with _players(system, screen, devices) as (played, partner):
            try:
                for act in ACTS:
                    await act(played)
            except (NotSeen, AssertionError, TimeoutError, httpx.HTTPError, RuntimeError) as error:
                played.check("the story came to its end", False, f"{type(error).__name__}: {error}")
            await check_pages(played, system.url("pages"))
            await _close(played, partner)
        wrong = [name for name, true, _ in played.checks if not true]
        if wrong:
            raise DemoFailed(f"the demo failed: {'; '.join(wrong)}")
    screen.note(f"ended after {time.monotonic() - began:.1f} s")


@contextlib.asynccontextmanager
async def _players(system: System, screen: Screen, devices: int) -> AsyncIterator[tuple[Story, Partner]]:
    """Residents, officers, a partner and the witness, for the length of the story."""
    crowd = Crowd(system.url("push"), system.url("api"))
    hands = {o.id: await Hands.sign_in(system.url("console"), o.id, o.municipality, system.people.password)
             for o in system.people.officers}  # fmt: skip
    await _settle(system, screen, crowd, devices)
    witness = Witness(system.where, tell=narrate.teller(screen))
    partner = Partner(system.url("broadcast"), system.people.partner_token, narrate.partner_teller(screen))
    reading = [asyncio.create_task(witness.run()), asyncio.create_task(partner.run())]
    try:
        async with httpx.AsyncClient(base_url=system.url("replay"), timeout=30) as clock:
            yield Story(witness, crowd, screen, clock, hands), partner
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        await asyncio.gather(crowd.close(), *(officer.close() for officer in hands.values()))


async def _settle(system: System, screen: Screen, crowd: Crowd, devices: int) -> None:
    for place, share in RESIDENTS.items():
        await crowd.settle(place, round(devices * share))
    key, until = private_key(system.env["SONAE_SIGNING_KEY"]), now_utc() + timedelta(hours=1)
    for officer in system.people.officers:
        await crowd.officer(officer.id, officer.municipality, ticket(key, officer.id, until))
    screen.note(
        f"{len(crowd.devices)} virtual devices subscribed over HTTP, in Japanese and English; officers' among them"
    )


async def _close(played: Story, partner: Partner) -> None:
    """The counts, the latencies, and what had to be true."""
    records = [sighting.record for sighting in played.witness.sightings]
    await verify(played, partner, records)
    books = accounts(records)
    rows = [(narrate.order_name(order), books[order.id, order.revision].counts()) for order in _newest(records)]
    played.screen.act("How it ended")
    played.screen.outcomes(rows, ENDS)
    hops = measure(records)
    made = {(order.id, order.revision): order.made_at for order in _newest(records)}
    for event in partner.events:
        if event.kind == "orders":
            hops.add(HOPS[7], made[event.record["id"], event.record["revision"]], event.came_at)
    played.screen.latency(hops)
    played.screen.checks(played.checks)


def _newest(records: list[object]) -> list[Order]:
    return [record for record in records if isinstance(record, Order) and not record.halted]
