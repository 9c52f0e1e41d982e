"""One whole Sonae into which everything bad is thrown, and behind it one good telegram, order and subscriber."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from local.system import ALL_PARTS, System, Wanted
from local.up import running
from schemas.kafka import Publisher
from schemas.records.base import World
from schemas.records.decided import Action
from schemas.records.judged import Recommendation
from schemas.records.plumbing import DeadLetter
from schemas.topics import topic
from tests.e2e import rig_audit as audit
from tests.e2e.rig_bad_feeds import FAULTS, GOOD_AREA, TRIES, file_name, write_scenario
from tests.e2e.rig_bad_records import throw_in
from tests.e2e.rig_bad_requests import API, DESK, PARTNERS, Request
from tests.e2e.rig_officers import towns
from tests.e2e.rig_residents import Residents
from tests.e2e.rig_topics import READ, Topics, eventually, read_topics

ODAWARA = "14206"
PLAYED_WITHIN_S = 240
Asking = tuple[httpx.AsyncClient, str, Request, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Played:
    """What was answered, parked, shown and said; and which processes ended meanwhile."""

    topics: Topics
    letters: Mapping[tuple[str, int, int], DeadLetter]
    lies: Mapping[str, tuple[str, int, int]]
    answers: Mapping[str, httpx.Response]
    screen: Mapping[str, Any]
    restarts: Mapping[str, int]

    def of_telegram(self, name: str) -> list[DeadLetter]:
        """The dead letters of one telegram."""
        letters: list[DeadLetter] = self.topics.of("dead-letters")
        return [letter for letter in letters if file_name(name) in letter.text]


async def play(folder: Path) -> Played:
    """Start everything, throw everything in, act well, stop everything."""
    wanted = Wanted(write_scenario(folder), None, data=folder)
    async with asyncio.timeout(PLAYED_WITHIN_S), running(wanted, Console(width=160)) as system:
        lies = await _throw_in(system)
        answers = await _knock(system)
        people = Residents(system)
        resident = await people.join(ODAWARA)
        await _misbehave_and_go(system)
        topics = await _act_well(system)
        letters = {(d.topic, d.partition, d.offset): d for d in topics.of("dead-letters") if d.topic}
        restarts = {name: system.supervisor.restarts(name) for name in sorted(ALL_PARTS)}
        return Played(topics, letters, lies, answers, (await people.screens())[resident.device], restarts)


async def _throw_in(system: System) -> dict[str, tuple[str, int, int]]:
    publisher = Publisher(system.where)
    await publisher.start()
    try:
        return await throw_in(publisher, lambda name: system.where.name(name, _world(name)))
    finally:
        await publisher.stop()


def _world(name: str) -> World | None:
    return None if topic(name).once else World.ACTUAL


async def _knock(system: System) -> dict[str, httpx.Response]:
    """Every bad request at its door; the desk's as officer A of Odawara."""
    token = {"Authorization": f"Bearer {system.people.partner_token}"}
    who = {"officer": "odawara-a", "password": system.people.password}
    async with contextlib.AsyncExitStack() as stack:
        api, events, stranger, desk = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=system.url(part), timeout=20))
            for part in ("api", "broadcast", "console", "console")
        ]
        desk.headers["X-CSRF-Token"] = (await desk.post("/api/session", json=who)).raise_for_status().json()["csrf"]
        asked: list[Asking] = [(api, name, request, {}) for name, request in API.items()]
        asked += [(events, name, request, token if request.signed_in else {}) for name, request in PARTNERS.items()]
        asked += [(desk if request.signed_in else stranger, name, request, {}) for name, request in DESK.items()]
        return {name: await _ask(client, request, more) for client, name, request, more in asked}


async def _ask(client: httpx.AsyncClient, request: Request, more: dict[str, str]) -> httpx.Response:
    body = {"json": request.json} if request.content is None else {"content": request.content}
    return await client.request(request.method, request.path, headers=more | request.headers, **body)


async def _misbehave_and_go(system: System) -> None:
    """The faults of the server wait for the first polls; then the clock goes."""
    async with httpx.AsyncClient(base_url=system.url("replay"), timeout=10) as replay:
        for path, modes in FAULTS.items():
            for mode in modes:
                fault = {"prefix": path, "mode": mode, "count": TRIES}
                (await replay.post("/misbehave", json=fault)).raise_for_status()
        (await replay.post("/clock/resume")).raise_for_status()


async def _act_well(system: System) -> Topics:
    """Wait until the last telegram is recommended, order it, and wait until the order is told."""

    async def look() -> Topics:
        return await read_topics(system.where, names=(*READ, "heartbeats"), junk=True)

    _, came = await eventually(look, _called, 60)
    assert came, f"no level 4 in {GOOD_AREA}, which the last telegram warns of"
    async with towns(system, {ODAWARA: "odawara"}) as desks:
        verdict = await desks[ODAWARA].order(Action.ISSUE)
        assert verdict.accepted, verdict.text
    topics, settled = await eventually(look, lambda found: bool(found.of("plans")) and not audit.deliveries(found), 30)
    assert settled, audit.deliveries(topics)
    return topics


def _called(topics: Topics) -> bool:
    log: list[Recommendation] = topics.of("recommendation-log")
    return any(c.area == GOOD_AREA and c.level == 4 for found in log for c in found.called)
