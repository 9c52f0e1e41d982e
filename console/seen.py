"""What an officer had before their eyes when a form opened, and what of it is no longer so. Pure.

A form carries it as one hidden word. What was read by 15:00 may not be ordered at 15:10 as if nothing had happened: the
page opens again and says what changed. `decide` holds the same against the case itself (digest, status).
"""

from datetime import datetime, timedelta

from console import words
from console.cards import Subject
from console.decisions import Decider, Step
from schemas.records.decided import Action, CaseStatus, Proposal

AGAIN = "内容を確かめてから、もう一度操作してください。"
CASE_MOVED = "別の画面か別の職員が、この案件を進めました。"
OLD = timedelta(minutes=30)
"""What was written longer ago names a time that has passed."""
LITTLE_MIN = 30
"""Sent for less than this, an order misses phones that are off for a moment."""
LOW, LOWER, NOTHING = (
    "この案より高いレベルです",
    "この案より低いレベルです",
    "いま、この災害で基準に達している区域はありません。",
)


def seen_of(subject: Subject) -> str:
    """The recommendation's levels by area, the case, the order: everything that a proposal or an approval rests on."""
    called = sorted(f"{c.area}:{'-' if c.level is None else c.level}" for c in subject.called if c.hits)
    case, order = subject.case, subject.order
    of_case = f"{case.id}:{case.status}:{case.digest or ''}" if case else ""
    of_order = f"{order.id}:{order.revision}" if order else ""
    return f"{','.join(called)}|{of_case}|{of_order}"


def changed(seen: str, subject: Subject) -> str:
    """What changed since, for whoever writes a proposal; "" for nothing, or if the form named nothing."""
    called, case, order = _parts(seen)
    called_now, case_now, order_now = _parts(seen_of(subject))
    if not seen:
        return ""
    found = [_recommended(subject)] if called != called_now else []
    found += [CASE_MOVED] if (case, order) != (case_now, order_now) else []
    return "".join([*found, AGAIN]) if found else ""


def anew(decider: Decider, step: Step, officer: str, seen: str, subject: Subject) -> str:
    """The same at the moment when the form is sent: a button pressed twice is no change, an old page that is found is.

    The very same step that was taken long ago would be answered as it was then, although nothing waits any more.
    """
    verdict = decider.verdict_on(step, officer)
    if verdict is not None:
        gone = verdict.accepted and verdict.case is not None and _is_settled(subject, verdict.case.id)
        return f"{CASE_MOVED}{AGAIN}" if gone else ""
    return "" if decider.is_under_way(step, officer) else changed(seen, subject)


def recommended_anew(seen: str, subject: Subject) -> str:
    """The same for whoever approves: the case itself is guarded by its digest, the recommendation is not."""
    same = not seen or _parts(seen)[0] == _parts(seen_of(subject))[0]
    return "" if same else f"{_recommended(subject)}案件の画面を開き直し、{AGAIN}"


def against(subject: Subject, proposal: Proposal) -> str:
    """Where a proposal is not what the criteria call for now, in one sentence; "" where it is."""
    called = [c for c in subject.called if c.hits]
    now = words.level_word(subject.level, subject.hazard)
    if proposal.action is Action.CORRECT:
        return ""
    if proposal.action is Action.LIFT:
        return f"いまも基準に達しています（推奨：{now}）。解除してよいか確かめてください。" if called else ""
    if not called:
        return NOTHING
    if subject.level is None or proposal.level is None or subject.level == proposal.level:
        return ""
    return f"いまの推奨は「{now}」で、{LOW if subject.level > proposal.level else LOWER}。"


def cautions(subject: Subject, event_now: datetime, real_now: datetime) -> tuple[str, ...]:
    """What an approver should know of the proposal that waits, beside its words."""
    proposal, case = subject.waiting, subject.case
    if proposal is None or case is None:
        return ()
    found = [against(subject, proposal)]
    if event_now - case.updated_at > OLD:
        waited = words.age(case.updated_at, event_now)
        found.append(f"この案は{waited}のものです。文面に書かれた時刻や状況が、いまと合うか確かめてください。")
    left = int((proposal.deliver_until - real_now).total_seconds() // 60)
    if left <= 0:
        found.append("送信期限が過ぎています。案を作り直してください。")
    elif left < LITTLE_MIN:
        found.append(f"送信期限まであと{left}分です。電源が切れている端末などには届かないことがあります。")
    return tuple(caution for caution in found if caution)


def _is_settled(subject: Subject, case_id: str) -> bool:
    """Whether nothing of that case waits for anybody any more."""
    case = subject.case
    return case is None or case.id != case_id or case.status not in (CaseStatus.DRAFTED, CaseStatus.SUBMITTED)


def _recommended(subject: Subject) -> str:
    called = [c for c in subject.called if c.hits]
    now = words.level_word(subject.level, subject.hazard) if called else "なし"
    return f"推奨が変わりました（いま：{now}）。"


def _parts(seen: str) -> tuple[str, str, str]:
    called, _, rest = seen.partition("|")
    case, _, order = rest.partition("|")
    return called, case, order
