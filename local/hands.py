"""An officer's hands: signs in at the desk and decides over its JSON door, exactly as the pages do."""

from typing import Any

import httpx
import msgspec

from schemas.records.decided import DecisionKind, Verdict


class DeskError(RuntimeError):
    """The desk did not answer with a verdict."""


class Hands:
    """One signed-in officer of one municipality."""

    def __init__(self, client: httpx.AsyncClient, officer: str, municipality: str, csrf: str) -> None:
        self._client, self.officer, self.municipality, self._csrf = client, officer, municipality, csrf

    @classmethod
    async def sign_in(cls, desk: str, officer: str, municipality: str, password: str) -> "Hands":
        """A session of this officer; raises DeskError."""
        client = httpx.AsyncClient(base_url=desk, timeout=15)
        answer = await client.post("/api/session", json={"officer": officer, "password": password})
        if answer.status_code != 200:
            raise DeskError(f"{officer} could not sign in: {answer.status_code} {answer.text}")
        return cls(client, officer, municipality, answer.json()["csrf"])

    async def decide(self, kind: DecisionKind, **words: Any) -> Verdict:
        """Ask for a decision and return its verdict, accepted or not; raises DeskError when there is none."""
        body = {"world": "actual", "municipality": self.municipality, "kind": kind, **words}
        answer = await self._client.post(
            "/api/decisions", content=msgspec.json.encode(body), headers={"X-CSRF-Token": self._csrf}
        )
        if answer.status_code not in (200, 409):
            raise DeskError(f"{self.officer}, {kind}: {answer.status_code} {answer.text}")
        return msgspec.convert(answer.json()["verdict"], Verdict, strict=False)

    async def ticket(self) -> str:
        """The desk's proof for the notifier that this officer's device may be called."""
        answer = await self._client.post("/api/ticket", headers={"X-CSRF-Token": self._csrf})
        answer.raise_for_status()
        return str(answer.json()["ticket"])

    async def close(self) -> None:
        """Close the connection; the session runs out by itself."""
        await self._client.aclose()
