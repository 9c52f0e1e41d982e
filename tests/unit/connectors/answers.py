"""A network that answers as a test wrote down: what a poll asks for, and what it gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.source import Answer, Got, Missing, Validators
from tests.unit.connectors.writing import AT, payload

FEED = "https://www.data.jma.go.jp/developer/xml/feed/"
DATA = "https://www.data.jma.go.jp/developer/xml/data/"


@dataclass(slots=True)
class Written:
    """Answers by address; an address that is not written down is not there (404)."""

    answers: Mapping[str, Answer | bytes]
    at: datetime = AT
    asked: list[str] = field(default_factory=list)
    spare: list[str] = field(default_factory=list)
    conditions: list[Validators | None] = field(default_factory=list)

    async def get(self, url: str, validators: Validators | None = None, key: str = "", spare: bool = False) -> Answer:
        """What is written down for this address."""
        self.spare += [url] if spare else []
        self.asked.append(url)
        self.conditions.append(validators)
        answer = self.answers.get(url, Missing(url))
        if isinstance(answer, bytes):
            return Got(replace(payload(answer, at=self.at), url=url, key=key), Validators('"e1"', None))
        return answer


def atom(names: list[str], updated: datetime = AT, host: str = "https://www.data.jma.go.jp") -> bytes:
    """A feed that names these telegrams."""
    entries = "".join(
        f"<entry><title>土砂災害警戒情報</title><id>{host}/developer/xml/data/{name}</id>"
        f'<updated>{updated.isoformat()}</updated><link href="{host}/developer/xml/data/{name}"/></entry>'
        for name in names
    )
    return (
        f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><updated>{updated.isoformat()}</updated>'
        f"{entries}</feed>"
    ).encode()
