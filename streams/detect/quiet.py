"""The silences that a recommendation names: who went quiet, what nobody can be sure of, and what cannot be judged."""

from collections.abc import Iterable, Iterator

from schemas.records.judged import Silence
from streams.detect.bulletins import CANCELLED
from streams.detect.claims import claims_in
from streams.detect.knowledge import Knowledge
from streams.detect.questions import CHECK, TIE
from streams.detect.silence import Quiet, reason
from streams.detect.state import Watch, moment
from streams.detect.ticks import limits_of

UNJUDGED = "no thresholds: its values arrive, and nothing can be concluded from them"


def silences(state: Watch, knowledge: Knowledge, called: Iterable[str]) -> tuple[Silence, ...]:
    """All of them, by subject. A gauge without thresholds is named where something is called for in its area."""
    named = {subject: _silence(subject, quiet, state, knowledge) for subject, quiet in state.quiet.items()}
    others = [s for s in _unjudged(state, knowledge, frozenset(called)) if s.subject not in named]
    return tuple(sorted((*named.values(), *others, *_unknown(state, knowledge)), key=lambda silence: silence.subject))


def _silence(subject: str, quiet: Quiet, state: Watch, knowledge: Knowledge) -> Silence:
    if subject in state.slots:
        area, carrier, _ = subject.split("|", 2)
        hours = f"{knowledge.book.limits.statement_stands_h:g} h"
        name = f"{carrier} {knowledge.area_name(area)}"
        return Silence(subject, name, moment(quiet.since), f"lost: not repeated for {hours}; kept, and no longer sure")
    if subject.startswith((f"{CHECK}|", f"{TIE}|")):
        return _question(subject, quiet, knowledge)
    gauge = knowledge.gauges.get(subject)
    name = f"{gauge.river} {gauge.name}".strip() if gauge else subject
    tuning = knowledge.book.tuning
    station = state.stations.get(subject)
    limits = limits_of(subject, station, knowledge) if station else (tuning.stale_min, tuning.lost_min)
    return Silence(subject, name, moment(quiet.since), reason(quiet, *limits))


def _question(subject: str, quiet: Quiet, knowledge: Knowledge) -> Silence:
    """A question to the operator, shown where silences are."""
    kind, area, rest = subject.split("|", 2)
    shown = f"BOSAI|{area}|{rest}" if kind == CHECK else f"{area}|{rest}|tie"
    return Silence(shown, knowledge.area_name(area), moment(quiet.since), quiet.note)


def _unjudged(state: Watch, knowledge: Knowledge, called: frozenset[str]) -> Iterator[Silence]:
    for code, station in state.stations.items():
        gauge = knowledge.gauges.get(code)
        if gauge is not None and not gauge.thresholds and called.intersection(gauge.areas):
            yield Silence(code, f"{gauge.river} {gauge.name}".strip(), moment(station.heard), UNJUDGED)


def _unknown(state: Watch, knowledge: Knowledge) -> list[Silence]:
    """Claims that a cancellation left in doubt; of an event that was never told here it withdraws nothing."""
    found = []
    for area in sorted({key.split("|", 1)[0] for key in state.slots}):
        for claim in claims_in(state.slots, area):
            told_once = claim.carrier.startswith(knowledge.book.carriers.event)
            if claim.unknown and not (told_once and claim.statement.rank == CANCELLED):
                subject = f"{area}|{claim.carrier}|{claim.scope}|cancelled"
                name = claim.statement.title or claim.carrier
                why = "unknown: the statement was cancelled, and which of those before it stands is not known"
                found.append(Silence(subject, name, moment(claim.statement.at), why))
    return found
