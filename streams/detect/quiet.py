"""The silences that a recommendation names: who went quiet, and which claims nobody can be sure of."""

from schemas.records.judged import Silence
from streams.detect.bulletins import claims_in
from streams.detect.knowledge import Knowledge
from streams.detect.silence import Quiet, reason
from streams.detect.state import Watch, moment


def silences(state: Watch, knowledge: Knowledge) -> tuple[Silence, ...]:
    """All of them, by subject."""
    named = [_silence(subject, quiet, state, knowledge) for subject, quiet in state.quiet.items()]
    return tuple(sorted((*named, *_unknown(state)), key=lambda silence: silence.subject))


def _silence(subject: str, quiet: Quiet, state: Watch, knowledge: Knowledge) -> Silence:
    if subject in state.slots:
        area, carrier, _ = subject.split("|", 2)
        hours = f"{knowledge.book.statement_stands_h:g} h"
        name = f"{carrier} {knowledge.area_name(area)}"
        return Silence(subject, name, moment(quiet.since), f"lost: not repeated for {hours}; kept, and no longer sure")
    tuning = knowledge.book.tuning_of(subject)
    gauge = knowledge.gauges.get(subject)
    name = f"{gauge.river} {gauge.name}" if gauge else subject
    return Silence(subject, name, moment(quiet.since), reason(quiet, tuning.stale_min, tuning.lost_min))


def _unknown(state: Watch) -> list[Silence]:
    found = []
    for area in sorted({key.split("|", 1)[0] for key in state.slots}):
        for claim in claims_in(state.slots, area):
            if claim.unknown:
                subject = f"{area}|{claim.carrier}|{claim.scope}|cancelled"
                name = claim.statement.title or claim.carrier
                why = "unknown: the statement was cancelled and what stood before it is not known"
                found.append(Silence(subject, name, moment(claim.statement.at), why))
    return found
