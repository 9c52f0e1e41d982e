"""One job's recipients as they lie in Redis: 11 bytes a name, sorted; and what ends do to their marks. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from notifier.standing import UNENDED, Mark

NAME_CHARS = 22
"""A subscriber's id (seal.subscriber_id): hex digits, two a byte."""


def pack(names: Sequence[str]) -> bytes:
    """Names in 11 bytes each; raises ValueError for what is no subscriber's id."""
    packed = bytes.fromhex("".join(names))
    if len(packed) * 2 != len(names) * NAME_CHARS:
        raise ValueError("a subscriber's id is 22 hex digits")
    return packed


def unpack(packed: bytes) -> list[str]:
    """The names again."""
    text = packed.hex()
    return [text[at : at + NAME_CHARS] for at in range(0, len(text), NAME_CHARS)]


def mark_ends(names: Sequence[str], marks: bytearray, ends: Iterable[tuple[str, Mark]]) -> tuple[int, list[str]]:
    """Put ends into `marks`: the first of each counts. Returns how many counted, and the names that are not here."""
    counted, strangers = 0, []
    for name, mark in ends:
        at = bisect_left(names, name)
        if at == len(names) or names[at] != name:
            strangers.append(name)
        elif marks[at] in UNENDED:
            marks[at] = mark
            counted += 1
    return counted, strangers
