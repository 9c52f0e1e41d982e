"""Children are kept alive while the supervisor lives, and none outlives it, however it ends."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from local.child import ROOT, Child, ChildError, running
from local.ports import accepts, answers
from local.processes import Supervisor

_SLEEPER = (sys.executable, "-c", "import time; time.sleep(300)")
# Ignores SIGTERM, and has a child of its own that does, too.
_STUBBORN = (
    sys.executable,
    "-c",
    """
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", subprocess.Popen(["sleep", "300"]).pid, flush=True)
time.sleep(300)
""",
)
# A supervisor in a process of its own: starts two children, says their ids, then does what the last line says.
_OUTER = """
import asyncio, sys
from pathlib import Path
from local.child import Child
from local.processes import Supervisor

async def main():
    async with Supervisor(Path(sys.argv[1])) as supervisor:
        await supervisor.start(Child("one", ("sleep", "300")), Child("two", ("sleep", "300")))
        print(supervisor.pid("one"), supervisor.pid("two"), flush=True)
        {then}

asyncio.run(main())
"""


async def test_a_killed_child_is_started_again_and_said(tmp_path: Path) -> None:
    """kill -9 of one child: another run is ready at once, counted, and its neighbour never noticed."""
    said: list[str] = []
    async with Supervisor(tmp_path, said.append) as supervisor:
        await supervisor.start(Child("watch", _SLEEPER), Child("decide", _SLEEPER))
        neighbour = supervisor.pid("decide")
        killed = supervisor.kill("watch")
        assert await supervisor.back("watch", killed, within_s=10) != killed
        assert supervisor.restarts("watch") == 1
        assert (supervisor.pid("decide"), supervisor.restarts("decide")) == (neighbour, 0)
    assert said == ["watch ended (killed by SIGKILL): started again, 1 so far"]


async def test_a_child_is_ready_when_its_port_answers(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """start() returns only after the child's own sign, here an HTTP answer."""
    port = free_port()
    serve = Child(
        name="pages",
        argv=(sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"),
        ready=partial(answers, f"http://127.0.0.1:{port}/"),
        cwd=tmp_path,
    )
    async with Supervisor(tmp_path) as supervisor:
        await supervisor.start(serve)
        assert await accepts(port)
    assert not await accepts(port)


async def test_a_child_that_ends_before_it_is_ready_says_why(tmp_path: Path) -> None:
    """The error carries the end of the child's own words, and does not wait for the deadline."""
    broken = Child("decide", (sys.executable, "-c", "raise SystemExit('SONAE_WORLD: no such world')"), ready=_never)
    async with Supervisor(tmp_path) as supervisor:
        with pytest.raises(ChildError, match=r"decide ended before it was ready \(exit code 1\)(.|\n)*no such world"):
            await supervisor.start(broken)


async def test_a_child_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    """A deadline ends the wait, and the child with it."""
    slow = Child("watch", _SLEEPER, ready=_never, ready_within_s=0.3)
    with pytest.raises(ChildError, match="watch was not ready within"):
        async with running(slow, tmp_path):
            pytest.fail("it is not ready")


async def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """A typo in a command is told as such."""
    with pytest.raises(ChildError, match="cannot run no-such-program"):
        async with running(Child("typo", ("no-such-program",), ready=_never), tmp_path):
            pytest.fail("it cannot run")


async def test_a_child_that_ignores_sigterm_is_killed_with_all_it_started(tmp_path: Path) -> None:
    """Nobody can refuse to end, nor leave something running in its place."""
    log = tmp_path / "stubborn.log"
    stubborn = Child("stubborn", _STUBBORN, ready=partial(_says_ready, log), stop_within_s=0.3)
    async with Supervisor(tmp_path) as supervisor:
        await supervisor.start(stubborn)
        pids = [supervisor.pid("stubborn"), int(log.read_text().split()[1])]
        assert [_alive(pid) for pid in pids] == [True, True]
    await _all_gone(pids)


async def test_nothing_is_left_when_the_block_raises(tmp_path: Path) -> None:
    """A crash of the program that supervises stops all of its children."""
    pids: list[int] = []

    async def crash() -> None:
        async with Supervisor(tmp_path) as supervisor:
            await supervisor.start(Child("one", _SLEEPER), Child("two", _SLEEPER))
            pids.extend([supervisor.pid("one"), supervisor.pid("two")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await crash()
    assert len(pids) == 2
    await _all_gone(pids)


async def test_last_started_is_first_stopped(tmp_path: Path) -> None:
    """What others need (Kafka) is started first and stopped last."""
    order = tmp_path / "order"
    async with Supervisor(tmp_path) as supervisor:
        for name in ("kafka", "watch"):
            await supervisor.start(
                Child(name, _signing(name, order), ready=partial(_says_ready, tmp_path / f"{name}.log"))
            )
    assert order.read_text().split() == ["watch", "kafka"]


@pytest.mark.parametrize(
    ("then", "signum", "code"),
    [
        ("pass", None, 0),
        ("raise RuntimeError('a crash')", None, 1),
        ("await asyncio.sleep(300)", signal.SIGTERM, 128 + signal.SIGTERM),
        ("await asyncio.sleep(300)", signal.SIGHUP, 128 + signal.SIGHUP),
        ("await asyncio.sleep(300)", signal.SIGINT, -signal.SIGINT),
        ("await asyncio.sleep(300)", signal.SIGKILL, -signal.SIGKILL),
    ],
    ids=["normal end", "exception", "SIGTERM", "SIGHUP", "Ctrl-C", "SIGKILL"],
)
async def test_no_child_outlives_its_supervisor(tmp_path: Path, then: str, signum: int | None, code: int) -> None:
    """However the supervising process ends, its children are gone a moment later."""
    with _outer(tmp_path, then) as outer:
        pids = [int(word) for word in await asyncio.to_thread(_line, outer)]
        assert len(pids) == 2
        if signum:
            assert [_alive(pid) for pid in pids] == [True, True]
            outer.send_signal(signum)
        assert await asyncio.to_thread(outer.wait, 15) == code
        await _all_gone(pids)


async def test_ctrl_c_of_the_terminal_reaches_only_the_supervisor(tmp_path: Path) -> None:
    """Each child leads a process group of its own, so that the supervisor ends them in its order."""
    async with running(Child("one", _SLEEPER), tmp_path) as one:
        assert os.getpgid(one.pid) == one.pid != os.getpgid(0)


@contextmanager
def _outer(tmp_path: Path, then: str) -> Iterator[subprocess.Popen[str]]:
    program = (sys.executable, "-c", _OUTER.replace("{then}", then), str(tmp_path))
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as outer:
        try:
            yield outer
        finally:
            outer.kill()


def _line(outer: subprocess.Popen[str]) -> list[str]:
    assert outer.stdout
    return outer.stdout.readline().split()


def _signing(name: str, order: Path) -> tuple[str, ...]:
    program = (
        "import signal, sys, time\n"
        f"def end(*_): open({str(order)!r}, 'a').write('{name}\\n'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('ready', flush=True); time.sleep(300)"
    )
    return (sys.executable, "-c", program)


async def _never() -> bool:
    return False


async def _says_ready(log: Path) -> bool:
    return "ready" in log.read_text()


def _alive(pid: int) -> bool:
    """A zombie is not alive: it waits only for its parent's glance."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return re.sub(r"^.*\) ", "", stat)[0] != "Z"


async def _all_gone(pids: list[int]) -> None:
    async with asyncio.timeout(10):
        while any(_alive(pid) for pid in pids):  # noqa: ASYNC110 - another process sets no event of ours
            await asyncio.sleep(0.02)
