"""Which telegrams a poll fetches now, which wait, which a newer one replaces, and which are tried again. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from connectors.jma.atom import kind_in, name_of
from connectors.source import BUDGET, Answer, Failed, Got, Miss

PER_POLL = 200
"""More than a minute of all of Japan brings: only what an outage left behind is spread over several polls."""
MOST_WAITING = 6000
"""Beyond it the youngest are left for another reading of the long feed: so many addresses fit into a cursor, packed."""
UNWHOLE_TRIES, MISSING_TRIES, FAILED_TRIES = 3, 30, 1440
"""Polls: a body that stays cut is as it is; a telegram that is not there (404) is given up after half an hour, a host
that does not answer after a day."""
HOPELESS = frozenset({"foreign_link", "bad_url", "redirect", "too_large"})
"""Answers that another try will not change."""
UNTRIED = frozenset({BUDGET, "deadline"})
"""Reasons for which nobody was asked: no try was used up."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Addresses by when they are fetched. `waiting`: all of `now` and `later`, with the tries so far.

    `left_out` needs no fetching, a newer one replaces it; `others` belongs to another row.
    `whole` is false where more was named than can wait.
    """

    now: tuple[str, ...]
    later: tuple[str, ...]
    left_out: tuple[str, ...]
    others: tuple[str, ...]
    waiting: Mapping[str, int]
    whole: bool


def queue_of(again: Mapping[str, int], new: Sequence[str], urgent: Collection[str], newest: tuple[str, ...]) -> Queue:
    """`new` is in order of time. If not all fit: first what the short feed names (`urgent`), then the youngest.

    So what was lifted since is known before what had raised it. Within a poll it is the order of time.
    Of the data types in `newest` an office's newest alone is fetched.
    """
    waiting = dict(again) | {url: 0 for url in new if url not in again}
    replaced = dict.fromkeys(_replaced(waiting, newest))
    left = [url for url in waiting if url not in replaced]
    fits = set(sorted(left, key=lambda url: (url not in urgent, url not in again))[:MOST_WAITING])
    kept = [url for url in left if url in fits]
    by_age = [*(url for url in kept if url not in urgent), *(url for url in kept if url in urgent)]
    chosen = set(by_age[-PER_POLL:])
    return Queue(
        now=tuple(url for url in kept if url in chosen),
        later=tuple(url for url in kept if url not in chosen),
        left_out=tuple(replaced),
        others=(),
        waiting={url: waiting[url] for url in kept},
        whole=len(kept) == len(left),
    )


def still_to_fetch(queue: Queue, url: str, answer: Answer) -> int | None:
    """How often an address was tried in vain, or None if it is done. A body that is not whole is tried again."""
    tries = queue.waiting[url] + 1
    if isinstance(answer, Got):
        return tries if not _whole(answer) and tries < UNWHOLE_TRIES else None
    if isinstance(answer, Failed) and answer.reason in UNTRIED:
        return queue.waiting[url]
    hopeless = isinstance(answer, Failed) and answer.reason in HOPELESS
    most = FAILED_TRIES if isinstance(answer, Failed) else MISSING_TRIES
    return None if hopeless or tries >= most else tries


def miss_of(url: str, answer: Answer, given_up: bool) -> Miss | None:
    """What a person should know of an address that gave no whole telegram."""
    if isinstance(answer, Got):
        return None if given_up else Miss(url, "not_whole", f"{url}: the body is no whole telegram, trying again")
    if isinstance(answer, Failed):
        return Miss(url, answer.reason, answer.text, given_up)
    return Miss(url, "http_404", f"{url}: the feed names it, but there is no such telegram", given_up)


def _whole(answer: Got) -> bool:
    return answer.payload.body.rstrip().endswith(b"</Report>")


def _replaced(urls: Mapping[str, int], newest: tuple[str, ...]) -> list[str]:
    """Addresses of which a newer one of the same data type and office waits, too. Names sort by time."""
    last: dict[tuple[str, str], str] = {}
    for url in urls if newest else ():
        kind = kind_in(name_of(url))
        if kind is not None and kind[0] in newest:
            last[kind] = max(last.get(kind, url), url, key=name_of)
    return [url for url in urls if (kind := kind_in(name_of(url))) in last and last[kind] != url] if last else []
