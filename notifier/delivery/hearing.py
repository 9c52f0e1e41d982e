"""What answers mean for the recipients of one chunk: ends and later tries, all that are alike at once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from notifier.delivery.errand import Chunk
from notifier.outcome import Answer, Meaning, NetworkFault, meaning, retry_after
from notifier.webpush.send import Later, judge

_REFUSALS, _DISTRUST = 400, (401, 403)

Answers = Sequence[tuple[object, Answer | NetworkFault]]


@dataclass(frozen=True, slots=True)
class Clock:
    """Real time, a steady clock in seconds, and chance in [0, 1)."""

    now: Callable[[], datetime]
    steady: Callable[[], float]
    spread: Callable[[], float]


class Lesson(NamedTuple):
    """What a lane learns: so many answers of this meaning, how long (in seconds) the service asked us to wait, and
    whether it did not believe who we are."""

    meaning: Meaning
    tries: int
    told_s: float | None
    distrusted: bool


def hear(chunk: Chunk, answers: Answers, clock: Clock) -> Iterator[Lesson]:
    """Give every recipient its end or its next try."""
    now, took_s = clock.now(), clock.steady() - chunk.left_at
    for group in _alike(answers):
        first, meant = group[0][1], meaning(group[0][1], chunk.site.host)
        names = [str(handle) for handle, _ in group]
        if meant.end is None:
            _try_again(chunk, group, meant, now, clock.spread, took_s)
        else:
            _end(chunk, names, first, meant, now, took_s)
        yield Lesson(meant, len(names), *_told(first, now))
    chunk.errand.heard(len(answers))


def _alike(answers: Answers) -> Collection[Answers]:
    """Answers that say the same together; mostly all do, and share one object."""
    first = answers[0][1]
    if all(answer is first for _, answer in answers):
        return [answers]
    groups: dict[tuple[int | str, str], list[tuple[object, Answer | NetworkFault]]] = defaultdict(list)
    for told in answers:
        answer = told[1]
        said = (answer.status, answer.text) if isinstance(answer, Answer) else (answer.fault, answer.detail)
        groups[said].append(told)
    return groups.values()


def _end(
    chunk: Chunk, names: list[str], answer: Answer | NetworkFault, meant: Meaning, now: datetime, took_s: float
) -> None:
    ended = judge(answer, meant, chunk.errand.job.attempt + 1, now, chunk.until, 0.0, took_s)
    if not isinstance(ended, Later):
        chunk.errand.ended(names, chunk.site.host, ended, now)


def _try_again(
    chunk: Chunk,
    group: Answers,
    meant: Meaning,
    now: datetime,
    spread: Callable[[], float],
    took_s: float,
) -> None:
    """Each with a chance of its own: not everyone comes back at once."""
    errand, host = chunk.errand, chunk.site.host
    for handle, answer in group:
        name = str(handle)
        what = judge(answer, meant, errand.job.attempt + 1, now, chunk.until, spread(), took_s)
        if isinstance(what, Later):
            errand.later([name], host, what)
        else:
            errand.ended([name], host, what, now)


def _told(answer: Answer | NetworkFault, now: datetime) -> tuple[float | None, bool]:
    if isinstance(answer, NetworkFault) or answer.status < _REFUSALS:
        return None, False
    return retry_after(answer, now), answer.status in _DISTRUST
