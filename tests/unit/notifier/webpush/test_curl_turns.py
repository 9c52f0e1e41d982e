"""When libcurl is called: often enough, and never twice in a turn of the event loop."""

import asyncio
import socket

from notifier.webpush.curl_turns import Turns


class Counted:
    """Turns that are counted."""

    def __init__(self) -> None:
        self.taken = 0
        self.came = asyncio.Event()
        self.turns = Turns(asyncio.get_running_loop(), self._turn)

    def _turn(self) -> None:
        self.taken += 1
        self.came.set()


async def test_many_wishes_are_one_turn() -> None:
    """Of one turn of the event loop."""
    counted = Counted()
    for _ in range(3):
        counted.turns.soon()
    await asyncio.sleep(0)
    assert counted.taken == 1
    await asyncio.sleep(0)
    assert counted.taken == 1


async def test_many_sockets_are_one_turn() -> None:
    """All of them ready, and something to send: neither waits, and both are served together."""
    counted, loop, pairs = Counted(), asyncio.get_running_loop(), [socket.socketpair() for _ in range(4)]
    for near, far in pairs:
        loop.add_reader(near, counted.turns.ready)
        far.send(b"x")
    counted.turns.soon()
    before = counted.taken
    await asyncio.sleep(0)
    assert counted.taken == before + 1
    for near, far in pairs:
        loop.remove_reader(near)
        near.close()
        far.close()


async def test_a_timer_is_never_later_than_asked_for() -> None:
    """The earliest wish counts, whichever came first."""
    counted = Counted()
    counted.turns.within(60.0)
    counted.turns.within(0.001)
    counted.turns.within(60.0)
    async with asyncio.timeout(5):
        await counted.came.wait()


async def test_after_the_end_nothing_comes() -> None:
    """Also what was asked for before."""
    counted = Counted()
    counted.turns.soon()
    counted.turns.within(0.0)
    counted.turns.close()
    for _ in range(3):
        await asyncio.sleep(0.001)
    assert counted.taken == 0
