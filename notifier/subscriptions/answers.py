"""What the door reads and answers over HTTP: bounded bodies, refusals with a code and a sentence."""

import asyncio

from fastapi import Request
from fastapi.responses import JSONResponse

from notifier.subscriptions.endpoint import Refused

MAX_BODY_BYTES, BODY_S = 8192, 10.0

_STATUSES = {"too_large": 413, "too_slow": 408, "unknown": 404, "token_wrong": 401}


async def body_of(request: Request) -> bytes:
    """The request's body, read no further and no longer than its limits; raises Refused."""
    taken = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                taken += chunk
                if len(taken) > MAX_BODY_BYTES:
                    raise Refused("too_large", f"The request is larger than {MAX_BODY_BYTES} bytes.")
    except TimeoutError as error:
        raise Refused("too_slow", f"The request did not arrive within {BODY_S:.0f} seconds.") from error
    return bytes(taken)


def no(status: int, code: str, text: str, retry_after: int | None = None) -> JSONResponse:
    """A refusal: `code` for programs, `text` for people."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse({"code": code, "text": text}, status, headers=headers)


def too_often(retry_after: int) -> JSONResponse:
    """429."""
    return no(429, "too_often", "Too many requests: try again a little later.", retry_after)


def status_of(code: str) -> int:
    """The HTTP status of a refusal."""
    return _STATUSES.get(code, 403 if code.startswith("ticket") else 400)
