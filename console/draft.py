"""From what an officer chose to a proposal: checked areas, texts from templates, a time to send until. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from console import wording
from console.cards import Subject
from console.phrases import Incomplete, language_name, wrong_in
from schemas.levels import level_of, order_type_of
from schemas.records.base import Hazard, OrderType
from schemas.records.decided import REQUIRED_LANGUAGES, Action, CaseStatus, Order, Proposal, Text
from schemas.reference import municipalities
from schemas.stations import gauges

MAX_DISTRICTS, MAX_DISTRICT_CHARS, MAX_NOTE_CHARS = 100, 40, 500
LONGEST_SENDING = timedelta(hours=24)
EXTENDED = "送信期限の延長（文面は同じ）"


@dataclass(frozen=True, slots=True)
class Draft:
    """What an officer chose. `blanks` are by language; `texts`, if any, stand instead of the templates."""

    municipality: str
    hazard: Hazard
    action: Action
    order_type: OrderType
    areas: tuple[str, ...]
    districts: tuple[str, ...]
    blanks: dict[str, dict[str, str]]
    deliver_until: datetime
    recommendation_id: str | None = None
    note: str = ""
    texts: tuple[Text, ...] = ()

    def about(self) -> wording.Subject:
        """What the templates need."""
        return wording.Subject(self.municipality, self.hazard, self.action, self.order_type, self.areas, self.districts)


def proposal_of(draft: Draft, now: datetime) -> Proposal:
    """The proposal of a draft; `now` is real time. Raises Incomplete with what to change."""
    _check(draft, now)
    return Proposal(
        action=draft.action,
        order_type=draft.order_type,
        level=level_of(draft.order_type),
        areas=draft.areas,
        districts=draft.districts,
        texts=draft.texts or wording.write(draft.about(), draft.blanks),
        deliver_until=draft.deliver_until,
        recommendation_id=draft.recommendation_id,
        note=draft.note.strip(),
    )


def extension_of(order: Order, deliver_until: datetime, now: datetime) -> Proposal:
    """The order as it is, sent for longer; `now` is real time. Raises Incomplete."""
    same = Draft(
        municipality=order.municipality,
        hazard=order.hazard,
        action=Action.REVISE,
        order_type=order.order_type,
        areas=order.areas,
        districts=order.districts,
        blanks={},
        deliver_until=deliver_until,
        recommendation_id=order.recommendation_id,
        note=EXTENDED,
        texts=order.texts,
    )
    return proposal_of(same, now)


def starting_point(subject: Subject, action: Action | None, event_now: datetime, deliver_until: datetime) -> Draft:
    """What the form holds when it opens: the order that the rules call for, its areas, the texts' blanks."""
    wanted = action or default_action(subject)
    order = subject.order if wanted is not Action.ISSUE else None
    return Draft(
        municipality=subject.municipality,
        hazard=subject.hazard,
        action=wanted,
        order_type=_order_type(subject, wanted),
        areas=order.areas if order else _areas(subject),
        districts=order.districts if order else (),
        blanks=wording.suggested(_river(subject), event_now),
        deliver_until=deliver_until,
        recommendation_id=subject.recommendation_id,
    )


def default_action(subject: Subject) -> Action:
    """Issue what is not in force; else revise."""
    case = subject.active_case
    return Action.REVISE if case is not None and case.in_force else Action.ISSUE


def allowed_actions(subject: Subject) -> tuple[Action, ...]:
    """What a proposal may do now: issue a first order, or change, correct or lift the one in force."""
    case = subject.active_case
    if case is not None and case.status is CaseStatus.HALTED and not case.in_force:
        return (Action.REVISE, Action.LIFT)
    return (Action.REVISE, Action.CORRECT, Action.LIFT) if case is not None and case.in_force else (Action.ISSUE,)


def suggested_order(subject: Subject) -> OrderType | None:
    """The gravest order that the rules call for in any area, if any."""
    called = {order_type_of(c.level, c.hazard) for c in subject.called if c.hits}
    return next((kind for kind in reversed(order_types(subject.hazard)) if kind in called), None)


def order_types(hazard: Hazard) -> tuple[OrderType, ...]:
    """The orders that exist for a hazard; for wind, waves and snow the general ones, on the officer's judgement."""
    if hazard is Hazard.TSUNAMI:
        return (OrderType.ELDERLY_EVACUATION, OrderType.TSUNAMI_EVACUATION)
    return (OrderType.ELDERLY_EVACUATION, OrderType.EVACUATION_ORDER, OrderType.EMERGENCY_SAFETY)


def _check(draft: Draft, now: datetime) -> None:
    town = municipalities()[draft.municipality]
    strangers = [area for area in draft.areas if area not in town.areas]
    if strangers:
        raise Incomplete(f"区域コード {strangers[0]} は{town.name}にありません。対象区域を選び直してください")
    if len(draft.districts) > MAX_DISTRICTS or any(len(name) > MAX_DISTRICT_CHARS for name in draft.districts):
        raise Incomplete(f"地区は{MAX_DISTRICTS}件、1件{MAX_DISTRICT_CHARS}文字までです")
    named_wrong = next((problem for name in draft.districts if (problem := wrong_in(name))), None)
    if named_wrong:
        raise Incomplete(f"地区の名前には{named_wrong}")
    if draft.order_type not in order_types(draft.hazard):
        raise Incomplete("この災害では出せない種類です。種類を選び直してください")
    if not now < draft.deliver_until <= now + LONGEST_SENDING + timedelta(minutes=1):
        raise Incomplete(
            "送信期限は、いまから24時間以内にしてください。過ぎている場合は、編集に戻って選び直してください"
        )
    if len(draft.note) > MAX_NOTE_CHARS:
        raise Incomplete(f"メモは{MAX_NOTE_CHARS}文字までです")
    lacking = [lang for lang in REQUIRED_LANGUAGES if lang not in {text.lang for text in draft.texts}]
    if draft.texts and lacking:
        raise Incomplete(f"{'・'.join(map(language_name, lacking))}の文がありません")


def _order_type(subject: Subject, action: Action) -> OrderType:
    in_force = subject.order.order_type if subject.order and subject.order.in_force else None
    if action in (Action.LIFT, Action.CORRECT) and in_force is not None:
        return in_force
    known, called = order_types(subject.hazard), suggested_order(subject)
    candidates = [kind for kind in known if kind in (called, in_force)]
    return candidates[-1] if candidates else known[0]


def _areas(subject: Subject) -> tuple[str, ...]:
    """The areas for which the highest order is called for; the whole municipality if all or none are."""
    town = municipalities()[subject.municipality]
    at_level = {c.area for c in subject.called if order_type_of(c.level, c.hazard) is not None and c.hits}
    chosen = tuple(area for area in town.areas if area in at_level)
    return () if len(chosen) in (0, len(town.areas)) else chosen


def _river(subject: Subject) -> str | None:
    known = gauges()
    refs = [evidence.ref for called in subject.called for hit in called.hits for evidence in hit.evidence]
    return next((known[ref].river for ref in refs if ref in known), None)
