"""Readers of the shared tail: the same bytes for all, a bounded queue for each, nothing lost when one goes live."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from notifier.broadcast.event import Event, Told, told_of
from notifier.broadcast.line import MAX_BEHIND, PATIENCE_S, Socket
from notifier.broadcast.partners import Wanted
from notifier.broadcast.position import Stream
from notifier.broadcast.registry import schema_of, schemas
from notifier.broadcast.tail import QUEUE, Reader
from schemas.codec import schemas_of
from schemas.records.base import World

WANTED = Wanted(frozenset({"14205"}), frozenset({World.ACTUAL}), frozenset({"orders"}))
PLACE = Stream(World.ACTUAL, "orders", 3)


def told(number: int) -> Told:
    """One event."""
    return told_of(Event(PLACE, number, "14205", f'{{"number":{number}}}'), f"ao3.{number + 1}")


class Wire:
    """A connection that takes `room` bytes, and then nothing more until somebody reads."""

    def __init__(self, room: int) -> None:
        self.room, self.sent = room, bytearray()

    def get_write_buffer_size(self) -> int:
        """What waits."""
        return max(0, len(self.sent) - self.room)

    def write(self, data: bytes) -> None:
        """As asyncio's transports: always taken, maybe kept."""
        self.sent += data

    def is_closing(self) -> bool:
        """Never."""
        return False


def socket_on(wire: Any, chunked: bool = True) -> Socket:
    """A reader's connection."""
    return Socket("fire", wire, chunked)


def test_an_event_on_the_wire() -> None:
    """As the specification of Server-Sent Events reads it; framed (RFC 9112, 7.1) but for HTTP/1.0."""
    plain = b'id: ao3.8\nevent: orders\ndata: {"number":7}\n\n'
    assert told(7).bytes(chunked=False) == plain
    assert told(7).bytes(chunked=True) == b"2c\r\n" + plain + b"\r\n"
    assert len(plain) == 0x2C


@given(st.integers(0, 30), st.integers(0, 30))
def test_who_goes_live_gets_what_lay_in_its_queue_first(before: int, after: int) -> None:
    """In order, each once."""
    reader, wire = Reader(WANTED), Wire(10**6)
    for number in range(before):
        reader.offer(told(number))
    reader.hand_to(socket_on(wire, chunked=False).take)
    for number in range(before, before + after):
        reader.offer(told(number))
    assert wire.sent == b"".join(told(number).bytes(chunked=False) for number in range(before + after))


async def test_a_queue_is_bounded() -> None:
    """Who is not there yet is let go instead of filling our memory."""
    reader = Reader(WANTED)
    for number in range(QUEUE):
        reader.offer(told(number))
    first = await reader.next()
    assert first is not None
    assert first.id == "ao3.1"
    reader.offer(told(QUEUE))
    reader.offer(told(QUEUE + 1))
    assert reader.lost.is_set()
    assert await reader.next() is None


def test_who_takes_nothing_is_let_go() -> None:
    """At a bound of bytes; what it was told before that is whole."""
    reader, wire = Reader(WANTED), Wire(0)
    reader.hand_to(socket_on(wire).take)
    number = 0
    while not reader.lost.is_set():
        reader.offer(told(number))
        number += 1
    assert MAX_BEHIND < len(wire.sent) < MAX_BEHIND + 100
    assert wire.sent.endswith(told(number - 2).bytes(chunked=True))


def test_who_stands_still_is_cut_off_in_time() -> None:
    """Though little waits: a comment that is never taken is enough. Who only reads slowly stays."""
    alive = Told("", ": alive\n\n")
    stopped, slow = socket_on(Wire(0)), socket_on(wire := Wire(0))
    for second in range(0, int(PATIENCE_S) + 30, 10):
        stopped.beat(alive, float(second))
        slow.beat(alive, float(second))
        wire.room += 1
    assert stopped.cut.is_set()
    assert not slow.cut.is_set()


def test_a_partner_can_ask_for_every_schema_that_it_may_read() -> None:
    """By the id that stands in a message; not for a resident's subscription."""
    ids = {
        one
        for record in ("Order", "Bulletin", "ReadingBatch", "Detection", "Recommendation")
        for one in schemas_of(record)
    }
    assert schemas().keys() == ids
    assert schema_of(list(schemas_of("Subscription"))[-1]) is None
