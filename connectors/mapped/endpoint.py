"""The door for pushes: POST /push/<source> with a bearer token. 202 once Kafka has acknowledged bytes and records.

A fault of Kafka is answered with 503 and ends the process, as everywhere; whoever pushed tries again.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn import Config

from connectors.inflate import Garbage, TooLarge, read_body
from connectors.mapped.cursor import read_cursor, write_cursor
from connectors.mapped.push import Push
from connectors.mapped.source import MappedSource
from connectors.mapped.tokens import Tokens
from connectors.publish import publish, save_cursor
from connectors.rows import Feeds
from connectors.source import New, Parsed, Payload, Polled
from schemas.kafka import Publisher
from schemas.process.clock import Clock, now_utc
from schemas.process.health import QuietServer
from schemas.process.log import get_logger
from schemas.records.base import Trace, content_id
from schemas.records.observed import Bulletin

BODY_S = 30.0
PUSHES, WINDOW_S = 120, 60.0
"""A gauge that sends every minute, for 120 gauges of one sender; more often is a loop gone wild."""
WRONG_TOKENS = 30
REMEMBERED = 500
TOLD = 20
BESIDE_FROM = 100_000
CONNECTIONS = 64
LAST_ANSWER_S = 2.0


@dataclass(slots=True)
class Rate:
    """So many in a window; the times of the last ones are all it keeps."""

    most: int
    times: deque[float] = field(default_factory=deque)

    def allows(self, now: float) -> bool:
        """Counts one more, unless there were too many."""
        while self.times and now - self.times[0] > WINDOW_S:
            self.times.popleft()
        if len(self.times) >= self.most:
            return False
        self.times.append(now)
        return True


@dataclass(slots=True)
class Line:
    """One source that is pushed to: one document at a time, in the order of arrival."""

    source: MappedSource
    push: Push
    rate: Rate = field(default_factory=lambda: Rate(PUSHES))
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    answers: dict[str, dict[str, object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Door:
    """What the endpoint works with. `fault` gets the first fault of Kafka: the process ends after the answer."""

    lines: dict[str, Line]
    tokens: Tokens
    feeds: Feeds
    publisher: Publisher
    clock: Clock
    fault: "asyncio.Future[None]"
    wrong: Rate = field(default_factory=lambda: Rate(WRONG_TOKENS))

    async def receive(self, request: Request) -> Response:
        """POST /push/<source>: 202, or why not. An unknown source and a wrong token look the same."""
        name, now = str(request.path_params["source"]), asyncio.get_running_loop().time()
        line = self.lines.get(name)
        if not self.tokens.opens(name, request.headers.get("authorization", "")) or line is None:
            if not self.wrong.allows(now):
                return _no(429, "too_often", "Too many wrong tokens: try again in a minute.", retry_s=60)
            return _no(401, "token_wrong", "This token may not push for this source.")
        if not line.push.is_open:
            return _no(503, "starting", "Not ready yet: try again in a few seconds.", retry_s=5)
        if not line.rate.allows(now):
            return _no(429, "too_often", f"More than {PUSHES} pushes a minute: put more rows into one.", retry_s=60)
        body = await _body(request, line.source.row.max_bytes)
        return body if isinstance(body, Response) else await self._handled(line, body, request)

    async def _handled(self, line: Line, body: bytes, request: Request) -> Response:
        digest = hashlib.sha256(body).hexdigest()
        async with line.turn:
            if digest in line.answers:
                return JSONResponse(line.answers[digest] | {"repeat": True}, 202)
            try:
                answer = await self._take(line, body, digest, request.headers.get("content-type", "")[:200])
            except Exception as error:  # noqa: BLE001 - whatever it is, it is not the sender's: the process ends
                if not self.fault.done():
                    self.fault.set_exception(error)
                return _no(503, "fault", "It could not be kept: send it again.", retry_s=10)
            understood = bool(answer["readings"] or answer["notices"] or answer["repeated"])
            if understood:
                line.answers[digest] = answer
                line.answers.pop(next(iter(line.answers))) if len(line.answers) > REMEMBERED else None
            return JSONResponse(answer, 202 if understood or not answer["parked"] else 422)

    async def _take(self, line: Line, body: bytes, digest: str, content_type: str) -> dict[str, object]:
        """Into Kafka, then into the cursor; the cursor moves only when everything was acknowledged."""
        row, at, arrived = line.source.row, await self.clock.now(), now_utc()
        trace = Trace(content_id("trace", row.id, digest, arrived), arrived)
        origin, url = self.feeds.origin_of(row.url), f"{row.url}/{digest[:16]}"
        headers = {"content-type": content_type} if content_type else {}
        payload = Payload(row.id, url, origin, 200, headers, body, at, trace)
        cursor = write_cursor(line.push.state) if line.push.state is not None else "{}"
        polled = Polled(at, New((payload,), cursor), origin, trace, arrived)
        parsed = await _parsed(line.source, polled)
        await publish(self.publisher, row, polled, parsed)
        if parsed.cursor is not None:
            await save_cursor(self.publisher, row, parsed.cursor, at, now_utc())
            line.push.state = read_cursor(parsed.cursor)
        line.push.content_at = max(filter(None, (line.push.content_at, parsed.content_at)), default=None)
        return _told(trace.id, parsed)


async def serve_pushes(door: Door, host: str, port: int) -> None:
    """Serve until cancelled; raises the fault that a push met."""
    app = Starlette(routes=[Route("/push/{source}", door.receive, methods=["POST"])])
    config = Config(app, host, port, log_config=None, access_log=False, lifespan="off", limit_concurrency=CONNECTIONS)
    get_logger().info("taking pushes", port=port, sources=sorted(door.lines))
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.wait({serving, door.fault}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True  # the answer to whom the fault met goes out first
        await asyncio.wait({serving}, timeout=LAST_ANSWER_S)
    finally:
        serving.cancel()
    await (door.fault if door.fault.done() else serving)


def lines_of(sources: Sequence[object]) -> dict[str, Line]:
    """The sources that are pushed to, by id."""
    mapped = [one for one in sources if isinstance(one, MappedSource)]
    return {one.row.id: Line(one, one.route) for one in mapped if isinstance(one.route, Push)}


async def _parsed(source: MappedSource, polled: Polled) -> Parsed:
    """A large document in a thread: others go on meanwhile."""
    size = sum(len(one.body) for one in polled.result.payloads) if isinstance(polled.result, New) else 0
    return await asyncio.to_thread(source.parse, polled) if size >= BESIDE_FROM else source.parse(polled)


async def _body(request: Request, limit: int) -> bytes | Response:
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > limit:
        return _no(413, "too_large", f"At most {limit} bytes in one push: send it in parts.")
    encoding = request.headers.get("content-encoding", "").strip().lower()
    try:
        async with asyncio.timeout(BODY_S):
            body = await read_body(request.stream(), encoding, limit)
    except TooLarge:
        return _no(413, "too_large", f"At most {limit} bytes in one push: send it in parts.")
    except Garbage as error:
        return _no(415, "bad_encoding", f"Send it plain or as gzip: {error}.")
    except (TimeoutError, ClientDisconnect):
        return _no(408, "slow", f"The body did not come within {BODY_S:g} s.")
    return body or _no(400, "empty", "There is nothing in it.")


def _told(trace: str, parsed: Parsed) -> dict[str, object]:
    """What became of it, for whoever pushed: the rows that were wrong, too."""
    batches = [record for record in parsed.records if not isinstance(record, Bulletin)]
    return {
        "trace": trace,
        "readings": sum(len(batch.readings) for batch in batches),
        "notices": sum(len(record.items) for record in parsed.records if isinstance(record, Bulletin)),
        "repeated": parsed.notes.count("repeated"),
        "outside": parsed.notes.count("outside"),
        "parked": [{"reason": one.reason, "text": one.text} for one in parsed.parked[:TOLD]],
        "repeat": False,
    }


def _no(status: int, reason: str, text: str, retry_s: int = 0) -> Response:
    headers = {"Retry-After": str(retry_s)} if retry_s else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"reason": reason, "text": text}, status, headers)
