"""What goes out beside records: raw bytes as fetched, and dead letters of bounded size."""

import gzip
import hashlib

from connectors.publish import KEPT_BYTES, dead_letter, raw_payload
from connectors.source import Parked
from schemas.codec import Codec
from schemas.records.base import Origin, World
from schemas.records.observed import RawPayload
from schemas.records.plumbing import DeadLetter
from tests.unit.connectors.writing import AT, ROW, TRACE, payload, polled


def test_raw_bytes_come_back_as_they_were() -> None:
    """Compressed, with their checksum, and the same record for the same bytes."""
    body = "気象".encode() * 1000
    raw = raw_payload(payload(body), AT)
    assert gzip.decompress(raw.body) == body
    assert (raw.size, raw.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert raw == raw_payload(payload(body), AT)
    Codec(RawPayload, None).validate(raw)


def test_a_dead_letter_keeps_at_most_64_kb() -> None:
    """And says how long the whole was, whose it is, and why."""
    body = b"x" * 100_000
    parked = Parked("not_xml", "not well-formed", "https://h/t.xml", body, Origin.LIVE, World.TEST, "14205", TRACE)
    letter = dead_letter(ROW, polled(), parked)
    assert (len(letter.body), letter.size, letter.truncated) == (KEPT_BYTES, 100_000, True)
    assert letter.sha256 == hashlib.sha256(body).hexdigest()
    assert (letter.topic, letter.source, letter.program) == ("", "jma-extra", "connectors")
    assert (letter.world, letter.municipality, letter.reason) == (World.TEST, "14205", "not_xml")
    assert "https://h/t.xml" in letter.text
    Codec(DeadLetter, None).validate(letter)


def test_the_same_bad_bytes_again_are_recognised() -> None:
    """One id for what is fetched three times."""
    letters = [dead_letter(ROW, polled(), Parked("not_xml", "cut", "https://h/t.xml", b"x")) for _ in range(2)]
    assert letters[0].id == letters[1].id
