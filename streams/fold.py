"""What both apps fold with: (state, record, made_at) → (state', outputs). Pure; the shell around it does the rest."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from schemas.records.base import World

S = TypeVar("S")


class ContentError(ValueError):
    """The record itself can never be folded: it is parked with this reason, and the next one is handled."""


@dataclass(frozen=True, slots=True)
class Output:
    """One record for the topic row `topic`, keyed by `key`."""

    topic: str
    key: str
    record: Any


class Fold(Protocol[S]):
    """A state per municipality that moves only on records. The same state and record always give the same answer.

    `made_at` is real time. `layout` names what the state's bytes mean. `step` raises ContentError for what must park.
    """

    layout: str

    def initial(self, world: World, municipality: str) -> S:
        """What is known before the first record."""

    def step(self, state: S, record: object, made_at: datetime) -> tuple[S, tuple[Output, ...]]:
        """The state after the record, and what to say about it."""

    def encode(self, state: S) -> bytes:
        """The state as bytes."""

    def decode(self, body: bytes) -> S:
        """The state that `encode` wrote."""
