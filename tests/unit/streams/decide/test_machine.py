"""Whatever officers, recommendations and time do, in whatever order: the promises of two persons and one order hold."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.records.base import Hazard
from schemas.records.decided import Action, CaseStatus, Decision, DecisionKind, Order, Verdict
from tests.unit.streams.decide.town import Town, called, digest, policy, proposal

OFFICERS = st.sampled_from(["sato", "suzuki", "tanaka"])
HAZARDS = st.sampled_from([Hazard.LANDSLIDE, Hazard.FLOOD])
LEVELS = st.sampled_from([3, 4, 5])


class Desk(RuleBasedStateMachine):
    """Three officers at one desk, pressing whatever they like."""

    def __init__(self) -> None:
        super().__init__()
        self.town = Town()
        self.decisions: list[Decision] = []
        self.verdicts: dict[str, Verdict] = {}
        self.writers: dict[str, set[str]] = {}

    def press(self, officer: str, kind: DecisionKind, **fields: Any) -> Verdict:
        """A decision, remembered with its verdict."""
        decision = self.town.decision(officer, kind, **fields)
        verdict: Verdict = self.town.feed(decision)[0]
        self.decisions.append(decision)
        self.verdicts[decision.id] = verdict
        return verdict

    @initialize(signed=st.booleans())
    def start(self, signed: bool) -> None:
        """Some towns have a signed policy."""
        if signed:
            self.press("sato", DecisionKind.SIGN_POLICY, policy=policy())
            self.press("suzuki", DecisionKind.APPROVE_POLICY, policy_id=policy().id, digest=digest(policy()))

    @rule(officer=OFFICERS, hazard=HAZARDS, level=LEVELS, action=st.sampled_from(list(Action)))
    def propose(self, officer: str, hazard: Hazard, level: int, action: Action) -> None:
        """Write, or rewrite."""
        case = self.town.state.case_of(hazard)
        known = case.id if case is not None and case.status is not CaseStatus.LIFTED else None
        verdict = self.press(
            officer, DecisionKind.PROPOSE, hazard=hazard, case_id=known, proposal=proposal(level, action)
        )
        if verdict.accepted:
            assert verdict.case is not None
            self.writers.setdefault(verdict.case.id, set()).add(officer)

    @rule(
        officer=OFFICERS,
        hazard=HAZARDS,
        kind=st.sampled_from(
            [DecisionKind.SUBMIT, DecisionKind.APPROVE, DecisionKind.RETURN, DecisionKind.REJECT, DecisionKind.HALT]
        ),
        stale=st.booleans(),
    )
    def step(self, officer: str, hazard: Hazard, kind: DecisionKind, stale: bool) -> None:
        """Any step on a case, sometimes with a digest of something else."""
        case = self.town.state.case_of(hazard)
        if case is None:
            return
        named = "stale" if stale else case.digest
        before = len(self.town.orders())
        verdict = self.press(officer, kind, case_id=case.id, digest=named, reason="理由")
        issued = self.town.orders()[before:]
        if kind is DecisionKind.APPROVE and verdict.accepted:
            assert not stale
            assert officer not in self.writers[case.id] | {case.submitted_by}
            assert len(set(issued[0].decided_by)) >= 2
            assert issued[0].decided_by[-1] == officer
        elif kind is not DecisionKind.HALT:
            assert issued == []
        if verdict.accepted and kind in (DecisionKind.APPROVE, DecisionKind.REJECT):
            self.writers[case.id] = set()

    @rule(hazard=HAZARDS, level=st.sampled_from([2, 3, 4, 5]))
    def recommend(self, hazard: Hazard, level: int) -> None:
        """The rules call for something."""
        self.town.recommend(called(level, hazard))

    @rule(minutes=st.sampled_from([0.2, 2, 15]))
    def tick(self, minutes: float) -> None:
        """Time never orders."""
        before = self.town.orders()
        self.town.tick(minutes)
        assert self.town.orders() == before

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """A repeated decision changes nothing and gets its verdict again."""
        if not self.decisions:
            return
        decision = data.draw(st.sampled_from(self.decisions))
        state = self.town.state
        said = self.town.feed(decision)
        first = self.verdicts[decision.id]
        assert self.town.state == state
        assert len(said) == 1
        assert (said[0].id, said[0].accepted, said[0].code, said[0].text) == (
            first.id,
            first.accepted,
            first.code,
            first.text,
        )

    @invariant()
    def nobody_orders_alone(self) -> None:
        """Two distinct persons, or a policy; never both, never neither."""
        for order in self.town.orders():
            assert (len(set(order.decided_by)) >= 2) != (order.policy_id is not None)

    @invariant()
    def revisions_count_up(self) -> None:
        """Each order's revisions are 1, 2, 3 …, each issued once and halted at most once."""
        by_order: dict[str, list[Order]] = {}
        for order in self.town.orders():
            by_order.setdefault(order.id, []).append(order)
        for records in by_order.values():
            issued = [record.revision for record in records if not record.halted]
            halted = [record.revision for record in records if record.halted]
            assert issued == list(range(1, len(issued) + 1))
            assert len(set(halted)) == len(halted)

    @invariant()
    def one_order_is_in_force_per_hazard(self) -> None:
        """A hazard has one case; nothing is in force in a case that was lifted."""
        newest = {order.id: order for order in self.town.orders()}
        for hazard in (Hazard.LANDSLIDE, Hazard.FLOOD):
            assert sum(order.in_force for order in newest.values() if order.hazard is hazard) <= 1

    @invariant()
    def the_bytes_say_the_same(self) -> None:
        """The state survives a restart at any moment."""
        fold = self.town.fold
        assert fold.decode(fold.encode(self.town.state)) == self.town.state


Desk.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestDesk = Desk.TestCase
