"""A Connection and the h2 library's server, joined in memory: bytes go across in pieces of any size."""

from collections import deque
from collections.abc import Iterator

import h2.config
import h2.connection
import h2.events

from notifier.outcome import Answer, NetworkFault
from notifier.webpush.http2.connection import Connection
from notifier.webpush.http2.exchange import Batch, Sent
from notifier.webpush.transport import Head, Post

AUTHORITY = "push.example"


def batch_of(head: Head, deadline: float = 5.0) -> Batch:
    """Requests with this head, of which nobody is told."""
    return Batch(head, lambda _: None, deadline)


class Pair:
    """Both ends. `ended` and `again` are by the handle of a request; `seen` is what the server had."""

    def __init__(self, pieces: Iterator[int], first_stream: int = 1) -> None:
        self.client = Connection(AUTHORITY, first_stream)
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self.server = h2.connection.H2Connection(config)
        self.server.initiate_connection()
        self.waiting: deque[Sent] = deque()
        self.ended: list[tuple[object, Answer | NetworkFault]] = []
        self.again: list[Sent] = []
        self.whole: list[int] = []
        self.fields: dict[int, list[tuple[str, str]]] = {}
        self.bodies: dict[int, bytes] = {}
        self.reset: set[int] = set()
        self.owed: dict[int, int] = {}
        self._pieces = pieces

    def post(self, batch: Batch, post: Post) -> None:
        """One more request."""
        self.waiting.append((batch, post, 0))

    def exchange(self) -> None:
        """Bytes go both ways until nobody has more to say."""
        while True:
            if self.client.room > 0 and self.waiting:
                self.client.send(self.waiting)
            up, down = self.client.take(), self.server.data_to_send()
            if not (up or down):
                return
            for piece in self._cut(up):
                self._serve(self.server.receive_data(piece))
            for piece in self._cut(down):
                self.client.receive(piece)
                self.collect()

    def collect(self) -> None:
        """What the client says about its requests."""
        self.ended += [(sent[1].handle, ending) for sent, ending in self.client.ends()]
        self.again += self.client.again()

    def _cut(self, data: bytes) -> Iterator[bytes]:
        at = 0
        while at < len(data):
            size = next(self._pieces)
            yield data[at : at + size]
            at += size

    def _serve(self, events: list[h2.events.Event]) -> None:
        for event in events:
            if isinstance(event, h2.events.RequestReceived):
                self.fields[event.stream_id] = [(str(name), str(value)) for name, value in event.headers or []]
                self.bodies[event.stream_id] = b""
            elif isinstance(event, h2.events.DataReceived):
                self.bodies[event.stream_id] += event.data or b""
                self.owed[event.stream_id] = self.owed.get(event.stream_id, 0) + event.flow_controlled_length
            elif isinstance(event, h2.events.StreamEnded):
                self.whole.append(event.stream_id)
            elif isinstance(event, h2.events.StreamReset):
                self.reset.add(event.stream_id)
