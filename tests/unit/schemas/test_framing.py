"""The bytes before every record, checked against canonical forms written out by hand, not against our own output."""

import hashlib

import pytest

from schemas.codec import record_types, schemas_of
from schemas.framing import DERIVED_FROM, Unframed, derived_id, frame, unframe

WORLD = '{"name":"sonae.v1.World","type":"enum","symbols":["actual","exercise","test"]}'
# Parsing canonical forms (Avro specification): full names, no docs, no logical types, attributes in this order.
CANONICAL = {
    "Cursor": '{"name":"sonae.v1.Cursor","type":"record","fields":['
    '{"name":"owner","type":"string"},{"name":"value","type":"string"},'
    '{"name":"updated_at","type":"long"},{"name":"made_at","type":"long"}]}',
    "Subscription": '{"name":"sonae.v1.Subscription","type":"record","fields":['
    '{"name":"subscriber","type":"string"},{"name":"key_id","type":"string"},{"name":"nonce","type":"bytes"},'
    '{"name":"sealed","type":"bytes"},{"name":"left","type":"boolean"},'
    '{"name":"updated_at","type":"long"},{"name":"made_at","type":"long"}]}',
    "Receipt": '{"name":"sonae.v1.Receipt","type":"record","fields":['
    '{"name":"id","type":"string"},{"name":"world","type":' + WORLD + "},"
    '{"name":"subscriber","type":"string"},{"name":"order_id","type":"string"},{"name":"revision","type":"long"},'
    '{"name":"event","type":"string"},{"name":"at","type":"long"},{"name":"made_at","type":"long"}]}',
}
HEADERS = {"Cursor": "005d8f16e2", "Subscription": "006ba112d3", "Receipt": "0052c552e9"}


@pytest.mark.parametrize("record", CANONICAL)
def test_the_id_is_the_schema(record: str) -> None:
    """30 bits of SHA-256 over the canonical form, lifted above every number that a registry gives out."""
    first_four = int.from_bytes(hashlib.sha256(CANONICAL[record].encode()).digest()[:4], "big")
    (schema_id,) = schemas_of(record)
    assert schema_id == 2**30 + first_four % 2**30


@pytest.mark.parametrize("record", HEADERS)
def test_golden_bytes(record: str) -> None:
    """Five bytes that a reader in any language must find: they never change for this version."""
    (schema_id,) = schemas_of(record)
    assert frame(schema_id, b"body").hex() == HEADERS[record] + b"body".hex()


def test_confluents_own_example() -> None:
    """The wire format as Confluent documents it: a zero, the id in four bytes with the big end first, the body."""
    assert frame(1, b"\x02a") == b"\x00\x00\x00\x00\x01\x02a"
    assert unframe(b"\x00\x00\x00\x00\x01\x02a") == (1, b"\x02a")


def test_no_two_schemas_share_an_id() -> None:
    """All ids lie in [2^30, 2^31): a signed reader sees no negative number, a registry never meets one."""
    ids = [schema_id for record in record_types() for schema_id in schemas_of(record)]
    assert len(ids) == len(set(ids))
    assert all(DERIVED_FROM <= schema_id < 2 * DERIVED_FROM for schema_id in ids)


def test_words_of_documentation_do_not_change_the_id() -> None:
    """A better explanation is no new version."""
    plain = {"type": "record", "name": "a.B", "fields": [{"name": "c", "type": "string"}]}
    assert derived_id(plain) == derived_id(plain | {"doc": "explained"})


@pytest.mark.parametrize("message", [b"", b"\x00\x00\x00\x01", b"\x01\x00\x00\x00\x01body", b"{}\n  ", b"\xff" * 9])
def test_what_is_not_framed_is_refused(message: bytes) -> None:
    """Too short, or another first byte."""
    with pytest.raises(Unframed):
        unframe(message)
