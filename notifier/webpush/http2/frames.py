"""Frames as bytes (RFC 9113 §4 and §6)."""

import struct
from enum import IntEnum

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADER = struct.Struct(">HBBBL")
"""Length in two parts (16 and 8 bits), type, flags, stream."""

HEADER_BYTES, STREAM_BYTES = 9, 4
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, PRIORITIZED = 0x4, 0x8, 0x20
SMALLEST_MAX_FRAME, LARGEST_MAX_FRAME = 1 << 14, (1 << 24) - 1
LARGEST_WINDOW = LAST_STREAM = (1 << 31) - 1
FIRST_WINDOW = 65_535


class Code(IntEnum):
    """Error codes (RFC 9113 §7)."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11
    INADEQUATE_SECURITY = 12
    HTTP_1_1_REQUIRED = 13


class Broken(Exception):
    """The peer broke the protocol: the connection ends, and the peer is told why."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


def head_of_frame(kind: int, flags: int, size: int) -> bytes:
    """A frame's header up to its stream."""
    return HEADER.pack(size >> 8, size & 0xFF, kind, flags, 0)[:-STREAM_BYTES]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame."""
    size = len(payload)
    return HEADER.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload


def settings(values: dict[int, int]) -> bytes:
    """A SETTINGS frame."""
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HL", *pair) for pair in values.items()))


def reset(stream: int, code: Code) -> bytes:
    """A RST_STREAM frame."""
    return frame(RST_STREAM, 0, stream, number(code))


def goaway(code: Code) -> bytes:
    """A GOAWAY frame; the peer opens no streams, so the last one we saw is none."""
    return frame(GOAWAY, 0, 0, number(0) + number(code))


def number(value: int) -> bytes:
    """32 bits, as RST_STREAM, GOAWAY and WINDOW_UPDATE have them."""
    return struct.pack(">L", value)


def parts(payload: bytes, size: int) -> tuple[int, ...]:
    """A payload that must be `size` bytes of 32-bit numbers; raises Broken."""
    if len(payload) != size:
        raise Broken(Code.FRAME_SIZE_ERROR, f"a frame of {len(payload)} bytes where {size} are said")
    return struct.unpack(f">{size // 4}L", payload)


def unpadded(flags: int, payload: bytes) -> bytes:
    """What a DATA or HEADERS frame carries, without padding and priority; raises Broken."""
    start = end = 0
    if flags & PADDED:
        start, end = 1, payload[0] if payload else 256
    if flags & PRIORITIZED:
        start += 5
    if start + end > len(payload):
        raise Broken(Code.PROTOCOL_ERROR, "more padding than there is payload")
    return payload[start : len(payload) - end]


def named(code: int) -> str:
    """An error code as its name, where it has one."""
    try:
        return Code(code).name
    except ValueError:
        return f"error {code:#x}"
