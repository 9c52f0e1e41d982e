"""Messages a second and CPU a message of each transport alone: no encryption by us, an nginx that says 201.

    python -m bench.transports [--messages 20000] [--windows 64 500 2000] [--rounds 3]

One process, one core for us (the last one), the first for nginx. Transports take turns, so that a noisy neighbour meets
all of them; the median of the rounds is printed, and the load under which it was taken. `bare` is libcurl without any
of ours: a loop over its handles. What it costs is libcurl's own time, below which no transport over it can come.
"""

import argparse
import asyncio
import os
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pycurl

from bench.sinks import Sink, nginx
from notifier.outcome import Answer, NetworkFault
from notifier.webpush.curl import CurlTransport
from notifier.webpush.http2.sending import Http2Transport
from notifier.webpush.transport import CONNECTIONS_PER_ORIGIN, Head, Post, Reach, Transport

WAYS: dict[str, Callable[[Reach], Transport]] = {"curl": CurlTransport, "http2": Http2Transport}
HEAD = Head(
    (
        ("authorization", f"vapid t={'t' * 200}, k={'k' * 87}"),
        ("ttl", "3600"),
        ("urgency", "high"),
        ("topic", "o" * 32),
        ("content-encoding", "aes128gcm"),
        ("content-type", "application/octet-stream"),
    )
)
TARGET_BYTES, BODY_BYTES = 170, 330
"""As FCM's endpoints and our orders have them."""

MOST_READ = 4096
"""So many ends are asked for at a time, at least: more than there are."""


def target_of(number: int) -> bytes:
    """A path of its own for each request."""
    return b"/fcm/send/%0*d" % (TARGET_BYTES - 10, number)


@dataclass(frozen=True, slots=True)
class Figure:
    """One run."""

    per_s: float
    cpu_us: float
    refused: int


class Run:
    """Keeps `window` requests under way until all have been answered."""

    def __init__(self, transport: Transport, origin: str, messages: int, window: int) -> None:
        self._transport, self._origin, self._window = transport, origin, window
        self._left, self._under_way, self.refused = messages, 0, 0
        self._body = os.urandom(BODY_BYTES)
        self._over = asyncio.get_running_loop().create_future()

    async def measure(self) -> Figure:
        """From the first request to the last answer."""
        messages, wall, cpu = self._left, time.perf_counter(), time.process_time()
        self._send()
        await self._over
        took, used = time.perf_counter() - wall, time.process_time() - cpu
        return Figure(messages / took, 1e6 * used / messages, self.refused)

    def _send(self) -> None:
        count = min(self._left, self._window - self._under_way)
        first, self._left, self._under_way = self._left, self._left - count, self._under_way + count
        posts = [Post(at, target_of(at), self._body) for at in range(first - count, first)]
        if posts:
            self._transport.post(self._origin, HEAD, posts, self._hear)

    def _hear(self, answers: list[tuple[object, Answer | NetworkFault]]) -> None:
        self._under_way -= len(answers)
        self.refused += sum(not isinstance(answer, Answer) or answer.status != 201 for _, answer in answers)
        if self._left:
            self._send()
        elif not self._under_way:
            self._over.set_result(None)


class Bare:
    """libcurl without any of ours: handles that are used again, all of them in its hands until they are answered."""

    def __init__(self, sink: Sink, window: int) -> None:
        self._multi, self._body = pycurl.CurlMulti(), os.urandom(BODY_BYTES)
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, CONNECTIONS_PER_ORIGIN)
        lines = [f"{name}: {value}" for name, value in HEAD.fields] + ["Accept:"]
        self._free = [self._handle(sink, lines) for _ in range(window)]

    def measure(self, messages: int) -> Figure:
        """From the first request to the last answer."""
        left, under_way, refused, wall, cpu = messages, 0, 0, time.perf_counter(), time.process_time()
        while left or under_way:
            started = min(left, len(self._free))
            for number in range(left - started, left):
                self._start(self._free.pop(), number)
            self._multi.perform()
            ended = self._end()
            left, under_way, refused = left - started, under_way + started - len(ended), refused + sum(ended)
            self._multi.select(0.01)
        took, used = time.perf_counter() - wall, time.process_time() - cpu
        return Figure(messages / took, 1e6 * used / messages, refused)

    def close(self) -> None:
        """Give the connections back."""
        self._multi.close()

    def _handle(self, sink: Sink, lines: list[str]) -> pycurl.Curl:
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, sink.origin)
        curl.setopt(pycurl.CAINFO, str(sink.ca))
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.PIPEWAIT, 1)
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.HTTPHEADER, lines)
        return curl

    def _start(self, curl: pycurl.Curl, number: int) -> None:
        curl.setopt(pycurl.REQUEST_TARGET, target_of(number))
        curl.setopt(pycurl.POSTFIELDS, self._body)
        self._multi.add_handle(curl)

    def _end(self) -> list[bool]:
        """Whether each that has ended was refused."""
        _, done, failed = self._multi.info_read(len(self._free) + MOST_READ)
        for curl in (*done, *(curl for curl, _, _ in failed)):
            self._multi.remove_handle(curl)
            self._free.append(curl)
        return [curl.getinfo(pycurl.RESPONSE_CODE) != 201 for curl in done] + [True] * len(failed)


async def compare(messages: int, window: int, rounds: int) -> dict[str, list[Figure]]:
    """All transports in turn, round by round; the first round warms up and is not counted."""
    figures: dict[str, list[Figure]] = {name: [] for name in (*WAYS, "bare")}
    async with nginx() as sink:
        _pin(sink)
        transports = {name: make(Reach(local=True, ca=sink.ca)) for name, make in WAYS.items()}
        bare = Bare(sink, window)
        for number in range(rounds + 1):
            for name, transport in transports.items():
                figure = await Run(transport, sink.origin, messages, window).measure()
                figures[name] += [figure] if number else []
            figures["bare"] += [bare.measure(messages)][: min(number, 1)]
        for transport in transports.values():
            await transport.close()
        bare.close()
    return figures


def _pin(sink: Sink) -> None:
    """Us on the last core, nginx on the first: what one uses, the other does not lack."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    for process in (sink.process, *_children(sink.process)):
        os.sched_setaffinity(process, {cores[0]})


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for child in listed]


def main() -> None:
    """Print a line a transport and window."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--windows", type=int, nargs="+", default=[64, 500, 2000])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    for window in asked.windows:
        _show(window, asyncio.run(compare(asked.messages, window, asked.rounds)))


def _show(window: int, figures: dict[str, list[Figure]]) -> None:
    for name, runs in figures.items():
        per_s, cpu_us = (statistics.median(getattr(run, what) for run in runs) for what in ("per_s", "cpu_us"))
        refused = sum(run.refused for run in runs)
        print(f"{window:5} {name:6} {per_s:8.0f} messages/s/core {cpu_us:6.1f} us CPU/message, {refused} refused")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"window {window}, {peak_mb} MB so far, load {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
