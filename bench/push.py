"""`python -m bench.push`: our way of sending a push beside a plain loop over pywebpush.webpush(), in the same run.

Both encrypt for real and post to the same virtual devices' service stand-in on this machine, one process each way;
rounds alternate, so a busy neighbour hits both. What is printed is messages per second, and their ratio.
"""

import argparse
import asyncio
import base64
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from datetime import timedelta

import pywebpush
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.ports import LOOPBACK, accepts, free_port
from notifier.webpush.keys import VapidKey, VapidTokens, new_vapid_key
from notifier.webpush.pace import Lane, Lanes, Pace
from notifier.webpush.send import Address, Ended, Parcel, Sender, topic_of
from notifier.webpush.transport import AiohttpTransport
from schemas.process.clock import now_utc

SUBJECT = "mailto:bench@sonae.example.jp"
PAYLOAD = b"x" * 600
CREATED = b"HTTP/1.1 201 Created\r\nLocation: /m/1\r\nTTL: 60\r\nContent-Length: 0\r\n\r\n"


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
        loop.append(await asyncio.to_thread(_rate, messages // 10, lambda n: _naive(address, key, n)))
        ours.append(await _ours(address, key, messages))
        print(f"round {number + 1}: webpush() in a loop {loop[-1]:7.0f}/s   ours {ours[-1]:7.0f}/s")
    ratio = statistics.median(ours) / statistics.median(loop)
    print(f"median:  webpush() in a loop {statistics.median(loop):7.0f}/s   ours {statistics.median(ours):7.0f}/s")
    print(f"ratio: {ratio:.1f} (payload {len(PAYLOAD)} bytes, plain HTTP on loopback, one process)")


async def _ours(address: Address, key: VapidKey, count: int) -> float:
    transport, lanes = AiohttpTransport(local=True), Lanes(time.monotonic)
    lanes.put(f"http://{address.endpoint.split('/')[2]}", Lane(time.monotonic, Pace(rate=1e9)))
    sender = Sender(transport, {key.key_id: VapidTokens(key, SUBJECT)}, lanes, now_utc, lambda: 0.5)
    parcel = Parcel(PAYLOAD, topic_of("bench"), urgent=True, until=now_utc() + timedelta(hours=1))
    began = time.perf_counter()
    results = await asyncio.gather(*(sender.send(address, parcel, 1, _nothing_against_it) for _ in range(count)))
    took = time.perf_counter() - began
    await transport.close()
    accepted = sum(isinstance(result, Ended) and result.status == 201 for result in results)
    if accepted != count:
        raise SystemExit(f"only {accepted} of {count} were accepted: this measured nothing")
    return count / took


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


def _rate(count: int, send: Callable[[int], None]) -> float:
    began = time.perf_counter()
    send(count)
    return count / (time.perf_counter() - began)


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
