"""The watch fold as the app runs it: detection, then recommendation, and the state as bytes."""

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from schemas.records.base import Hazard, Origin, World
from schemas.records.observed import Bulletin, ReadingBatch
from schemas.records.plumbing import Tick
from streams.detect.area import Input, WrongPlace, cause_of, fold, initial
from streams.detect.deferred import settled
from streams.detect.knowledge import Knowledge
from streams.detect.outlook import would_change
from streams.detect.quiet import silences
from streams.detect.say import Cause, Seen, detection
from streams.detect.shown import rule_hits
from streams.detect.state import Watch, awaited_from_replay, moment
from streams.fold import ContentError, Output
from streams.recommend.recommend import Facts, Occasion, Said, recommend

SHAPE = "watch2"
"""Changes when the state's fields do; the numbers that state depends on add their own digest."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The whole state of one municipality: what detection knows, and what was recommended last."""

    watch: Watch
    said: Said = field(default_factory=Said)


class WatchFold:
    """Readings, bulletins, reports and ticks become detections and recommendations. Pure; see streams/fold.py."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self.layout = f"{SHAPE}-{knowledge.digest}"

    def initial(self, world: World, municipality: str) -> Watched:
        """What is known before the first record."""
        return Watched(initial(world, municipality))

    def step(self, state: Watched, record: object, made_at: datetime) -> tuple[Watched, tuple[Output, ...]]:
        """The state after the record and what to say; raises ContentError for a record of another place or kind."""
        if not isinstance(record, Input):
            raise ContentError(f"watch does not fold a {type(record).__name__}")
        try:
            after, seen = fold(state.watch, record, self._knowledge)
        except WrongPlace as error:
            raise ContentError(str(error)) from error
        if after is state.watch:
            return state, ()
        cause = cause_of(state.watch, record, made_at)
        told = [Output("detections", state.watch.municipality, detection(s, cause)) for s in seen]
        said, recommended = self._recommend(state, after, record, cause, seen)
        return Watched(after, said), (*told, *recommended)

    def encode(self, state: Watched) -> bytes:
        """The state as bytes."""
        return msgspec.msgpack.encode(Watched(settled(state.watch), state.said))

    def decode(self, body: bytes) -> Watched:
        """The state that `encode` wrote."""
        return _DECODER.decode(body)

    def _recommend(
        self, state: Watched, after: Watch, record: Input, cause: Cause, seen: list[Seen]
    ) -> tuple[Said, tuple[Output, ...]]:
        if not seen and not _worth_a_look(state.watch, after):
            return state.said, ()
        occasion = Occasion(
            *(cause.world, cause.municipality, _origin(settled(after), cause), _at(record), cause.trace, cause.made_at)
        )
        said, record_out = recommend(self._facts(settled(after)), state.said, occasion)
        if record_out is None:
            return said, ()
        key = cause.municipality
        return said, (Output("recommendations", key, record_out), Output("recommendation-log", key, record_out))

    def _facts(self, watch: Watch) -> Facts:
        known = self._knowledge
        hits = rule_hits(watch, known)
        lifted: dict[tuple[str, Hazard], datetime | None] = {}
        for key, entry in watch.lifted.items():
            area, hazard = key.split("|", 1)
            if (area, Hazard(hazard)) not in hits:
                lifted[area, Hazard(hazard)] = moment(entry.met) if entry.met else None
        places = sorted({*hits, *lifted})
        names = {area: known.area_name(area) for area, _ in places}
        outlook = {place: would_change(*place, hits.get(place, ()), watch, known) for place in places}
        return Facts(hits, lifted, silences(watch, known, names), names, outlook)


def _worth_a_look(before: Watch, after: Watch) -> bool:
    """Whether there may be news: a fact that is shown may have moved, or silences, lifts or statements changed."""
    shown = bool(after.open or after.lifted)
    return (
        before.open is not after.open
        or before.quiet is not after.quiet
        or before.lifted is not after.lifted
        or before.slots is not after.slots
        or (shown and (before.rain is not after.rain or before.dams is not after.dams))
        or (bool(after.open) and _moved(before, after))
    )


def _moved(before: Watch, after: Watch) -> bool:
    """Whether a gauge that stands over a threshold was heard: only of such ones the stage is shown."""
    stations = before.stations
    return any(s.crossings.over and s is not stations.get(c) for c, s in after.stations.items())


def _origin(watch: Watch, cause: Cause) -> Origin:
    """Replay if the cause or any fact that is shown is."""
    shown = [*(o.replay for o in watch.open.values()), *(e.replay for e in watch.lifted.values())]
    quiet = [watch.stations[code].replay for code in watch.quiet if code in watch.stations]
    quiet += [awaited_from_replay(watch)] if watch.quiet else []
    return Origin.REPLAY if cause.replay or any(shown) or any(quiet) else Origin.LIVE


def _at(record: Input) -> datetime:
    if isinstance(record, ReadingBatch):
        return record.polled_at
    if isinstance(record, Tick):
        return record.at
    return record.reported_at if isinstance(record, Bulletin) else record.observed_at


_DECODER = msgspec.msgpack.Decoder(Watched)
