"""`python -m tests.integration.counting_worker`: *watch* with a fold that writes down all that it was given.

Per kind of input it keeps a count and a chain of hashes over the ids in their order: a lost, doubled or reordered input
gives another chain.
"""

import hashlib
import sys
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from schemas.process.service import run
from schemas.process.settings import load
from schemas.records.base import Hazard, World, content_id
from schemas.records.judged import Detection, DetectionKind, Phase
from schemas.records.observed import Bulletin, ReadingBatch
from schemas.records.plumbing import Tick
from schemas.signing import public_key
from streams import roles
from streams.fold import ContentError, Output
from streams.places import signed_with
from streams.settings import StreamsSettings
from streams.worker import serve


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts and chains by kind of input; `ticked` is the count that the last acting tick saw."""

    counts: dict[str, int] = field(default_factory=dict)
    chains: dict[str, str] = field(default_factory=dict)
    ticked: int = 0


def chained(chain: str, record_id: str) -> str:
    """The next link."""
    return hashlib.sha256((chain + record_id).encode()).hexdigest()


class CountingFold:
    """Says one detection per input, named after it."""

    def __init__(self, layout: str = "counting1") -> None:
        self.layout = layout

    def initial(self, _world: World, _municipality: str) -> Counted:
        """Nothing counted."""
        return Counted()

    def step(self, state: Counted, record: object, made_at: datetime) -> tuple[Counted, tuple[Output, ...]]:
        """Count it; a tick only notes how much was counted. A batch that says so is content that cannot be folded."""
        if isinstance(record, Tick):
            total = sum(state.counts.values())
            return (replace(state, ticked=total) if state.ticked != total else state), ()
        assert isinstance(record, ReadingBatch | Bulletin)
        if isinstance(record, ReadingBatch) and record.reason == "impossible":
            raise ContentError("this batch is impossible")
        kind = (ReadingBatch if isinstance(record, ReadingBatch) else Bulletin).__name__  # it may come in columns
        counts = state.counts | {kind: state.counts.get(kind, 0) + 1}
        chains = state.chains | {kind: chained(state.chains.get(kind, ""), record.id)}
        said = Output("detections", record.municipality, seen(record, made_at))
        return replace(state, counts=counts, chains=chains), (said,)

    def encode(self, state: Counted) -> bytes:
        """MessagePack."""
        return msgspec.msgpack.encode(state)

    def decode(self, body: bytes) -> Counted:
        """What `encode` wrote."""
        return msgspec.msgpack.decode(body, type=Counted)


def seen(record: ReadingBatch | Bulletin, made_at: datetime) -> Detection:
    """A detection whose subject is the input's id."""
    return Detection(
        id=content_id("seen", record.id),
        world=record.world,
        origin=record.origin,
        municipality=record.municipality,
        area="",
        hazard=Hazard.OTHER,
        kind=DetectionKind.THRESHOLD,
        rule="seen",
        subject=record.id,
        phase=Phase.BEGAN,
        level=None,
        episode=record.id,
        began_at=record.made_at,
        at=record.made_at,
        lead_min_low=None,
        lead_min_high=None,
        evidence=(),
        trace=record.trace,
        made_at=made_at,
    )


if __name__ == "__main__":
    settings = load(StreamsSettings)
    role = roles.watch(CountingFold(*sys.argv[1:]), signed_with(public_key(settings.verify_key)))
    run("watch", settings, lambda health: serve(role, settings, health))
