"""JobOutcome's bytes written and read at speed: a thousand recipients end alike, at a few moments.

Bytes and records are those of the generic codec (a property test says so). What is out of the ordinary (a detail, an
odd name) gives None: then the generic codec does it, or refuses it.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, repeat
from operator import attrgetter, itemgetter
from typing import NamedTuple

from schemas.records.base import Origin, Trace, World
from schemas.records.delivered import End, JobOutcome, RecipientEnd

_EPOCH, _MICRO = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_LONG = 2**63
_WORLDS, _ORIGINS, _ENDS = tuple(World), tuple(Origin), tuple(End)
_TEXTS, _NUMBERS = ("plan_id", "order_id"), ("revision", "bucket", "attempt")
_FACTS, _SECOND = attrgetter("end", "status", "detail", "attempts"), itemgetter(1)
_Row = tuple[str, str, str]

_VARINT = r"[\x80-\xff]{0,9}[\x00-\x7f]"
_ROW = re.compile(
    rf"([\w-]{{22}})([\x00\x02\x04\x06\x08\x0a](?:\x00|\x02{_VARINT})\x00{_VARINT})([\x80-\xff]{{7}}[\x00-\x7f],?)",
    re.ASCII,
)
"""Subscriber; end, status, no detail, attempts; a time in 8 bytes, and `,`: the next one's length, 22 characters."""


class _Lazy(JobOutcome):
    """An outcome whose `ends` become records only where somebody asks for them. Equal to any that says the same."""

    __slots__ = ()

    def record(self) -> JobOutcome:
        """The plain record."""
        return JobOutcome(*(getattr(self, name) for name in JobOutcome.__dataclass_fields__))

    def __eq__(self, other: object) -> bool:
        """By what it says."""
        return self.record() == (other.record() if isinstance(other, _Lazy) else other)

    def __hash__(self) -> int:
        """As the plain record's."""
        return hash(self.record())


class OutcomeColumns(_Lazy):
    """An outcome as it was read: `rows` holds (subscriber, facts, time) of each end."""

    __slots__ = ("rows",)
    rows: list[_Row]

    @property
    def ends(self) -> tuple[RecipientEnd, ...]:
        """The ends as records."""
        return _records(self.rows)

    def pairs(self) -> list[tuple[str, End]]:
        """(subscriber, end) of each: all that counting needs."""
        return [(name, _facts(facts)[0]) for name, facts, _ in self.rows]


class AlikeEnds(NamedTuple):
    """Recipients whose ends differ in nothing but their names."""

    names: Sequence[str]
    end: End
    status: int | None
    detail: str | None
    attempts: int
    at: datetime

    def records(self) -> Iterator[RecipientEnd]:
        """One by one."""
        return (RecipientEnd(name, self.end, self.status, self.detail, self.attempts, self.at) for name in self.names)


class OutcomeGroups(_Lazy):
    """An outcome as a worker knows it: `groups` of recipients who ended alike."""

    __slots__ = ("groups",)
    groups: tuple[AlikeEnds, ...]

    @property
    def ends(self) -> tuple[RecipientEnd, ...]:
        """The ends as records."""
        return tuple(chain.from_iterable(group.records() for group in self.groups))


def grouped(outcome: JobOutcome, groups: Iterable[AlikeEnds]) -> OutcomeGroups:
    """The outcome with these ends instead of its own."""
    made, put = object.__new__(OutcomeGroups), object.__setattr__  # frozen: this is its __init__
    for name in JobOutcome.__dataclass_fields__:
        if name != "ends":
            put(made, name, getattr(outcome, name))
    put(made, "groups", tuple(groups))
    return made


def write(outcome: JobOutcome) -> bytes | None:
    """The Avro body; None where the generic codec must write it, or say what is wrong."""
    try:
        ends = _grouped(outcome.groups) if isinstance(outcome, OutcomeGroups) else _written(outcome.ends)
        return b"".join((_head(outcome), ends, _tail(outcome)))
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None


def read(body: bytes) -> OutcomeColumns | None:
    """The record of an Avro body; None where the generic codec must read it, or say what is wrong."""
    try:
        return _Cut(body.decode("latin-1")).outcome()
    except (ValueError, IndexError, OverflowError):
        return None


def _head(outcome: JobOutcome) -> bytes:
    parts = [_text(outcome.id), _text(outcome.job_id), _long(_WORLDS.index(outcome.world))]
    parts += [_long(_ORIGINS.index(outcome.origin)), _text(outcome.municipality)]
    parts += [_text(getattr(outcome, name)) for name in _TEXTS]
    parts += [_long(getattr(outcome, name)) for name in _NUMBERS]
    return b"".join(parts)


def _tail(outcome: JobOutcome) -> bytes:
    trace = outcome.trace
    return b"\0" + _text(trace.id) + b"".join(map(_long, map(_micros, (trace.started_at, outcome.made_at))))


def _written(ends: tuple[RecipientEnd, ...]) -> bytes:
    if not ends:
        return b""
    made: dict[tuple[End, int | None, str | None, int], str] = {}
    texts, last, at = [], None, ""
    for end in ends:
        name, facts, moment = end.subscriber, _FACTS(end), end.at
        if moment is not last:
            last, at = moment, _long(_micros(moment)).decode("latin-1")
        middle = made.get(facts)
        if middle is None:
            middle = made[facts] = _middle(*facts)
        if not name.isascii():
            raise ValueError(name)
        texts.append(f"{_prefix(len(name))}{name}{middle}{at}")
    return _long(len(ends)) + "".join(texts).encode("latin-1")


