"""What came in: raw bytes, readings of gauges, bulletins of authorities, reports of people in the field."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.records.base import Hazard, Origin, Trace, World


class PollOutcome(StrEnum):
    """A poll ends in new, unchanged or failed: failure is not absence."""

    NEW = "new"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class Quality(StrEnum):
    """Whether a value may be acted on. `suspect` needs a confirming sample; `missing` and `closed` carry no value."""

    VALID = "valid"
    SUSPECT = "suspect"
    STUCK = "stuck"
    MISSING = "missing"
    CLOSED = "closed"


class InfoType(StrEnum):
    """JMA Head/InfoType: 発表, 訂正, 遅延, 取消."""

    ISSUED = "issued"
    CORRECTED = "corrected"
    DELAYED = "delayed"
    CANCELLED = "cancelled"


class ReportKind(StrEnum):
    """What a person saw (domain rules FF-3e, FF-4d, FF-5a, LS-3c, LS-4c, LS-5)."""

    LEAKAGE = "leakage"
    LEAKAGE_GROWING = "leakage_growing"
    OVERFLOW = "overflow"
    BREACH = "breach"
    PRECURSOR = "precursor"
    SLIDE = "slide"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RawPayload:
    """Bytes as fetched, from where and when. `body` is in `encoding` (identity, gzip); `sha256`: of the plain bytes."""

    id: str
    source: str
    url: str
    origin: Origin
    fetched_at: datetime
    status: int
    headers: dict[str, str]
    encoding: str
    sha256: str
    size: int
    body: bytes
    trace: Trace
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one gauge in `unit` (stage: metres above the station's own zero), null where there is none."""

    station: str
    quantity: str
    value: float | None
    unit: str
    observed_at: datetime
    quality: Quality
    quality_code: int | None = None


@dataclass(frozen=True, slots=True)
class ReadingBatch:
    """What one poll of one source brought for one municipality; also sent when nothing came or the poll failed.

    `polled_at` is event time. `stations` are all that the source answers for here, so silence has a name.
    """

    id: str
    world: World
    origin: Origin
    source: str
    municipality: str
    polled_at: datetime
    outcome: PollOutcome
    reason: str | None
    stations: tuple[str, ...]
    readings: tuple[Reading, ...]
    trace: Trace
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that a telegram states for a place and a time: a forecast stage, a tsunami height, an intensity.

    `name` is a word of docs/sources.md; `value` is null where there is none (never 0), and `condition` says why.
    """

    name: str
    subject: str
    subject_name: str
    value: float | None
    unit: str
    at: datetime | None
    until: datetime | None
    condition: str


@dataclass(frozen=True, slots=True)
class BulletinItem:
    """One hazard of one telegram for one area. `active` is false for 解除 and なし: status decides, not code.

    `level` is 警戒レベル相当 0-5, or null where the kind has none or is unknown. `subject` is what a later telegram of
    the same carrier must name to change this claim (a river section, or the area). `summary`: the telegram's words.
    """

    hazard: Hazard
    subject: str
    subject_name: str
    kind_code: str
    kind_name: str
    status: str
    active: bool
    level: int | None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    summary: str = ""
    quantities: tuple[Quantity, ...] = ()


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What one official telegram says for one area (JMA class20 code). A full replacement of this carrier's claim here.

    `carrier` is the data type (VXWW50), `scope` the stable subject key of the telegram, ordered by
    `reported_at` then `serial`. `text` is the headline.
    """

    id: str
    world: World
    origin: Origin
    source: str
    municipality: str
    area: str
    area_name: str
    carrier: str
    scope: str
    event_id: str
    serial: int | None
    info_type: InfoType
    reported_at: datetime
    received_at: datetime
    title: str
    text: str
    office: str
    url: str
    raw_sha256: str
    items: tuple[BulletinItem, ...]
    trace: Trace
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What a person saw in the field, entered by an officer. Signed by the console.

    `detail` names what is finer than `kind`, which is then `other`: readers of version 1 know only the kinds.
    """

    id: str
    world: World
    origin: Origin
    municipality: str
    area: str
    hazard: Hazard
    kind: ReportKind
    text: str
    officer: str
    observed_at: datetime
    signature: bytes
    trace: Trace
    made_at: datetime
    detail: str = ""
