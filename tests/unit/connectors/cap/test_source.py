"""A CAP source from poll to records: one address, or a feed that names messages."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from connectors.cap.replaced import Memory, Standing
from connectors.cap.source import AT_ONCE, MOST_BYTES, TRIES, CapCursor, CapSource, read_cursor, write_cursor
from connectors.formats import source_of
from connectors.rows import Feeds
from connectors.source import Asks, Failed, New, Parsed, Polled, Same, Unchanged
from schemas.records.base import World
from tests.unit.connectors.answers import Written
from tests.unit.connectors.cap.messages import SENT, alert, info, triplet
from tests.unit.connectors.writing import AT, KANAGAWA, ROW, bulletins, polled

HOST = "https://cap.example"
URL = f"{HOST}/feed.xml"
ROW_OF = replace(ROW, id="cap", kind="cap", url=URL, take={})
T1 = "2026-09-21T14:10:00+09:00"


def source(*hosts: str) -> CapSource:
    """The source of a row on official hosts."""
    made = source_of(ROW_OF, Feeds((ROW_OF,), frozenset(hosts or ("cap.example",))), KANAGAWA)
    assert isinstance(made, CapSource)
    return made


def turn(one: CapSource, cursor: str | None, answers: Asks) -> tuple[Polled, Parsed]:
    """One poll, and what it became."""
    done = polled(asyncio.run(one.poll(cursor, answers, AT)))
    return done, one.parse(done)


def atom(*names: str, host: str = HOST) -> bytes:
    """A feed of these messages: a page for people, and CAP."""
    entries = "".join(
        f'<entry><id>{name}</id><updated>{SENT}</updated><link href="{host}/{name}.html"/>'
        f'<link type="application/cap+xml" href="{host}/{name}.cap"/></entry>'
        for name in names
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><updated>{SENT}</updated>{entries}</feed>'.encode()


def messages(*names: str, feed: bytes | None = None) -> Written:
    """A feed and its messages."""
    return Written({URL: feed or atom(*names)} | {f"{HOST}/{name}.cap": alert(name) for name in names})


def test_an_address_that_holds_one_alert() -> None:
    """New once; the same bytes again are unchanged, and asked for conditionally."""
    network = Written({URL: alert()})
    done, parsed = turn(source(), None, network)
    assert isinstance(done.result, New)
    assert [one.area for one in bulletins(parsed)] == ["1420500"]
    assert parsed.content_at == AT
    again, quiet = turn(source(), parsed.cursor, network)
    assert isinstance(again.result, Unchanged)
    assert quiet.content_at == AT  # a feed without news is quiet, not stale
    assert network.conditions[1] is not None
    assert network.conditions[1].etag == '"e1"'
    assert isinstance(turn(source(), parsed.cursor, Written({URL: Same()}))[0].result, Unchanged)


def test_a_feeds_messages_are_fetched_once() -> None:
    """By the link of CAP's own type."""
    one, network = source(), messages("a", "b")
    _, first = turn(one, None, network)
    assert {bulletin.scope.rpartition(":")[2] for bulletin in bulletins(first)} == {"a", "b"}
    more = messages("a", "b", "c")
    _, second = turn(one, first.cursor, more)
    assert [bulletin.scope.rpartition(":")[2] for bulletin in bulletins(second)] == ["c"]
    assert more.asked == [URL, f"{HOST}/c.cap"]


def test_rss_feeds_name_messages_too() -> None:
    """By an address that may be relative."""
    feed = b"<rss><channel><item><link>/a.cap</link><pubDate>x</pubDate></item></channel></rss>"
    _, parsed = turn(source(), None, messages("a", feed=feed))
    assert len(bulletins(parsed)) == 1


def test_messages_of_one_poll_are_heard_in_the_order_in_which_they_were_sent() -> None:
    """A feed lists the newest first; an update after what it updates."""
    update = alert("u", info(event="Tsunami"), message="Update", references=triplet("a"), sent=T1)
    network = Written({URL: atom("u", "a"), f"{HOST}/u.cap": update, f"{HOST}/a.cap": alert("a")})
    _, parsed = turn(source(), None, network)
    said = [(one.scope.rpartition(":")[2], one.items[0].active) for one in bulletins(parsed)]
    assert said == [("a", True), ("u", True), ("a", False)]


