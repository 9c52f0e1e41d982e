"""nghttpd and Node as push services, and what each of them wrote down."""

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.sinks import certificate, running
from local.ports import free_port

SCRIPT = Path(__file__).parent / "strict.js"
_RECEIVED = re.compile(rb"recv \(stream_id=(\d+)(?:, sensitive)?\) (:?[a-z-]+): (.*)")
_COLOURS = re.compile(rb"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as the server had it: its fields in order and, where it says so, its body's SHA-256."""

    fields: list[tuple[str, str]]
    sha256: str | None = None

    @property
    def path(self) -> bytes:
        """Its target."""
        return dict(self.fields)[":path"].encode()


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs."""

    origin: str
    ca: Path
    log: Path


def needs(program: str) -> str:
    """Where a program is; skips the test where it is not."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{program} is not installed: apt-get install nginx-light nghttp2 nodejs")
    return found


@contextlib.asynccontextmanager
async def node(most_streams: int = 0, bound: int = 0, *, http1: bool = False) -> AsyncIterator[Server]:
    """strict.js for the block. `bound`: after so many requests a session is closed with GOAWAY; `http1`: it resets
    every stream, and wants HTTP/1.1."""
    program = needs("node")
    with tempfile.TemporaryDirectory() as name:
        made, port, log = certificate(Path(name)), free_port(), Path(name) / "ledger"
        argv = [program, SCRIPT, port, made.cert, made.key, log, most_streams, bound, int(http1)]
        async with running([str(part) for part in argv], port):
            yield Server(f"https://localhost:{port}", made.cert, log)


@contextlib.asynccontextmanager
async def nghttpd(*options: str) -> AsyncIterator[Server]:
    """nghttpd for the block: it echoes what it gets, with 200."""
    program = needs("nghttpd")
    with tempfile.TemporaryDirectory() as name:
        made, port, log = certificate(Path(name)), free_port(), Path(name) / "ledger"
        argv = [program, "-v", "--echo-upload", "-a", "127.0.0.1", *options, str(port), str(made.key), str(made.cert)]
        with log.open("wb") as out:
            async with running(argv, port, out):
                yield Server(f"https://localhost:{port}", made.cert, log)


def seen_by_node(log: Path) -> list[Seen]:
    """Every request, in the order in which they were whole; raises AssertionError where Node objected."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line for line in lines if "error" in line] == []
    return [Seen(list(zip(line["raw"][::2], line["raw"][1::2], strict=True)), line["sha256"]) for line in lines]


def seen_by_nghttpd(log: Path) -> list[Seen]:
    """Every request, by what its log says of fields; connections are told apart by a stream that begins again."""
    requests: list[list[tuple[str, str]]] = []
    latest: dict[bytes, list[tuple[str, str]]] = {}
    for stream, field, value in _RECEIVED.findall(_COLOURS.sub(b"", log.read_bytes())):
        if stream not in latest or field.decode() in dict(latest[stream]):
            latest[stream] = []
            requests.append(latest[stream])
        latest[stream].append((field.decode(), value.decode()))
    return [Seen(fields) for fields in requests]
