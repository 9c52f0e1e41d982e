"""What *decide* knows of one municipality, as frozen values, and what it asks of the outside through `Knowledge`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas.records.base import Hazard, OrderType, World
from schemas.records.decided import CallKind, CaseStatus, Decision, Order, Policy, Proposal
from schemas.records.judged import Recommendation

REMEMBERED = 256
"""How many decision ids are kept, so that a repeat gets its verdict again. Redelivery repeats the last few."""

_GRADES = {
    OrderType.ELDERLY_EVACUATION: 3,
    OrderType.EVACUATION_ORDER: 4,
    OrderType.EMERGENCY_SAFETY: 5,
    OrderType.TSUNAMI_EVACUATION: 9,
}


def grade_of(order_type: OrderType | None) -> int:
    """How grave an order is, to compare two; 0 for none. The tsunami order has no level and stands above all."""
    return 0 if order_type is None else _GRADES[order_type]


class Refused(Exception):
    """A decision that is not accepted: a stable code, and a sentence that tells the officer what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(frozen=True, slots=True)
class Place:
    """A municipality as orders name it; `areas` are its class20 codes."""

    name: str
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the fold is told: the places, how content is digested, and whether the console signed a decision."""

    places: Mapping[str, Place]
    digest_of: Callable[[Proposal | Policy], str]
    is_signed: Callable[[Decision], bool]

    def place(self, municipality: str) -> Place:
        """The municipality; raises Refused for one that nobody here knows."""
        found = self.places.get(municipality)
        if found is None:
            raise Refused("unknown_municipality", f"No municipality {municipality} is known here: check the code.")
        return found


@dataclass(frozen=True, slots=True)
class AreaCall:
    """What the newest recommendation calls for in one area: an order's grade, 0 below level 3."""

    area: str
    grade: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the newest recommendation says of one hazard. `level` is the highest number called for, if any.

    `replayed`: it rests on a replay, and so does an order that names it.
    """

    hazard: Hazard
    recommendation_id: str
    level: int | None
    areas: tuple[AreaCall, ...]
    replayed: bool

    @property
    def grade(self) -> int:
        """The gravest order called for in any area."""
        return max((call.grade for call in self.areas), default=0)

    def grade_in(self, area: str) -> int:
        """The order's grade that is called for in one area."""
        return next((call.grade for call in self.areas if call.area == area), 0)


@dataclass(frozen=True, slots=True)
class Case:
    """One hazard in one municipality, from the first proposal (or the recommendation that rose) to the lift.

    `authors` wrote the current draft; `order` is the last revision that was issued, in force or lifted; `woken` means
    that approvers were called for this submission; `reminded`: of which revision, and how far, that its sending ends.
    """

    id: str
    hazard: Hazard
    status: CaseStatus
    updated_at: datetime
    proposal: Proposal | None = None
    digest: str | None = None
    authors: tuple[str, ...] = ()
    submitted_by: str | None = None
    submitted_at: datetime | None = None
    returned_by: str | None = None
    woken: bool = False
    replayed: bool = False
    order: Order | None = None
    reminded: tuple[int, int] = (0, 0)

    @property
    def in_force(self) -> Order | None:
        """The order that is in force now."""
        return self.order if self.order is not None and self.order.in_force else None

    @property
    def resting(self) -> CaseStatus:
        """Where the case stands without a draft."""
        order = self.in_force
        if order is None:
            return CaseStatus.LIFTED if self.status is CaseStatus.LIFTED else CaseStatus.OPEN
        return CaseStatus.HALTED if order.halted else CaseStatus.IN_FORCE


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that nobody has answered. `stepped_at` is the event time of its last step; `barred` cannot help."""

    id: str
    kind: CallKind
    case_id: str
    hazard: Hazard
    grade: int
    level: int | None
    recommendation_id: str | None
    text: str
    barred: tuple[str, ...]
    step: int
    officers: tuple[str, ...]
    replayed: bool
    stepped_at: datetime
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class DraftPolicy:
    """A policy that one person signed and a second has not yet."""

    policy: Policy
    digest: str
    signed_by: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """A decision that was answered, and how."""

    decision_id: str
    accepted: bool
    code: str
    text: str
    hazard: Hazard | None


@dataclass(frozen=True, slots=True)
class DecideState:
    """Everything *decide* knows of one municipality. `spent` policies have had their order, or their chance of one.

    `behind`: the newest recommendation of a backlog, held; `behind_since`: when (real time) the first of them was made.
    """

    world: World
    municipality: str
    cases: tuple[Case, ...] = ()
    opened: int = 0
    standings: tuple[Standing, ...] = ()
    number: int = 0
    as_of: datetime | None = None
    duty: tuple[str, ...] = ()
    calls: tuple[OpenCall, ...] = ()
    drafts: tuple[DraftPolicy, ...] = ()
    policies: tuple[Policy, ...] = ()
    spent: tuple[str, ...] = ()
    remembered: tuple[Remembered, ...] = ()
    behind: Recommendation | None = None
    behind_since: datetime | None = None

    def case_of(self, hazard: Hazard) -> Case | None:
        """The newest case of a hazard, lifted or not."""
        return next((case for case in self.cases if case.hazard is hazard), None)

    def standing_of(self, hazard: Hazard) -> Standing | None:
        """What is recommended for a hazard now."""
        return next((standing for standing in self.standings if standing.hazard is hazard), None)
