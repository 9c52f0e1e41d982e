"""Start, run and stop a program: signals, health pages, and an exit code that tells the supervisor what happened."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable

from schemas.codec import know
from schemas.process import log
from schemas.process.health import Health, serve
from schemas.process.settings import Settings
from schemas.registry_map import BadMap, load_map

FAULT = 70
"""Exit code of a process that met a fault which is not its input's (EX_SOFTWARE); the supervisor restarts it."""

Body = Callable[[Health], Awaitable[None]]


def run(program: str, settings: Settings, body: Body, own_web: bool = False) -> None:
    """Run `body` until it returns or SIGTERM/SIGINT cancels it; any other exception ends the process with FAULT."""
    log.configure(program, settings.log_level)
    _know_registry(settings)
    gc.freeze()  # what was imported stays: the collector, which stops everything else meanwhile, need not look at it
    try:
        asyncio.run(_main(settings, body, own_web))
    except Exception as error:  # noqa: BLE001 - every fault ends the process: the supervisor restarts it
        cause = _cause(error)
        log.get_logger().error("ended by a fault", error=f"{type(cause).__name__}: {cause}", exc_info=error)
        os._exit(FAULT)


def _cause(error: BaseException) -> BaseException:
    """What a person should read first: a task group wraps the one fault that ended it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _know_registry(settings: Settings) -> None:
    try:
        know(load_map(settings.schema_map))
    except BadMap as error:
        print(f"SONAE_SCHEMA_MAP: {error}", file=sys.stderr)
        raise SystemExit(2) from error


async def _main(settings: Settings, body: Body, own_web: bool) -> None:
    health = Health()
    work = asyncio.create_task(_work(settings, body, health, own_web))
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        log.get_logger().info("stopped")


async def _work(settings: Settings, body: Body, health: Health, own_web: bool) -> None:
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(health.watch_loop())]
        if not own_web:
            beside.append(group.create_task(serve(health, settings.host, settings.health_port)))
        try:
            await body(health)
        finally:
            for task in beside:
                task.cancel()


def die(reason: str, **facts: object) -> None:
    """End this process at once, without any `finally`: a Faust agent must never acknowledge what it did not handle."""
    log.get_logger().error(reason, **facts)
    os._exit(FAULT)
