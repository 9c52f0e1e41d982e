"""What feeds can bring that is bad: telegrams as files of a scenario, faults of the server, and the answer to each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from local.scenario import JST
from tests.unit.connectors.writing import landslide

START = datetime(2026, 9, 21, 13, 0, tzinfo=JST)
BAD_AREA, GOOD_AREA = "1420500", "1420600"
WARNS = {BAD_AREA: ("警戒", "3", "発表")}
BOMB = '<!DOCTYPE Report [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE Report [<!ENTITY x SYSTEM "file:///etc/passwd">]>'

Maker = Callable[[str], bytes]
"""A telegram's bytes, for a time of report."""


@dataclass(frozen=True, slots=True)
class BadTelegram:
    """One bad telegram, and the reason of its dead letter."""

    make: Maker
    reason: str


def _good(at: str) -> bytes:
    return landslide(WARNS, reported_at=at)


TELEGRAMS: dict[str, BadTelegram] = {
    "cut in the middle": BadTelegram(lambda at: _good(at)[:400], "not_xml"),
    "nothing at all": BadTelegram(lambda _: b"", "empty"),
    "an HTML page for a telegram": BadTelegram(lambda _: b"<html><body>moved</body></html>", "not_a_telegram"),
    "random bytes": BadTelegram(lambda _: b"\x00\xff\xfe\x01" * 50, "not_xml"),
    "an entity bomb": BadTelegram(lambda at: landslide(WARNS, reported_at=at, prolog=BOMB), "doctype"),
    "an external entity": BadTelegram(
        lambda at: landslide({BAD_AREA: ("&x;", "3", "発表")}, reported_at=at, prolog=FILE), "doctype"
    ),
    "Shift_JIS that calls itself UTF-8": BadTelegram(lambda at: _good(at).decode().encode("cp932"), "not_xml"),
    "an encoding that nobody knows": BadTelegram(lambda at: _good(at).replace(b"UTF-8", b"X-MOON"), "not_xml"),
    "100,000 elements deep": BadTelegram(lambda _: b"<a>" * 100_000 + b"</a>" * 100_000, "not_xml"),
    "nine megabytes": BadTelegram(lambda at: _good(at) + b" " * 9_000_000, "unfetchable"),
    "an unknown Status": BadTelegram(lambda at: landslide(WARNS, reported_at=at, status="運用"), "unknown_status"),
    "an unknown data type": BadTelegram(
        lambda at: landslide(WARNS, reported_at=at, title="新しい情報"), "unknown_title"
    ),
    "an unknown version": BadTelegram(lambda at: landslide(WARNS, reported_at=at, version="2.0_0"), "unknown_version"),
    "a time in the future": BadTelegram(lambda _: _good("2026-09-22T15:00:00+09:00"), "future_time"),
    "a time without a zone": BadTelegram(lambda _: _good("2026-09-21T13:00:00"), "naive_time"),
    "no time": BadTelegram(lambda _: _good(""), "missing_time"),
    "an area without a kind": BadTelegram(
        lambda at: _good(at).replace("<Kind><Name>警戒</Name><Code>3</Code><Status>発表</Status></Kind>".encode(), b""),
        "area_without_kind",
    ),
    "a kind code that is in no table": BadTelegram(
        lambda at: landslide({BAD_AREA: ("猛烈", "7", "発表")}, reported_at=at), "unknown_kind"
    ),
}

HARMLESS: dict[str, Maker] = {
    "UTF-16": lambda at: landslide({GOOD_AREA: ("なし", "0", "なし")}, reported_at=at, encoding="UTF-16"),
    "a headline of 20 kB": lambda at: landslide({GOOD_AREA: ("なし", "0", "なし")}, reported_at=at).replace(
        "見出し".encode(), "長い".encode() * 3400
    ),
    "a serial that is no number": lambda at: landslide({GOOD_AREA: ("なし", "0", "なし")}, reported_at=at, serial="三"),
}
"""Odd, and read all the same."""

LAST = "the last telegram, which is good"

FAULTS = {
    "/developer/xml/feed/extra.xml": ("500", "garbage", "truncated"),
    "/kawabou/file/system/tmCrntTime.json": ("500", "garbage", "truncated"),
}
"""Each fault lasts for all three tries of a poll, one poll after the other; then the server is well again."""

TRIES = 3
STAGES = """
2026-09-21 12:00  0.10  0.05  0.00 -0.05 -0.10 -0.15
2026-09-21 13:00 -0.20     - -0.30 -0.35 -0.40 -0.42
2026-09-21 14:00 -0.42 -0.42 -0.40 -0.38 -0.36 -0.30
2026-09-21 15:00 -0.20 -0.10  0.00  0.10  0.20  0.30
"""
"""A tidal gauge below its zero, with one slot that the source did not receive."""


def order_of_telegrams() -> list[str]:
    """Bad ones, harmless ones, the good one."""
    return [*TELEGRAMS, *HARMLESS, LAST]


def report_time(name: str) -> datetime:
    """When a telegram comes, and says that it was made (unless its badness is its time)."""
    return START + timedelta(minutes=5) * (1 + order_of_telegrams().index(name))


def file_name(name: str) -> str:
    """The part of a telegram's address that tells it from all others."""
    return f"_{order_of_telegrams().index(name)}_VXWW50_140000.xml"


def write_scenario(folder: Path) -> Path:
    """The telegrams as files, and the scenario that serves them."""
    makers = {name: bad.make for name, bad in TELEGRAMS.items()} | HARMLESS
    makers[LAST] = lambda at: landslide({GOOD_AREA: ("警戒", "3", "発表")}, reported_at=at)
    rows = ""
    for serial, (name, make) in enumerate(makers.items()):
        at = report_time(name)
        (folder / f"{serial}.xml").write_bytes(make(at.isoformat()))
        rows += f'\n[[telegram]]\ncarrier = "VXWW50"\nat = {at.isoformat()}\nserial = {serial}\n'
        rows += f'original = "made up"\nrecorded = "{serial}.xml"\n'
    end = START + timedelta(hours=3)
    head = (
        'title = "bad input"\nbanner = "REPLAY"\nbanner_short = "REPLAY"\n'
        f'start = {START.isoformat()}\nend = {end.isoformat()}\n\n[sources]\nall = "made up"\n\n'
        f'[[gauge]]\nstation = "3585_4_309"\npublished_after_min = 3\nstages = """{STAGES}"""\n'
    )
    file = folder / "bad.toml"
    file.write_text(head + rows, encoding="utf8")
    return file
