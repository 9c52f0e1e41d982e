"""As much of the protobuf wire format as Google's cloud messaging needs: fields in and out, without a schema."""

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def varint(number: int) -> bytes:
    """Base 128, lowest group first."""
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def number(field: int, value: int) -> bytes:
    """An integer field."""
    return varint(field << 3 | VARINT) + varint(value)


def fixed64(field: int, value: int) -> bytes:
    """A fixed64 field."""
    return varint(field << 3 | FIXED64) + value.to_bytes(8, "little")


def text(field: int, value: str | bytes) -> bytes:
    """A string, bytes or message field."""
    raw = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | BYTES) + varint(len(raw)) + raw


def fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field of a message."""
    at = 0
    while at < len(raw):
        key, at = _varint(raw, at)
        kind = key & 7
        value: int | bytes
        if kind == VARINT:
            value, at = _varint(raw, at)
        else:
            if kind == BYTES:
                length, at = _varint(raw, at)
            else:
                length = {FIXED64: 8, FIXED32: 4}[kind]
            value, at = raw[at : at + length], at + length
        yield key >> 3, value


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