def _grouped(groups: Sequence[AlikeEnds]) -> bytes:
    count = sum(len(group.names) for group in groups)
    return _long(count) + "".join(map(_group, groups)).encode("latin-1") if count else b""


def _group(group: AlikeEnds) -> str:
    """Names of one length, as ours are, are joined at once."""
    names, facts = group.names, (group.end, group.status, group.detail, group.attempts)
    same = _middle(*facts) + _long(_micros(group.at)).decode("latin-1")
    if not "".join(names).isascii():
        raise ValueError("a name of other characters")
    lengths = set(map(len, names))
    if len(lengths) == 1:
        begin = _prefix(lengths.pop())
        return begin + (same + begin).join(names) + same
    return "".join(f"{_prefix(len(name))}{name}{same}" for name in names)


def _middle(end: End, status: int | None, detail: str | None, attempts: int) -> str:
    said = b"\0" if status is None else b"\x02" + _long(status)
    told = b"\0" if detail is None else b"\x02" + _text(detail)
    return (_long(_ENDS.index(end)) + said + told + _long(attempts)).decode("latin-1")


@lru_cache(maxsize=256)
def _prefix(length: int) -> str:
    return _long(length).decode("latin-1")


def _text(text: str) -> bytes:
    raw = text.encode()
    return _long(len(raw)) + raw


def _long(number: int) -> bytes:
    if not -_LONG <= number < _LONG:
        raise OverflowError(number)
    zigzag = number << 1 ^ number >> 63
    groups = bytearray()
    while zigzag > 0x7F:
        groups.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    groups.append(zigzag)
    return bytes(groups)


def _micros(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError(moment)
    return (moment - _EPOCH) // _MICRO


class _Cut:
    """Cuts a body (bytes as characters of the same number) from front to back."""

    def __init__(self, body: str) -> None:
        self._body, self._at = body, 0

    def outcome(self) -> OutcomeColumns | None:
        made, put = object.__new__(OutcomeColumns), object.__setattr__  # frozen: this is its __init__
        for name in ("id", "job_id"):
            put(made, name, self._text())
        put(made, "world", _named(_WORLDS, self._long()))
        put(made, "origin", _named(_ORIGINS, self._long()))
        for name in ("municipality", *_TEXTS):
            put(made, name, self._text())
        for name in _NUMBERS:
            put(made, name, self._long())
        rows = self._rows()
        if rows is None:
            return None
        put(made, "rows", rows)
        put(made, "trace", Trace(self._text(), _time(self._long())))
        put(made, "made_at", _time(self._long()))
        return made if self._at == len(self._body) else None

    def _rows(self) -> list[_Row] | None:
        count, start = self._long(), self._at
        if count == 0:
            return []
        found: list[_Row] = _ROW.findall(self._body, start + 1)
        cut = "".join(chain.from_iterable(found))
        if len(found) != count or self._body[start : start + 1] + cut != self._body[start : start + 1 + len(cut)]:
            return None
        commas = len(cut) - 30 * count - sum(map(len, map(_SECOND, found)))
        self._at = start + 1 + len(cut)
        whole = self._body[start] == "," and commas == count - 1 and len(found[-1][2]) == 8
        return found if whole and self._long() == 0 else None

    def _text(self) -> str:
        length = self._long()
        start, self._at = self._at, self._at + length
        if length < 0 or self._at > len(self._body):
            raise ValueError(length)
        return self._body[start : self._at].encode("latin-1").decode()

    def _long(self) -> int:
        number, shift = 0, 0
        while True:
            byte = ord(self._body[self._at])
            self._at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if shift > 63:
            raise OverflowError(number)  # ten groups: left to the generic codec
        return number >> 1 ^ -(number & 1)


def _named(names: tuple[World, ...] | tuple[Origin, ...] | tuple[End, ...], number: int) -> World | Origin | End:
    if number < 0:
        raise IndexError(number)
    return names[number]


@lru_cache(maxsize=4096)
def _moment(raw: str) -> datetime:
    return _time(_Cut(raw[:8])._long())


def _time(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


@lru_cache(maxsize=4096)
def _facts(raw: str) -> tuple[End, int | None, int]:
    """End, status and attempts of the bytes between a subscriber and its time."""
    cut = _Cut(raw)
    end = _ENDS[cut._long()]
    answered = cut._long() != 0
    status = cut._long() if answered else None
    cut._long()  # no detail
    return end, status, cut._long()


def _records(rows: list[_Row]) -> tuple[RecipientEnd, ...]:
    """As RecipientEnd(…) would make them, field by field for all: a frozen record's own way takes longer."""
    made = tuple(map(object.__new__, repeat(RecipientEnd, len(rows))))
    facts = [_facts(raw) for _, raw, _ in rows]
    _fill("subscriber", made, (name for name, _, _ in rows))
    _fill("end", made, (end for end, _, _ in facts))
    _fill("status", made, (status for _, status, _ in facts))
    _fill("detail", made, repeat(None))
    _fill("attempts", made, (attempts for _, _, attempts in facts))
    _fill("at", made, (_moment(raw) for _, _, raw in rows))
    return made


def _fill(field: str, made: tuple[RecipientEnd, ...], values: Iterable[object]) -> None:
    deque(map(getattr(RecipientEnd, field).__set__, made, values), maxlen=0)
