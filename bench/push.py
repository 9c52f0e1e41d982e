"""`python -m bench.push`: our way of sending a push beside a plain loop over pywebpush.webpush(), in the same run.

Both encrypt for real and post to the same sink on this machine, one process and one core each; rounds alternate.
What is compared is CPU time a message, which a busy neighbour hardly changes; messages per second are printed beside.
"""

import argparse
import asyncio
import base64
import multiprocessing
import os
import statistics
import time
from dataclasses import dataclass
from datetime import timedelta

import pywebpush
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.ports import LOOPBACK, accepts, free_port
from notifier.webpush.former import AiohttpTransport
from notifier.webpush.keys import VapidKey, VapidTokens, new_vapid_key
from notifier.webpush.pace import Lane, Lanes, Pace
from notifier.webpush.send import Address, Ended, Parcel, Sender, topic_of
from schemas.process.clock import now_utc

SUBJECT = "mailto:bench@sonae.example.jp"
PAYLOAD = b"x" * 600
CREATED = b"HTTP/1.1 201 Created\r\nLocation: /m/1\r\nTTL: 60\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Cost:
    """One message's CPU time, and how many went out in a second of wall time."""

    cpu_us: float
    per_s: float

    def __str__(self) -> str:
        return f"{self.cpu_us:6.0f} us CPU, {self.per_s:6.0f}/s"


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks at one moment."""

    cpu_s: float
    wall_s: float

    @classmethod
    def now(cls) -> "Reading":
        """This process's CPU time, and steady time."""
        return cls(time.process_time(), time.perf_counter())

    def each(self, count: int) -> Cost:
        """What each of `count` messages cost since."""
        now = self.now()
        return Cost((now.cpu_s - self.cpu_s) / count * 1e6, count / (now.wall_s - self.wall_s))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.push", description=__doc__)
    parser.add_argument("--messages", type=int, default=2000, help="per round, our way; the loop sends a tenth")
    parser.add_argument("--rounds", type=int, default=3)
    wish = parser.parse_args()
    port = free_port()
    sink = multiprocessing.get_context("spawn").Process(target=_sink, args=(port,), daemon=True)
    sink.start()
    try:
        asyncio.run(_measure(port, wish.messages, wish.rounds))
    finally:
        sink.kill()


async def _measure(port: int, messages: int, rounds: int) -> None:
    await _listens(port)
    key = VapidKey.of(new_vapid_key())
    address = Address(f"http://{LOOPBACK}:{port}/push/1", _point(), os.urandom(16), key.key_id)
    ours, loop = [], []
    for number in range(rounds):
        began = Reading.now()
        await asyncio.to_thread(_naive, address, key, messages // 10)
        loop.append(began.each(messages // 10))
        began = Reading.now()
        await _ours(address, key, messages)
        ours.append(began.each(messages))
        print(f"round {number + 1}   webpush() in a loop {loop[-1]}   ours {ours[-1]}")
    loop_us, ours_us = (statistics.median(one.cpu_us for one in each) for each in (loop, ours))
    print(f"median CPU a message: webpush() in a loop {loop_us:.0f} us, ours {ours_us:.0f} us")
    print(f"ratio: {loop_us / ours_us:.1f} ({len(PAYLOAD)} bytes, plain HTTP on loopback: no TLS handshakes in either)")


async def _ours(address: Address, key: VapidKey, count: int) -> None:
    transport, lanes = AiohttpTransport(local=True), Lanes(time.monotonic)
    lanes.put(f"http://{address.endpoint.split('/')[2]}", Lane(time.monotonic, Pace(rate=1e9)))
    sender = Sender(transport, {key.key_id: VapidTokens(key, SUBJECT)}, lanes, now_utc, lambda: 0.5)
    parcel = Parcel(PAYLOAD, topic_of("bench"), urgent=True, until=now_utc() + timedelta(hours=1))
    results = await asyncio.gather(*(sender.send(address, parcel, 1, _nothing_against_it) for _ in range(count)))
    await transport.close()
    accepted = sum(isinstance(result, Ended) and result.status == 201 for result in results)
    if accepted != count:
        raise SystemExit(f"only {accepted} of {count} were accepted: this measured nothing")


async def _nothing_against_it() -> Ended | None:
    return None


def _naive(address: Address, key: VapidKey, count: int) -> None:
    texts = {"p256dh": _text(address.p256dh), "auth": _text(address.auth)}
    private = _text(key.private.private_numbers().private_value.to_bytes(32, "big"))
    for _ in range(count):
        pywebpush.webpush(
            {"endpoint": address.endpoint, "keys": texts},
            PAYLOAD,
            vapid_private_key=private,
            vapid_claims={"sub": SUBJECT},
            ttl=60,
            timeout=5,
        )


def _sink(port: int) -> None:
    asyncio.run(_serve(port))


async def _serve(port: int) -> None:
    server = await asyncio.start_server(_answer, LOOPBACK, port, backlog=1024)
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            writer.write(CREATED)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _listens(port: int) -> None:
    async with asyncio.timeout(15):
        while not await accepts(port):  # noqa: ASYNC110 - another process sets no event of ours
            await asyncio.sleep(0.05)


def _point() -> bytes:
    private = ec.generate_private_key(ec.SECP256R1())
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


if __name__ == "__main__":
    main()
