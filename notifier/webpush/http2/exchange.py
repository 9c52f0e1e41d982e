"""One request and what is known of its answer."""

from dataclasses import dataclass, field

from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webpush.transport import TEXT_BYTES, Head, Heard, Post

Ending = Answer | NetworkFault


class Batch:
    """What requests handed over together share, and which of their ends have not been told yet."""

    __slots__ = ("deadline", "ended", "head", "heard")

    def __init__(self, head: Head, heard: Heard, deadline: float) -> None:
        self.head, self.heard, self.deadline = head, heard, deadline
        self.ended: list[tuple[object, Ending]] = []

    def tell(self) -> None:
        """Say what has come together."""
        ended, self.ended = self.ended, []
        if ended:
            self.heard(ended)


Sent = tuple[Batch, Post, int]
"""One request on its way: its batch, itself, how often it was refused before."""

End = tuple[Sent, Ending]

ACCEPTED = {status: Answer(status, {}) for status in (200, 201, 202, 204)}
"""Answers without anything worth keeping are shared: most are."""


@dataclass(slots=True)
class Exchange:
    """An answer that comes in parts."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: bytearray = field(default_factory=bytearray)
    size: int = 0
    told: bool = False

    def take(self, data: bytes) -> None:
        """A part of the body; its beginning is kept."""
        self.size += len(data)
        if len(self.text) < TEXT_BYTES:
            self.text += data[: TEXT_BYTES - len(self.text)]

    def answer(self) -> Answer:
        """As it stands; only once there is a status."""
        if self.status in ACCEPTED:
            return ACCEPTED[self.status]
        return Answer(self.status, self.headers, self.text.decode(errors="replace") if self.status >= 300 else "")


def broken(text: str) -> NetworkFault:
    """The connection or stream ended before the answer."""
    return NetworkFault(Fault.BROKEN, text[:200])
