"""A Kafka of a test's own, to be stopped, slowed down or starved; and workers that somebody starts again."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from local.child import Child, Running
from local.kafka import kafka_node
from local.ports import LOOPBACK, free_port
from tests.integration.streams_rig import Line

LIMITED = (
    "import os, resource, sys; n = int(sys.argv[1]); resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)


@dataclass(slots=True)
class OwnKafka:
    """`bootstrap` is what clients are told, which may be a proxy in front of `port`."""

    bootstrap: str
    port: int
    child: Child
    folder: Path
    running: Running

    async def again(self, largest_file: int | None = None) -> None:
        """Start it again in its folder; no file of it may grow beyond `largest_file` bytes."""
        child = self.child
        if largest_file is not None:
            child = replace(child, argv=(sys.executable, "-c", LIMITED, str(largest_file), *child.argv))
        self.running = await Running.start(child, self.folder)
        await self.running.until_ready()


@contextlib.asynccontextmanager
async def own_kafka(folder: Path, proxied: bool = False, largest_file: int | None = None) -> AsyncIterator[OwnKafka]:
    """A real Kafka, gone at the end. `proxied`: it names another port as its address, where nobody listens yet."""
    node = await kafka_node(folder)
    assert node.child
    port = int(node.bootstrap.rsplit(":", 1)[1])
    told = free_port() if proxied else port
    properties = folder / "kafka.properties"
    advertised = f"advertised.listeners=PLAINTEXT://{LOOPBACK}:"
    text = properties.read_text(encoding="utf8").replace(f"{advertised}{port}", f"{advertised}{told}")
    properties.write_text(text, encoding="utf8")
    made = OwnKafka(f"{LOOPBACK}:{told}", port, node.child, folder, None)  # type: ignore[arg-type]  # started next
    await made.again(largest_file)
    try:
        yield made
    finally:
        await made.running.stop()


@contextlib.asynccontextmanager
async def slow_proxy(listen: int, to: int, delay_s: float) -> AsyncIterator[None]:
    """Passes bytes on, each way `delay_s` late, in order."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(LOOPBACK, to)
        await asyncio.gather(_late(reader, there_writer, delay_s), _late(there_reader, writer, delay_s))

    server = await asyncio.start_server(serve, LOOPBACK, listen)
    try:
        yield
    finally:
        server.close()


async def _late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
    loop = asyncio.get_running_loop()
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            loop.call_later(delay_s, writer.write, data)
    loop.call_later(delay_s, writer.close)


@contextlib.asynccontextmanager
async def supervised(streams: Line, *instances: str) -> AsyncIterator[dict[str, list[str]]]:
    """Workers that are started again when they end; how each of them ended, as it happens."""
    ends: dict[str, list[str]] = {name: [] for name in instances}

    async def keep(name: str) -> None:
        while True:
            ends[name].append(await (await streams.worker(instance=name)).wait())

    tasks = [asyncio.create_task(keep(name)) for name in instances]
    try:
        yield ends
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
