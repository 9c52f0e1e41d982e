"""A mapped document by HTTP: one conditional GET a poll; the same bytes again are nothing new."""

import hashlib
from datetime import datetime

import msgspec

from connectors.mapped.cursor import MappedCursor, write_cursor
from connectors.source import Asks, Failed, Missing, New, Result, Same, Unchanged, Validators


class Web:
    """One address."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def poll(self, state: MappedCursor, ask: Asks, _now: datetime) -> Result:
        """304, and a body that we have read, are unchanged; 404 is a failure: the document has moved."""
        answer = await ask.get(self._url, Validators(state.etag, state.last_modified))
        if isinstance(answer, Same):
            return Unchanged(write_cursor(state))
        if isinstance(answer, Missing):
            return Failed("http_404", f"{self._url}: there is no such document; look whether it has moved")
        if isinstance(answer, Failed):
            return answer
        made, body = answer.validators, answer.payload.body
        digest = hashlib.sha256(body).hexdigest()
        after = msgspec.structs.replace(state, etag=made.etag, last_modified=made.last_modified, sha256=digest)
        cursor = write_cursor(after)
        return Unchanged(cursor) if digest == state.sha256 else New((answer.payload,), cursor)
