"""For people: what files become, or why they are parked, as JSON lines or as a table of kinds."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

import msgspec

from connectors.cap.show import describe_cap, looks_like_cap
from connectors.everywhere import everywhere
from connectors.hints import hinted, is_unusable
from connectors.jma.atom import read_feed
from connectors.jma.kinds import plain
from connectors.jma.markup import read_xml
from connectors.jma.telegram import parse_telegram
from connectors.jma.website_show import describe_site, looks_like_site
from connectors.measured import describe_readings
from connectors.places import Places, from_reference
from connectors.source import Park, Payload
from schemas.process.clock import now_utc
from schemas.records.base import Origin, Trace, content_id

Line = dict[str, object]
PlacesFor = Callable[[bytes], Places]
Show = Callable[[Line], Iterable[str]]


def parse_files(files: list[Path], out: TextIO, all_of_japan: bool = False, shown: Show | None = None) -> int:
    """A line per record, or per reason why there is none. 1 if a file cannot be opened, or nothing of it was read.

    `shown`: lines for people instead of JSON, below the file's name.
    """
    code = 0
    for file in files:
        try:
            body = file.read_bytes()
        except OSError as error:
            _print(out, {"file": str(file), "unreadable": str(error)})
            code = 1
            continue
        lines = describe(file, body, places_for(all_of_japan)(body))
        code = max(code, int(is_unusable(lines)))
        if shown is not None:
            print(f"{file}:", file=out)
        for line in hinted(lines, body, all_of_japan):
            if shown is None:
                _print(out, {"file": str(file)} | line)
            else:
                print("\n".join(f"  {text}" for text in shown(line)), file=out)
    return code


def places_for(all_of_japan: bool) -> PlacesFor:
    """Which places a file is read for: those of the reference, or every one that it names itself."""
    return everywhere if all_of_japan else _ours


def describe(file: Path, body: bytes, places: Places) -> list[Line]:
    """What the bytes are: measurements, an Atom feed, a CAP alert, a file of JMA's website, or a telegram."""
    if looks_like_site(body):
        return describe_site(_payload(file, body), places)
    try:
        measured = describe_readings(file, body)
        if measured is not None:
            return measured
        if b"http://www.w3.org/2005/Atom" in body[:1000]:
            feed = read_feed(body)
            return [{"kind": "feed", "updated": feed.updated, "url": entry.url} for entry in feed.entries]
    except Park as park:
        return [{"parked": park.reason, "text": park.text}]
    if looks_like_cap(body):
        return describe_cap(_payload(file, body), places)
    return _telegram(file, body, places)


def kind_of(body: bytes) -> str:
    """What a file is, in a few words: a telegram's Control/Title, or its format."""
    if b"http://www.w3.org/2005/Atom" in body[:1000]:
        return "Atom feed"
    if looks_like_cap(body):
        return "CAP"
    try:
        return plain(read_xml(body).text("jmx:Control/jmx:Title")) or "other XML"
    except Park:
        return "not XML"


def _ours(_body: bytes) -> Places:
    return from_reference()


def _payload(file: Path, body: bytes) -> Payload:
    now = now_utc()
    trace = Trace(content_id("file", file, now), now)
    return Payload("file", file.absolute().as_uri(), Origin.REPLAY, 200, {}, body, now, trace, file.name)


def _telegram(file: Path, body: bytes, places: Places) -> list[Line]:
    parsed = parse_telegram(_payload(file, body), places, now_utc(), judge_future=False)
    found: list[Line] = [{"kind": "bulletin", "record": record} for record in parsed.records]
    found += [{"parked": parked.reason, "text": parked.text} for parked in parsed.parked]
    return found or [{"kind": "outside", "text": "a good telegram about no area of ours"}]


def _print(out: TextIO, line: Line) -> None:
    print(msgspec.json.encode(line, enc_hook=str).decode(), file=out)
