"""What the desk's pages show, asked of the projection: rows, cases, actions, ages. Pure."""

from dataclasses import dataclass
from datetime import datetime

from console.deliveries import Counts
from console.officers import Officer, Officers, Role
from console.projection import Projection, WorldView
from schemas.records.base import Hazard, Origin, World
from schemas.records.decided import Call, CallState, CaseStatus, CaseView, Order, Proposal
from schemas.records.judged import Called, Change, Detection, DetectionKind, Phase, Silence
from schemas.records.plumbing import DeadLetter
from schemas.reference import municipalities

TSUNAMI_RANK = 4.5
"""A tsunami order has no number; on a list it stands above level 4."""

PENDING = frozenset({CaseStatus.DRAFTED, CaseStatus.SUBMITTED})


@dataclass(frozen=True, slots=True)
class Row:
    """One area and hazard on the list. `level` is what the rules call for; `order` what is in force."""

    municipality: str
    town: str
    area: str
    area_name: str
    hazard: Hazard
    level: int | None
    called: Called | None
    since: datetime
    as_of: datetime
    status: CaseStatus
    order: Order | None
    origin: Origin

    @property
    def rank(self) -> float:
        """What sorts the list: the higher of what is called for and what is in force."""
        called = 0.0 if self.called is None else _rank(self.level)
        return max(called, _rank(self.order.level) if self.order else 0.0)


@dataclass(frozen=True, slots=True)
class Subject:
    """One hazard in one municipality, as its page shows it."""

    world: World
    municipality: str
    town: str
    hazard: Hazard
    called: tuple[Called, ...]
    silences: tuple[Silence, ...]
    as_of: datetime | None
    recommendation_id: str | None
    case: CaseView | None
    order: Order | None
    counts: Counts | None
    trends: tuple[Detection, ...]
    origin: Origin

    @property
    def level(self) -> int | None:
        """The highest level that the rules call for in any area."""
        return max((c.level for c in self.called if c.level is not None), default=None)

    @property
    def active_case(self) -> CaseView | None:
        """The case that a step belongs to; a lifted one is closed."""
        return self.case if self.case is not None and self.case.status is not CaseStatus.LIFTED else None

    @property
    def pending(self) -> bool:
        """A proposal is written or waits for its approval."""
        return self.case is not None and self.case.status in PENDING

    @property
    def waiting(self) -> Proposal | None:
        """That proposal."""
        return self.case.proposal if self.case is not None and self.pending else None


def rows(view: WorldView, towns: tuple[str, ...]) -> tuple[Row, ...]:
    """Everything open in these municipalities: highest first, then what has waited longest."""
    found = [row for town in towns for row in _rows(view, town)]
    return tuple(sorted(found, key=lambda row: (-row.rank, row.since, row.area)))


def subject(view: WorldView, municipality: str, hazard: Hazard) -> Subject:
    """The page of one hazard in one municipality; everything may still be empty."""
    recommendation = view.recommendations.get(municipality)
    called = tuple(c for c in recommendation.called if c.hazard is hazard) if recommendation else ()
    case = _case(view, municipality, hazard)
    order = order_of(view, municipality, hazard)
    return Subject(
        world=view.world,
        municipality=municipality,
        town=municipalities()[municipality].name,
        hazard=hazard,
        called=called,
        silences=recommendation.silences if recommendation else (),
        as_of=recommendation.as_of if recommendation else None,
        recommendation_id=recommendation.id if recommendation and called else None,
        case=case,
        order=order,
        counts=view.ledger.counts(order.id, order.revision) if order else None,
        trends=_trends(view, municipality, hazard),
        origin=_origin(recommendation.origin if recommendation else None, order.origin if order else None),
    )


def order_of(view: WorldView, municipality: str, hazard: Hazard) -> Order | None:
    """The newest revision of the newest order of a hazard in a municipality, in force or lifted."""
    newest = (revisions[max(revisions)] for revisions in view.orders.values())
    here = [order for order in newest if order.municipality == municipality and order.hazard is hazard]
    return max(here, key=lambda order: order.issued_at, default=None)


def open_calls(view: WorldView, towns: tuple[str, ...]) -> tuple[Call, ...]:
    """Calls that nobody has answered, oldest first."""
    waiting = [c for c in view.calls.values() if c.state is CallState.OPEN and c.municipality in towns]
    return tuple(sorted(waiting, key=lambda call: call.called_at))


def unreadable(projection: Projection, towns: tuple[str, ...]) -> tuple[DeadLetter, ...]:
    """Telegrams that nobody could read and that concern, or may concern, these municipalities; newest first."""
    concern = [d for d in projection.dead_letters.values() if d.municipality is None or d.municipality in towns]
    return tuple(sorted(concern, key=lambda letter: letter.at, reverse=True))