def test_what_cannot_be_fetched_is_tried_again_and_told_in_the_end() -> None:
    """And the feed is asked without conditions until then, or 304 would hide it."""
    one, cursor = source(), None
    for number in range(TRIES):
        network = Written({URL: atom("a", "gone"), f"{HOST}/a.cap": alert("a")})
        done, parsed = turn(one, cursor, network)
        assert not isinstance(done.result, Failed)
        cursor = parsed.cursor
        assert [parked.reason for parked in parsed.parked] == (["unfetchable"] if number == TRIES - 1 else [])
        assert network.conditions[0] is not None
        assert network.conditions[0].etag is None
    assert network.asked == [URL, f"{HOST}/gone.cap"]
    assert read_cursor(cursor).etag == '"e1"'


def test_a_live_feed_leads_to_official_hosts_only() -> None:
    """Somebody else's address in it is told, not followed."""
    network = Written({URL: atom("a", host="https://evil.example")})
    done, parsed = turn(source(), None, network)
    assert network.asked == [URL]
    assert isinstance(done.result, Unchanged)
    assert [miss.reason for miss in done.result.missed] == ["foreign_link"]
    assert [parked.reason for parked in parsed.parked] == ["unfetchable"]


def test_many_messages_come_in_parts() -> None:
    """The next poll comes at once."""
    names = [f"m{number}" for number in range(AT_ONCE + 7)]
    done, parsed = turn(source(), None, messages(*names))
    assert isinstance(done.result, New)
    assert (len(done.result.payloads), done.result.waiting) == (AT_ONCE, 7)
    done, _ = turn(source(), parsed.cursor, messages(*names))
    assert isinstance(done.result, New)
    assert (len(done.result.payloads), done.result.waiting) == (7, 0)


def test_what_is_neither_an_alert_nor_a_feed_is_a_failed_poll() -> None:
    """A page for maintenance is not an empty feed."""
    for body in (b"<html/>", b"", b"<feed", b'<!DOCTYPE a><feed xmlns="http://www.w3.org/2005/Atom"/>'):
        assert isinstance(turn(source(), None, Written({URL: body}))[0].result, Failed)
    assert isinstance(turn(source(), None, Written({}))[0].result, Failed)


def test_a_cursor_never_outgrows_its_message() -> None:
    """It forgets what it heard longest ago."""
    many = tuple(f"mark-{number:07}" for number in range(9_000))
    stands = {f"m{n}": Standing(f"CAP:{n}", World.ACTUAL, AT, None, AT, {}) for n in range(300)}
    cursor = CapCursor(memory=Memory(many, many, stands))
    kept = read_cursor(write_cursor(cursor)).memory
    assert len(write_cursor(cursor).encode()) <= MOST_BYTES
    assert kept.heard[-1] == many[-1]
    assert read_cursor("{broken") == CapCursor()


LEVEL = "<parameter><valueName>JP:level</valueName><value>4</value></parameter>"
EXPIRES = "<expires>2026-09-21T14:30:00+09:00</expires>"


def test_a_message_that_expires_is_over_though_nobody_cancels_it() -> None:
    """Half past two: told once, at the time that it named, also by a poll that brings nothing."""
    one, network = source(), Written({URL: alert("a", info(extra=EXPIRES))})
    early = replace(polled(asyncio.run(one.poll(None, network, AT))), at=datetime(2026, 9, 21, 5, 29, tzinfo=UTC))
    before = one.parse(early)
    assert [bulletin.items[0].active for bulletin in bulletins(before)] == [True]
    done, parsed = turn(one, before.cursor, network)
    assert isinstance(done.result, Unchanged)
    (over,) = bulletins(parsed)
    assert (over.items[0].active, over.items[0].status) == (False, "Expired")
    assert over.reported_at == datetime(2026, 9, 21, 5, 30, tzinfo=UTC)
    assert over.scope == bulletins(before)[0].scope
    assert bulletins(turn(one, parsed.cursor, network)[1]) == []


def test_a_level_does_not_expire_by_the_clock() -> None:
    """Only its sender, or another statement, ends it."""
    ours = alert("a", info(extra=EXPIRES + LEVEL), extra="<code>urn:sonae:cap:jp:1.0</code>")
    _, parsed = turn(source(), None, Written({URL: ours}))
    assert [(item.level, item.active) for one in bulletins(parsed) for item in one.items] == [(4, True)]
