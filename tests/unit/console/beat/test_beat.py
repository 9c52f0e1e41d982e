"""The link test's pure parts: a feed that our own readers read, and what missing hops say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jma.atom import is_taken, read_feed
from connectors.jma.telegram import parse_telegram
from console.beat.device import Device, Unopened
from console.beat.feed import LISTED, Telegram, atom, number_of, telegram, telegrams
from console.beat.page import page, status
from console.beat.partners import SILENT_AFTER, partners
from console.beat.rounds import HOPS, Rounds, start_of
from notifier.webpush.encrypt import Receiver, encrypt
from notifier.webpush.keys import from_b64url
from schemas.records.base import World
from schemas.records.plumbing import Heartbeat
from tests.unit.connectors.writing import KANAGAWA, bulletins, payload

NOW = datetime(2026, 9, 21, 6, 0, 40, tzinfo=UTC)
BEAT = 29_832_840
"""Minutes from 1970 to 2026-09-21T06:00Z."""
SINCE = NOW - timedelta(minutes=10)


def rounds(*numbers: int, hops: tuple[str, ...] = HOPS) -> Rounds:
    """Beats that reached these hops, a second after another."""
    made = Rounds(SINCE)
    for number in numbers:
        trace, call = f"t{number}", f"c{number}"
        for step, hop in enumerate(hops):
            at = start_of(number) + timedelta(seconds=step)
            if hop == "bulletins":
                made.bulletin(number, trace, at)
            elif hop == "calls":
                made.call(call, trace, at)
            elif hop == "push":
                made.pushed(call, at)
            else:
                made.hop(hop, trace, at)
    return made


def test_the_feed_names_the_last_two_minutes_the_newest_first() -> None:
    """Up at the minute, over at its half."""
    found = telegrams(NOW, "14")
    assert [(one.number - BEAT, one.up) for one in found] == [(0, False), (0, True), (-1, False), (-1, True)]
    assert [one.at for one in found] == [NOW - timedelta(seconds=10 + 30 * step) for step in range(LISTED)]
    feed = read_feed(atom(found, "https://beat.example").encode())
    assert [entry.name for entry in feed.entries] == [one.name for one in found]
    assert all(is_taken(entry, {"VXWW50": ("140000",)}) for entry in feed.entries)
    assert [number_of(entry.url) for entry in feed.entries] == [one.number for one in found]


@pytest.mark.parametrize(("up", "level"), [(True, 4), (False, 0)])
def test_its_telegram_is_read_as_a_test(up: bool, level: int) -> None:
    """World test, level 4 while it is up, no claim after."""
    body = telegram(Telegram(BEAT, up, "14"), "1420100", "横須賀市").encode()
    (bulletin,) = bulletins(parse_telegram(payload(body, at=NOW), KANAGAWA, NOW))
    assert (bulletin.world, bulletin.municipality, bulletin.carrier) == (World.TEST, "14201", "VXWW50")
    assert [(item.level, item.active) for item in bulletin.items] == [(level, up)]


@pytest.mark.parametrize("name", ["https://x/beat/feed.xml", "", "https://x/2026_0_VXWW50_140000.xml"])
def test_another_address_is_no_beat(name: str) -> None:
    """None, never a guess."""
    assert number_of(name) is None


def test_nothing_is_missing_while_every_beat_arrives() -> None:
    """The newest whole beat says when, and how long each hop took."""
    route = rounds(BEAT - 1, BEAT).route(NOW)
    assert (route.state, route.took_s) == ("ok", 5.0)
    assert route.hops == {hop: float(step) for step, hop in enumerate(HOPS)}


@pytest.mark.parametrize(("behind", "state"), [(0, "ok"), (1, "late"), (2, "late"), (3, "failing"), (8, "failing")])
def test_three_missing_beats_are_a_failure(behind: int, state: str) -> None:
    """One or two are late; a beat has 20 s to arrive."""
    assert rounds(BEAT - behind).route(NOW).state == state


@pytest.mark.parametrize("lost", range(len(HOPS)))
def test_the_hop_that_is_missing_is_named(lost: int) -> None:
    """With the program to look at."""
    made = rounds(BEAT - 1)
    for hop in HOPS[:lost]:
        if hop == "bulletins":
            made.bulletin(BEAT, "t", NOW)
        elif hop == "calls":
            made.call("c", "t", NOW)
        else:
            made.hop(hop, "t", NOW)
    assert f"did not reach {HOPS[lost]}: look at" in made.route(NOW).text


@given(st.permutations(range(len(HOPS))))
def test_word_may_come_in_any_order(order: list[int]) -> None:
    """Topics are read side by side: the same route whatever comes first."""
    made = Rounds(SINCE)
    say = {
        "bulletins": lambda at: made.bulletin(BEAT, "t", at),
        "calls": lambda at: made.call("c", "t", at),
        "push": lambda at: made.pushed("c", at),
    }
    for step in order:
        at = start_of(BEAT) + timedelta(seconds=step)
        said = say.get(HOPS[step])
        if said is None:
            made.hop(HOPS[step], "t", at)
        else:
            said(at)
    assert made.route(NOW).hops == rounds(BEAT).route(NOW).hops


def test_old_beats_are_forgotten() -> None:
    """A year of beats takes no more room than an hour."""
    made = rounds(*range(BEAT - 1000, BEAT + 1))
    assert len(made._hops) <= 200
    assert made.route(NOW).state == "ok"


def heartbeat(source: str, age: timedelta | None) -> Heartbeat:
    """A partner's, who last had everything that long ago."""
    last = None if age is None else NOW - age
    return Heartbeat(source, "notifier", None, "ok", "", NOW, last, last, 0, 0, NOW, NOW)


