"""One job's recipients as they lie in Redis: 11 bytes a name, sorted; and what ends do to their marks. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from notifier.standing import UNENDED, Mark

NAME_CHARS = 22
"""A subscriber's id (seal.subscriber_id): hex digits, two a byte."""


@dataclass(frozen=True, slots=True)
class Rolls:
    """Recipients of a plan's jobs from number `first` on, all with one mark. `anew`: nothing of the plan lies there."""

    first: int = 0
    names: Sequence[Sequence[str]] = ()
    mark: int = Mark.WAITING
    anew: bool = False

    def commands(self, key: str) -> list[Sequence[bytes | str]]:
        """What writes them into the plan's hash."""
        fields: list[bytes | str] = []
        for number, names in enumerate(self.names, self.first):
            fields += [f"r:{number}", pack(names), f"m:{number}", bytes([self.mark]) * len(names)]
        forget: list[Sequence[bytes | str]] = [("DEL", key)] if self.anew else []
        return [*forget, ("HSET", key, *fields)] if fields else forget


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
