"""A peer that does everything a peer may do, at random: each handle is heard of once, and all books agree."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from notifier.outcome import Answer, Fault
from notifier.webpush.http2.sending import Http2Transport
from tests.integration.conformance.ledger import Ledger, head_of
from tests.integration.conformance.strict_peer import GIVEN_UP, Link, Peer, Request, strict_peer
from tests.integration.conformance.ways import WAYS, Way, ledger

HEADER_TABLE_SIZE, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 1, 3, 4
REFUSED_STREAM, INTERNAL_ERROR = 7, 2
TIMEOUT_S = 1.0


class Whims:
    """The peer's script. `accepted` are the requests it said 201 to; `doubtful` those on links that it cut."""

    def __init__(self, seed: int, *, changes: bool) -> None:
        self._changes = changes
        self.chance = random.Random(seed)
        self.accepted: Counter[bytes] = Counter()
        self.doubtful: set[bytes] = set()
        self.last: dict[int, int] = {}
        self._whims: list[tuple[Callable[[Link, Request], None], int]] = [
            (self.accept, 700),
            (self.accept_later, 100),
            (self.throttle, 30),
            (self.refuse, 30),
            (self.fail, 10),
            (self.forget, 2),
            (self.leave, 3),
            (self.cut, 2),
            (self.allow_otherwise, 20),
        ]

    def greet(self, link: Link) -> None:
        """Any settings."""
        link.greet(self._settings())

    def answer(self, link: Link, request: Request) -> None:
        """Any way."""
        if request.stream > self.last.get(link.number, 1 << 31):
            return
        acts, weights = zip(*self._whims, strict=True)
        self.chance.choices(acts, weights)[0](link, request)

    def accept(self, link: Link, request: Request) -> None:
        """201."""
        if request.stream in link.open and not link.transport.is_closing():
            self.accepted[request.path] += 1
            link.say(
                request.stream, body=self.chance.choice([b"", b"", b"", b"ok"]), trailer=self.chance.random() < 0.1
            )

    def accept_later(self, link: Link, request: Request) -> None:
        """201, in a while."""
        link.peer.later(self.chance.random() / 5, lambda: self.accept(link, request))

    def throttle(self, link: Link, request: Request) -> None:
        """429."""
        link.say(request.stream, 429, [("retry-after", "1")], b"slow down")

    def refuse(self, link: Link, request: Request) -> None:
        """Not processed."""
        self._reset(link, request, REFUSED_STREAM)

    def fail(self, link: Link, request: Request) -> None:
        """Given up."""
        self._reset(link, request, INTERNAL_ERROR)

    def forget(self, _link: Link, _request: Request) -> None:
        """No answer, ever."""

    def leave(self, link: Link, request: Request) -> None:
        """GOAWAY after what has come so far; the line is closed a little later."""
        self.last.setdefault(link.number, max(link.requests))
        link.goaway(self.last[link.number])
        self.accept(link, request)
        link.peer.later(0.4, lambda: self.cut(link, request))

    def cut(self, link: Link, _request: Request) -> None:
        """The line is gone, with all that was on it."""
        self.doubtful |= {one.path for one in link.requests.values()}
        link.drop()

    def allow_otherwise(self, link: Link, request: Request) -> None:
        """Other settings from now on."""
        self.accept(link, request)
        if self._changes and not link.transport.is_closing():
            link.change(self._settings())

    def _settings(self) -> dict[int, int]:
        return {
            HEADER_TABLE_SIZE: self.chance.choice([0, 200, 4096]),
            MAX_CONCURRENT_STREAMS: self.chance.choice([1, 5, 50, 100]),
            INITIAL_WINDOW_SIZE: self.chance.choice([100, 1000, 65_535]),
        }

    def _reset(self, link: Link, request: Request, code: int) -> None:
        if request.stream in link.open:
            link.open.discard(request.stream)
            with suppress(*GIVEN_UP):
                link.h2.reset_stream(request.stream, code)


async def push(sent: Ledger, chance: random.Random, count: int) -> None:
    """Batches of any size under any head, a few hundred requests under way at most."""
    while len(sent.sent) < count:
        size = chance.choice([1, 5, 40, 100])
        bodies = [bytes([chance.randrange(256)]) * chance.choice([10, 330, 4096]) for _ in range(size)]
        sent.send(size, head_of(chance.randrange(4), f"order-{chance.randrange(3)}"), bodies)
        await sent.heard(max(0, len(sent.sent) - 300))


def adds_up(peer: Peer, sent: Ledger, whims: Whims) -> None:
    """Everybody's books agree."""
    assert peer.complaints == []
    for request in peer.seen:
        head, body = sent.sent[request.path]
        assert (bytes(request.body), request.fields[4:-1]) == (body, list(head.fields))
    heard = {target for at, target in enumerate(sent.sent) if sent.answers[at][0] == Answer(201, {})}
    assert heard <= set(whims.accepted)
    twice = {path for path, times in whims.accepted.items() if times > 1}
    assert twice <= whims.doubtful


async def chaos(way: Way, folder: Path, seed: int, count: int) -> Counter[int | Fault]:
    """One run."""
    # libcurl acknowledges new settings before it sends what it had made under the old ones: the peer would object.
    whims = Whims(seed, changes=way is Http2Transport)
    peered = strict_peer(folder, whims.answer, whims.greet)
    async with peered as peer, ledger(way, peer.origin, peer.ca, connections=3, timeout_s=TIMEOUT_S) as sent:
        await push(sent, random.Random(seed), count)
        ends = await sent.all(within_s=2 * TIMEOUT_S)
        await asyncio.sleep(0)
    adds_up(peer, sent, whims)
    return ends


@WAYS
async def test_whatever_a_peer_does(way: Way, tmp_path: Path) -> None:
    """A short run."""
    ends = await chaos(way, tmp_path, 5, 500)
    assert ends[201] > 250


@pytest.mark.soak
@pytest.mark.deadline(900)
@WAYS
async def test_whatever_a_peer_does_for_long(way: Way, tmp_path: Path) -> None:
    """Many runs."""
    for seed in range(20):
        ends = await chaos(way, tmp_path, seed, 4000)
        assert ends[201] > 1000, seed
