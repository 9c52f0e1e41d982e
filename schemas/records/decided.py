"""What a person said and what is in force: decisions, verdicts, calls, orders."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.records.base import Hazard, OrderType, Origin, Trace, World

LANGUAGES = ("ja", "ja-easy", "en", "zh", "ko", "vi", "pt", "tl", "ne")
"""Languages an order may carry; ja is required. ja-easy is やさしい日本語."""

REQUIRED_LANGUAGES = ("ja", "ja-easy", "en")
"""Without these nothing is approved, whoever wrote the words; the templates write all of LANGUAGES."""

MAX_TITLE_BYTES, MAX_BODY_BYTES = 200, 1800
"""Per language, UTF-8. Keeps a push under 2 KB of plaintext (Android bridges cap bodies at 2744 bytes)."""

MAX_PUSH_BYTES = 2040
"""Title and body of one language as a push carries them: as JSON, each line with its world's mark (schemas.levels)."""


class DecisionKind(StrEnum):
    """A named officer's step."""

    PROPOSE = "propose"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    HALT = "halt"
    ACKNOWLEDGE = "acknowledge"
    SET_DUTY = "set_duty"
    SIGN_POLICY = "sign_policy"
    APPROVE_POLICY = "approve_policy"
    REVOKE_POLICY = "revoke_policy"


class Action(StrEnum):
    """What a proposal does to the case's order."""

    ISSUE = "issue"
    REVISE = "revise"
    CORRECT = "correct"
    LIFT = "lift"


class CaseStatus(StrEnum):
    """Where a case stands. A lifted case is closed; the next proposal of that hazard opens a new one."""

    OPEN = "open"
    DRAFTED = "drafted"
    SUBMITTED = "submitted"
    IN_FORCE = "in_force"
    HALTED = "halted"
    LIFTED = "lifted"


class CallKind(StrEnum):
    """Why somebody is woken."""

    RECOMMENDATION_ROSE = "recommendation_rose"
    APPROVER_MISSING = "approver_missing"


class CallState(StrEnum):
    """A call stays open until somebody on duty acknowledges it, or what it asked for is done."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Text:
    """An order's words in one language: what residents read, without the drill mark, which is added when rendered."""

    lang: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed, submitted and approved as one whole: any change voids the approval.

    `areas` are class20 codes (empty: all of the municipality); `deliver_until` is real UTC time, and ends sending only.
    """

    action: Action
    order_type: OrderType
    level: int | None
    areas: tuple[str, ...]
    districts: tuple[str, ...]
    texts: tuple[Text, ...]
    deliver_until: datetime
    recommendation_id: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What a municipality signed beforehand: for these rules, areas and at most this level an order issues by itself.

    `valid_until` is event time; `deliver_minutes` sets the order's deliver_until after it issues.
    """

    id: str
    municipality: str
    hazard: Hazard
    rules: tuple[str, ...]
    areas: tuple[str, ...]
    order_type: OrderType
    level: int | None
    districts: tuple[str, ...]
    texts: tuple[Text, ...]
    deliver_minutes: int
    valid_until: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One step of one officer, signed by the console. `id` makes a repeat harmless.

    `case_id` is null when the step opens a case (propose) or is about none (duty, policy). `digest` names the exact
    proposal or policy that is submitted or approved (schemas.signing.digest_of). `decided_at` is event time.
    """

    id: str
    world: World
    origin: Origin
    municipality: str
    officer: str
    kind: DecisionKind
    hazard: Hazard | None
    case_id: str | None
    proposal: Proposal | None
    digest: str | None
    reason: str | None
    call_id: str | None
    duty: tuple[str, ...]
    policy: Policy | None
    policy_id: str | None
    decided_at: datetime
    signature: bytes
    trace: Trace
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as the desk shows it after a verdict. Names are officer ids."""

    id: str
    hazard: Hazard
    status: CaseStatus
    recommended_level: int | None
    recommendation_id: str | None
    proposal: Proposal | None
    digest: str | None
    authors: tuple[str, ...]
    submitted_by: str | None
    returned_by: str | None
    order_id: str | None
    revision: int
    order_type: OrderType | None
    order_level: int | None
    order_areas: tuple[str, ...]
    in_force: bool
    halted: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a decision (or that a signed policy approved), with the case's new state.

    `code` is stable (`accepted`, `same_person`, `stale_digest`, `unknown_case`, ...), `text` for people.
    """

    id: str
    world: World
    origin: Origin
    municipality: str
    decision_id: str | None
    decision_kind: DecisionKind | None
    policy_id: str | None
    officer: str | None
    accepted: bool
    code: str
    text: str
    case: CaseView | None
    duty: tuple[str, ...]
    policies: tuple[Policy, ...]
    at: datetime
    trace: Trace
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody on duty is to be woken: `officers` now (empty: everyone on the desk), `step` counts escalations.

    Same id for all steps of one call; a later record with state acknowledged or closed ends it. `detail` is finer than
    its kind: `sending_ends` (of kind approver_missing) is about an order in force whose sending ends or has ended.
    """

    id: str
    world: World
    origin: Origin
    municipality: str
    kind: CallKind
    state: CallState
    step: int
    hazard: Hazard
    level: int | None
    case_id: str | None
    recommendation_id: str | None
    officers: tuple[str, ...]
    acknowledged_by: str | None
    text: str
    called_at: datetime
    trace: Trace
    made_at: datetime
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One revision of one order. In force until lifted; `deliver_until` (real time) ends only its sending.

    `issued_at` is event time. `decided_by` are officer ids (author and approver) or empty with `policy_id`.
    `halted` true tells the notifier to stop sending this revision.
    """

    id: str
    revision: int
    world: World
    origin: Origin
    municipality: str
    municipality_name: str
    case_id: str
    hazard: Hazard
    action: Action
    order_type: OrderType
    level: int | None
    areas: tuple[str, ...]
    districts: tuple[str, ...]
    texts: tuple[Text, ...]
    in_force: bool
    halted: bool
    issued_at: datetime
    deliver_until: datetime
    decided_by: tuple[str, ...]
    policy_id: str | None
    recommendation_id: str | None
    trace: Trace
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Resend:
    """An officer's wish to try a revision again for those whose delivery ended so. Signed by the console.

    `ends` are ends (failed, expired); `requested_at` is real time. `id` makes a repeat harmless.
    """

    id: str
    world: World
    origin: Origin
    municipality: str
    order_id: str
    revision: int
    officer: str
    ends: tuple[str, ...]
    requested_at: datetime
    signature: bytes
    trace: Trace
    made_at: datetime
