"""What comes back on the streams of one connection: answers whole and in parts, resets, bodies beyond need."""

from notifier.outcome import Fault, NetworkFault
from notifier.webpush.http2 import frames
from notifier.webpush.http2.exchange import ACCEPTED, End, Ending, Exchange, Sent, broken
from notifier.webpush.http2.frames import Broken, Code
from notifier.webpush.http2.replies import FieldReader, quick_status
from notifier.webpush.http2.sender import Sender

MOST_REFUSALS = 8
LONGEST_ANSWER = 16_384
"""Bytes of a body after which a stream is given up: its status has been heard."""

_GIVE_BACK_AT = 32_768
_NOT_PROCESSED = (Code.REFUSED_STREAM, Code.HTTP_1_1_REQUIRED)


class Answers:
    """Collects `ends`, and in `again` the requests that the peer certainly did not process."""

    def __init__(self, sender: Sender) -> None:
        self.ends: list[End] = []
        self.again: list[Sent] = []
        self.count = 0
        self.wants_http1 = False
        self._sender = sender
        self._reader = FieldReader()
        self._exchanges: dict[int, Exchange] = {}
        self._got = 0

    def quick(self, stream: int, block: bytes) -> bool:
        """Take the usual answer: accepted, whole, in one frame. False: it is not that."""
        answer = ACCEPTED.get(quick_status(block))
        if answer is None or stream in self._exchanges or self._sender.uploading(stream):
            return False
        self.ends.append((self._sender.open.pop(stream), answer))
        self.count += 1
        return True

    def headers(self, stream: int, last: bool, block: bytes) -> None:
        """A header block: an answer's, an interim one's (1xx), or trailers."""
        if not self._is_open(stream):
            return
        exchange = self._exchanges.get(stream)
        if exchange is not None:
            self._trailers(stream, last)
            return
        status, fields = self._reader.read(block)
        if 100 <= status < 200 and not last and status != 101:
            return
        if not 200 <= status <= 599:
            self._refuse(stream, f"an answer with status {status}")
            return
        exchange = self._exchanges[stream] = Exchange(status, fields)
        self.count += 1
        if last:
            self.end(stream)
        elif status in ACCEPTED:
            self._tell(stream, exchange, exchange.answer())

    def data(self, stream: int, flags: int, payload: bytes) -> None:
        """A part of an answer's body."""
        self._give_back(len(payload))
        if not self._is_open(stream):
            return
        exchange = self._exchanges.get(stream)
        if exchange is None:
            self._refuse(stream, "a body before its header")
            return
        exchange.take(frames.unpadded(flags & ~frames.PRIORITIZED, payload))
        if flags & frames.END_STREAM:
            self.end(stream)
        elif exchange.size > LONGEST_ANSWER:
            self._sender.out.append(frames.reset(stream, Code.CANCEL))
            self._sender.end(stream)
            self.end(stream)

    def reset(self, stream: int, code: int) -> None:
        """The peer gave a stream up. Refused means: not processed, so it may be sent again (RFC 9113 §8.7)."""
        if not self._is_open(stream):
            return
        self._sender.end(stream)
        self.wants_http1 = self.wants_http1 or code == Code.HTTP_1_1_REQUIRED
        if code in _NOT_PROCESSED and stream not in self._exchanges:
            self.unprocessed(stream)
        else:
            self.end(stream, broken(f"the peer reset the stream: {frames.named(code)}"))

    def unprocessed(self, stream: int) -> None:
        """The peer did not look at this request: it is sent again, unless that went on and on."""
        batch, post, refusals = self._sender.open[stream]
        if refusals >= MOST_REFUSALS:
            self.end(stream, broken(f"refused {refusals + 1} times"))
            return
        self._forget(stream)
        self.again.append((batch, post, refusals + 1))

    def expire(self, now: float) -> None:
        """Give up what is past its deadline, at the peer as well."""
        for stream in [stream for stream, sent in self._sender.open.items() if sent[0].deadline <= now]:
            self._sender.out.append(frames.reset(stream, Code.CANCEL))
            self._sender.end(stream)
            self.end(stream, NetworkFault(Fault.TIMEOUT, "no answer in time"))

    def end(self, stream: int, otherwise: Ending | None = None) -> None:
        """A stream is over. Its status counts where one was heard, `otherwise` where not."""
        exchange = self._exchanges.get(stream)
        if exchange is None:
            self.ends.append((self._sender.open[stream], otherwise or broken("no answer")))
        elif not exchange.told:
            self._tell(stream, exchange, exchange.answer())
        self._forget(stream)

    def _forget(self, stream: int) -> None:
        if self._sender.end(stream):  # answered before it had all of the body: it need not come any more
            self._sender.out.append(frames.reset(stream, Code.NO_ERROR))
        self._sender.open.pop(stream)
        self._exchanges.pop(stream, None)

    def _tell(self, stream: int, exchange: Exchange, answer: Ending) -> None:
        exchange.told = True
        self.ends.append((self._sender.open[stream], answer))

    def _trailers(self, stream: int, last: bool) -> None:
        if last:
            self.end(stream)
        else:
            self._refuse(stream, "a second header that does not end the stream")

    def _refuse(self, stream: int, why: str) -> None:
        self._sender.out.append(frames.reset(stream, Code.PROTOCOL_ERROR))
        self._sender.end(stream)
        self.end(stream, broken(why))

    def _is_open(self, stream: int) -> bool:
        """False for a stream that has ended, of which late frames are no fault; raises Broken for one never opened."""
        if stream in self._sender.open:
            return True
        if stream % 2 == 0 or stream >= self._sender.next_stream:
            raise Broken(Code.PROTOCOL_ERROR, f"a frame on stream {stream}, which was never opened")
        return False

    def _give_back(self, size: int) -> None:
        """Room for the whole connection again; a single stream never needs more than its first window."""
        self._got += size
        if self._got >= _GIVE_BACK_AT:
            self._sender.out.append(frames.frame(frames.WINDOW_UPDATE, 0, 0, frames.number(self._got)))
            self._got = 0
