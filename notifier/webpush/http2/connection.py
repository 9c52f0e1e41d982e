"""One HTTP/2 connection as a state machine: bytes and requests in, bytes and ends out. No I/O and no clock."""

from collections import deque

from notifier.outcome import Fault, NetworkFault
from notifier.webpush.http2 import frames
from notifier.webpush.http2.answers import Answers
from notifier.webpush.http2.exchange import End, Sent
from notifier.webpush.http2.frames import HEADER, HEADER_BYTES, LARGEST_WINDOW, Broken, Code
from notifier.webpush.http2.peer import ENABLE_PUSH, HEADER_TABLE_SIZE
from notifier.webpush.http2.replies import LONGEST_BLOCK
from notifier.webpush.http2.sender import Sender

MOST_CHATTER = 1000
"""PINGs and SETTINGS without any answer in between: more is no peer but an attack (CVE-2019-9512, -9515)."""

_AFTERWARDS = (frames.RST_STREAM, frames.WINDOW_UPDATE)
_WHOLE_ANSWER = frames.END_STREAM | frames.END_HEADERS


class Connection:
    """Speaks to one peer: `send` while there is `room`, `receive` what came, write what `take` gives.

    How requests ended lies in `ends()` after each call; what the peer certainly did not process, in `again()`.
    """

    def __init__(self, authority: str, first_stream: int = 1) -> None:
        self.why_over: str | None = None
        self.peer_at_fault = False
        self.ready = False
        self._leaving = False
        self._sender = Sender(authority, first_stream)
        self._answers = Answers(self._sender)
        self._rest = b""
        self._block: tuple[int, int, bytearray] | None = None
        self._chatter = self._answered_before = 0
        self._sender.out.append(frames.PREFACE + frames.settings({HEADER_TABLE_SIZE: 0, ENABLE_PUSH: 0}))
        self._take = {
            frames.DATA: self._data,
            frames.HEADERS: self._headers,
            frames.CONTINUATION: self._continuation,
            frames.RST_STREAM: self._reset,
            frames.SETTINGS: self._settings,
            frames.PUSH_PROMISE: self._promise,
            frames.PING: self._ping,
            frames.GOAWAY: self._goaway,
            frames.WINDOW_UPDATE: self._window_update,
        }

    @property
    def room(self) -> int:
        """How many requests may be sent now. None before the peer has said what it allows."""
        return max(0, self._sender.room) if self.ready and not self._leaving and self.why_over is None else 0

    @property
    def under_way(self) -> int:
        """Streams that have not ended."""
        return len(self._sender.open)

    @property
    def most_streams(self) -> int:
        """How many streams the peer allows at a time."""
        return self._sender.allowed.streams

    @property
    def answered(self) -> int:
        """How many answers came so far."""
        return self._answers.count

    @property
    def wants_http1(self) -> bool:
        """Whether the peer asked for HTTP/1.1 instead (HTTP_1_1_REQUIRED)."""
        return self._answers.wants_http1

    @property
    def leaving(self) -> bool:
        """Whether nothing more may be sent here: the peer said so, or all stream ids are used, or it is over."""
        return self._leaving or self._sender.spent or self.why_over is not None

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        return self.leaving and not self._sender.open

    def send(self, waiting: deque[Sent]) -> None:
        """Send the first that wait, as far as there is room; only where `room` said that there is."""
        self._sender.send(waiting)

    def take(self) -> bytes:
        """What is to be written now."""
        data = b"".join(self._sender.out)
        self._sender.out.clear()
        return data

    def ends(self) -> list[End]:
        """How requests ended since the last call."""
        ends, self._answers.ends = self._answers.ends, []
        return ends

    def again(self) -> list[Sent]:
        """Requests that the peer certainly did not process, since the last call: to be sent on another stream."""
        again, self._answers.again = self._answers.again, []
        return again

    def ping(self) -> None:
        """Ask whether the peer is there; any byte from it is an answer."""
        self._sender.out.append(frames.frame(frames.PING, 0, 0, b"overdue?"))

    def expire(self, now: float) -> None:
        """Give up what is past its deadline."""
        self._answers.expire(now)

    def receive(self, data: bytes) -> None:
        """Take what came. Never raises: a peer that breaks the protocol is told so, and the connection is over."""
        if self.why_over is not None:
            return
        try:
            self._read(self._rest + data if self._rest else data)
        except Broken as error:
            self.peer_at_fault = True
            self._sender.out.append(frames.goaway(error.code))
            self.lost(f"the peer broke the protocol: {error.text}")

    def leave(self, why: str, fault: Fault = Fault.BROKEN) -> None:
        """End it from our side, politely."""
        if self.why_over is None:
            self._sender.out.append(frames.goaway(Code.NO_ERROR))
        self.lost(why, fault)

    def lost(self, why: str, fault: Fault = Fault.BROKEN) -> None:
        """The connection is gone, or must go: what is under way ends, as answered where a status was heard."""
        self.why_over = self.why_over or why
        for stream in list(self._sender.open):
            self._sender.end(stream)
            self._answers.end(stream, NetworkFault(fault, why[:200]))

    def _read(self, data: bytes) -> None:
        at, size, unpack, opened, quick = 0, len(data), HEADER.unpack_from, self._sender.open, self._answers.quick
        while size - at >= HEADER_BYTES:
            high, low, kind, flags, stream = unpack(data, at)
            length = high << 8 | low
            if length > frames.SMALLEST_MAX_FRAME:
                raise Broken(Code.FRAME_SIZE_ERROR, f"a frame of {length} bytes")
            begin = at + HEADER_BYTES
            if begin + length > size:
                break
            at = begin + length
            payload = data[begin:at]
            if stream in opened:
                if kind == 1 and flags == _WHOLE_ANSWER and not self._block and quick(stream, payload):
                    continue
            elif length == 4 and kind in _AFTERWARDS and not self._block and self._sender.has_ended(stream):
                continue  # no fault, and nothing to do
            self._frame(kind, flags, stream & LARGEST_WINDOW, payload)
        self._rest = data[at:]

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if not self.ready and (kind != frames.SETTINGS or flags & frames.ACK):
            raise Broken(Code.PROTOCOL_ERROR, "its first frame is not SETTINGS")
        if (self._block is not None) != (kind == frames.CONTINUATION):
            raise Broken(Code.PROTOCOL_ERROR, "a header block that is interrupted, or goes on without a beginning")
        take = self._take.get(kind)
        if take is not None:
            take(flags, stream, payload)

    def _data(self, flags: int, stream: int, payload: bytes) -> None:
        self._answers.data(stream, flags, payload)

    def _headers(self, flags: int, stream: int, payload: bytes) -> None:
        block = frames.unpadded(flags, payload)
        if flags & frames.END_HEADERS:
            self._whole_block(stream, flags, block)
        else:
            self._block = (stream, flags, bytearray(block))

    def _continuation(self, flags: int, stream: int, payload: bytes) -> None:
        assert self._block is not None
        of, first_flags, block = self._block
        if stream != of:
            raise Broken(Code.PROTOCOL_ERROR, "a header block that goes on on another stream")
        block += payload
        if len(block) > LONGEST_BLOCK or not payload:
            raise Broken(Code.ENHANCE_YOUR_CALM, "a header block without end")
        if flags & frames.END_HEADERS:
            self._block = None
            self._whole_block(stream, first_flags, bytes(block))

    def _whole_block(self, stream: int, flags: int, block: bytes) -> None:
        self._answers.headers(stream, bool(flags & frames.END_STREAM), block)

    def _reset(self, _flags: int, stream: int, payload: bytes) -> None:
        (code,) = frames.parts(payload, 4)
        self._answers.reset(stream, code)

    def _settings(self, flags: int, stream: int, payload: bytes) -> None:
        if stream:
            raise Broken(Code.PROTOCOL_ERROR, "SETTINGS on a stream")
        if flags & frames.ACK:
            frames.parts(payload, 0)
            return
        self._hear_chatter()
        self._sender.out.append(frames.frame(frames.SETTINGS, frames.ACK, 0))
        self._sender.settings(payload)
        self.ready = True

    def _promise(self, _flags: int, _stream: int, _payload: bytes) -> None:
        raise Broken(Code.PROTOCOL_ERROR, "a push, which we had ruled out")

    def _ping(self, flags: int, stream: int, payload: bytes) -> None:
        if stream:
            raise Broken(Code.PROTOCOL_ERROR, "PING on a stream")
        frames.parts(payload, 8)
        if not flags & frames.ACK:
            self._hear_chatter()
            self._sender.out.append(frames.frame(frames.PING, frames.ACK, 0, payload))

    def _goaway(self, _flags: int, stream: int, payload: bytes) -> None:
        if stream or len(payload) < 8:
            raise Broken(Code.PROTOCOL_ERROR if stream else Code.FRAME_SIZE_ERROR, "a malformed GOAWAY")
        last, _code = frames.parts(payload[:8], 8)
        self._leaving = True
        for beyond in [one for one in self._sender.open if one > last & LARGEST_WINDOW]:
            self._sender.end(beyond)
            self._answers.unprocessed(beyond)

    def _window_update(self, _flags: int, stream: int, payload: bytes) -> None:
        self._sender.window_update(stream, payload)

    def _hear_chatter(self) -> None:
        if self._answers.count != self._answered_before:
            self._chatter, self._answered_before = 0, self._answers.count
        self._chatter += 1
        if self._chatter > MOST_CHATTER:
            raise Broken(Code.ENHANCE_YOUR_CALM, "PING and SETTINGS without end")
