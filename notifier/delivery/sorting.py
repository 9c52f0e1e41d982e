"""A job's recipients, sorted by where their pushes go; and who ends before anything is sent, by the reason. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from notifier.delivery.errand import NOWHERE, Site
from notifier.delivery.letters import Letters
from notifier.guard import Asked
from notifier.pages import Entry
from notifier.recipients import Broken
from notifier.webpush.send import Ended
from notifier.webpush.transport import site_of
from schemas.records.delivered import End

_DECLARATIVE = "https://web.push.apple.com"
"""Safari shows a declarative push even when its service worker fails (pitfalls.md §3.2)."""

_GONE = Ended(End.GONE, None, "no longer subscribed", "unsubscribed")


class _Kind(NamedTuple):
    """Devices that are the same to the guard."""

    prefix: str
    key_id: str
    lang: str
    drills: bool


@dataclass(frozen=True, slots=True)
class Sorted:
    """`stacks`: who is to be sent to. `ended`: (host, end) → who is not."""

    stacks: dict[Site, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    ended: dict[tuple[str, Ended], list[str]] = field(default_factory=lambda: defaultdict(list))


def sort(
    asked: Asked,
    letters: Letters,
    ring: Collection[str],
    wanted: Iterable[str],
    entries: Mapping[str, Entry | Broken],
) -> Sorted:
    """Everyone in `wanted` is in it exactly once. `ring`: the ids of the VAPID keys that we have."""
    found = Sorted()
    judged: dict[_Kind, Site | tuple[str, Ended]] = {}
    for name in wanted:
        entry = entries.get(name)
        if entry is None:
            found.ended[NOWHERE, _GONE].append(name)
        elif isinstance(entry, Broken):
            broken = Ended(End.FAILED, None, entry.reason, "broken_entry", alarm=True)
            found.ended[NOWHERE, broken].append(name)
        else:
            path = entry.endpoint.find("/", 8)
            prefix = entry.endpoint if path < 0 else entry.endpoint[:path]
            kind = _Kind(prefix, entry.vapid_key_id, entry.lang, entry.drills)
            where = judged.get(kind)
            if where is None:
                where = judged[kind] = _judge(asked, letters, ring, kind)
            if isinstance(where, Site):
                found.stacks[where].append(entry)
            else:
                found.ended[where].append(name)
    return found


def _judge(asked: Asked, letters: Letters, ring: Collection[str], kind: _Kind) -> Site | tuple[str, Ended]:
    """The whole guard, asked once for all who are alike."""
    there = site_of(kind.prefix)
    site = Site(there.origin, kind.prefix, there.host or "?", kind.key_id, kind.prefix == _DECLARATIVE)
    if kind.key_id not in ring:
        why = f"subscribed under VAPID key {kind.key_id}, which is not ours: restore it in SONAE_VAPID_KEYS_OLD"
        return site.host, Ended(End.FAILED, None, why, "key_lost", alarm=True)
    verdict = letters.verdict(asked, kind.lang, site.declarative, there.loopback, kind.drills)
    return site if verdict is None else (site.host, verdict)
