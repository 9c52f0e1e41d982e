"""What everybody writes first: a loop over pywebpush.webpush(), to the same push service, with the same message."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import certifi
import pywebpush

from notifier.webpush.keys import b64url

SUBJECT = "mailto:bench@sonae.example.jp"


@contextmanager
def trusted(ca: Path, usual: bool = False) -> Iterator[None]:
    """requests, which pywebpush uses, reads authorities for each message: the sink's alone, or its usual ones, too."""
    before, whole = os.environ.get("REQUESTS_CA_BUNDLE"), ca.with_suffix(".bundle")
    whole.write_bytes((Path(certifi.where()).read_bytes() + b"\n" if usual else b"") + ca.read_bytes())
    os.environ["REQUESTS_CA_BUNDLE"] = str(whole)
    try:
        yield
    finally:
        del os.environ["REQUESTS_CA_BUNDLE"]
        if before is not None:
            os.environ["REQUESTS_CA_BUNDLE"] = before


def cpu_us(origin: str, p256dh: bytes, vapid_key: str, payload: bytes, count: int) -> float:
    """CPU time a message in µs, of this process."""
    keys = {"p256dh": b64url(p256dh), "auth": b64url(os.urandom(16))}
    began = time.process_time()
    for number in range(count):
        answer = pywebpush.webpush(
            {"endpoint": f"{origin}/fcm/send/{number:08d}{'x' * 140}", "keys": keys},
            payload,
            vapid_private_key=vapid_key,
            vapid_claims={"sub": SUBJECT},
            ttl=600,
            timeout=5,
        )
        if answer.status_code != 201:
            raise SystemExit(f"the push service said {answer.status_code}: this measured nothing")
    return (time.process_time() - began) / count * 1e6
