"""One process of ours: what to run, how to know that it is ready, and its run from start to end."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LEASH = Path(__file__).with_name("leash.py")
_POLL_S = 0.03
_TAIL_LINES = 15


async def at_once() -> bool:
    """Ready as soon as it runs."""
    return True


@dataclass(frozen=True, slots=True)
class Child:
    """What to run. `ready` is asked again and again until it says True; `env` is added to our own environment.

    `nice`: how far it lets others go first where cores are short, 0 to 19.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]] = at_once
    env: Mapping[str, str] = field(default_factory=dict)
    restart: bool = True
    ready_within_s: float = 30
    stop_within_s: float = 10
    cwd: Path = ROOT
    nice: int = 0


class ChildError(RuntimeError):
    """A child ended before it was ready, or was not ready in time; the message ends with the tail of its log."""


class Running:
    """A started child. It leads a process group of its own, so a terminal's Ctrl-C reaches only us."""

    def __init__(self, child: Child, process: asyncio.subprocess.Process, log: Path) -> None:
        self.child = child
        self.log = log
        self._process = process
        self._since = asyncio.get_running_loop().time()

    @classmethod
    async def start(cls, child: Child, logs: Path) -> "Running":
        """Starts it; its output is appended to NAME.log in the folder of logs."""
        logs.mkdir(parents=True, exist_ok=True)
        log = logs / f"{child.name}.log"
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), str(child.nice)),
                *child.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=asyncio.subprocess.STDOUT,
                cwd=child.cwd,
                env={**os.environ, **child.env},
                start_new_session=True,
            )
        return cls(child, process, log)

    @property
    def pid(self) -> int:
        """The process id; the same as its group's id."""
        return self._process.pid

    @property
    def age_s(self) -> float:
        """Seconds since it was started."""
        return asyncio.get_running_loop().time() - self._since

    @property
    def ended(self) -> bool:
        """True once the process is gone."""
        return self._process.returncode is not None

    async def wait(self) -> str:
        """Waits for the end; how it ended, in words."""
        code = await self._process.wait()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    async def until_ready(self) -> None:
        """Returns when it is ready; raises ChildError when it ends first or takes too long."""
        asking = asyncio.create_task(self._ask())
        ending = asyncio.create_task(self.wait())
        try:
            await asyncio.wait({asking, ending}, timeout=self.child.ready_within_s, return_when=asyncio.FIRST_COMPLETED)
            if ending.done():
                raise self._error(f"ended before it was ready ({ending.result()})")
            if not asking.done():
                raise self._error(f"was not ready within {self.child.ready_within_s:.0f} s")
            await asking
        finally:
            asking.cancel()
            ending.cancel()

    async def stop(self) -> None:
        """Asks it to end, then makes it; sweeps whatever it may have started in its group."""
        if not self.ended:
            self.send(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.child.stop_within_s):
                    await self._process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        await self._process.wait()

    def send(self, signum: signal.Signals) -> None:
        """Sends it a signal; nothing happens when it is already gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signum)

    async def _ask(self) -> None:
        while not await self.child.ready():  # noqa: ASYNC110 - another process sets no event of ours
            await asyncio.sleep(_POLL_S)

    def _error(self, what: str) -> ChildError:
        tail = self.log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
        return ChildError("\n  ".join([f"{self.child.name} {what}; the end of {self.log}:", *tail]))


@contextlib.asynccontextmanager
async def running(child: Child, logs: Path) -> AsyncIterator[Running]:
    """One child for the length of a block: started and ready on entry, gone on exit, never restarted."""
    started = await Running.start(child, logs)
    try:
        await started.until_ready()
        yield started
    finally:
        await asyncio.shield(started.stop())
