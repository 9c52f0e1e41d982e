"""Header blocks, read back by the hpack library: its table must be ours, whatever enters and leaves."""

import pytest
from hpack import Decoder
from hypothesis import given
from hypothesis import strategies as st

from notifier.webpush.http2.fields import FieldWriter, integer
from notifier.webpush.http2.frames import DATA, END_HEADERS, END_STREAM, HEADERS
from notifier.webpush.transport import Head

AUTHORITY = "push.example"

heads = st.builds(
    lambda token, ttl, topic: Head(
        (("authorization", token), ("ttl", str(ttl)), ("topic", topic), ("urgency", "high"))
    ),
    st.sampled_from(["a" * 30, "b" * 700, "c" * 2000, "d" * 4080]),
    st.integers(0, 5),
    st.sampled_from(["t1", "t2" * 16, "t3"]),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), heads, st.integers(1, 4)),
        st.tuples(st.just("limit"), st.sampled_from([0, 31, 64, 100, 300, 1000, 4096, 65_536]), st.just(0)),
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("value", "bits", "expected"),
    [(10, 5, b"\x0a"), (1337, 5, b"\x1f\x9a\x0a"), (42, 8, b"\x2a"), (127, 7, b"\x7f\x00")],
)
def test_numbers(value: int, bits: int, expected: bytes) -> None:
    """RFC 7541 C.1."""
    assert integer(value, bits) == expected


def texts(decoder: Decoder, block: bytes) -> list[tuple[str, str]]:
    """What a peer reads."""
    return [(str(name), str(value)) for name, value in decoder.decode(block)]


def written(writer: FieldWriter, head: Head, target: bytes, length: int) -> bytes:
    """The block as it goes out: in its short form where there is one. Its frames' headers say how long they are."""
    form = writer.form(head, len(target), length)
    if form is None:
        return writer.block(head, target, length)
    block = form.before + target + form.after
    assert form.headers == len(block).to_bytes(3, "big") + bytes([HEADERS, END_HEADERS])
    assert form.data == length.to_bytes(3, "big") + bytes([DATA, END_STREAM])
    return block


@given(steps)
def test_a_decoder_reads_what_was_meant(steps: list[tuple[str, Head | int, int]]) -> None:
    """Through insertions, evictions and changes of the table's size. The decoder refuses a table above what it allowed
    and a change that is not told (RFC 7541 §4.2)."""
    writer, decoder = FieldWriter(AUTHORITY), Decoder()
    for number, (_, what, times) in enumerate(steps):
        if not isinstance(what, Head):
            writer.limit(what)
            decoder.max_allowed_table_size = what
            continue
        for turn in range(times):
            target = b"/push/%d/%d" % (number, turn)
            read = texts(decoder, written(writer, what, target, turn * 1000))
            assert read[:4] == [
                (":method", "POST"),
                (":scheme", "https"),
                (":authority", AUTHORITY),
                (":path", target.decode()),
            ]
            assert read[4:] == [*what.fields, ("content-length", str(turn * 1000))]


def test_what_is_shared_costs_a_byte_each() -> None:
    """The second request with the same head: 3 for method, scheme and authority, 6 for the fields, path and length."""
    head = Head(tuple((name, name * 20) for name in ("authorization", "ttl", "urgency", "topic", "a", "b")))
    writer = FieldWriter(AUTHORITY)
    writer.block(head, b"/x", 100)
    assert len(writer.block(head, b"/x", 100)) == 3 + 6 + len(b"\x04\x02/x") + len(b"\x0f\x0d\x03100")


def test_a_table_is_told_how_small_it_was_in_between() -> None:
    """RFC 7541 §4.2: after 0 and then 4096 both are said, the smallest first; nothing lies in it any more."""
    writer, head = FieldWriter(AUTHORITY), Head((("a", "b"),))
    first = writer.block(head, b"/x", 1)
    writer.limit(0)
    writer.limit(4096)
    assert writer.block(head, b"/x", 1) == bytes.fromhex("203fe11f") + first


@pytest.mark.parametrize(("size", "kept"), [(4009, True), (4010, False), (4011, False)])
def test_the_table_is_full_to_the_byte(size: int, kept: bool) -> None:
    """RFC 7541 §4.1: an entry is name, value and 32. `:authority` takes 54 of 4096, the field 33 and its value."""
    writer, decoder, head = FieldWriter(AUTHORITY), Decoder(), Head((("a", "v" * size),))
    decoder.decode(writer.block(head, b"/x", 1))
    second = writer.block(head, b"/x", 1)
    assert texts(decoder, second)[2:5] == [(":authority", AUTHORITY), (":path", "/x"), ("a", "v" * size)]
    assert (len(second) < 20) == kept
