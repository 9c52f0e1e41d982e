"""Who did what when in one hazard of one municipality: telegrams, detections, people's steps, orders, calls. Pure."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from console import words
from console.officers import Officers
from console.projection import WorldView
from schemas.records.base import Hazard
from schemas.records.decided import Call, CallState, Decision, Order, Verdict
from schemas.records.judged import Detection
from schemas.records.observed import Bulletin, Report

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Event:
    """One line. `kind` names its mark on the page; `refused` lines did not change anything."""

    at: datetime
    kind: str
    who: str
    what: str
    detail: str = ""
    refused: bool = False


def timeline(view: WorldView, officers: Officers, municipality: str, hazard: Hazard) -> tuple[Event, ...]:
    """All events, newest first."""
    found = [*_observed(view, municipality, hazard), *_people(view, officers, municipality, hazard)]
    found.reverse()  # of two steps at one moment the later one stands first
    return tuple(sorted(found, key=lambda event: event.at, reverse=True))


def as_csv(events: tuple[Event, ...]) -> str:
    """The timeline for a spreadsheet; a cell that would be read as a formula is quoted."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("時刻（日本時間）", "種類", "だれが", "なにを", "詳細", "認められず"))
    for event in events:
        at = f"{event.at.astimezone(words.JST):%Y-%m-%d %H:%M:%S}"
        cells = (event.kind, event.who, event.what, event.detail, "×" if event.refused else "")
        rows.writerow((at, *(f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells)))
    return out.getvalue()


def _observed(view: WorldView, municipality: str, hazard: Hazard) -> Iterator[Event]:
    for bulletin in view.bulletins.values():
        if bulletin.municipality == municipality and any(item.hazard is hazard for item in bulletin.items):
            yield _of_bulletin(bulletin, hazard)
    for detection in view.detections.values():
        if detection.municipality == municipality and detection.hazard is hazard:
            yield _of_detection(detection)


def _people(view: WorldView, officers: Officers, municipality: str, hazard: Hazard) -> Iterator[Event]:
    for decision in view.decisions.values():
        if decision.municipality == municipality and _hazard(view, decision) is hazard:
            yield _of_decision(decision, view.verdict_of.get(decision.id), officers)
    for revisions in view.orders.values():
        for order in revisions.values():
            if order.municipality == municipality and order.hazard is hazard:
                yield _of_order(order)
    for call in view.calls.values():
        if call.municipality == municipality and call.hazard is hazard:
            yield _of_call(call, officers)
    for report in view.reports.values():
        if report.municipality == municipality and report.hazard is hazard:
            yield _of_report(report, officers)


def _hazard(view: WorldView, decision: Decision) -> Hazard | None:
    case = view.cases.get(decision.case_id or "")
    return decision.hazard or (case.hazard if case else None)


def _of_bulletin(bulletin: Bulletin, hazard: Hazard) -> Event:
    items = [f"{item.kind_name}（{item.status}）" for item in bulletin.items if item.hazard is hazard]
    what = f"{bulletin.area_name}：{'、'.join(items)}"
    return Event(bulletin.reported_at, "bulletin", bulletin.office, what, bulletin.title)


def _of_detection(detection: Detection) -> Event:
    level = f"・レベル{words.wide(detection.level)}" if detection.level is not None else ""
    what = f"{words.DETECTIONS[detection.kind]}（{detection.rule}）{words.PHASES[detection.phase]}{level}"
    detail = detection.evidence[0].text if detection.evidence else ""
    return Event(detection.at, "detection", "検知", what, detail)


def _of_decision(decision: Decision, verdict: Verdict | None, officers: Officers) -> Event:
    name, what = officers.name(decision.officer), words.KINDS[decision.kind]
    if decision.proposal is not None:
        order = words.order_word(decision.proposal.order_type, decision.proposal.level)
        what = f"{what}（{words.ACTIONS[decision.proposal.action]}：{order}）"
    detail = decision.reason or (decision.proposal.note if decision.proposal else "")
    if verdict is None:
        return Event(decision.decided_at, "decision", name, f"{what} ― 判定待ち", detail)
    if verdict.accepted:
        return Event(verdict.at, "decision", name, what, detail)
    return Event(verdict.at, "refused", name, f"{what} ― 認められず", words.refusal(verdict.code, verdict.text), True)


def _of_order(order: Order) -> Event:
    word = words.order_word(order.order_type, order.level)
    by = f"事前承認 {order.policy_id}" if order.policy_id else "市町村"
    what = f"{words.ACTIONS[order.action]}：{word}（第{order.revision}版）"
    return Event(order.issued_at, "order", by, what, "送信停止" if order.halted else "")


def _of_call(call: Call, officers: Officers) -> Event:
    to = "、".join(officers.name(officer) for officer in call.officers) or "全員"
    what = f"呼び出し：{words.call_word(call)}（{to}、{call.step + 1}回目）"
    by = officers.name(call.acknowledged_by) if call.state is CallState.ACKNOWLEDGED else ""
    return Event(call.called_at, "call", "Sonae", what, f"{words.CALL_STATES[call.state]} {by}".strip())


def _of_report(report: Report, officers: Officers) -> Event:
    what = f"現場報告：{words.report_word(report.kind, report.detail)}"
    return Event(report.observed_at, "report", officers.name(report.officer), what, report.text)
