"""One evening in two worlds at once, played once: a real warning, a drill, a test, and a Status that nobody knows."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from standardwebhooks.webhooks import Webhook as Verifier

from local.browser import Browser
from local.ports import free_port
from local.scenario import JST, Telegram
from local.system import ALL_PARTS, System, Wanted
from local.up import running
from local.wire import telegram_xml
from local.witness import Witness
from notifier.cap.words import identifier_of
from schemas.public_paths import folder as public_folder
from schemas.public_paths import order_page
from schemas.records.base import Hazard, World
from schemas.records.decided import Action, DecisionKind
from schemas.records.judged import Recommendation
from tests.e2e import rig_audit as audit
from tests.e2e.rig_officers import Town, towns
from tests.e2e.rig_partner import Listener
from tests.e2e.rig_residents import Resident, Residents
from tests.e2e.rig_topics import Topics, eventually, read_topics
from tests.integration.webhook_rig import Endpoint, endpoint

START = datetime(2026, 9, 21, 13, 0, tzinfo=JST)
STATUSES = {"actual.xml": "通常", "drill.xml": "訓練", "test.xml": "試験", "unknown.xml": "運用"}
"""Control/Status of each telegram, in the order in which they come; each warns of an area of its own."""

WARNED = {"actual.xml": "1420600", "drill.xml": "1420500", "test.xml": "1438200", "unknown.xml": "1438300"}
FUJISAWA, ODAWARA = "14205", "14206"
STAFF = {FUJISAWA: "fujisawa", ODAWARA: "odawara"}
OUTSIDE = "push.sonae.invalid"
"""A push service that the door lets in, under a name that no network can ever resolve (RFC 6761 §6.4)."""

PLAYED_WITHIN_S = 240


@dataclass(frozen=True, slots=True)
class Played:
    """What was left behind by the evening."""

    topics: Mapping[World, Topics]
    residents: tuple[Resident, ...]
    officers: Mapping[str, Resident]
    outsiders: tuple[str, ...]
    screens: Mapping[str, Mapping[str, Any]]
    events: tuple[tuple[str, dict[str, Any], float], ...]
    files: Mapping[str, str]
    desks: Mapping[World, str]
    posts: tuple[dict[str, Any], ...]

    def shown(self, resident: Resident, world: World) -> list[dict[str, Any]]:
        """What a device shows of a world."""
        return [one for one in self.screens[resident.device]["shown"] if one["world"] == world]


def report_time(name: str) -> datetime:
    """When a telegram says that it was made."""
    return START + timedelta(minutes=10) * (1 + list(STATUSES).index(name))


async def play(folder: Path) -> Played:
    """Start everything in two worlds, play, wait until every delivery has its end, stop everything."""
    port = free_port()
    wanted = Wanted(
        _scenario(folder),
        None,
        worlds=(World.ACTUAL, World.EXERCISE),
        data=folder,
        parts=ALL_PARTS | {"webhook"},
        webhook=f"http://127.0.0.1:{port}/hook",
    )
    async with (
        asyncio.timeout(PLAYED_WITHIN_S),
        endpoint(port) as hook,
        running(wanted, Console(width=160)) as system,
    ):
        listener = Listener(system.url("broadcast"), system.people.partner_token)
        drill = Witness(system.where, World.EXERCISE)
        beside = [asyncio.create_task(work) for work in (listener.run(), drill.run())]
        try:
            async with towns(system, STAFF) as real, towns(system, STAFF, World.EXERCISE) as drilling:
                played = await _evening(system, listener, drill, real, drilling)
                return replace(played, posts=await _posted(system, hook, played.topics))
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


async def _evening(
    system: System, listener: Listener, drill: Witness, real: dict[str, Town], drilling: dict[str, Town]
) -> Played:
    people = Residents(system)
    for place in STAFF:
        await people.settle(place, 3)
        await people.settle(place, 3, drills=True)
    residents = tuple(people.all)
    outsiders = tuple([await people.let_in(_outside(place), place, drills=True) for place in STAFF])
    officers = {
        letter: await people.join(FUJISAWA, drills=letter == "a", ticket=await drilling[FUJISAWA].ticket(letter))
        for letter in "ab"
    }
    await drilling[FUJISAWA].says("a", DecisionKind.SET_DUTY, duty=["fujisawa-a", "fujisawa-b"])
    await listener.connected.wait()
    async with httpx.AsyncClient(base_url=system.url("replay"), timeout=10) as replay:
        (await replay.post("/clock/resume")).raise_for_status()
    await drill.until(lambda: _called(drill), "level 4 in the exercise", 60)
    for place in STAFF:
        for town in (drilling[place], real[place]):
            for action in (Action.ISSUE, Action.LIFT) if place == ODAWARA else (Action.ISSUE,):
                verdict = await town.order(action)
                assert verdict.accepted, verdict.text
    topics = await _settled(system)
    files, desks = await _published(system, topics), await _desks(system)
    shown, events = await people.screens(), tuple(listener.events)
    return Played(topics, residents, officers, outsiders, shown, events, files, desks, ())


async def _posted(system: System, hook: Endpoint, topics: Mapping[World, Topics]) -> tuple[dict[str, Any], ...]:
    """What the partner's endpoint was sent, each signature verified, once it has every order of every world."""
    wanted = {(order.id, order.revision) for found in topics.values() for order in found.of("orders")}
    verifier = Verifier(system.people.webhook_secret)

    async def look() -> list[dict[str, Any]]:
        return [verifier.verify(post.body, post.headers) for post in hook.posts if post.answered == 204]

    def whole(posts: list[dict[str, Any]]) -> bool:
        told = {(p["record"]["id"], p["record"]["revision"]) for p in posts if p["kind"] == "orders"}
        return wanted <= told

    posts, there = await eventually(look, whole, 40)
    assert there, f"{len(posts)} posts"
    return tuple(posts)


