"""May this be sent to this device now? One function per reason; pure. It refuses rather than improvise."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from schemas.levels import DRILL_MARK, level_of
from schemas.records.base import Origin, World
from schemas.records.decided import Action, Order
from schemas.records.delivered import DeliveryJob, End

CALL_LIFETIME = timedelta(minutes=10)
"""A call is pushed at most this long after it was made (real time): by then five others have been called."""


class Reason(StrEnum):
    """Why something is not sent."""

    UNKNOWN = "unknown"
    OTHER_WORLD = "other_world"
    HALTED = "halted"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    REPEATED = "repeated"
    REPLAYED = "replayed"
    NO_CONSENT = "no_consent"
    UNMARKED = "unmarked"
    MISMARKED = "mismarked"


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest revision of an order that is known, whether its sending was halted, and when its sending ends."""

    revision: int
    halted: bool
    deliver_until: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A job, asked about now. `world` is the worker's; `latest` is None when nobody knows; `now` is real time."""

    job: DeliveryJob
    world: World
    latest: Latest | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Device:
    """One recipient: where its endpoint leads, its consent to drills, an end that it already has."""

    loopback: bool
    drills: bool
    ended: End | None


@dataclass(frozen=True, slots=True)
class Words:
    """The lines that the device would show."""

    title: str
    body: str


def deliver_until(asked: Asked) -> datetime:
    """Until when (real time) the job may be sent: what is newest about this very revision, else what the job says."""
    job, latest = asked.job, asked.latest
    if latest is not None and latest.revision == job.revision:
        return latest.deliver_until
    if job.order is not None:
        return job.order.deliver_until
    return job.made_at if job.call is None else job.call.made_at + CALL_LIFETIME


def is_unknown(asked: Asked) -> bool:
    """The job contradicts itself, or says what nobody defined: never guessed."""
    job = asked.job
    if (job.order is None) == (job.call is None):
        return True
    if job.order is not None:
        return not _is_coherent(job.order) or (job.order.id, job.order.revision) != (job.order_id, job.revision)
    return job.call is not None and job.call.id != job.order_id


def is_of_other_world(asked: Asked) -> bool:
    """The job, or what it carries, belongs to another world or origin than the worker's and the job's own."""
    subject = asked.job.order or asked.job.call
    worlds = {asked.world, asked.job.world} | ({subject.world} if subject else set())
    origins = {asked.job.origin} | ({subject.origin} if subject else set())
    return len(worlds) > 1 or len(origins) > 1


def is_halted(asked: Asked) -> bool:
    """An officer halted the sending of this revision."""
    here = asked.job.order is not None and asked.job.order.halted
    return here or (asked.latest is not None and asked.latest.halted and asked.latest.revision == asked.job.revision)


def is_superseded(asked: Asked) -> bool:
    """A newer revision is known: this one would arrive out of order."""
    return asked.latest is not None and asked.latest.revision > asked.job.revision


def is_expired(asked: Asked) -> bool:
    """Its time of sending is over (less than the second that a TTL can say is left)."""
    return deliver_until(asked) - asked.now < timedelta(seconds=1)


def is_repeated(_asked: Asked, device: Device, _words: Words) -> bool:
    """This revision already ended for this device."""
    return device.ended is not None


def is_replayed(asked: Asked, device: Device, _words: Words) -> bool:
    """A replay never leaves this machine."""
    return asked.job.origin != Origin.LIVE and not device.loopback


def lacks_consent(asked: Asked, device: Device, _words: Words) -> bool:
    """A drill reaches only who opted in."""
    return asked.job.world != World.ACTUAL and not device.drills


def is_unmarked(asked: Asked, _device: Device, words: Words) -> bool:
    """A drill has its mark on the title and on every line, or it could be taken for real."""
    return asked.job.world != World.ACTUAL and not _all_marked(DRILL_MARK[asked.job.world], words)


def is_mismarked(asked: Asked, _device: Device, words: Words) -> bool:
    """What is real never begins a line with a drill's mark, or it would be taken for a drill."""
    return asked.job.world == World.ACTUAL and any(line.startswith(_MARKS) for line in _lines(words))


JobCheck = Callable[[Asked], bool]
DeviceCheck = Callable[[Asked, Device, Words], bool]

JOB_CHECKS: dict[Reason, JobCheck] = {
    Reason.UNKNOWN: is_unknown,
    Reason.OTHER_WORLD: is_of_other_world,
    Reason.HALTED: is_halted,
    Reason.SUPERSEDED: is_superseded,
    Reason.EXPIRED: is_expired,
}

DEVICE_CHECKS: dict[Reason, DeviceCheck] = {
    Reason.REPEATED: is_repeated,
    Reason.REPLAYED: is_replayed,
    Reason.NO_CONSENT: lacks_consent,
    Reason.UNMARKED: is_unmarked,
    Reason.MISMARKED: is_mismarked,
}

_ENDS = {Reason.SUPERSEDED: End.SUPERSEDED, Reason.EXPIRED: End.EXPIRED}
_MARKS = tuple(mark for mark in DRILL_MARK.values() if mark)


def end_of(reason: Reason) -> End:
    """The end state that a refusal is; a repeat keeps the end it had."""
    return _ENDS.get(reason, End.REFUSED)


def stops_job(asked: Asked) -> Reason | None:
    """The first reason why nobody gets this job now, or None."""
    return next((reason for reason, check in JOB_CHECKS.items() if check(asked)), None)


def stops_device(asked: Asked, device: Device, words: Words) -> Reason | None:
    """The first reason why this device does not get it now, or None. Asks the job's reasons, too."""
    found = stops_job(asked)
    if found:
        return found
    return next((reason for reason, check in DEVICE_CHECKS.items() if check(asked, device, words)), None)


def _is_coherent(order: Order) -> bool:
    if order.level != level_of(order.order_type):
        return False
    return order.in_force != (order.action == Action.LIFT)


def _lines(words: Words) -> list[str]:
    return [*words.title.splitlines(), *words.body.splitlines()]


def _all_marked(mark: str, words: Words) -> bool:
    lines = _lines(words)
    return bool(words.title) and all(line.startswith(mark) for line in lines)
