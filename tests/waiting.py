"""Where every task of the running event loop waits: what a test that hangs has to show."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any


def tasks_now() -> list[str]:
    """One line a task, from its outermost coroutine to what it waits for; none where no event loop runs."""
    with contextlib.suppress(RuntimeError):
        return sorted(f"{task.get_name()}: {' → '.join(_frames(task.get_coro()))}" for task in asyncio.all_tasks())
    return []


def _frames(waiting: Any) -> Iterator[str]:
    while (frame := getattr(waiting, "cr_frame", None)) is not None:
        yield f"{frame.f_code.co_qualname} ({frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno})"
        waiting = waiting.cr_await
    if waiting is not None:
        yield type(waiting).__name__
