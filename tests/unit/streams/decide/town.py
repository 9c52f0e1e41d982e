"""A town hall for tests: Fujisawa, its officers, and short ways to write decisions and recommendations down."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.records.base import Hazard, OrderType, Origin, Trace, World, content_id
from schemas.records.decided import Action, Call, Decision, DecisionKind, Order, Policy, Proposal, Text, Verdict
from schemas.records.judged import Called, Change, Recommendation, RuleHit
from schemas.records.plumbing import Tick
from streams.decide.model import DecideState, Knowledge, Place
from streams.decided import DecideFold

FUJISAWA, AREA = "14205", "1420500"
YOKOHAMA, NORTH, SOUTH = "14100", "1410011", "1410012"
EVENT = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)
REAL = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ORDER_TYPES = {3: OrderType.ELDERLY_EVACUATION, 4: OrderType.EVACUATION_ORDER, 5: OrderType.EMERGENCY_SAFETY}
JA = Text("ja", "避難指示", "危険な場所から全員避難してください。")
EASY = Text("ja-easy", "みんな にげてください", "ここは あぶないです。")
EN = Text("en", "Evacuation order", "Leave dangerous places now.")
VI = Text("vi", "Chỉ thị lánh nạn", "Hãy rời khỏi nơi nguy hiểm ngay.")
TEXTS = (JA, EASY, EN)


def digest(content: Proposal | Policy) -> str:
    """Stands in for the shared digest: another content, another text."""
    return hashlib.sha256(repr(content).encode()).hexdigest()


def signed(decision: Decision) -> bool:
    """The console's signature, as these tests write it."""
    return decision.signature == b"console"


KNOWLEDGE = Knowledge(
    {FUJISAWA: Place("藤沢市", (AREA,)), YOKOHAMA: Place("横浜市", (NORTH, SOUTH))}, digest_of=digest, is_signed=signed
)


def proposal(level: int | None = 4, action: Action = Action.ISSUE, **changes: Any) -> Proposal:
    """An evacuation order for the whole area, sent for an hour."""
    plain = Proposal(
        action=action,
        order_type=ORDER_TYPES[level] if level else OrderType.TSUNAMI_EVACUATION,
        level=level,
        areas=(AREA,),
        districts=("鵠沼",),
        texts=TEXTS,
        deliver_until=REAL + timedelta(hours=1),
        recommendation_id=None,
        note="",
    )
    return replace(plain, **changes)


def policy(level: int | None = 4, **changes: Any) -> Policy:
    """What the town signs beforehand for a landslide at level 4."""
    plain = Policy(
        id="night-landslide",
        municipality=FUJISAWA,
        hazard=Hazard.LANDSLIDE,
        rules=("LS-4a",),
        areas=(AREA,),
        order_type=ORDER_TYPES[level] if level else OrderType.TSUNAMI_EVACUATION,
        level=level,
        districts=(),
        texts=TEXTS,
        deliver_minutes=60,
        valid_until=EVENT + timedelta(days=100),
        note="",
    )
    return replace(plain, **changes)


def called(
    level: int | None, hazard: Hazard = Hazard.LANDSLIDE, area: str = AREA, rules: tuple[str, ...] = ("LS-4a",)
) -> Called:
    """One area for which the rules call for `level`; None is a tsunami order without a number."""
    order_type = OrderType.TSUNAMI_EVACUATION if level is None else ORDER_TYPES.get(level)
    hits = tuple(RuleHit(rule, level, "source", True, "", EVENT, ()) for rule in rules)
    return Called(area, area, hazard, level, None, Change.NEW, order_type, hits)


@dataclass
class Town:
    """One municipality's fold, fed step by step. Event time and real time move only when told."""

    municipality: str = FUJISAWA
    at: datetime = EVENT
    real: datetime = REAL
    fold: DecideFold = field(default_factory=lambda: DecideFold(KNOWLEDGE))
    said: list[Any] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        """Nothing is known yet."""
        self.state: DecideState = self.fold.initial(World.ACTUAL, self.municipality)

    def decision(self, officer: str, kind: DecisionKind, **fields: Any) -> Decision:
        """A signed step of an officer; every one has its own id."""
        self.count += 1
        plain = Decision(
            id=content_id("test", self.count),
            world=World.ACTUAL,
            origin=Origin.LIVE,
            municipality=self.municipality,
            officer=officer,
            kind=kind,
            hazard=None,
            case_id=None,
            proposal=None,
            digest=None,
            reason=None,
            call_id=None,
            duty=(),
            policy=None,
            policy_id=None,
            decided_at=self.at,
            signature=b"console",
            trace=Trace(f"trace-{self.count}", self.real),
            made_at=self.real,
        )
        return replace(plain, **fields)

    def feed(self, record: object) -> list[Any]:
        """Fold one record; what was said about it."""
        self.state, outputs = self.fold.step(self.state, record, self.real)
        assert {output.key for output in outputs} <= {self.municipality}
        records = [output.record for output in outputs]
        self.said += records
        return records

    def decide(self, officer: str, kind: DecisionKind, **fields: Any) -> Verdict:
        """Fold one decision; its verdict."""
        verdict = self.feed(self.decision(officer, kind, **fields))[0]
        assert isinstance(verdict, Verdict)
        return verdict

    def recommend(self, *items: Called, **changes: Any) -> list[Any]:
        """Fold the next recommendation."""
        return self.feed(self.recommendation(*items, **changes))

    def recommendation(self, *items: Called, **changes: Any) -> Recommendation:
        """The next recommendation."""
        self.count += 1
        plain = Recommendation(
            id=content_id("recommendation", self.count),
            world=World.ACTUAL,
            origin=Origin.LIVE,
            municipality=self.municipality,
            number=self.count,
            at=self.at,
            as_of=self.at,
            called=items,
            silences=(),
            trace=Trace(f"trace-{self.count}", self.real),
            made_at=self.real,
        )
        return replace(plain, **changes)

    def tick(self, minutes: float) -> list[Any]:
        """Let event time pass, then tick."""
        self.at += timedelta(minutes=minutes)
        return self.feed(Tick(World.ACTUAL, "decide", 0, self.at, (), Trace("tick", self.real), self.real))

    def drafted(self, officer: str = "sato", hazard: Hazard = Hazard.LANDSLIDE, **changes: Any) -> Verdict:
        """A draft of a new case, or of the one that is in force."""
        return self.decide(officer, DecisionKind.PROPOSE, hazard=hazard, proposal=proposal(**changes))

    def submitted(self, officer: str = "sato", **changes: Any) -> Verdict:
        """A draft, submitted by its author."""
        drafted = self.drafted(officer, **changes)
        assert drafted.case is not None
        return self.decide(officer, DecisionKind.SUBMIT, case_id=drafted.case.id, digest=drafted.case.digest)

    def ordered(self, author: str = "sato", approver: str = "suzuki", **changes: Any) -> Order:
        """An order in force (or a lift), by two persons."""
        submitted = self.submitted(author, **changes)
        assert submitted.case is not None, submitted
        case = submitted.case
        self.decide(approver, DecisionKind.APPROVE, case_id=case.id, digest=case.digest)
        return self.orders()[-1]

    def orders(self) -> list[Order]:
        """Every order record that was said."""
        return [record for record in self.said if isinstance(record, Order)]

    def calls(self) -> list[Call]:
        """Every call record that was said."""
        return [record for record in self.said if isinstance(record, Call)]
