"""What a push service's answer means: an end, or another try, and when. Errors answer for themselves; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from schemas.records.delivered import End

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 1.0, 120.0
LONGEST_RETRY_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a push service said. Header names are lower case; `text` is the beginning of a refusal's body."""

    status: int
    headers: Mapping[str, str]
    text: str = ""


class Fault(StrEnum):
    """How a request failed without an answer."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BROKEN = "broken"
    TLS = "tls"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class NetworkFault:
    """No answer came. `detail` says it to an operator."""

    fault: Fault
    detail: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer answers for: its name in metrics, the end it is (None: try again), what it is once time runs out,
    whether a person must look, and whether the service asked for less."""

    label: str
    end: End | None
    at_last: End
    alarm: bool = False
    slow_down: bool = False


ACCEPTED = Meaning("accepted", End.ACCEPTED, End.ACCEPTED)
GONE = Meaning("gone", End.GONE, End.GONE)
TOO_LARGE = Meaning("too_large", End.REFUSED, End.REFUSED, alarm=True)
REDIRECTED = Meaning("redirected", End.REFUSED, End.REFUSED, alarm=True)
FORBIDDEN = Meaning("forbidden_address", End.REFUSED, End.REFUSED, alarm=True)
OUR_FAULT = Meaning("our_fault", End.FAILED, End.FAILED, alarm=True)
THROTTLED = Meaning("throttled", None, End.EXPIRED, slow_down=True)
UNAVAILABLE = Meaning("unavailable", None, End.EXPIRED)
UNREACHED = Meaning("unreached", None, End.FAILED)

_BY_STATUS = {
    200: ACCEPTED,
    201: ACCEPTED,
    202: ACCEPTED,
    204: ACCEPTED,
    404: GONE,
    408: UNAVAILABLE,
    410: GONE,
    413: TOO_LARGE,
    425: UNAVAILABLE,
    429: THROTTLED,
    503: THROTTLED,
}

_BY_FAULT = {
    Fault.TIMEOUT: UNAVAILABLE,
    Fault.BROKEN: UNAVAILABLE,
    Fault.UNREACHABLE: UNREACHED,
    Fault.TLS: UNREACHED,
    Fault.FORBIDDEN: FORBIDDEN,
}


def meaning(answer: Answer | NetworkFault, host: str) -> Meaning:
    """What became of one request to `host`. Unlisted refusals (4xx) are our fault: they alarm, nobody is deleted."""
    if isinstance(answer, NetworkFault):
        return _BY_FAULT[answer.fault]
    if answer.status in _BY_STATUS:
        return _BY_STATUS[answer.status]
    if answer.status == 406 and host.endswith(".notify.windows.com"):
        return THROTTLED  # WNS says 406 for "too many"
    if answer.status >= 500:
        return UNAVAILABLE
    if 300 <= answer.status < 400:
        return REDIRECTED
    return OUR_FAULT


def next_try(
    answer: Answer | NetworkFault, attempt: int, now: datetime, until: datetime, spread: float
) -> datetime | None:
    """When to try again after attempt number `attempt` (from 1), or None if no time is left.

    `spread` is random in [0, 1): not everyone comes back at once.
    """
    told = retry_after(answer, now) if isinstance(answer, Answer) else None
    wait = backoff_s(attempt, spread) if told is None else told + spread
    moment = now + timedelta(seconds=wait)
    return moment if moment + timedelta(seconds=1) <= until else None


def backoff_s(attempt: int, spread: float) -> float:
    """Doubling from 1 s to 2 min, of which a random half is taken off."""
    whole = min(FIRST_BACKOFF_S * 2.0 ** min(attempt - 1, 16), LONGEST_BACKOFF_S)
    return whole * (0.5 + spread / 2)


def retry_after(answer: Answer, now: datetime) -> float | None:
    """Seconds the service asked us to wait (RFC 9110 §10.2.3: a number or a date), at most an hour; None if unsaid."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_RETRY_AFTER_S)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return min(max(0.0, (moment - now).total_seconds()), LONGEST_RETRY_AFTER_S)
