"""Supervises the children of one machine's Sonae: restarts one that dies, ends all of them on every way out.

Normal end, exception, Ctrl-C, SIGTERM and SIGHUP end in `Supervisor.__aexit__`, which stops them in order; on
SIGKILL of this very process the kernel kills them (local/leash.py).
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from local.child import Child, ChildError, Running

_FIRST_BACKOFF_S, _LONGEST_BACKOFF_S = 0.1, 5.0
_CALM_S = 2.0  # it had lived this long: no crash loop, so it is back at once


def to_stderr(line: str) -> None:
    """Where a supervisor's lines go unless told otherwise."""
    print(line, file=sys.stderr, flush=True)


class _Kept:
    """One supervised child: its present run and how often it had to be started again."""

    def __init__(self, child: Child, logs: Path, say: Callable[[str], None]) -> None:
        self.child = child
        self.restarts = 0
        self.ready = asyncio.Event()
        self.run: Running | None = None
        self._logs = logs
        self._say = say
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts it for the first time; raises ChildError when it does not become ready."""
        await self._run()
        self._watching = asyncio.create_task(self._watch(), name=f"supervise {self.child.name}")

    async def stop(self) -> None:
        """Ends the supervision first, so that the end is not taken for a death."""
        if self._watching:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        if self.run:
            await self.run.stop()

    async def _run(self) -> None:
        self.run = await Running.start(self.child, self._logs)
        await self.run.until_ready()
        self.ready.set()

    async def _watch(self) -> None:
        backoff = _FIRST_BACKOFF_S
        while True:
            how, age_s = await self._ended()
            if not self.child.restart:
                self._say(f"{self.child.name} ended ({how})")
                return
            self.restarts += 1
            self._say(f"{self.child.name} ended ({how}): started again, {self.restarts} so far")
            backoff = _FIRST_BACKOFF_S if age_s > _CALM_S else backoff
            await asyncio.sleep(backoff)
            backoff = min(2 * backoff, _LONGEST_BACKOFF_S)
            await self._run_again()

    async def _ended(self) -> tuple[str, float]:
        assert self.run
        how = await self.run.wait()
        age_s = self.run.age_s
        self.ready.clear()
        await self.run.stop()  # what it started itself goes with it
        return how, age_s

    async def _run_again(self) -> None:
        try:
            await self._run()
        except (ChildError, OSError) as error:  # an OSError: this machine is out of processes or files
            self._say(str(error))
            assert self.run
            await self.run.stop()


class Supervisor:
    """`async with Supervisor(logs) as supervisor: await supervisor.start(child, …)`.

    Children started in one call start together; the calls are stopped in reverse order, so that what others
    need goes last. SIGTERM and SIGHUP cancel the block, and the process then ends with 128 + the signal.
    """

    def __init__(self, logs: Path, say: Callable[[str], None] = to_stderr) -> None:
        self._logs = logs
        self._say = say
        self._waves: list[list[_Kept]] = []
        self._kept: dict[str, _Kept] = {}
        self._signals: list[signal.Signals] = []
        self._ended_by: signal.Signals | None = None

    async def __aenter__(self) -> "Supervisor":
        task = asyncio.current_task()
        assert task
        for signum in (signal.SIGTERM, signal.SIGHUP):
            # Only a main thread may handle signals; elsewhere whoever owns it decides.
            with contextlib.suppress(RuntimeError, ValueError):
                asyncio.get_running_loop().add_signal_handler(signum, self._end, task, signum)
                self._signals.append(signum)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        for signum in self._signals:
            asyncio.get_running_loop().remove_signal_handler(signum)
        if self._ended_by:
            raise SystemExit(128 + self._ended_by)

    async def start(self, *children: Child) -> None:
        """Starts them together and returns when all are ready; raises ChildError (with the log's tail) otherwise."""
        wave = [_Kept(child, self._logs, self._say) for child in children]
        self._waves.append(wave)
        self._kept.update({kept.child.name: kept for kept in wave})
        try:
            async with asyncio.TaskGroup() as starting:
                for kept in wave:
                    starting.create_task(kept.start())
        except ExceptionGroup as failed:  # one reason is enough: the first
            raise failed.exceptions[0] from None

    async def stop(self) -> None:
        """Stops all of them, last started first. Nothing is left when it returns."""
        while self._waves:
            await asyncio.gather(*(kept.stop() for kept in self._waves.pop()))

    def child(self, name: str) -> Child:
        """What it was told to run, and with which settings."""
        return self._kept[name].child

    def pid(self, name: str) -> int:
        """The process id of its present run."""
        run = self._kept[name].run
        if run is None or run.ended:
            raise ProcessLookupError(f"{name} does not run now; wait until it is back")
        return run.pid

    def kill(self, name: str, signum: signal.Signals = signal.SIGKILL) -> int:
        """Sends its present run a signal, for the kill tests; the process id that it was sent to."""
        pid = self.pid(name)
        run = self._kept[name].run
        assert run
        run.send(signum)
        return pid

    async def back(self, name: str, killed: int, within_s: float = 30) -> int:
        """Waits until another run than the killed one is ready; its process id."""
        kept = self._kept[name]
        async with asyncio.timeout(within_s):
            if kept.run and kept.run.pid == killed:
                kept.ready.clear()  # set again by the next run only
            await kept.ready.wait()
        return self.pid(name)

    def restarts(self, name: str) -> int:
        """How often it had to be started again."""
        return self._kept[name].restarts

    def _end(self, task: asyncio.Task[object], signum: signal.Signals) -> None:
        if self._ended_by is None:
            self._ended_by = signum
            task.cancel()
