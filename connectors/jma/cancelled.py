"""What a 取消 is about. It names no area itself, only what the envelope and the file name say.

Each function answers with a claim without items for each area of ours and scope that is withdrawn, or raises Park:
a cancellation that nobody can place is shown to people, because what it withdraws stays in force until it expires.
"""

import re

from connectors.jma.claims import Claim
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import kinds
from connectors.places import Places
from connectors.source import Park

FILE_NAME = re.compile(r"_(V[A-Z]{3}\d{2})_(\d{6})\.xml$")
About = tuple[Claim, ...]


def by_prefecture(envelope: Envelope, places: Places, url: str) -> About:
    """Telegrams without an EventID: the 府県予報区 is the subject."""
    prefecture = _prefecture(envelope, url)
    return _nothing(f"{envelope.carrier}:{prefecture}", places.areas_of(prefecture))


def by_event(envelope: Envelope, places: Places, url: str) -> About:
    """Telegrams of one 府県予報区 whose EventID names the subject (VXWW50, VPOA50, VPBS50); the prefecture if empty."""
    prefecture = _prefecture(envelope, url)
    return _nothing(f"{envelope.carrier}:{envelope.subject or prefecture}", places.areas_of(prefecture))


def by_section(envelope: Envelope, places: Places, url: str) -> About:
    """VXKO: the EventID is the river section, whose areas only the reference knows. Raises Park `unknown_scope`."""
    section = places.sections.get(envelope.event_id)
    if section is None:
        raise Park("unknown_scope", f"{url}: section {envelope.event_id[:40]!r} is not in the reference: which areas?")
    return _nothing(f"{envelope.carrier}:{envelope.event_id}", section.areas)


def everywhere(envelope: Envelope, places: Places, _url: str) -> About:
    """Telegrams about all of Japan (earthquakes, tsunami): every area of ours."""
    return _nothing(f"{envelope.carrier}:{envelope.event_id}", tuple(places.areas))


def snapshot(envelope: Envelope, places: Places, _url: str) -> About:
    """VPWS50, one telegram for all of Japan without an EventID: every area of ours."""
    return _nothing(f"{envelope.carrier}:all", tuple(places.areas))


def _nothing(scope: str, areas: tuple[str, ...]) -> About:
    return tuple(Claim(area, (), scope) for area in areas)


def _prefecture(envelope: Envelope, url: str) -> str:
    """The 府県予報区 by the telegram's file name, else by the office that issued it. Raises Park `unknown_scope`."""
    name = FILE_NAME.search(url)
    prefecture = name.group(2) if name else kinds().offices.get(envelope.office)
    if prefecture is None:
        raise Park("unknown_scope", f"which areas a cancellation by {envelope.office[:60]!r} is about is not known")
    return prefecture