async def _published(system: System, topics: dict[World, Topics]) -> dict[str, str]:
    """Everything in the public folder, once each revision of each order has its page and its CAP alert."""
    folder = Path(system.env["SONAE_PUBLIC_DIR"])
    wanted = {
        path
        for world, found in topics.items()
        for order in found.of("orders")
        for path in (order_page(world, "ja", order.id), f"{public_folder(world)}cap/{identifier_of(order)}.xml")
    }

    async def look() -> dict[str, str]:
        return {
            str(path.relative_to(folder)): path.read_text(encoding="utf8")
            for path in folder.rglob("*")
            if path.suffix in (".html", ".json", ".atom", ".xml") and "resident" not in path.parts
        }

    found, there = await eventually(look, lambda files: wanted <= files.keys(), 40)
    assert there, wanted - found.keys()
    return found


async def _desks(system: System) -> dict[World, str]:
    """The page of a case as an officer's browser shows it, in each world."""
    who = {"officer": "fujisawa-a", "password": system.people.password}
    async with httpx.AsyncClient(base_url=system.url("console"), timeout=20) as browser:
        (await browser.post("/api/session", json=who)).raise_for_status()
        place = f"{FUJISAWA}/{Hazard.LANDSLIDE}"
        return {world: (await browser.get(f"/desk/{world}/{place}")).raise_for_status().text for world in World}


def _called(drill: Witness) -> bool:
    called = [c for r in drill.of(Recommendation) for c in r.called]
    return any(c.area == WARNED["drill.xml"] and c.hazard is Hazard.LANDSLIDE and c.level == 4 for c in called)


async def _settled(system: System) -> dict[World, Topics]:
    async def look() -> dict[World, Topics]:
        return {world: await read_topics(system.where, world) for world in World}

    def done(found: dict[World, Topics]) -> bool:
        letters = found[World.ACTUAL].of("dead-letters")
        return bool(letters) and not any(audit.deliveries(topics) for topics in found.values())

    found, settled = await eventually(look, done, 40)
    assert settled, {world: audit.deliveries(topics) for world, topics in found.items()}
    return found


def _outside(place: str) -> dict[str, Any]:
    """What a browser's subscribe() gives, with real keys."""
    return {"endpoint": f"https://{OUTSIDE}/{place}", "expirationTime": None, "keys": Browser().keys()}


def _scenario(folder: Path) -> Path:
    rows = ""
    for serial, (name, status) in enumerate(STATUSES.items()):
        at = report_time(name)
        plain = Telegram("VXWW50", at, serial, "見出し", "made up", {WARNED[name]: "発表"}, (), None)
        body = telegram_xml(plain).decode().replace("<Status>通常<", f"<Status>{status}<")
        (folder / name).write_text(body, encoding="utf8")
        rows += f'\n[[telegram]]\ncarrier = "VXWW50"\nat = {at.isoformat()}\nserial = {serial}\n'
        rows += f'original = "made up"\nrecorded = "{name}"\n'
    end = START + timedelta(hours=2)
    head = f'title = "worlds"\nbanner = "REPLAY"\nbanner_short = "REPLAY"\nstart = {START.isoformat()}\n'
    file = folder / "worlds.toml"
    file.write_text(f'{head}end = {end.isoformat()}\n\n[sources]\nlandslide = "made up"\n{rows}', encoding="utf8")
    return file
