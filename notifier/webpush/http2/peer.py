"""What the peer allows (RFC 9113 §6.5)."""

import struct
from dataclasses import dataclass

from notifier.webpush.http2.frames import (
    FIRST_WINDOW,
    LARGEST_MAX_FRAME,
    LARGEST_WINDOW,
    SMALLEST_MAX_FRAME,
    Broken,
    Code,
)

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = (
    range(1, 7)
)


@dataclass(slots=True)
class Allowed:
    """The peer's settings, as they stand."""

    table_size: int = 4096
    streams: int = LARGEST_WINDOW
    window: int = FIRST_WINDOW
    frame: int = SMALLEST_MAX_FRAME

    def change(self, payload: bytes) -> None:
        """Take a SETTINGS frame's payload; raises Broken."""
        if len(payload) % 6:
            raise Broken(Code.FRAME_SIZE_ERROR, "SETTINGS of a broken length")
        for name, value in struct.iter_unpack(">HL", payload):
            _check(name, value)
            if name in _FIELDS:
                setattr(self, _FIELDS[name], value)


_FIELDS = {
    HEADER_TABLE_SIZE: "table_size",
    MAX_CONCURRENT_STREAMS: "streams",
    INITIAL_WINDOW_SIZE: "window",
    MAX_FRAME_SIZE: "frame",
}


def _check(name: int, value: int) -> None:
    if name == ENABLE_PUSH and value:
        raise Broken(Code.PROTOCOL_ERROR, "a server cannot allow itself to push")
    if name == INITIAL_WINDOW_SIZE and value > LARGEST_WINDOW:
        raise Broken(Code.FLOW_CONTROL_ERROR, f"a window of {value}")
    if name == MAX_FRAME_SIZE and not SMALLEST_MAX_FRAME <= value <= LARGEST_MAX_FRAME:
        raise Broken(Code.PROTOCOL_ERROR, f"frames of {value} bytes")
