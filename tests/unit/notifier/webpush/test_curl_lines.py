"""libcurl's sockets as the event loop waits for them: none is missed, none that nobody reads keeps it awake."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from notifier.webpush.curl_lines import Lines


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """libcurl's end, and the peer's."""
    near, far = socket.socketpair()
    near.setblocking(False)
    yield near, far
    near.close()
    far.close()


class Watched:
    """Lines with one socket, and how often it was said to be ready."""

    def __init__(self, near: socket.socket) -> None:
        self.times = 0
        self.lines = Lines(asyncio.get_running_loop(), self._ready)
        self.lines.opened(near.fileno(), 0)
        self.lines.look()

    def _ready(self) -> None:
        self.times += 1

    async def wakes(self) -> bool:
        """Whether it is said to be ready, as things are."""
        await asyncio.sleep(0)  # what was found before
        before = self.times
        for _ in range(2):
            await asyncio.sleep(0)
        return self.times > before


def fill(near: socket.socket) -> None:
    """Until it takes no more."""
    while True:
        near.send(bytes(65_536))


def drain(far: socket.socket) -> None:
    """Until nothing is left."""
    while True:
        far.recv(65_536)


async def test_what_comes_is_waited_for(pair: tuple[socket.socket, socket.socket]) -> None:
    """Again and again, until it is read."""
    near, far = pair
    watched = Watched(near)
    assert not await watched.wakes()
    far.send(b"x")
    assert [await watched.wakes() for _ in range(2)] == [True, True]
    near.recv(1)
    assert not await watched.wakes()
    watched.lines.close()


async def test_what_libcurl_does_not_read_is_waited_for_no_more(pair: tuple[socket.socket, socket.socket]) -> None:
    """As on a connection that nobody uses; once it is read, all is as before."""
    near, far = pair
    watched = Watched(near)
    far.send(b"x")
    for _ in range(3):
        watched.lines.look()
    assert not await watched.wakes()
    near.recv(1)
    watched.lines.look()
    far.send(b"x")
    assert await watched.wakes()
    watched.lines.close()


async def test_a_full_socket_is_waited_for(pair: tuple[socket.socket, socket.socket]) -> None:
    """Until it takes more."""
    near, far = pair
    watched = Watched(near)
    with pytest.raises(BlockingIOError):
        fill(near)
    watched.lines.look()
    assert not await watched.wakes()
    far.setblocking(False)
    with pytest.raises(BlockingIOError):
        drain(far)
    assert await watched.wakes()
    watched.lines.look()
    assert not await watched.wakes()
    watched.lines.close()


async def test_a_socket_that_libcurl_closed_is_forgotten(pair: tuple[socket.socket, socket.socket]) -> None:
    """Another may get its number, at once or later; corks are no matter then."""
    near, far = pair
    watched = Watched(near)
    number = near.fileno()
    near.close()
    with watched.lines.corked():
        pass
    watched.lines.look()
    other, peer = socket.socketpair()
    assert other.fileno() == number
    watched.lines.opened(number, 0)
    watched.lines.look()
    peer.send(b"x")
    assert await watched.wakes()
    watched.lines.close()
    assert other.recv(1) == b"x"  # it was never ours to close
    other.close()
    peer.close()
    assert far.recv(1) == b""
