"""A ReadingBatch in columns: what most of its readings have in common is said once, numbers stand side by side."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from schemas.records.observed import Reading, ReadingBatch

_EPOCH, _MICROS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Form:
    """What such batches have in common: all of `head` but its times and ids, all of `rows` but times and values.

    `even`: (quantity, unit) if every reading is a valid one of these with a value; `ascending`: by station, each once.
    """

    head: ReadingBatch
    rows: tuple[Reading, ...]
    codes: tuple[str, ...]
    even: tuple[str, str] | None
    ascending: bool


class Columns(ReadingBatch):
    """A batch whose readings stand in columns: `values` and `moments` (epoch microseconds), in the order of `form`.

    `at` is the moment that all of them share, if they do. `readings` makes them into records when it is asked.
    """

    __slots__ = ("at", "form", "moments", "values")
    form: Form
    values: tuple[float | None, ...]
    moments: tuple[int, ...]
    at: int | None

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The readings as records."""
        return tuple(map(_reading, self.form.rows, self.values, self.moments))

    def record(self) -> ReadingBatch:
        """The plain record."""
        return ReadingBatch(*(getattr(self, name) for name in ReadingBatch.__dataclass_fields__))


def time_of(micros: int) -> datetime:
    """Epoch microseconds as an aware time."""
    return _EPOCH + micros * _MICROS


def _reading(row: Reading, value: float | None, moment: int) -> Reading:
    return Reading(row.station, row.quantity, value, row.unit, time_of(moment), row.quality, row.quality_code)
