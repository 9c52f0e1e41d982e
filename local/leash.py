"""Becomes another program that the kernel kills as soon as the process that started it is gone, however it went.

Called as `python -I -S leash.py PARENT_PID NICE PROGRAM ARGUMENT…`. It must run before the program does, in the
child: a flag set by the parent would not survive the exec, and code between fork and exec is not safe in a
process with threads. Linux counts the parent *thread* as the parent: start children from one that stays.
"""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # prctl(2); Linux only: elsewhere only an orderly end of the parent stops the child


def main(parent: int, nice: int, argv: list[str]) -> None:
    """Replaces this process by the program, or ends when the parent is already gone."""
    if nice:
        _step_back(nice)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the process that started this one is gone")
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is the point
    except OSError as error:
        raise SystemExit(f"cannot run {argv[0]}: {error}") from None


def _step_back(nice: int) -> None:
    """Others go first where cores are short; Linux may share them out by session first (autogroup)."""
    os.nice(nice)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(nice), encoding="ascii")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
