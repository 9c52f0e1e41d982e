"""/metrics, /healthz and /readyz: alive means the loop turns, ready means that what the program needs answers."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.process.metrics import LOOP_LAG

Check = Callable[[], Awaitable[bool]]
TURN_S, STUCK_S, ANSWER_S = 0.5, 5.0, 2.0
KEEP_IDLE_S = 75
"""Servers keep an idle connection longer than any client or proxy does, or a request meets a closing one."""


@dataclass(slots=True)
class Health:
    """What the three pages answer from. `checks` name dependencies; the loop that works calls `progress()`."""

    checks: dict[str, Check] = field(default_factory=dict)
    turned_at: float = field(default_factory=time.monotonic)
    patience_s: float = ANSWER_S

    def progress(self) -> None:
        """The loop turned."""
        self.turned_at = time.monotonic()

    async def watch_loop(self) -> None:
        """Turn with the event loop and measure how late it wakes."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(TURN_S)
            LOOP_LAG.set(max(0.0, time.monotonic() - before - TURN_S))
            self.progress()

    async def ready(self) -> dict[str, bool]:
        """Each dependency's answer; one that does not answer in time says no."""
        return {name: await _answers(check, self.patience_s) for name, check in tuple(self.checks.items())}

    def routes(self) -> list[Route]:
        """The three routes, for a program's own web application."""
        return [Route("/metrics", self._metrics), Route("/healthz", self._healthz), Route("/readyz", self._readyz)]

    async def _metrics(self, _request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def _healthz(self, _request: Request) -> Response:
        age = time.monotonic() - self.turned_at
        return JSONResponse({"ok": age < STUCK_S, "turned_s_ago": round(age, 3)}, 200 if age < STUCK_S else 503)

    async def _readyz(self, _request: Request) -> Response:
        answers = await self.ready() or {"started": False}
        return JSONResponse(answers, 200 if all(answers.values()) else 503)


async def _answers(check: Check, patience_s: float) -> bool:
    try:
        async with asyncio.timeout(patience_s):
            return await check()
    except Exception:  # noqa: BLE001 - a check's own fault is a no, whatever it is
        return False


class QuietServer(uvicorn.Server):
    """A server that leaves SIGTERM and SIGINT to the service that runs it, and idle connections to their clients."""

    def __init__(self, config: uvicorn.Config) -> None:
        config.timeout_keep_alive = KEEP_IDLE_S
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


async def serve(health: Health, host: str, port: int) -> None:
    """Serve the three pages until cancelled: for programs that have no web application of their own."""
    app = Starlette(routes=health.routes())
    config = uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False, lifespan="off")
    await QuietServer(config).serve()
