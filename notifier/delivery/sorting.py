"""A job's recipients, sorted by where their pushes go; and who ends before anything is sent, by the reason. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from notifier.delivery.errand import NOWHERE, Site
from notifier.delivery.letters import Letters
from notifier.entries import Entry, Kind
from notifier.guard import Asked
from notifier.recipients import Broken
from notifier.webpush.send import Ended
from notifier.webpush.transport import site_of
from schemas.records.delivered import End

_DECLARATIVE = "https://web.push.apple.com"
"""Safari shows a declarative push even when its service worker fails."""

_GONE = Ended(End.GONE, None, "no longer subscribed", "unsubscribed")


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
    alike: dict[Kind, list[Entry]] = defaultdict(list)
    for name in wanted:
        entry = entries.get(name)
        if isinstance(entry, Entry):
            alike[entry.kind].append(entry)
        elif entry is None:
            found.ended[NOWHERE, _GONE].append(name)
        else:
            broken = Ended(End.FAILED, None, entry.reason, "broken_entry", alarm=True)
            found.ended[NOWHERE, broken].append(name)
    for kind, those in alike.items():
        where = _judge(asked, letters, ring, kind)
        if isinstance(where, Site):
            found.stacks[where].extend(those)
        else:
            found.ended[where].extend(entry.subscriber for entry in those)
    return found


def _judge(asked: Asked, letters: Letters, ring: Collection[str], kind: Kind) -> Site | tuple[str, Ended]:
    """The whole guard, asked once for all who are alike."""
    there = site_of(kind.prefix)
    site = Site(there.origin, there.host or "?", kind.vapid_key_id, kind.prefix == _DECLARATIVE)
    if kind.vapid_key_id not in ring:
        why = f"subscribed under VAPID key {kind.vapid_key_id}, which is not ours: restore it in SONAE_VAPID_KEYS_OLD"
        return site.host, Ended(End.FAILED, None, why, "key_lost", alarm=True)
    verdict = letters.verdict(asked, kind.lang, site.declarative, there.loopback, kind.drills)
    return site if verdict is None else (site.host, verdict)
