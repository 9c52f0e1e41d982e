"""What answers mean for the recipients of one chunk: ends and later tries, all that are alike at once."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from notifier.delivery.errand import Chunk
from notifier.outcome import Answer, Meaning, NetworkFault, meaning, retry_after
from notifier.webpush.send import Later, judge

Answers = Sequence[tuple[object, Answer | NetworkFault]]


@dataclass(frozen=True, slots=True)
class Clock:
    """Real time, a steady clock in seconds, and chance in [0, 1)."""

    now: Callable[[], datetime]
    steady: Callable[[], float]
    spread: Callable[[], float]


class Lesson(NamedTuple):
    """What a lane learns: so many answers of this meaning, and how long (in seconds) the service asked us to wait."""

    meaning: Meaning
    tries: int
    told_s: float | None


def hear(chunk: Chunk, answers: Answers, clock: Clock) -> Iterator[Lesson]:
    """Give every recipient its end or its next try."""
    now, took_s = clock.now(), clock.steady() - chunk.left_at
    alike: dict[tuple[int | str, str], list[tuple[str, Answer | NetworkFault]]] = defaultdict(list)
    for handle, answer in answers:
        said = (answer.status, answer.text) if isinstance(answer, Answer) else (answer.fault, answer.detail)
        alike[said].append((str(handle), answer))
    for group in alike.values():
        first, meant = group[0][1], meaning(group[0][1], chunk.site.host)
        names = [name for name, _ in group]
        if meant.end is None:
            _try_again(chunk, group, meant, now, clock.spread, took_s)
        else:
            _end(chunk, names, first, meant, now, took_s)
        yield Lesson(meant, len(names), _told(first, now))
    chunk.errand.heard(len(answers))


def _end(
    chunk: Chunk, names: list[str], answer: Answer | NetworkFault, meant: Meaning, now: datetime, took_s: float
) -> None:
    ended = judge(answer, meant, chunk.errand.job.attempt + 1, now, chunk.until, 0.0, took_s)
    if not isinstance(ended, Later):
        chunk.errand.ended(names, chunk.site.host, ended, now)


def _try_again(
    chunk: Chunk,
    group: list[tuple[str, Answer | NetworkFault]],
    meant: Meaning,
    now: datetime,
    spread: Callable[[], float],
    took_s: float,
) -> None:
    """Each with a chance of its own: not everyone comes back at once."""
    errand, host = chunk.errand, chunk.site.host
    for name, answer in group:
        what = judge(answer, meant, errand.job.attempt + 1, now, chunk.until, spread(), took_s)
        if isinstance(what, Later):
            errand.later([name], host, what)
        else:
            errand.ended([name], host, what, now)


def _told(answer: Answer | NetworkFault, now: datetime) -> float | None:
    return retry_after(answer, now) if isinstance(answer, Answer) else None
