"""The half of a connection that sends: streams are opened, bodies go out as far as the peer's windows allow."""

from collections import deque
from dataclasses import dataclass

from notifier.webpush.http2.exchange import Sent
from notifier.webpush.http2.fields import FieldWriter
from notifier.webpush.http2.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FIRST_WINDOW,
    HEADERS,
    LARGEST_WINDOW,
    LAST_STREAM,
    SMALLEST_MAX_FRAME,
    STREAM_BYTES,
    Broken,
    Code,
    frame,
    parts,
)
from notifier.webpush.http2.peer import Allowed

MOST_STREAMS = 1000
"""How many we have open on one connection, also where a peer sets no bound."""


@dataclass(slots=True)
class Upload:
    """A body that the peer's windows have not let out whole."""

    body: bytes
    window: int
    at: int = 0


class Sender:
    """Opens streams. `out` collects the frames to be written; `open` are the streams that have not ended, by id."""

    def __init__(self, authority: str, first_stream: int = 1) -> None:
        self.allowed = Allowed()
        self.out: list[bytes] = []
        self.open: dict[int, Sent] = {}
        self.next_stream = first_stream
        self._fields = FieldWriter(authority)
        self._window = FIRST_WINDOW
        self._uploads: dict[int, Upload] = {}

    @property
    def room(self) -> int:
        """How many streams may be opened now."""
        if self._window <= 0:
            return 0
        left = (LAST_STREAM - self.next_stream) // 2 + 1
        return min(self.allowed.streams, MOST_STREAMS, left + len(self.open)) - len(self.open)

    @property
    def spent(self) -> bool:
        """Whether there are no stream ids left."""
        return self.next_stream > LAST_STREAM

    def send(self, waiting: deque[Sent]) -> None:
        """Open streams for the first that wait, as far as there is room."""
        out, opened, form_of = self.out, self.open, self._fields.form
        whole = min(self.allowed.window, self.allowed.frame)
        for _ in range(min(self.room, len(waiting))):
            sent = waiting.popleft()
            post, stream = sent[1], self.next_stream
            target, body = post.target, post.body
            size = len(body)
            self.next_stream = stream + 2
            opened[stream] = sent
            form = form_of(sent[0].head, len(target), size)
            if form is None or size > whole or size > self._window:
                self._send_in_parts(stream, self._fields.block(sent[0].head, target, size), body)
                if self._window <= 0:
                    return
                continue
            self._window -= size
            number = stream.to_bytes(STREAM_BYTES, "big")
            out += (form.headers, number, form.before, target, form.after, form.data, number, body)

    def has_ended(self, stream: int) -> bool:
        """Whether this stream was opened and is over."""
        return stream & 1 == 1 and stream < self.next_stream and stream not in self.open

    def uploading(self, stream: int) -> bool:
        """Whether a part of a stream's body has not gone out."""
        return stream in self._uploads

    def end(self, stream: int) -> bool:
        """Forget a stream's body; True if the peer has not got all of it."""
        return self._uploads.pop(stream, None) is not None

    def settings(self, payload: bytes) -> None:
        """The peer's SETTINGS: its windows change also for bodies that are under way (RFC 9113 §6.9.2)."""
        window, table = self.allowed.window, self.allowed.table_size
        self.allowed.change(payload)
        if self.allowed.table_size != table:
            self._fields.limit(self.allowed.table_size)
        for upload in self._uploads.values():
            upload.window += self.allowed.window - window
            if upload.window > LARGEST_WINDOW:
                raise Broken(Code.FLOW_CONTROL_ERROR, "a stream's window beyond 2^31-1")
        self._go_on()

    def window_update(self, stream: int, payload: bytes) -> None:
        """More room, for the connection (0) or a stream."""
        more = parts(payload, 4)[0] & LARGEST_WINDOW
        if not more:
            raise Broken(Code.PROTOCOL_ERROR, "WINDOW_UPDATE by nothing")
        if not stream:
            self._window += more
        elif stream in self._uploads:
            self._uploads[stream].window += more
        if self._window > LARGEST_WINDOW or (stream in self._uploads and self._uploads[stream].window > LARGEST_WINDOW):
            raise Broken(Code.FLOW_CONTROL_ERROR, "a window beyond 2^31-1")
        self._go_on()

    def _send_in_parts(self, stream: int, block: bytes, body: bytes) -> None:
        most = SMALLEST_MAX_FRAME
        pieces = [block[at : at + most] for at in range(0, len(block), most)]
        for index, piece in enumerate(pieces):
            kind, flags = CONTINUATION if index else HEADERS, END_HEADERS if index == len(pieces) - 1 else 0
            self.out.append(frame(kind, flags, stream, piece))
        upload = self._uploads[stream] = Upload(body, self.allowed.window)
        self._push(stream, upload)

    def _go_on(self) -> None:
        for stream, upload in list(self._uploads.items()):
            if self._window <= 0:
                return
            self._push(stream, upload)

    def _push(self, stream: int, upload: Upload) -> None:
        while True:
            left = len(upload.body) - upload.at
            size = min(left, self._window, upload.window, self.allowed.frame)
            if left and size <= 0:
                return
            data = upload.body[upload.at : upload.at + size]
            upload.at += size
            upload.window -= size
            self._window -= size
            self.out.append(frame(DATA, END_STREAM if size == left else 0, stream, data))
            if size == left:
                del self._uploads[stream]
                return