def busy(view: WorldView, officer: Officer) -> bool:
    """Whether a proposal is open in one of the officer's town halls."""
    open_towns = {view.case_town[case.id] for case in view.cases.values() if case.status in PENDING}
    return not open_towns.isdisjoint(officer.municipalities)


def approvers(officers: Officers, municipality: str, case: CaseView) -> tuple[Officer, ...]:
    """Who may approve a case: approvers of the town hall that neither wrote nor submitted it."""
    barred = {*case.authors, case.submitted_by}
    return tuple(o for o in officers.of(municipality, Role.APPROVER) if o.id not in barred)


def replayed(view: WorldView, towns: tuple[str, ...]) -> bool:
    """Whether anything shown for these municipalities is a replay."""
    shown = [view.recommendations[t].origin for t in towns if t in view.recommendations]
    shown += [order.origin for order in in_force(view) if order.municipality in towns]
    return Origin.REPLAY in shown


def in_force(view: WorldView) -> tuple[Order, ...]:
    """The newest revision of every order that is in force: the one question that every page asks here."""
    newest = (revisions[max(revisions)] for revisions in view.orders.values())
    return tuple(sorted((o for o in newest if o.in_force), key=lambda o: (o.municipality, -_rank(o.level), o.id)))


def _rows(view: WorldView, municipality: str) -> list[Row]:
    recommendation = view.recommendations.get(municipality)
    found = []
    if recommendation is not None:
        for called in recommendation.called:
            if called.change is Change.CLEARED and not called.hits:
                continue
            since = min((hit.since for hit in called.hits), default=recommendation.at)
            found.append(_row(view, municipality, called, since, recommendation.as_of, recommendation.origin))
    shown = {row.hazard for row in found}
    return found + [_case_row(view, municipality, case) for case in _open_cases(view, municipality, shown)]


def _row(view: WorldView, municipality: str, called: Called, since: datetime, as_of: datetime, origin: Origin) -> Row:
    case = _case(view, municipality, called.hazard)
    return Row(
        municipality=municipality,
        town=municipalities()[municipality].name,
        area=called.area,
        area_name=called.area_name,
        hazard=called.hazard,
        level=called.level,
        called=called,
        since=since,
        as_of=as_of,
        status=case.status if case and case.status is not CaseStatus.LIFTED else CaseStatus.OPEN,
        order=_order_here(order_of(view, municipality, called.hazard), called.area),
        origin=origin,
    )


def _case_row(view: WorldView, municipality: str, case: CaseView) -> Row:
    """A case that the rules no longer speak of: it stays on the list until it is lifted or settled."""
    town = municipalities()[municipality]
    order = view.newest(case.order_id) if case.order_id else None
    return Row(
        municipality=municipality,
        town=town.name,
        area=municipality,
        area_name=town.name,
        hazard=case.hazard,
        level=None,
        called=None,
        since=case.updated_at,
        as_of=case.updated_at,
        status=case.status,
        order=order if order and order.in_force else None,
        origin=order.origin if order else Origin.LIVE,
    )


def _open_cases(view: WorldView, municipality: str, shown: set[Hazard]) -> list[CaseView]:
    here = [view.cases[case_id] for (town, _), case_id in view.latest_case.items() if town == municipality]
    closed = (CaseStatus.LIFTED, CaseStatus.OPEN)
    return [case for case in here if case.hazard not in shown and (case.in_force or case.status not in closed)]


def _order_here(order: Order | None, area: str) -> Order | None:
    if order is None or not order.in_force:
        return None
    return order if not order.areas or area in order.areas else None


def _case(view: WorldView, municipality: str, hazard: Hazard) -> CaseView | None:
    found = view.latest_case.get((municipality, hazard))
    return view.cases[found] if found else None


def _trends(view: WorldView, municipality: str, hazard: Hazard) -> tuple[Detection, ...]:
    newest: dict[str, Detection] = {}
    for detection in view.detections.values():
        here = detection.municipality == municipality and detection.hazard is hazard
        if here and detection.kind is DetectionKind.TREND:
            known = newest.get(detection.subject)
            if known is None or known.at <= detection.at:
                newest[detection.subject] = detection
    return tuple(d for d in newest.values() if d.phase is not Phase.ENDED)


def _rank(level: int | None) -> float:
    return TSUNAMI_RANK if level is None else float(level)


def _origin(*origins: Origin | None) -> Origin:
    return Origin.REPLAY if Origin.REPLAY in origins else Origin.LIVE
