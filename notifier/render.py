"""What a device is told: an order's or call's words in one language, marked if it is a drill, as a payload. Pure."""

import json
from dataclasses import dataclass
from datetime import datetime

from schemas.levels import DRILL_WORD, HAZARD_WORDS, marked
from schemas.records.base import Hazard, World
from schemas.records.decided import Action, Call, CallKind, Order, Text
from schemas.records.delivered import DeliveryJob

MAX_PAYLOAD_BYTES = 2641
"""2,744 bytes of ciphertext pass autopush's Android bridges; RFC 8291 takes 103 of them. An approved
text at its limits (schemas.records.decided) fits; what does not is refused as a whole, never cut."""

DECLARATIVE = 8030
"""Value of `web_push` that makes a payload a declarative push message (RFC 8030's number, W3C Push API)."""

_RECEIPT = "\0receipt\0"

_FORMS: dict[str, dict[Action, str]] = {
    "ja": {Action.REVISE: "【更新】", Action.CORRECT: "【訂正】", Action.LIFT: "【解除】"},
    "ja-easy": {Action.REVISE: "【あたらしい】", Action.CORRECT: "【なおしました】", Action.LIFT: "【おわり】"},
    "en": {Action.REVISE: "[Update] ", Action.CORRECT: "[Correction] ", Action.LIFT: "[Lifted] "},
    "zh": {Action.REVISE: "【更新】", Action.CORRECT: "【更正】", Action.LIFT: "【解除】"},
    "ko": {Action.REVISE: "[갱신] ", Action.CORRECT: "[정정] ", Action.LIFT: "[해제] "},
    "vi": {Action.REVISE: "[Cập nhật] ", Action.CORRECT: "[Đính chính] ", Action.LIFT: "[Dỡ bỏ] "},
    "pt": {Action.REVISE: "[Atualização] ", Action.CORRECT: "[Correção] ", Action.LIFT: "[Encerrado] "},
    "tl": {Action.REVISE: "[Update] ", Action.CORRECT: "[Pagtatama] ", Action.LIFT: "[Inalis na] "},
    "ne": {Action.REVISE: "[अद्यावधिक] ", Action.CORRECT: "[सच्याइएको] ", Action.LIFT: "[हटाइयो] "},
}

_CALLS = {
    (CallKind.RECOMMENDATION_ROSE, None): ("【呼出】確認してください", "[Call] Please decide"),
    (CallKind.APPROVER_MISSING, None): ("【呼出】承認者がいません", "[Call] A second approver is missing"),
    (CallKind.APPROVER_MISSING, "sending_ends"): ("【呼出】送信期限の確認", "[Call] Sending ends: extend it or lift"),
}


class Unrenderable(ValueError):
    """These words cannot become a push; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One order revision (or call) in one language: the words, and the payload around the place of a receipt token."""

    lang: str
    title: str
    body: str
    head: bytes
    tail: bytes

    def payload(self, receipt: str | None) -> bytes:
        """The payload for one recipient; raises Unrenderable if it is over the limit."""
        whole = self.head + json.dumps(receipt).encode() + self.tail
        if len(whole) > MAX_PAYLOAD_BYTES:
            raise Unrenderable(
                f"the {self.lang} payload has {len(whole)} bytes of at most {MAX_PAYLOAD_BYTES}: shorten title or body"
            )
        return whole


def render(job: DeliveryJob, lang: str, url: str, declarative: bool = False) -> Letter:
    """The letter for a job's recipients who read `lang`; Japanese where the order has no such text."""
    if job.order is not None:
        return render_order(job.order, lang, url, declarative)
    if job.call is not None:
        return render_call(job.call, lang, url, declarative)
    raise Unrenderable("the job carries neither an order nor a call: nothing can be said")


def render_order(order: Order, lang: str, url: str, declarative: bool = False) -> Letter:
    """An order, its revision, correction or lift. `url` is the page a tap opens."""
    text = text_in(order.texts, lang)
    title = DRILL_WORD[order.world].get(text.lang, "") + _with_form(text, order.action)
    facts = _Facts(
        "order", order.id, order.revision, order.world, order.level, url, order.issued_at, order.hazard, order.action
    )
    return _letter(facts, Text(text.lang, title, text.body), declarative)


def render_call(call: Call, lang: str, url: str, declarative: bool = False) -> Letter:
    """A call to an officer on duty; `url` is the desk's page on which to act."""
    english = lang == "en"
    asked = _CALLS.get((call.kind, call.detail)) or _CALLS[call.kind, None]
    words = f"{asked[english]} {HAZARD_WORDS[call.hazard][english]}"
    if call.level is not None:
        words += f" Level {call.level}" if english else f" レベル{call.level}"
    facts = _Facts("call", call.id, call.step, call.world, call.level, url, call.called_at, call.hazard)
    return _letter(facts, Text("en" if english else "ja", words, call.text), declarative)


def text_in(texts: tuple[Text, ...], lang: str) -> Text:
    """The text in this language, else in Japanese: looked up by its name, never by its position."""
    by_lang = {text.lang: text for text in texts}
    found = by_lang.get(lang) or by_lang.get("ja")
    if found is None:
        raise Unrenderable(f"the order has no text in {lang} and none in ja: ja is required")
    return found


@dataclass(frozen=True, slots=True)
class _Facts:
    kind: str
    id: str
    revision: int
    world: World
    level: int | None
    url: str
    at: datetime
    hazard: Hazard
    action: Action | None = None


def _with_form(text: Text, action: Action) -> str:
    form = _FORMS.get(text.lang, _FORMS["ja"]).get(action, "")
    return text.title if form.strip("【】[] ") in text.title else form + text.title


def _letter(facts: _Facts, text: Text, declarative: bool) -> Letter:
    if not text.title.strip():
        raise Unrenderable(f"the {text.lang} title is empty: a notification needs one")
    title, body = marked(facts.world, text.title), marked(facts.world, text.body)
    known: dict[str, object] = {
        "v": 1,
        "kind": facts.kind,
        "id": facts.id,
        "rev": facts.revision,
        "world": facts.world,
        "level": facts.level,
        "hazard": facts.hazard,
        "at": facts.at.isoformat(),
        "urgent": facts.world == World.ACTUAL,
        "receipt": _RECEIPT,
    }
    if facts.action is not None:
        known["action"] = facts.action
    shown = {"title": title, "body": body, "lang": text.lang.removesuffix("-easy"), "tag": facts.id}
    if declarative:
        notification = shown | {"navigate": facts.url, "silent": False, "data": known}
        whole: dict[str, object] = {"web_push": DECLARATIVE, "notification": notification, "mutable": True}
    else:
        whole = known | shown | {"lang": text.lang, "url": facts.url}
    packed = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
    head, tail = packed.split(json.dumps(_RECEIPT).encode())
    return Letter(text.lang, title, body, head, tail)
