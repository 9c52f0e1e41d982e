"""Header blocks that we send (HPACK, RFC 7541): what a batch shares lies in the peer's dynamic table and costs a byte.

The table is kept here exactly as the peer keeps it: what enters, what is evicted, in what order, and its size, which
the peer may change at any time (§4).
"""

from collections import deque
from functools import lru_cache
from typing import NamedTuple

from notifier.webpush.http2.frames import DATA, END_HEADERS, END_STREAM, HEADERS, head_of_frame
from notifier.webpush.transport import MAX_ENDPOINT_BYTES, Head

Field = tuple[bytes, bytes]
LARGEST_TABLE = 4096
"""The size without any SETTINGS; we never ask for more."""

STATIC_ENTRIES = 61
MOST_FORMS = 4096
ENTRY_OVERHEAD = 32
_METHOD_POST, _SCHEME_HTTPS = b"\x83", b"\x87"
_PATH = b"\x04"  # literal, not indexed: no path comes twice
_CONTENT_LENGTH = b"\x0f\x0d"  # literal, not indexed, name 28
_STATIC_NAMES = {b":authority": 1, b"authorization": 23, b"content-encoding": 26, b"content-type": 31}


def integer(value: int, prefix_bits: int, first: int = 0) -> bytes:
    """A number after the bits of `first` (RFC 7541 §5.1)."""
    most = (1 << prefix_bits) - 1
    if value < most:
        return bytes([first | value])
    out = bytearray([first | most])
    value -= most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


_PATH_STARTS = tuple(_PATH + integer(size, 7) for size in range(MAX_ENDPOINT_BYTES + 1))


class Form(NamedTuple):
    """A request's two frames but for stream, path and body: what stands before each of them, in this order:
    `headers`, the stream, `before`, the path, `after`, `data`, the stream, the body."""

    headers: bytes
    before: bytes
    after: bytes
    data: bytes


class FieldWriter:
    """Writes the header blocks of one connection, which must be sent in the order in which they were written."""

    def __init__(self, authority: str) -> None:
        self._authority = (b":authority", authority.encode())
        self._numbers: dict[Field, int] = {}
        self._order: deque[Field] = deque()
        self._size, self._limit = 0, LARGEST_TABLE
        self._inserted = 0
        self._next_limit, self._lowest_limit = LARGEST_TABLE, LARGEST_TABLE
        self._head: Head | None = None
        self._before = self._after = b""
        self._forms: dict[tuple[int, int], Form] = {}

    def limit(self, size: int) -> None:
        """The peer's SETTINGS_HEADER_TABLE_SIZE. It is told in the next block that we keep to it (§4.2)."""
        self._next_limit = min(size, LARGEST_TABLE)
        self._lowest_limit = min(self._lowest_limit, self._next_limit)
        self._head = None

    def form(self, head: Head, path_bytes: int, body_bytes: int) -> Form | None:
        """How a POST under the same head as the last block looks; None: it has to be written with `block`."""
        if head is not self._head:
            return None
        form = self._forms.get((path_bytes, body_bytes))
        if form is None:
            form = self._form(path_bytes, body_bytes)
            if len(self._forms) < MOST_FORMS:
                self._forms[path_bytes, body_bytes] = form
        return form

    def _form(self, path_bytes: int, body_bytes: int) -> Form:
        before, after = self._before + _PATH_STARTS[path_bytes], self._after + _content_length(body_bytes)
        size = len(before) + path_bytes + len(after)
        headers, data = head_of_frame(HEADERS, END_HEADERS, size), head_of_frame(DATA, END_STREAM, body_bytes)
        return Form(headers, before, after, data)

    def block(self, head: Head, target: bytes, length: int) -> bytes:
        """The header block of one POST with a body of `length` bytes."""
        fields = [(name.encode(), value.encode()) for name, value in head.fields]
        out = [self._resized(), _METHOD_POST, _SCHEME_HTTPS, self._field(self._authority)]
        out += [_PATH_STARTS[len(target)], target]
        out += [self._field(field) for field in fields]
        out.append(_content_length(length))
        self._remember(head, fields)
        return b"".join(out)

    def _remember(self, head: Head, fields: list[Field]) -> None:
        """The short form of the next blocks with this head, if all of it has stayed in the table."""
        self._head = None
        self._forms.clear()
        if all(field in self._numbers for field in (self._authority, *fields)):
            self._head = head
            self._before = _METHOD_POST + _SCHEME_HTTPS + self._field(self._authority)
            self._after = b"".join(self._field(field) for field in fields)

    def _field(self, field: Field) -> bytes:
        number = self._numbers.get(field)
        if number is not None:
            return integer(STATIC_ENTRIES + 1 + self._inserted - number, 7, 0x80)
        size = len(field[0]) + len(field[1]) + ENTRY_OVERHEAD
        if size > self._limit:
            return _literal(field, 4, 0)
        self._evict(self._limit - size)
        self._inserted += 1
        self._numbers[field] = self._inserted
        self._order.append(field)
        self._size += size
        return _literal(field, 6, 0x40)

    def _evict(self, room: int) -> None:
        while self._size > room:
            oldest = self._order.popleft()
            del self._numbers[oldest]
            self._size -= len(oldest[0]) + len(oldest[1]) + ENTRY_OVERHEAD

    def _resized(self) -> bytes:
        """What tells the peer that the table's size changed: the smallest in between, and the last (§4.2)."""
        if self._lowest_limit == self._next_limit == self._limit:
            return b""
        lowest, self._limit = self._lowest_limit, self._next_limit
        self._lowest_limit = self._next_limit
        self._evict(lowest)
        said = integer(self._limit, 5, 0x20)
        return integer(lowest, 5, 0x20) + said if lowest < self._limit else said


@lru_cache(maxsize=8192)
def _content_length(length: int) -> bytes:
    digits = str(length).encode()
    return _CONTENT_LENGTH + integer(len(digits), 7) + digits


def _literal(field: Field, prefix_bits: int, first: int) -> bytes:
    name, value = field
    known = _STATIC_NAMES.get(name, 0)
    begin = integer(known, prefix_bits, first)
    spelled = b"" if known else integer(len(name), 7) + name
    return begin + spelled + integer(len(value), 7) + value