def test_a_partner_is_silent_after_three_beats() -> None:
    """Or when it never had any, or no more follows; other sources are no partners."""
    ages = {"partner:a:sse": timedelta(seconds=179), "partner:b:webhook": timedelta(seconds=181), "partner:c:sse": None}
    beats = {source: heartbeat(source, age) for source, age in (ages | {"jma-extra": None}).items()}
    assert [(one.source, one.silent) for one in partners(beats, NOW, SINCE)] == [
        ("partner:a:sse", False),
        ("partner:b:webhook", True),
        ("partner:c:sse", True),
    ]
    (gone,) = partners(
        {"partner:a:sse": replace(heartbeat("partner:a:sse", timedelta()), at=NOW - timedelta(minutes=1))}, NOW, SINCE
    )
    assert gone.silent
    young = partners(beats, NOW, NOW - SILENT_AFTER + timedelta(seconds=1))
    assert not any(one.silent for one in young)


def test_the_page_says_how_it_stands() -> None:
    """In words, with its time; partners are counted, not named."""
    beats = {name: heartbeat(name, age) for name, age in (("partner:a:sse", timedelta()), ("partner:b:sse", None))}
    ways = partners(beats, NOW, SINCE)
    told = page(rounds(BEAT).route(NOW), ways, NOW)
    assert "正常 OK" in told
    assert "2 か所のうち 1 か所に届いています" in told
    assert "9月21日（月）15:00 現在" in told
    assert "partner:" not in told
    assert status(rounds(BEAT).route(NOW), ways, NOW)["partners"] == {"told": 2, "silent": 1}


def test_the_device_opens_what_our_sender_seals() -> None:
    """And says so where it cannot."""
    device = Device.at("http://127.0.0.1:1", "secret")
    keys = device.subscription()["keys"]
    receiver = Receiver.of_raw(from_b64url(keys["p256dh"]), from_b64url(keys["auth"]))
    assert device.opened(encrypt(receiver, b'{"id":"c1"}')) == {"id": "c1"}
    with pytest.raises(Unopened):
        device.opened(b"x" * 200)
    assert Device.at("http://127.0.0.1:1", "secret").endpoint == device.endpoint
