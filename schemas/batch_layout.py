"""Where the times and values of one layout of ReadingBatch stand, and a message cut there."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import Any

from schemas.framing import HEADER
from schemas.records.base import Trace
from schemas.records.columns import Columns, Form, time_of
from schemas.records.observed import Quality, ReadingBatch

_MORE, _LAST, _TIME_BYTES = 0x8080808080808080, 0x0080808080808080, 8
"""Microseconds since 1970 as a varint take 8 bytes from 1987 to 3111; each but the last says that more follow."""
_FORMATS = {"f": "{}x", "t": "{}s", "d": "d", "Q": "Q"}
_Pick = Callable[[tuple[Any, ...]], tuple[Any, ...]]


class NoLayout(ValueError):
    """This message is not written in the way that can be cut: it is decoded in full, always."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to cut a message. `mask` covers the bytes that stay as they are, `fixed` is what they are (as long numbers).

    `varied` takes the other bytes out of it, and the picks say which of them are what.
    """

    mask: int
    fixed: int
    varied: struct.Struct
    values_of: _Pick
    moments_of: _Pick
    times_of: _Pick
    texts_of: _Pick
    form: Form

    def read(self, message: bytes) -> Columns | None:
        """The batch; None if this message is laid out otherwise, or must be looked at by those who refuse."""
        if len(message) != self.varied.size or int.from_bytes(message, "little") & self.mask != self.fixed:
            return None
        parts = self.varied.unpack(message)
        times, moments = self.times_of(parts), self.moments_of(parts)
        shared = len(moments) > 0 and moments.count(moments[0]) == len(moments)
        if any(t & _MORE != _LAST for t in (*times, *(moments[:1] if shared else moments))):
            return None
        try:
            batch_id, trace_id = (text.decode() for text in self.texts_of(parts))
        except UnicodeDecodeError:
            return None
        observed = (_micros(moments[0]),) * len(moments) if shared else tuple(map(_micros, moments))
        values = self._values(self.values_of(parts))
        return _columns(self.form, batch_id, trace_id, tuple(map(_time, times)), values, observed, shared)

    def _values(self, found: tuple[float, ...]) -> tuple[float | None, ...]:
        if len(found) == len(self.form.rows):
            return found
        rest = iter(found)
        return tuple(None if row.value is None else next(rest) for row in self.form.rows)


def layout_of(record: ReadingBatch, message: bytes) -> Layout:
    """The layout of a message that was decoded to `record`; raises NoLayout where cutting gives another record."""
    pieces = list(_pieces(record))
    varied = struct.Struct("<" + "".join(_FORMATS[kind].format(size) for kind, size in pieces))
    if varied.size != len(message):
        raise NoLayout
    mask = int.from_bytes(b"".join((b"\xff" if kind == "f" else b"\x00") * size for kind, size in pieces), "little")
    kinds = [kind for kind, _ in pieces if kind != "f"]
    times = [i for i, kind in enumerate(kinds) if kind == "Q"]
    layout = Layout(
        mask=mask,
        fixed=int.from_bytes(message, "little") & mask,
        varied=varied,
        values_of=_pick([i for i, kind in enumerate(kinds) if kind == "d"]),
        moments_of=_pick(times[1:-2]),
        times_of=_pick([times[0], *times[-2:]]),
        texts_of=_pick([i for i, kind in enumerate(kinds) if kind == "t"]),
        form=_form(record),
    )
    cut = layout.read(message)
    if cut is None or cut.record() != record:
        raise NoLayout
    return layout


def _pieces(batch: ReadingBatch) -> Iterator[tuple[str, int]]:
    """(f fixed | t text | d double | Q time, bytes) in the order of reading_batch.v1.avsc."""
    yield "f", HEADER.size + _prefix(batch.id)
    yield "t", len(batch.id.encode())
    yield "f", 2 + _text(batch.source) + _text(batch.municipality)
    yield "Q", _TIME_BYTES
    yield "f", 2 + (_text(batch.reason) if batch.reason is not None else 0)
    yield "f", sum(map(_text, batch.stations)) + _block(batch.stations) + _block(batch.readings) - 1
    for reading in batch.readings:
        yield "f", _text(reading.station) + _text(reading.quantity) + 1
        if reading.value is not None:
            yield "d", 8
        yield "f", _text(reading.unit)
        yield "Q", _TIME_BYTES
        code = reading.quality_code
        yield "f", 2 + (_long(code) if code is not None else 0)
    yield "f", 1 + _prefix(batch.trace.id)
    yield "t", len(batch.trace.id.encode())
    yield "Q", _TIME_BYTES
    yield "Q", _TIME_BYTES


def _form(record: ReadingBatch) -> Form:
    rows, codes = record.readings, tuple(reading.station for reading in record.readings)
    kinds = {(row.quantity, row.unit, row.quality, row.value is None) for row in rows}
    quantity, unit, quality, missing = kinds.pop() if len(kinds) == 1 else ("", "", Quality.MISSING, True)
    even = (quantity, unit) if quality is Quality.VALID and not missing else None
    return Form(record, rows, codes, even, all(a < b for a, b in pairwise(codes)))


def _columns(
    form: Form,
    batch_id: str,
    trace_id: str,
    times: tuple[datetime, ...],
    values: tuple[float | None, ...],
    moments: tuple[int, ...],
    shared: bool,
) -> Columns:
    made, head = object.__new__(Columns), form.head
    put, (polled_at, started_at, made_at) = object.__setattr__, times  # frozen: this is its __init__
    put(made, "id", batch_id)
    put(made, "world", head.world)
    put(made, "origin", head.origin)
    put(made, "source", head.source)
    put(made, "municipality", head.municipality)
    put(made, "polled_at", polled_at)
    put(made, "outcome", head.outcome)
    put(made, "reason", head.reason)
    put(made, "stations", head.stations)
    put(made, "trace", Trace(trace_id, started_at))
    put(made, "made_at", made_at)
    put(made, "form", form)
    put(made, "values", values)
    put(made, "moments", moments)
    put(made, "at", moments[0] if shared else None)
    return made


def _pick(places: list[int]) -> _Pick:
    """The parts at these places, as a tuple however many there are."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda parts: tuple(parts[i] for i in places)


def _time(raw: int) -> datetime:
    return time_of(_micros(raw))


@lru_cache(maxsize=256)
def _micros(raw: int) -> int:
    """Eight bytes of a zigzag varint, taken as one little-endian number."""
    groups = sum((raw >> 8 * i & 0x7F) << 7 * i for i in range(_TIME_BYTES))
    return groups >> 1 ^ -(groups & 1)


def _text(text: str) -> int:
    return _prefix(text) + len(text.encode())


def _prefix(text: str) -> int:
    return _long(len(text.encode()))


def _block(items: tuple[Any, ...]) -> int:
    """Count before and zero after an array in one block; an empty one has the zero only."""
    return _long(len(items)) + 1 if items else 1


def _long(number: int) -> int:
    """Bytes of a zigzag varint."""
    zigzag = number << 1 ^ number >> 63
    return max(1, -(-zigzag.bit_length() // 7))
