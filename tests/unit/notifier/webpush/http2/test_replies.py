"""The status of an answer, however it is spelled."""

import pytest
from hpack import Encoder

from notifier.webpush.http2.frames import Broken
from notifier.webpush.http2.replies import FieldReader, quick_status

STATUSES = range(100, 600)


@pytest.mark.parametrize("huffman", [True, False])
@pytest.mark.parametrize("more", [[], [("server", "nginx"), ("date", "Mon, 23 Nov 2026 21:00:00 GMT")]])
def test_every_status_is_read_from_its_first_bytes(huffman: bool, more: list[tuple[str, str]]) -> None:
    """As the hpack library writes them to a peer without a table, and as the whole reader reads them."""
    reader = FieldReader()
    for status in STATUSES:
        encoder = Encoder()
        block = encoder.encode([(":status", str(status)), *more], huffman=huffman)
        assert quick_status(block) == status
        assert reader.read(block) == (status, dict(more))


def test_an_rfc_vector() -> None:
    """RFC 7541 C.6.1: 302, Huffman coded, with indexing."""
    assert quick_status(bytes.fromhex("488264025885aec3771a4b")) == 302


@pytest.mark.parametrize(
    "block", ["", "08", "0803", "080332", "0804", "08033a3131", "20880f", "c0", "488264", "0f10", "008803"]
)
def test_what_is_not_plain_is_left_to_the_whole_reader(block: str) -> None:
    """Cut short, a size update first, a field of a table that there is not."""
    assert quick_status(bytes.fromhex(block)) == 0


def test_a_table_that_we_did_not_allow_is_refused() -> None:
    """A field by a number above the static ones, or a table size above 0."""
    for block in ("88be", "3fe11f88"):
        with pytest.raises(Broken):
            FieldReader().read(bytes.fromhex(block))


def test_a_size_update_to_nothing_is_taken() -> None:
    """RFC 7541 §4.2: an encoder that keeps to our SETTINGS begins its first block with it."""
    assert FieldReader().read(bytes.fromhex("208e")) == (500, {})
