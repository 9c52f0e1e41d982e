"""`python -m local up`: everything on this machine, left running until Ctrl-C."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from rich.console import Console

from local.ports import accepts
from local.processes import Supervisor
from local.scenario import load_scenario
from local.system import System, Wanted, choose_ports, start

CONSOLE_PORT = 8700
"""The desk's, unless something else listens there: an address to remember."""


async def up(wanted: Wanted, console: Console) -> None:
    """Start, print the addresses, wait. The clock of a scenario starts to run at once and stops where people act."""
    desk = 0 if await accepts(CONSOLE_PORT) else CONSOLE_PORT
    async with running(wanted, console, desk) as system:
        console.print(addresses(system), soft_wrap=True, highlight=False)
        if wanted.scenario:
            async with httpx.AsyncClient() as client:
                (await client.post(f"{system.url('replay')}/clock/resume")).raise_for_status()
        try:
            await asyncio.Event().wait()
        finally:
            console.print("[dim]· stopping[/]")


@contextlib.asynccontextmanager
async def running(wanted: Wanted, console: Console, console_port: int = 0) -> AsyncIterator[System]:
    """A whole Sonae for the length of a block; its folder goes with it unless something failed."""
    folder = Path(tempfile.mkdtemp(prefix="sonae-"))
    failed = True

    def say(text: str) -> None:
        console.print(f"[dim]· {text}[/]", soft_wrap=True, highlight=False)

    try:
        async with Supervisor(folder / "logs", say) as supervisor:
            yield await start(wanted, folder, supervisor, choose_ports(console_port), say)
        failed = False
    except (asyncio.CancelledError, KeyboardInterrupt):
        failed = False
        raise
    finally:
        if failed:
            say(f"logs are kept in {folder / 'logs'}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def addresses(system: System) -> str:
    """Where to look, whom to sign in as, and how to steer the clock."""
    lines = [
        f"desk            {system.url('console')}/  (sign in as {', '.join(o.id for o in system.people.officers)})",
        f"password        {system.people.password}",
        f"public pages    {system.url('pages')}/   (orders in force; CAP, Atom: {system.url('pages')}/alerts.atom)",
        f"residents' page {system.url('pages')}/resident/   (its subscriptions go to {system.url('api')})",
        *_stand_ins(system),
        f"partner stream  {system.url('broadcast')}/events   (Authorization: Bearer {system.people.partner_token})",
        f"Kafka           {system.bootstrap}      Redis {system.redis_url}",
    ]
    if "beat" in system.wanted.parts:
        lines.append(f"status          {system.url('pages')}/status.html   (a test a minute through every hop)")
    else:
        lines.append("status          only with --live or --feeds: the link test counts real minutes")
    if system.wanted.scenario:
        scenario = load_scenario(system.wanted.scenario, system.wanted.data)
        clock = f"{system.url('replay')}/clock"
        lines += [
            f"clock           {clock}   (it stands still where people act; go on: curl -X POST {clock}/resume)",
            f"[yellow]{scenario.banner}[/]",
        ]
    return "\n".join([*lines, "Ctrl-C stops everything."])


def _stand_ins(system: System) -> list[str]:
    """The virtual push service, where one runs."""
    if not system.has_stand_ins:
        return []
    return [f"push stand-in   {system.url('push')}/devices   (virtual devices, and what each shows)"]
