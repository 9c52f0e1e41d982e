"""JMA's four Atom feeds of 11 recorded days, minute by minute as a server would have served them; bodies stand in.

Each minute the short feed holds what was published in the 10 minutes before, each hour the long feed that of 3 days.
Names tell the time of publication. A feed's `updated` is that of its newest entry, as in the recorded long feeds.
"""

import bisect
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from connectors.source import Answer, Failed, Got, Missing, Payload, Same, Validators
from schemas.records.base import Origin, Trace

FEEDS = ("extra", "eqvol", "regular", "other")
HOST = "https://www.data.jma.go.jp"
SHORT, LONG = timedelta(minutes=10), timedelta(days=3)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STAMP = re.compile(r"/(\d{14})_[^/]*$")


@dataclass(frozen=True, slots=True)
class Telegram:
    """One recorded entry: when it came into its feed, and its lines there."""

    feed: str
    name: str
    published: datetime
    entry: str


@cache
def recorded_telegrams(folder: Path) -> tuple[Telegram, ...]:
    """All recorded entries, by time of publication."""
    (file,) = folder.glob("feed_entries_*.jsonl.gz")
    with gzip.open(file, "rt", encoding="utf8") as lines:
        found = [_telegram(json.loads(line)) for line in lines]
    return tuple(sorted(found, key=lambda telegram: (telegram.published, telegram.name)))


def _telegram(row: dict[str, str]) -> Telegram:
    stamp = STAMP.search(row["id"])
    assert stamp is not None, row["id"]
    published = datetime.strptime(stamp.group(1), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    entry = (
        f"<entry><title>{row['title']}</title><id>{row['id']}</id><updated>{row['updated']}</updated>"
        f'<link type="application/xml" href="{row["id"]}"/></entry>'
    )
    return Telegram(row["feed"], row["id"].rsplit("/", 1)[-1], published, entry)


@dataclass(slots=True)
class Server:
    """What JMA's server would answer at `now`, with ETags.

    `broken` says whether an address fails just then; since `frozen` its feeds stand still, though it answers.
    """

    telegrams: tuple[Telegram, ...]
    now: datetime
    broken: Callable[[str], bool] = lambda _url: False
    frozen: datetime | None = None
    fetched: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    _by_feed: dict[str, tuple[list[datetime], list[str]]] = field(default_factory=dict)
    _published: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for feed in FEEDS:
            of_feed = [one for one in self.telegrams if one.feed == feed]
            self._by_feed[feed] = [one.published for one in of_feed], [one.entry for one in of_feed]
        self._published = {one.name: one.published for one in self.telegrams}

    def answer(self, path: str, etag: str | None) -> tuple[int, str, bytes]:
        """(status, ETag, body) of a path."""
        self.asked[path] += 1
        name = path.rsplit("/", 1)[-1]
        if path.startswith("/developer/xml/feed/"):
            return self._feed(name.removesuffix(".xml"), etag)
        if name not in self._published or self._published[name] > self.now:
            return 404, "", b""
        self.fetched[name] += 1
        return 200, f'"{name}"', f"<Report>{name}</Report>".encode()

    def _feed(self, name: str, etag: str | None) -> tuple[int, str, bytes]:
        step, reach = (HOUR, LONG) if name.endswith("_l") else (MINUTE, SHORT)
        seconds = (self.frozen or self.now).timestamp() // step.total_seconds() * step.total_seconds()
        made = datetime.fromtimestamp(seconds, UTC)
        times, entries = self._by_feed[name.removesuffix("_l")]
        first, end = bisect.bisect_left(times, made - reach), bisect.bisect_left(times, made)
        tag = f'W/"{hashlib.md5(f"{name} {first} {end}".encode(), usedforsecurity=False).hexdigest()}"'
        if tag == etag:
            return 304, tag, b""
        updated = times[end - 1] if end else made
        shown = "".join(reversed(entries[first:end]))
        head = '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" lang="ja">'
        return 200, tag, f"{head}<updated>{updated.isoformat()}</updated>{shown}</feed>".encode()

    async def get(self, url: str, validators: Validators | None = None, key: str = "", spare: bool = False) -> Answer:
        """As a poll asks, without a network in between."""
        assert not spare, "nothing of these rows can wait"
        if self.broken(url):
            return Failed("unreachable", f"{url}: the network is away")
        status, etag, body = self.answer(url.removeprefix(HOST), validators.etag if validators else None)
        if status != 200:
            return Same() if status == 304 else Missing(url)
        trace = Trace("rebuilt", self.now)
        return Got(Payload("rebuilt", url, Origin.LIVE, 200, {}, body, self.now, trace, key), Validators(etag))
