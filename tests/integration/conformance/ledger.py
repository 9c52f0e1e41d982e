"""What was sent and what was heard: every handle exactly once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webpush.transport import Head, Post, Transport

BODY = bytes(range(256)) + b"\x00\xff" * 37


def head_of(ttl: int = 3600, topic: str = "order-1", authorization: str = "vapid t=aaa.bbb.ccc, k=ddd") -> Head:
    """What a push of ours looks like."""
    return Head(
        (
            ("authorization", authorization),
            ("ttl", str(ttl)),
            ("urgency", "high"),
            ("topic", topic),
            ("content-encoding", "aes128gcm"),
            ("content-type", "application/octet-stream"),
        )
    )


HEAD = head_of()


@dataclass(slots=True)
class Ledger:
    """One origin's requests through one transport. A handle is the request's number; its path ends in it."""

    transport: Transport
    origin: str
    answers: dict[object, list[Answer | NetworkFault]] = field(default_factory=dict)
    sent: dict[bytes, tuple[Head, bytes]] = field(default_factory=dict)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, count: int, head: Head = HEAD, body: bytes | Sequence[bytes] = BODY) -> None:
        """Hand over `count` requests at once."""
        first = len(self.sent)
        bodies = [body] * count if isinstance(body, bytes) else list(body)
        posts = [Post(first + at, b"/push/v1/%d?token=a%%2Fb" % (first + at), bodies[at]) for at in range(count)]
        for post in posts:
            self.sent[post.target] = (head, post.body)
        self.transport.post(self.origin, head, posts, self.hear)

    def hear(self, answers: list[tuple[object, Answer | NetworkFault]]) -> None:
        """What a transport calls."""
        for handle, answer in answers:
            self.answers.setdefault(handle, []).append(answer)
        self._came.set()

    async def heard(self, count: int | None = None, within_s: float = 30.0) -> None:
        """Wait until so many (all, unless told) have been heard of; then, that none was heard of twice."""
        wanted = len(self.sent) if count is None else count
        async with asyncio.timeout(within_s):
            while len(self.answers) < wanted:
                self._came.clear()
                await self._came.wait()
        assert {len(times) for times in self.answers.values()} <= {1}

    async def all(self, within_s: float = 30.0) -> Counter[int | Fault]:
        """Wait for all; how many ended how: by status, or by fault."""
        await self.heard(within_s=within_s)
        await asyncio.sleep(0)
        assert sorted(self.answers, key=str) == sorted(range(len(self.sent)), key=str)
        return self.counted()

    def counted(self) -> Counter[int | Fault]:
        """How many ended how."""
        ends = [times[0] for times in self.answers.values()]
        return Counter(end.status if isinstance(end, Answer) else end.fault for end in ends)

    def only(self) -> Answer:
        """The one answer."""
        ((answer,),) = self.answers.values()
        assert isinstance(answer, Answer), answer
        return answer
